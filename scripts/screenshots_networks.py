"""The pictures of a network, its graph and its timeline: screenshots.py calls it."""

from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page


def take(browser: Browser, address: str, sessions: dict[str, str], start: str, target: Path) -> None:
    """The graph and the timeline around an account in both languages, by day."""
    query = urlencode({"start": f"account:{start}", "depth": 2})
    for locale, session in sessions.items():
        page = _page(browser, address, session)
        page.goto(f"{address}/networks?{query}")
        page.locator("[data-settled]").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("o")
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(500)
        page.screenshot(path=target / f"network-{locale}.png")
        page.goto(f"{address}/networks/timeline?{query}")
        page.screenshot(path=target / f"timeline-{locale}.png")
        page.context.close()


def _page(browser: Browser, address: str, session: str) -> Page:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, device_scale_factor=1.5, reduced_motion="reduce"
    )
    context.set_default_timeout(120_000)
    context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
    return context.new_page()
