"""Working with colleagues at the console, in a real browser, in English and in Arabic."""

from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import service
from tenfold.store import inbox, skills
from tenfold.store.people import Locale
from tenfold.taxonomy import Ground
from tenfold.web.console.i18n import LOCALES
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, words

both = pytest.mark.parametrize("locale", LOCALES)


@both
def test_a_message_leads_to_its_case_and_is_seen(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    mariam, samir = cases.person(name="مريم", locale=locale), cases.person(name="Samir")
    case, now = case_id(cases, "post:p-2"), datetime.now(UTC)
    with cases.store() as conn:
        service.note(conn, case_id=case, actor=samir.actor, text="@مريم ما معنى هذا؟", now=now)
    log_in(page, mariam)
    expect(page.locator(".bar .waiting")).to_contain_text(words(locale, "mine.waiting", n=1))
    page.keyboard.press("y")
    page.wait_for_url("**/mine")
    expect(page.locator(".message")).to_contain_text(words(locale, "mine.kind.mention", who="Samir"))
    assert Axe().run(page).response["violations"] == []
    page.locator(".message-link").click()
    page.wait_for_url("**/cases/*")
    page.keyboard.press("y")
    page.wait_for_url("**/mine")
    expect(page.locator(".bar .waiting")).to_have_count(0)


@both
def test_a_case_is_handed_to_a_colleague(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    samir = cases.person(name="Samir")
    log_in(page, cases.person(locale=locale))
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    page.keyboard.press("h")
    page.wait_for_url("**/colleagues")
    assert Axe().run(page).response["violations"] == []
    page.locator("select[name=to]").select_option(label="Samir")
    page.get_by_label(words(locale, "mine.why")).fill("أنت أعلم بهذا")
    page.get_by_role("button", name=words(locale, "mine.hand"), exact=True).click()
    page.wait_for_url("**/cases")
    expect(page.locator(".cases .state").first).to_contain_text("Samir")
    with cases.store() as conn:
        assert [message.text for message in inbox.of(conn, samir.id)] == ["أنت أعلم بهذا"]


def test_readers_of_a_language_are_asked(cases: Site, page: Page, log_in: LogIn) -> None:
    mariam = cases.person(name="مريم")
    log_in(page, cases.person())
    address = f"{cases.url}/cases/{case_id(cases, 'post:p-2')}/colleagues"
    page.goto(address)
    page.locator("select[name=language]").select_option("ar")
    page.get_by_label("Your question").fill("Is this a quotation?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", name="Nobody else reads this language")).to_be_visible()
    with cases.store() as conn:
        skills.save(conn, mariam.id, skills.Skills(languages=("ar",)))
    page.goto(address)
    page.locator("select[name=language]").select_option("ar")
    page.get_by_label("Your question").fill("Is this a quotation?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".note")).to_contain_text("Is this a quotation?")
    with cases.store() as conn:
        assert [message.kind for message in inbox.of(conn, mariam.id)] == ["language"]


@both
def test_who_else_is_here_is_shown(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    samir, case = cases.person(name="Samir"), case_id(cases, "post:p-1")
    with cases.store() as conn:
        inbox.here(conn, case, samir.id, datetime.now(UTC) + timedelta(seconds=20))
    log_in(page, cases.person(locale=locale))
    page.goto(f"{cases.url}/cases/{case}")
    expect(page.locator(".here")).to_have_text(words(locale, "mine.here", who="Samir"))


@both
def test_ones_last_decisions_can_be_undone_in_time(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    user, now = cases.person(locale=locale), datetime.now(UTC)
    verdict = service.Verdict(ground=Ground.NONE, reason="nothing")
    old, new = case_id(cases, "post:p-4"), case_id(cases, "post:p-5")
    with cases.store() as conn:
        past = now - timedelta(minutes=5)
        service.decide(conn, case_id=old, verdict=verdict, actor=user.actor, now=past)
        service.decide(conn, case_id=new, verdict=verdict, actor=user.actor, now=now)
    log_in(page, user)
    page.goto(f"{cases.url}/mine")
    expect(page.locator(".made")).to_have_count(2)
    undo = page.locator(".made").get_by_role("button", name=words(locale, "toast.undo"))
    expect(undo).to_have_count(1)
    undo.click()
    page.wait_for_url(f"**/cases/{new}?undone=true")
