"""A decision that needs two people, from the first one's form to the second one's confirmation."""

import pytest
from playwright.sync_api import Page, expect

from tenfold.casework import seconds
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tests.console.running import LogIn, Site

TITLES = {"en": "Confirmations", "ar": "التأكيدات"}


def first_case(site: Site) -> int:
    with site.store() as conn:
        row = conn.execute("SELECT id FROM cases WHERE subject_kind = 'post' ORDER BY id LIMIT 1").fetchone()
        assert row
        return int(row[0])


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_one_proposes_and_another_confirms_by_keyboard(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    lead = cases.person(Role.LEAD, name="Lead", locale=locale)
    case = first_case(cases)
    log_in(page, lead)
    page.goto(f"{cases.url}/seconds")
    page.select_option("select[name=rule]", "action:close_account")
    page.locator("#rules form.row button").last.click()
    expect(page.locator("#rules li strong")).to_have_count(1)

    first = cases.person(name="First", locale=locale)
    page.context.clear_cookies()
    log_in(page, first)
    page.goto(f"{cases.url}/cases/{case}")
    page.keyboard.press("1")
    page.locator('input[name=purpose][value="none"]').check()
    page.keyboard.press("r")
    page.keyboard.type("recruits")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_url("**/seconds/*")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator('[data-key="g"]')).to_have_count(0)
    proposal = page.url.split("?")[0]

    second = cases.person(name="Second", locale=locale)
    page.context.clear_cookies()
    log_in(page, second)
    page.goto(f"{cases.url}/cases")
    page.locator('a[href="/seconds"]').click()
    expect(page.locator("h1")).to_have_text(TITLES[locale])
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(proposal)
    page.locator("a.case-link").click()
    expect(page.locator(".state-awaiting")).to_be_visible()
    page.keyboard.press("g")
    page.wait_for_url(proposal)
    page.keyboard.press("g")
    page.wait_for_url("**/decisions/*")
    expect(page.locator("main")).to_contain_text("Second")
    with cases.store() as conn:
        made = conn.execute("SELECT author, confirmed_by FROM decisions").fetchall()
        assert made == [(first.actor, second.actor)]


def test_the_pages_refuse_the_first_person_and_take_words_from_the_second(cases: Site) -> None:
    first, second = cases.person(name="First"), cases.person(name="Second")
    case = first_case(cases)
    with cases.store() as conn:
        row = conn.execute("SELECT opened_at FROM cases WHERE id = %s", [case]).fetchone()
        assert row
        seconds.set_rule(conn, kind="ground", value="TVEC7", needed=True, actor="cli:test", now=row[0])
    with cases.client(first) as one, cases.client(second) as two:
        form = {"ground": "TVEC7", "purpose": "none", "reason": "praise"}
        csrf = {"csrf": one.get("/cases").text.split('name="csrf" value="')[1].split('"')[0]}
        other = {"csrf": two.get("/cases").text.split('name="csrf" value="')[1].split('"')[0]}
        place = one.post(f"/cases/{case}/decide", data=form | csrf).headers["location"].split("?")[0]
        assert one.post(f"{place}/confirm", data=csrf).status_code == 409
        assert "another person has to look" in one.get(place).text
        assert two.post(f"/cases/{case}/decide", data=form | other).status_code == 409
        assert two.post(f"{place}/return", data=other).status_code == 422
        assert two.post(f"{place}/return", data=other | {"words": "It is news"}).status_code == 303
        assert two.post(f"{place}/confirm", data=other).status_code == 409
        assert "sent your proposal back" in one.get("/mine").text
        again = one.post(f"/cases/{case}/decide", data=form | csrf).headers["location"].split("?")[0]
        assert two.post(f"{again}/take", data=other).headers["location"] == f"/cases/{case}"
        assert one.get("/seconds/99").status_code == 404
        assert one.post("/seconds/rules", data=csrf | {"rule": "ground:TVEC7"}).status_code == 403
