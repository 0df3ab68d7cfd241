"""Make the pictures in docs/screenshots: a real console with sample cases, seen by Chromium.

python scripts/screenshots.py [FOLDER]
"""

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import uvicorn
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tenfold import config
from tenfold.casework import service
from tenfold.store import database, people
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Role
from tenfold.web.app import create_app
from tenfold.web.console.i18n import LOCALES
from tenfold.web.runtime import Runtime

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.console import sample_cases  # noqa: E402 - the tests' own sample

CHROMIUM = os.environ.get("TENFOLD_TEST_CHROMIUM", "/usr/bin/chromium")
SIZE: ViewportSize = {"width": 1280, "height": 800}
SCHEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
NAMES = {"en": "Nadia Haddad", "ar": "نادية حداد"}


@contextmanager
def console(folder: Path) -> Iterator[tuple[str, str]]:
    """A console with a store of its own; gives its address and the store's."""
    server = EmbeddedServer(folder, durable=False)
    database.migrate(server.url)
    pool = database.pool(server.url, 4)
    runtime = Runtime(
        settings=config.load({}, data_dir=folder), url=server.url, pool=pool, secret=b"for pictures only" * 2
    )
    listener = socket.create_server(("127.0.0.1", 0))
    web = uvicorn.Server(uvicorn.Config(create_app(runtime), log_level="warning"))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server.url
    finally:
        web.should_exit = True
        thread.join()
        pool.close()
        server.stop()


def fill(url: str) -> dict[str, str]:
    """Sample cases, two people, a colleague's claim and note; returns a session by language."""
    now = datetime.now(UTC)
    with database.connect(url) as conn:
        sample_cases.fill(conn, now)
        sessions: dict[str, str] = {}
        for locale in LOCALES:
            user = people.add_user(conn, NAMES[locale], [Role.LEAD], locale=locale)
            sessions[locale] = people.start_session(conn, user.id)
        case = sample_cases.case_of(conn, "post:p-2")
        text = "نفس البيان ظهر في ثلاثة حسابات هذا الأسبوع. Same statement as last week's three accounts."
        service.note(conn, case_id=case, actor=user.actor, text=text, now=now)
    return sessions


def take(browser: Browser, address: str, session: str, case: int, target: str) -> None:
    """The queue and a case as one person sees them, the case by night too. `target`: pattern of paths."""
    for scheme, suffix in SCHEMES:
        context = browser.new_context(
            viewport=SIZE, device_scale_factor=1.5, color_scheme=scheme, reduced_motion="reduce"
        )
        context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
        page = context.new_page()
        if scheme == "light":
            page.goto(f"{address}/cases")
            page.screenshot(path=target.format("queue", suffix))
        page.goto(f"{address}/cases/{case}")
        page.locator('input[value="TVEC7"]').check()
        page.locator('input[name="purpose"][value="none"]').check()
        page.screenshot(path=target.format("case", suffix))
        context.close()


def main() -> None:
    """All pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tf-") as folder,
        console(Path(folder)) as (address, url),
        sync_playwright() as playwright,
    ):
        sessions = fill(url)
        with database.connect(url) as conn:
            case = sample_cases.case_of(conn, "post:p-2")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        for locale, session in sessions.items():
            take(browser, address, session, case, str(target / f"{{}}-{locale}{{}}.png"))
        browser.close()


if __name__ == "__main__":
    main()
