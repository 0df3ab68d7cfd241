"""The pictures of the overview and of quality, from ninety made-up days: screenshots.py calls it."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser
from tenfold_bench import _overview_history

from tenfold.store import database, overview, people, web_sessions
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES

CASES = 8_000
PAGES = {"overview": "/overview?span=30d", "quality": "/quality"}
PEOPLE = 18  # and the two leads: as many as decide in the made-up days


def fill(url: str) -> dict[str, str]:
    """Ninety days, a person for each language; returns their sessions."""
    with database.connect(url) as conn:
        for number in range(1, PEOPLE + 1):
            people.add_user(conn, f"Moderator {number}", [Role.MODERATOR])
        leads = {
            locale: people.add_user(conn, f"Lead {locale}", [Role.LEAD], locale=locale) for locale in LOCALES
        }
        _overview_history.fill(conn, CASES, CASES)
        _overview_history.second_looks(conn)
        while overview.fill(conn, datetime.now(UTC)):
            conn.commit()
        return {locale: web_sessions.start(conn, user.id) for locale, user in leads.items()}


def take(browser: Browser, address: str, sessions: dict[str, str], target: Path) -> None:
    """Both pages in both languages, by day."""
    for locale, session in sessions.items():
        context = browser.new_context(
            viewport={"width": 1280, "height": 1000}, device_scale_factor=1.5, reduced_motion="reduce"
        )
        context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
        page = context.new_page()
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=target / f"{name}-{locale}.png")
        context.close()
