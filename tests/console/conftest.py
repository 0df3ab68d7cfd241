"""A live console on a free port with a fresh database, and a real browser to look at it with."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sample_cases  # type: ignore[import-not-found]
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tenfold import config
from tenfold.store import database, people
from tenfold.store.database import Conn
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Role
from tenfold.web.app import create_app
from tenfold.web.runtime import Runtime

CHROMIUM = os.environ.get("TENFOLD_TEST_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long enough password"
WAIT = 10_000  # milliseconds that a page may take on a busy machine


@dataclass
class Site:
    """A running console: its address, a way into its store, people to be."""

    url: str
    runtime: Runtime
    database_url: str

    @contextmanager
    def store(self) -> Iterator[Conn]:
        with database.connect(self.database_url) as conn:
            yield conn

    def person(self, *roles: Role, name: str = "Nadia Haddad", locale: Locale = "en") -> User:
        """Somebody with these roles (a moderator, if none are named) and PASSWORD."""
        with self.store() as conn:
            return people.add_user(conn, name, roles or [Role.MODERATOR], password=PASSWORD, locale=locale)

    def link(self, user: User) -> str:
        """A one-time link for the person."""
        with self.store() as conn:
            return f"{self.url}/login/{people.create_login_link(conn, user.id)}"

    def client(self, user: User | None = None) -> httpx.Client:
        """A client without scripts, logged in as the person."""
        client = httpx.Client(base_url=self.url)
        if user is not None:
            with self.store() as conn:
                client.cookies.set("tenfold_session", people.start_session(conn, user.id))
        return client


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    pool = database.pool(database_url, 4)
    runtime = Runtime(
        settings=config.load({}),
        url=database_url,
        pool=pool,
        secret=b"the installation's key, for tests",
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(runtime), log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", runtime, database_url)
    server.should_exit = True
    thread.join()
    pool.close()


@pytest.fixture
def cases(site: Site) -> Site:
    """The site with cases on it."""
    with site.store() as conn:
        sample_cases.fill(conn, datetime.now(UTC))
    return site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"these tests need Chromium at {CHROMIUM}: `apt install chromium`, or name another with "
            "TENFOLD_TEST_CHROMIUM",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile; a script error or a refused style on it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None
    )
    yield page
    context.close()
    assert not faults


LogIn = Callable[[Page, User], None]


@pytest.fixture
def log_in(site: Site) -> LogIn:
    """Come in by a one-time link, as a person does."""

    def come_in(page: Page, user: User) -> None:
        page.goto(site.link(user))
        page.locator("main button.primary").click()
        page.wait_for_url(lambda url: "/login" not in url)

    return come_in
