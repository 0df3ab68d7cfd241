"""What a person does with a network at the console, in a real browser, in English and in Arabic."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tenfold.casework import linking
from tenfold.casework.linking import LinkVerdict
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    database_url,
    returning_template,
)
from tests.console.conftest import WAIT
from tests.console.running import LogIn, Site, watched_page
from tests.networks.small_network import add_account, follow

__all__ = ["database_url", "returning_template"]

both = pytest.mark.parametrize("locale", LOCALES)
# Pixels of the graph that are painted.
PAINTED = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  .filter((value, place) => place % 4 === 3 && value).length"""


def words(locale: Locale, key: str, **values: str | int) -> str:
    """What the page says, without the isolates that only plain texts carry."""
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def network_of(site: Site, account: str, **more: str) -> str:
    return f"{site.url}/networks?start=account:{account}" + "".join(f"&{k}={v}" for k, v in more.items())


def confirm(site: Site, closed: str, new: str) -> None:
    wish = LinkVerdict(accounts=(closed, new), verdict="same", reason="نظرت فيه")
    with site.store() as conn:
        linking.decide_link(conn, wish=wish, actor="user:1", now=datetime.now(UTC))


def states(site: Site) -> dict[str, str]:
    with site.store() as conn:
        return dict(conn.execute("SELECT id, state FROM accounts").fetchall())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that is high enough for the graph; a script error or a refused script on it fails the test."""
    with watched_page(browser, height=900, wait=3 * WAIT) as page:
        yield page


def ready(page: Page, how: str = "graph") -> None:
    page.locator(f"[data-ready={how}]").wait_for(timeout=3 * WAIT)


def search(page: Page, locale: Locale) -> None:
    """Find one account in the graph by its handle."""
    page.keyboard.press("/")
    page.keyboard.type("sawt.alraya3")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("[data-say]")).to_have_text(words(locale, "networks.found", n=1))
    page.keyboard.press("Enter")
    expect(page.locator("[data-card]")).to_contain_text("@sawt.alraya3")
    page.keyboard.press("Escape")


@both
def test_a_network_is_looked_at_chosen_from_and_decided_as_one(
    site: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    confirm(site, CLOSED, BACK)
    log_in(page, site.person(Role.LEAD, locale=locale))
    page.goto(f"{site.url}/returns/pair?closed={CLOSED}&new={BACK}")
    kin = page.get_by_role("region", name=words(locale, "kin.title"))
    kin.get_by_role("link", name=words(locale, "networks.open"), exact=True).click()
    ready(page)
    expect(page.locator("h1")).to_have_text(words(locale, "networks.of", who="@sawt_alraya_1"))
    assert page.locator("[data-canvas] canvas").first.evaluate(PAINTED) > 500
    assert not Axe().run(page, options={"rules": {"color-contrast": {"enabled": False}}}).violations_count

    card = page.locator("[data-card]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(card).to_contain_text("@sawt_alraya_2")
    expect(card).to_contain_text(words(locale, "networks.link.confirmed"))
    page.keyboard.press("x")
    chosen = page.locator("[data-chosen]")
    expect(chosen).to_have_text(words(locale, "networks.chosen.count", n=1))
    page.get_by_role("button", name=words(locale, "networks.chosen.neighbours")).click()
    expect(page.locator("tr[data-node='account:friend-0'] input")).to_be_checked()
    page.get_by_role("button", name=words(locale, "networks.chosen.none")).click()
    page.get_by_role("button", name=words(locale, "networks.chosen.confirmed")).click()
    expect(chosen).to_have_text(words(locale, "networks.chosen.count", n=1))
    page.locator(f"tr[data-node='account:{BACK_AGAIN}'] input").check()

    search(page, locale)
    page.get_by_role("button", name=words(locale, "networks.chosen.go")).click()
    page.wait_for_url("**/networks/chosen")
    expect(page.locator(f"[data-candidate='account:{BACK}'] input")).to_be_checked()
    unsure = page.locator(f"[data-candidate='account:{BACK_AGAIN}']")
    expect(unsure.locator("input")).not_to_be_checked()
    expect(unsure).to_contain_text(words(locale, "networks.chosen.by_machine"))
    expect(unsure).to_contain_text(words(locale, "networks.link.likely"))
    unsure.locator("input").check()
    page.keyboard.press("d")
    page.wait_for_url("**/networks/decide")
    expect(page.locator(".together-row")).to_have_count(2)
    page.locator("#ground-1").check()
    page.locator("input[name=purpose][value=none]").check()
    page.locator("input[name=add][value=close_account]").check()
    page.locator("textarea[name=reason]").fill("الأشخاص أنفسهم")
    page.locator("#decide button.primary").click()
    page.wait_for_url("**/decisions/*")
    assert [states(site)[one] for one in (BACK, BACK_AGAIN, COPY)] == ["closed", "closed", "active"]
    page.locator(".toast button").click()
    page.wait_for_url(lambda url: "/decisions/" not in url)
    assert states(site)[BACK] == "active"


def middle(page: Page) -> tuple[float, float]:
    """Of the graph, on the page."""
    area = page.locator("[data-canvas]").bounding_box()
    assert area is not None
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def pointing(page: Page, x: float, y: float) -> bool:
    """Whether there is a node at a place of the page."""
    page.mouse.move(x, y)
    return bool(page.locator("[data-canvas]").evaluate("box => box.style.cursor === 'pointer'"))


def test_the_graph_is_moved_opened_and_chosen_from_by_hand(site: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, site.person())
    page.goto(network_of(site, "friend-0", sort="follows", standing="closed"))
    ready(page)
    rows = page.locator("tbody tr")
    before = rows.count()
    line = page.locator(f"tr[data-node='account:{CLOSED}']")
    line.locator(".case-link").click()
    page.locator("[data-canvas]").scroll_into_view_if_needed()
    x, y = middle(page)
    assert pointing(page, x, y)  # what is focused stands in the middle
    page.mouse.down()
    page.mouse.move(x + 160, y + 90, steps=4)
    page.mouse.up()
    assert not pointing(page, x, y)
    assert pointing(page, x + 160, y + 90)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(50)
    assert pointing(page, x + 161, y + 90)  # what one zooms at stays
    page.mouse.dblclick(x + 160, y + 90)
    expect(line.locator("[data-open]")).to_have_count(0)
    expect(page.locator("[data-say]")).not_to_be_empty()
    page.goto(network_of(site, CLOSED))
    ready(page)
    assert rows.count() > before
    area = page.locator("[data-canvas]").bounding_box()
    assert area is not None
    page.keyboard.down("Shift")
    page.mouse.move(area["x"] + 2, area["y"] + 2)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] - 3, area["y"] + area["height"] - 3, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    boxes = page.locator("tbody input[type=checkbox]").count()
    assert boxes > 5
    expect(page.locator("tbody input:checked")).to_have_count(boxes)


def test_without_graphics_the_table_has_everything_page_by_page(
    site: Site, page: Page, log_in: LogIn
) -> None:
    with site.store() as conn:
        for number in range(60):
            add_account(conn, f"reader-{number}")
            follow(conn, f"reader-{number}", CLOSED)
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    log_in(page, site.person())
    page.goto(network_of(site, CLOSED))
    ready(page, "table")
    expect(page.get_by_text(words("en", "networks.no_drawing"))).to_be_visible()
    expect(page.locator("[data-canvas]")).to_be_hidden()
    page.locator(f"tr[data-node='account:{BACK}'] .case-link").click()
    expect(page.locator("[data-card]")).to_contain_text("@sawt_alraya_2")

    rows, first = page.locator("tbody tr"), page.locator("tbody .case-link").first
    expect(rows).to_have_count(50)
    page.locator(f"tr[data-node='account:{BACK}'] input").check()
    page.locator(f"tr[data-node='account:{BACK}'] .case-link").focus()
    page.keyboard.press("PageDown")
    expect(page.locator(f"tr[data-node='account:{BACK}']")).to_have_count(0)
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-card]")).to_contain_text("@h_reader-")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_have_text(words("en", "networks.chosen.count", n=2))
    page.keyboard.press("PageUp")
    expect(page.locator(f"tr[data-node='account:{BACK}'] input")).to_be_checked()
    page.get_by_role("button", name=words("en", "networks.chosen.go")).click()
    expect(page.locator("[data-candidate]")).to_have_count(2)


# Without a browser


def test_what_is_looked_at_is_audited_and_tokens_never_leave(site: Site) -> None:
    with site.client(site.person()) as client:
        page = client.get("/networks", params={"account": CLOSED})
        graph = client.get("/networks/graph", params={"start": f"account:{CLOSED}", "depth": "2"})
        line = client.get("/networks/timeline", params={"start": f"account:{CLOSED}"})
    assert (page.status_code, graph.status_code, line.status_code) == (200, 200, 200)
    told: dict[str, Any] = graph.json()
    assert {"nodes", "edges", "told", "texts"} == told.keys()
    kinds = {told["texts"][kind] for kind in told["nodes"]["kind"]}
    assert {"account", "device", "url", "domain"} <= kinds
    for answer in (page, graph, line):
        assert "d1d1" not in answer.text
    with site.store() as conn:
        rows = conn.execute(
            "SELECT subject, details ->> 'as' FROM audit WHERE act = 'network.viewed'"
        ).fetchall()
    assert rows == [(f"account:{CLOSED}", seen) for seen in ("graph", "json", "timeline")]


def test_who_may_not_decide_sees_and_chooses_nothing(site: Site) -> None:
    with site.client(site.person(Role.AUDITOR)) as client:
        page = client.get("/networks", params={"account": CLOSED})
        assert page.status_code == 200
        assert 'name="node"' not in page.text
    with site.client(site.person(Role.ADMIN, name="Somebody else")) as client:
        for path in ("/networks", "/networks/graph", "/networks/timeline"):
            assert client.get(path, params={"start": f"account:{CLOSED}"}).status_code == 403


ADDRESSES = [
    ("/networks?start=nonsense", 422),
    ("/networks?start=value:1", 422),
    ("/networks?start=value:99999999999999999999", 422),
    ("/networks?start=account:nobody-at-all", 404),
    ("/networks?start=account:a-raya-1&depth=x", 422),
    ("/networks?start=account:a-raya-1&depth=99&rows=50", 200),
    ("/networks/graph", 422),
    ("/networks/timeline", 422),
    ("/networks/timeline?start=account:a-raya-1&from=yesterday", 422),
    ("/networks/timeline?start=account:a-raya-1&from=2020-01-01&to=2020-02-01", 200),
    ("/networks?q=@SAWT_alraya_2", 303),
    ("/networks?q=no-such-handle", 404),
    ("/networks?q=%00", 200),
]


def test_addresses_are_answered(site: Site) -> None:
    with site.client(site.person()) as client:
        answered = [(path, client.get(path).status_code) for path, _ in ADDRESSES]
    assert answered == ADDRESSES


@both
def test_the_first_page_and_the_timeline_tell_who_came_back(site: Site, locale: Locale) -> None:
    confirm(site, CLOSED, BACK)
    with site.client(site.person(locale=locale)) as client:
        begin = client.get("/networks").text
        line = client.get("/networks/timeline", params={"start": f"account:{CLOSED}"}).text
        recent = client.get(
            "/networks/timeline", params={"start": f"account:{CLOSED}", "to": "2020-01-01"}
        ).text
    assert f"start=account%3A{CLOSED}" in begin
    assert words(locale, "mark.confirmed") in line
    assert words(locale, "mark.possible") in line
    assert line.count('class="lane"') == 4
    assert "lane-gap-confirmed" in line
    assert words(locale, "networks.lanes.none") in recent


def test_association_is_told_with_what_it_means(site: Site) -> None:
    with site.client(site.person()) as client:
        text = client.get("/networks", params={"account": CLOSED}).text
    assert "it is no proof" in text
    assert words("en", "networks.place", n=1, of=3) in text.replace("\u2068", "").replace("\u2069", "")


def test_what_is_chosen_badly_is_refused(site: Site) -> None:
    user = site.person()
    with site.client(user) as client:
        text = client.get("/networks", params={"account": CLOSED}).text
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        assert found is not None
        for path in ("/networks/chosen", "/networks/decide"):
            for nodes in ([], ["nonsense", "value:5"]):
                assert client.post(path, data={"csrf": found[1], "node": nodes}).status_code == 422
        nodes = [f"account:{CLOSED}", f"account:{BACK}"]
        refused = client.post("/networks/decide", data={"csrf": found[1], "node": nodes})
        assert refused.status_code == 422
        many = [f"account:n{n}" for n in range(501)]
        assert client.post("/networks/chosen", data={"csrf": found[1], "node": many}).status_code == 422
