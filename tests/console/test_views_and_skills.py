"""Views of the queue under a name, and what a person takes, in a real browser, in English and in Arabic."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.store import saved_views
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, words

both = pytest.mark.parametrize("locale", LOCALES)


def keep(page: Page, locale: Locale, name: str) -> None:
    page.locator(".keep-view summary").click()
    page.get_by_placeholder(words(locale, "views.name")).fill(name)
    page.get_by_role("button", name=words(locale, "views.save"), exact=True).click()
    page.wait_for_load_state()


@both
def test_a_view_is_kept_used_and_removed(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    page.locator("select[name=language]").select_option("ar")
    expect(page.locator(".case-link")).to_have_count(4)
    keep(page, locale, "عربي أولًا")
    view = page.locator(".views a", has_text="عربي أولًا")
    expect(view).to_have_attribute("aria-current", "page")
    page.goto(f"{cases.url}/cases")
    view.click()
    expect(page.locator(".case-link")).to_have_count(4)
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="عربي أولًا").click()
    expect(page.locator(".views")).to_have_count(0)


def test_a_lead_shares_a_view_and_others_keep_theirs(cases: Site, page: Page, log_in: LogIn) -> None:
    moderator, lead = cases.person(), cases.person(Role.LEAD, name="Lena")
    with cases.store() as conn:
        saved_views.keep(conn, moderator.id, "mine alone", "?severity=1", shared=False)
    log_in(page, lead)
    page.goto(f"{cases.url}/cases?severity=4")
    page.locator(".keep-view summary").click()
    page.get_by_placeholder("Name of the view").fill("Worst")
    page.get_by_label("For everybody").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".views li")).to_have_count(1)
    with cases.client(moderator) as client:
        text = client.get("/cases").text
    assert "Worst" in text
    assert "mine alone" in text
    assert "views/2/remove" not in text, "a shared view is its owner's to remove"


def test_a_moderator_cannot_share(cases: Site) -> None:
    user = cases.person()
    with cases.client(user) as client:
        token = client.get("/preferences").text.split('name="csrf" value="')[1].split('"')[0]
        client.post("/views", data={"csrf": token, "name": "x", "severity": "4", "shared": "on"})
        refused = client.post("/views", data={"csrf": token, "name": "  "})
    assert refused.status_code == 422
    with cases.store() as conn:
        assert [view.shared for view in saved_views.of(conn, user.id)] == [False]


@both
def test_the_next_case_is_one_that_the_person_takes(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    page.goto(f"{cases.url}/preferences")
    page.get_by_label(words(locale, "language.ar"), exact=True).check()
    page.get_by_label(words(locale, "ground.TVEC7"), exact=True).check()
    page.locator('input[name="without_queue"][value="recruitment"]').check()
    page.locator(".skills button").click()
    expect(page.locator(".toast")).to_have_text(words(locale, "preferences.saved"))
    expect(page.get_by_label(words(locale, "ground.TVEC7"), exact=True)).to_be_checked()
    assert Axe().run(page).response["violations"] == []
    page.goto(f"{cases.url}/cases")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    assert page.url.endswith(f"/cases/{case_id(cases, 'account:a-102')}")
    page.keyboard.press("n")
    page.wait_for_url("**/cases?none=true")
    expect(page.locator(".toast")).to_have_text(words(locale, "skills.none_left"))
