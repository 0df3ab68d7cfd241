"""axe-core finds no fault on any page, in English and in Arabic, in the light and in the dark.

Pages at a fixed address are found by themselves. One that needs a case, a link or a threat is a line in
PAGES; who adds such a page adds a line.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from litestar import Router
from litestar.handlers import HTTPRouteHandler
from playwright.sync_api import Page

from tenfold.casework import service
from tenfold.casework.service import Verdict
from tenfold.store import people
from tenfold.store.people import Locale
from tenfold.taxonomy import Ground, Role
from tenfold.web import console
from tests.console.running import LogIn, Site
from tests.console.test_case_page import answer_it
from tests.console.test_console_pages import case_id
from tests.console.test_media_part import pictured

__all__ = ["pictured"]

# Of each page its name, and its address on the site of this test.
PAGES: Final[dict[str, Callable[[Site], str]]] = {
    "a case on a post, with copies and precedents": lambda site: f"/cases/{case_id(site, 'post:p-2')}",
    "a case with a hidden word": lambda site: f"/cases/{case_id(site, 'post:p-3')}",
    "a case on an account": lambda site: f"/cases/{case_id(site, 'account:a-102')}",
    "a case on a group": lambda site: f"/cases/{case_id(site, 'group:g-1')}",
    "a case on a picture": lambda site: f"/cases/{case_id(site, 'media:m-part')}",
    "a case on a film": lambda site: f"/cases/{case_id(site, 'media:m-film')}",
    "a decided case": lambda site: f"/cases/{_decided(site)[0]}",
    "its decision": lambda site: f"/decisions/{_decided(site)[1]}",
    "what stands around a case": lambda site: f"/cases/{case_id(site, 'post:p-2')}/context",
    "the media of a case": lambda site: f"/cases/{case_id(site, 'media:m-film')}/media",
    "colleagues of a case": lambda site: f"/cases/{case_id(site, 'post:p-2')}/colleagues",
    "a queue with a message": lambda site: "/cases?decided=1&of=1",
    "an empty queue": lambda site: "/cases?search=nothing",
    "results of a search": lambda site: "/search?q=banner",
    "nothing here": lambda site: "/nowhere",
}
FILES: Final = (".csv", ".json", ".pdf")
FETCHING: Final = "[hx-trigger*=load], [data-canvas]"  # parts that come, or are drawn, after their page


def _decided(site: Site) -> tuple[int, int]:
    with site.store() as conn:
        row = conn.execute("SELECT case_id, id FROM decisions ORDER BY id LIMIT 1").fetchone()
    assert row is not None
    return row[0], row[1]


def fixed_addresses() -> Iterator[str]:
    """The addresses of the console's pages that name nothing in particular."""
    routers = [router for router in console.handlers if isinstance(router, Router)]
    for route in (route for router in routers for route in router.routes):
        for handler in getattr(route, "route_handlers", ()):
            if (
                isinstance(handler, HTTPRouteHandler)
                and "GET" in handler.http_methods
                and "{" not in route.path
            ):
                yield route.path


def violations(page: Page) -> list[str]:
    """What axe says of the page with all that can be unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{page.url} {item['id']}: {item['nodes'][0]['html'][:300]}" for item in found]


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("ar", "dark")])
def test_axe_finds_no_fault_on_any_page(
    pictured: Site, page: Page, log_in: LogIn, locale: Locale, scheme: Any
) -> None:
    page.context.set_default_timeout(60_000)  # milliseconds: axe looks at every element of long pages
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_extra_http_headers({"accept-language": locale})
    answer_it(pictured)
    person = pictured.person(*Role, locale=locale)
    with pictured.store() as conn:
        case, now = case_id(pictured, "post:p-4"), datetime.now(UTC)
        verdict = Verdict(ground=Ground.PRAISE, proposals=None, reason="praise")
        service.decide(conn, case_id=case, verdict=verdict, actor=person.actor, now=now)
        service.note(conn, case_id=case, actor=person.actor, text="a note", now=now)
    found = []
    for address in ("/login", "/login/some-token"):
        page.goto(pictured.url + address)
        found += violations(page)
    log_in(page, person)
    asked = [address for address in sorted(set(fixed_addresses())) if "login" not in address]
    for address in (*asked, *(of(pictured) for of in PAGES.values())):
        if address.endswith(FILES) or not _is_page(page, pictured.url + address):
            continue
        page.goto(pictured.url + address)
        if page.locator("#decide").count():
            page.keyboard.press("7")
        if page.locator(FETCHING).count():
            page.wait_for_load_state("networkidle")
        found += violations(page)
    page.keyboard.press("?")
    found += violations(page)
    assert found == []


def _is_page(page: Page, url: str) -> bool:
    answer = page.request.get(url)
    return answer.headers.get("content-type", "").startswith("text/html") and "<html" in answer.text()


def test_masked_pages_pass_axe_too(cases: Site, page: Page, log_in: LogIn) -> None:
    user = cases.person()
    with cases.store() as conn:
        people.set_preferences(conn, user.id, locale="en", blur=True, shortcuts=False)
    log_in(page, user)
    found = violations(page)
    page.goto(f"{cases.url}/cases/{case_id(cases, 'post:p-2')}")
    page.wait_for_load_state("networkidle")
    assert found + violations(page) == []
