"""Many cases decided together, in a real browser, in English and in Arabic."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import service
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console import sample_cases
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, words

both = pytest.mark.parametrize("locale", LOCALES)


def grounds(site: Site) -> dict[str, str]:
    with site.store() as conn:
        rows = conn.execute("SELECT subject_id, d.ground FROM decisions d JOIN cases ON cases.id = case_id")
        return dict(rows.fetchall())


@both
def test_cases_are_chosen_and_decided_by_keyboard_and_undone(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    for key in ("j", "j", "x", "j", "j", "Shift+x"):
        page.keyboard.press(key)
    chosen = words(locale, "together.chosen").replace("#", TRANSLATORS[locale].number(3))
    expect(page.locator("[data-selected]")).to_have_text(chosen)
    page.keyboard.press("b")
    expect(page.locator("h1")).to_have_text(words(locale, "together.title"))
    expect(page.locator(".together-row")).to_have_count(3)
    effects = page.locator("#effects")
    expect(effects).to_contain_text(words(locale, "together.decides", n=3))
    page.keyboard.press("7")
    expect(effects).to_contain_text(words(locale, "together.subjects.account", n=1))
    page.get_by_label(words(locale, "purpose.none"), exact=True).check()
    page.keyboard.press("r")
    page.keyboard.type("حملة واحدة" if locale == "ar" else "one campaign")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_url("**/decisions/*")
    expect(page.locator(".toast")).to_contain_text(words(locale, "together.done", n=3))
    assert set(grounds(cases).values()) == {"TVEC7"}
    page.keyboard.press("u")
    page.wait_for_url("**/cases?reopened=3")
    expect(page.locator(".toast")).to_have_text(words(locale, "together.reopened", n=3))
    expect(page.locator(".case-link")).to_have_count(7)


@both
def test_some_are_left_and_some_cleared_and_the_effects_say_so(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    news, threat = case_id(cases, "post:p-5"), case_id(cases, "post:p-1")
    page.get_by_label(words(locale, "together.all_shown")).check()
    page.locator('[data-key="b"]').click()
    expect(page.locator("#effects")).to_contain_text(words(locale, "together.decides", n=7))
    page.locator(f'select[name="do-{threat}"]').select_option("leave")
    expect(page.locator("#effects")).to_contain_text(words(locale, "together.decides", n=6))
    page.locator(f'select[name="do-{news}"]').select_option("clear")
    page.locator('input[value="TVEC1"]').check()
    expect(page.locator("#effects")).to_contain_text(words(locale, "together.clears", n=1))
    page.locator('[data-key="d"]').click()
    page.locator('input[name=purpose][value="none"]').check()
    page.locator("textarea[name=reason]").fill("x")
    page.locator('[data-key="d"]').click()
    page.wait_for_url("**/decisions/*")
    decided = grounds(cases)
    assert decided["p-5"] == "TVEC0"
    assert "p-1" not in decided
    assert len(decided) == 6


def test_all_that_match_are_taken_and_others_keep_theirs(cases: Site, page: Page, log_in: LogIn) -> None:
    other, now = cases.person(name="Samir"), datetime.now(UTC)
    with cases.store() as conn:
        sample_cases.fill_many(conn, now, 60)
    held = case_id(cases, "post:p-1000")
    with cases.store() as conn:
        service.claim(conn, case_id=held, actor=other.actor, lease=timedelta(hours=1), now=now)
    log_in(page, cases.person())
    page.goto(f"{cases.url}/cases?queue=bulk")
    page.get_by_role("button", name="All that match").click()
    expect(page.locator(".together-row")).to_have_count(60)
    expect(page.locator("#effects")).to_contain_text("1 case is in other hands")
    expect(page.locator(".together-taken")).to_contain_text("Samir")
    page.keyboard.press("0")
    page.get_by_role("textbox", name="Reason").fill("plain words")
    page.locator('[data-key="d"]').click()
    page.wait_for_url("**/decisions/*")
    expect(page.locator("#left-title")).to_have_text("1 case could not be decided")
    expect(page.locator("section", has=page.locator("#left-title"))).to_contain_text("Samir")
    assert len(grounds(cases)) == 59


def test_a_range_is_chosen_with_the_mouse(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    picks = page.locator(".pick")
    picks.nth(1).click()
    picks.nth(4).click(modifiers=["Shift"])
    expect(page.locator('input[name="case"]:checked')).to_have_count(4)
    picks.nth(2).click()
    expect(page.locator("[data-selected]")).to_have_text("Chosen: 3")


def test_choosing_nothing_is_said_and_who_may_not_decide_cannot_choose(cases: Site) -> None:
    with cases.client(cases.person()) as client:
        queue = client.get("/cases").text
        assert queue.count('name="case"') == 7
        csrf = queue.split('name="csrf" value="')[1].split('"')[0]
        refused = client.post("/cases/together", data={"csrf": csrf})
        assert (refused.status_code, "No case is chosen" in refused.text) == (422, True)
    with cases.client(cases.person(Role.AUDITOR, name="Auditor")) as client:
        queue = client.get("/cases").text
        assert queue.count("case-link") == 7
        assert 'name="case"' not in queue


def test_a_lead_reverses_all_of_it_later(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person(Role.LEAD))
    page.get_by_label("All that are shown").check()
    page.keyboard.press("b")
    page.wait_for_url("**/together")
    page.keyboard.press("0")
    page.get_by_role("textbox", name="Reason").fill("nothing here")
    page.locator('[data-key="d"]').click()
    page.wait_for_url("**/decisions/*")
    page.get_by_role("link", name="Case", exact=False).last.click()
    page.get_by_role("link", name="See all of it").click()
    page.locator("summary", has_text="Reverse this decision").click()
    page.get_by_label("Why it is reversed").fill("they were not looked at")
    page.get_by_role("button", name="Reverse this decision").click()
    page.wait_for_url("**/cases/*undone=true")
    with cases.store() as conn:
        assert conn.execute("SELECT count(*) FROM cases WHERE state = 'decided'").fetchone() == (0,)


@both
def test_axe_finds_no_fault(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    page.get_by_label(words(locale, "together.all_shown")).check()
    found = Axe().run(page).response["violations"]
    page.keyboard.press("b")
    page.wait_for_url("**/together")
    page.keyboard.press("7")
    expect(page.locator("#effects")).to_contain_text(words(locale, "together.subjects.account", n=2))
    found += Axe().run(page).response["violations"]
    page.get_by_label(words(locale, "purpose.none"), exact=True).check()
    page.locator("textarea[name=reason]").fill("x")
    page.locator('[data-key="d"]').click()
    page.wait_for_url("**/decisions/*")
    found += Axe().run(page).response["violations"]
    assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found] == []
