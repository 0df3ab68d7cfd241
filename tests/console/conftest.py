"""A live console on a free port with a fresh database, and a real browser to look at it with."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tenfold import config
from tenfold.store import database
from tenfold.store.people import User
from tenfold.web.runtime import Runtime
from tests.apps import application
from tests.console import sample_cases
from tests.console.running import LogIn, Site, watched_page

# The shell without windows is the same engine and takes a third of the computing for a page of a profile.
CHROMIUM = (
    os.environ.get("TENFOLD_TEST_CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
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
WAIT = 30_000  # milliseconds that anything on a page may take on a busy machine


@pytest.fixture
def site_with(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Start a console with chosen settings; it knows its own address as `base_url`. A `port` may be given."""
    pool = database.pool(database_url, 4)
    running = ExitStack()

    def start(*, port: int = 0, **settings: Any) -> Site:
        listener = socket.create_server(("127.0.0.1", port))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        runtime = Runtime(
            settings=config.load({}, **{"data_dir": tmp_path, "base_url": url} | settings),
            url=database_url,
            pool=pool,
            secret=b"the installation's key, for tests",
        )
        app = running.enter_context(application(runtime))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.callback(thread.join)
        running.callback(setattr, server, "should_exit", True)
        return Site(url, runtime, database_url)

    with pool, running:
        yield start


@pytest.fixture
def site(site_with: Callable[..., Site]) -> Site:
    return site_with()


@pytest.fixture
def cases(site: Site) -> Site:
    """The site with cases on it."""
    with site.store() as conn:
        sample_cases.fill(conn, datetime.now(UTC))
    return site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself, of which a process can have one."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"these tests need Chromium at {CHROMIUM}: `make browser` installs one, or name another with "
            "TENFOLD_TEST_CHROMIUM",
            pytrace=False,
        )
    expect.set_options(timeout=WAIT)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile; a script error or a refused style on it fails the test."""
    with watched_page(browser, height=720, wait=WAIT) as page:
        yield page


@pytest.fixture
def log_in(site: Site) -> LogIn:
    """Come to the first page with a session, as if one had logged in a moment ago."""

    def come_in(page: Page, user: User) -> None:
        cookies = {"tenfold_session": site.session(user), "tenfold_locale": user.locale}
        page.context.add_cookies(
            [{"name": name, "value": value, "url": site.url} for name, value in cookies.items()]
        )
        page.goto(site.url)

    return come_in
