"""Search at the console, in a real browser, in English and in Arabic."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import service
from tenfold.fingerprint import Fingerprint
from tenfold.store import closures, people
from tenfold.store.closures import Closure
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES
from tests.console import sample_cases
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, words

both = pytest.mark.parametrize("locale", LOCALES)


def look_for(page: Page, text: str) -> None:
    page.locator("input[name=q]").fill(text)
    page.locator("input[name=q]").press("Enter")
    page.wait_for_load_state()


@both
def test_a_post_is_found_in_another_spelling_and_its_case_opened(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    page.keyboard.press("q")
    page.wait_for_url("**/search")
    expect(page.locator("input[name=q]")).to_be_focused()
    page.keyboard.type("رايه الرماديه ابطال")
    page.keyboard.press("Enter")
    expect(page.locator("#found-post")).to_have_text(words(locale, "search.kind.post"))
    assert page.locator(".found").first.locator("mark").all_inner_texts() == ["رايةِ", "الرماديّة", "أبطال"]
    page.locator(".found .case-link").first.click()
    assert page.url.endswith(f"/cases/{case_id(cases, 'post:p-2')}")


def closed(account: str, name: str) -> Closure:
    """A closed account of which nothing is left but its fingerprint."""
    shown = Fingerprint(account=account, names=(name,), handles=("old_one",))
    now = datetime.now(UTC)
    return Closure(
        account=account, created_at=None, closed_at=now, origin="import:list", ground="", fingerprint=shown
    )


def test_closed_accounts_are_found_by_what_they_showed_until_they_are_erased(cases: Site) -> None:
    with cases.store() as conn:
        closures.keep(conn, [closed("x:7", "صوت الرّاية القديم"), closed("x:8", "Somebody")])
    with cases.client(cases.person()) as client:
        page = client.get("/search?q=رايه+قديم&kind=closure").text
        assert "x:7" in page and "x:8" not in page and "/networks?account=x%3A7" in page
        with cases.store() as conn:
            closures.keep(conn, [closed("x:7", "اسم آخر")])
        assert "x:7" not in client.get("/search?q=رايه+قديم&kind=closure").text
        assert "x:8" in client.get("/search?q=old_one").text
        with cases.store() as conn:
            closures.erase(conn, ["x:7", "x:8"])
        assert "x:8" not in client.get("/search?q=old_one").text
    with cases.client(cases.person(Role.ADMIN, name="Admin")) as client:
        assert client.get("/search?q=old_one").status_code == 403


@both
def test_accounts_groups_and_notes_are_found_too(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    user = cases.person(locale=locale)
    case = case_id(cases, "post:p-1")
    with cases.store() as conn:
        service.note(conn, case_id=case, actor=user.actor, text="القناة عند الميناء", now=datetime.now(UTC))
        closures.keep(conn, [closed("x:7", "قناةُ القَناةِ القديمة")])
    log_in(page, user)
    page.goto(f"{cases.url}/search")
    look_for(page, "القناة")
    for kind in ("post", "account", "group", "closure", "note"):
        expect(page.locator(f"#found-{kind}")).to_have_text(words(locale, f"search.kind.{kind}"))
    page.get_by_role("radio", name=words(locale, "search.kind.note"), exact=True).check()
    page.get_by_role("button", name=words(locale, "search.go"), exact=True).click()
    expect(page.locator(".found")).to_have_count(1)
    expect(page.locator(".found")).to_contain_text("Nadia Haddad")


def test_ids_and_numbers_of_cases_lead_there(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    page.goto(f"{cases.url}/search")
    look_for(page, "p-5")
    page.locator("section", has=page.locator("#by-id")).locator(".case-link").click()
    number = case_id(cases, "post:p-5")
    assert page.url.endswith(f"/cases/{number}")
    with cases.store() as conn:
        sample_cases.fill_many(conn, datetime.now(UTC), 30)
    many = case_id(cases, "post:p-1029")
    page.goto(f"{cases.url}/search?q={many}")
    page.locator("section", has=page.locator("#by-id")).locator(".case-link").first.click()
    assert page.url.endswith(f"/cases/{many}")


def test_further_windows_of_one_kind(cases: Site, page: Page, log_in: LogIn) -> None:
    with cases.store() as conn:
        sample_cases.fill_many(conn, datetime.now(UTC), 45)
    log_in(page, cases.person())
    page.goto(f"{cases.url}/search?q=plain+words")
    expect(page.locator(".found")).to_have_count(5)
    page.get_by_role("link", name="More of these").click()
    expect(page.locator(".found")).to_have_count(20)
    page.get_by_role("link", name="The next 20").click()
    page.get_by_role("link", name="The next 20").click()
    expect(page.locator(".found")).to_have_count(5)
    expect(page.get_by_role("link", name="The next 20")).to_have_count(0)


@both
def test_nothing_found_and_too_short_teach(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    page.goto(f"{cases.url}/search")
    expect(page.locator(".empty")).to_contain_text(words(locale, "search.start.help"))
    look_for(page, "zzzzzz")
    expect(page.locator(".empty")).to_contain_text(words(locale, "search.none.help"))
    look_for(page, "من")
    expect(page.locator(".empty")).to_contain_text(words(locale, "search.short"))


def test_what_is_found_is_masked_and_never_markup(cases: Site, page: Page, log_in: LogIn) -> None:
    user = cases.person()
    with cases.store() as conn:
        sample_cases.fill_hostile(conn, datetime.now(UTC))
    log_in(page, user)
    page.goto(f"{cases.url}/search")
    look_for(page, "ashen banner hacked")
    expect(page.locator(".found")).to_contain_text("<script>")
    assert page.evaluate("window.hacked") is None
    with cases.store() as conn:
        people.set_preferences(conn, user.id, locale="en", blur=True, shortcuts=True)
    page.reload()
    expect(page.locator(".found-text")).not_to_contain_text("Ashen")


def test_only_who_may_read_cases_may_search(cases: Site) -> None:
    with cases.client(cases.person(Role.ADMIN)) as client:
        assert client.get("/search?q=ashen").status_code == 403


@both
def test_axe_finds_no_fault_in_search(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    found = []
    for query in ("", "?q=القناة", "?q=p-5", "?q=zzzzzz"):
        page.goto(f"{cases.url}/search{query}")
        found += Axe().run(page).response["violations"]
    assert [(item["id"], item["nodes"][0]["html"][:200]) for item in found] == []
