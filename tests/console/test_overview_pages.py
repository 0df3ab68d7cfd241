"""The overview in a real browser, in both languages, and without one."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import overview_tables, service
from tenfold.casework.service import Verdict
from tenfold.store.people import Locale
from tenfold.taxonomy import Ground, Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console import sample_cases
from tests.console.running import LogIn, Site


def decide_some(site: Site) -> None:
    """Two of the cases are decided, one of them as no violation."""
    with site.store() as conn:
        for subject, ground in (("post:p-2", Ground.PRAISE), ("post:p-5", Ground.EXCEPTION)):
            case = sample_cases.case_of(conn, subject)
            proposals = None if ground.is_violation else ()
            verdict = Verdict(ground=ground, reason="seen", proposals=proposals)
            service.decide(conn, case_id=case, verdict=verdict, actor="user:1", now=datetime.now(UTC))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("locale", LOCALES)
def test_somebody_reads_the_overview(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    decide_some(cases)
    words = TRANSLATORS[locale]
    log_in(page, cases.person(Role.POLICY, locale=locale))
    page.get_by_role("link", name=words.text("overview.nav"), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.text("overview.title"))
    tiles = page.locator("#tiles")
    expect(tiles).to_contain_text(words.text("overview.decided_n", n=2))
    expect(tiles).not_to_contain_text(words.percent(0.5))  # of two cases no share is told
    chart = page.locator("#plot-inflow")
    opened = page.locator("#plot-inflow rect[class^=series-]").last.bounding_box()
    whole = chart.bounding_box()
    assert opened and whole
    now_is_right = opened["x"] > whole["x"] + whole["width"] / 2
    assert now_is_right is (locale == "en"), "time runs as the language is read"
    card = page.locator(".card", has=chart)
    card.locator("summary").click()
    expect(card.locator("tbody tr").first.locator("td").first).to_have_text(words.number(7))
    page.get_by_role("link", name=words.text("overview.span.24h")).click()
    expect(page.locator("#rows-inflow tr")).to_have_count(24)
    page.get_by_role("combobox").select_option("threats")
    page.get_by_role("button", name=words.text("overview.show"), exact=True).click()
    expect(page).to_have_url(re.compile("queue=threats"))
    expect(page.locator("#rows-inflow tr")).to_have_count(24)
    expect(card.locator("tbody")).to_contain_text(words.number(1))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_what_changes_appears_without_disturbing_who_reads(cases: Site, page: Page, log_in: LogIn) -> None:
    page.clock.install()
    log_in(page, cases.person(Role.AUDITOR))
    page.goto(f"{cases.url}/overview")
    card = page.locator(".card", has=page.locator("#plot-inflow"))
    card.locator("summary").click()
    card.locator("summary").focus()
    decide_some(cases)
    page.clock.fast_forward(61_000)
    expect(page.locator("#tiles")).to_contain_text("2 decisions")
    expect(card.locator("details")).to_have_attribute("open", "")
    expect(card.locator("summary")).to_be_focused()
    page.get_by_role("link", name="Stop refreshing").click()
    assert page.locator("[hx-trigger]").count() == 0


def test_every_table_comes_as_csv_with_the_same_numbers(cases: Site) -> None:
    decide_some(cases)
    with cases.client(cases.person()) as client:
        for name in overview_tables.NAMES:
            answer = client.get(f"/overview/{name}.csv?span=7d")
            assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
            assert rows(answer.text), name
        assert client.get("/overview/people.csv").status_code == 404
        inflow = rows(client.get("/overview/inflow.csv?span=7d").text)
        assert (len(inflow), inflow[-1]["opened"], inflow[-1]["decided"]) == (7, "7", "2")
        grounds = {row["ground"]: row for row in rows(client.get("/overview/grounds.csv").text)}
        assert grounds["TVEC7"]["person"] == "2" and grounds["TVEC0.1"]["acted"] == "0"
        queued = rows(client.get("/overview/inflow.csv?span=7d&queue=threats").text)
        assert queued[-1]["opened"] == "1"


def test_queues_named_to_harm_a_spreadsheet_or_a_page_do_not(site: Site) -> None:
    with site.store() as conn:
        sample_cases.fill_hostile(conn, datetime.now(UTC))
        conn.execute("UPDATE cases SET queue = '=HYPERLINK(1)<script>'")
    with site.client(site.person()) as client:
        assert rows(client.get("/overview/backlog.csv").text)[0]["queue"] == "'=HYPERLINK(1)<script>"
        assert "1)<script>" not in client.get("/overview").text


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-02-31&span=custom",
        "span=custom&since=2026-03-02&until=2026-03-01",
        "span=custom&since=0001-01-01",
    ],
)
def test_days_that_are_none_are_refused_with_a_hint(site: Site, query: str) -> None:
    with site.client(site.person()) as client:
        answer = client.get(f"/overview?{query}")
    assert answer.status_code == 422 and "first day" in answer.text


def test_days_that_are_asked_for_are_shown_and_no_others(cases: Site) -> None:
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    with cases.client(cases.person()) as client:
        address = f"/overview/inflow.csv?span=custom&since={day - timedelta(days=5)}&until={day}"
        shown = rows(client.get(address).text)
    assert [row["begins"][:10] for row in shown][-1] == day.isoformat() and len(shown) == 6
    assert all(row["opened"] == "0" for row in shown)


def test_who_may_not_see_cases_does_not_see_their_figures(site: Site) -> None:
    with site.client(site.person(Role.ADMIN)) as client:
        assert client.get("/overview").status_code == 403
    with site.client() as client:
        assert client.get("/overview/inflow.csv").status_code == 303
