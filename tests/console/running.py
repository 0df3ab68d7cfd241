"""A running console, as tests hold it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from playwright.sync_api import Browser, Page

from tenfold.store import database, people, web_sessions
from tenfold.store.database import Conn
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Role
from tenfold.web.runtime import Runtime

PASSWORD = "a long enough password"

LogIn = Callable[[Page, User], None]


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

    def person(
        self, *roles: Role, name: str = "Nadia Haddad", locale: Locale = "en", password: str | None = None
    ) -> User:
        """Somebody with these roles (a moderator, if none are named). A password takes a while to hash: give
        one where it is used."""
        with self.store() as conn:
            return people.add_user(conn, name, roles or [Role.MODERATOR], password=password, locale=locale)

    def link(self, user: User) -> str:
        """A one-time link for the person."""
        with self.store() as conn:
            return f"{self.url}/login/{people.create_login_link(conn, user.id)}"

    def session(self, user: User) -> str:
        """What the cookie of a session of the person holds that began just now."""
        with self.store() as conn:
            return web_sessions.start(conn, user.id)

    def client(self, user: User | None = None) -> httpx.Client:
        """A client without scripts, logged in as the person."""
        client = httpx.Client(base_url=self.url)
        if user is not None:
            client.cookies.set("tenfold_session", self.session(user))
        return client


@contextmanager
def watched_page(browser: Browser, *, height: int, wait: float) -> Iterator[Page]:
    """A page of a fresh profile, 1280 wide, that waits so many milliseconds at most. A script error on it, or
    anything that the content security policy refuses, is a fault."""
    context = browser.new_context(viewport={"width": 1280, "height": height}, reduced_motion="reduce")
    context.set_default_timeout(wait)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None
    )
    yield page
    context.close()
    assert not faults
