"""The next case is there before it is asked for: a person works through a queue without a mouse."""

import random
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tenfold.store import cases as case_store
from tenfold.store import people
from tenfold.store.people import Locale
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console import sample_cases
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, words

both = pytest.mark.parametrize("locale", LOCALES)
MANY = 30


def wait_until_ready(page: Page, number: int) -> None:
    expect(page.locator(f'form[data-ahead="{number}"]')).to_have_count(1)


def decide_by_keyboard(page: Page, ground: str, reason: str) -> None:
    """Pick a ground, say that nothing protects it, write a reason, decide."""
    page.keyboard.press(ground)
    if ground not in "09":
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("r")
    page.keyboard.type(reason)
    page.keyboard.press("Escape")
    page.keyboard.press("d")


@both
def test_a_queue_is_worked_through_by_keyboard_alone(
    site: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    """A seeded moderator: every case is decided once, by the key that was pressed."""
    with site.store() as conn:
        sample_cases.fill_many(conn, datetime.now(UTC), MANY)
    log_in(page, site.person(locale=locale))
    random_ = random.Random(MANY)
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    expect(page.locator("#decide")).to_be_visible()
    pressed: dict[int, str] = {}
    for _ in range(MANY):
        number = int(page.url.split("/cases/")[1].split("?")[0])
        ground = random_.choice("0123456789")
        decide_by_keyboard(page, ground, "سبب" if locale == "ar" else "because")
        page.wait_for_url(f"**of={number}*")
        pressed[number] = ground
        expect(page.locator(".toast")).to_contain_text(words(locale, "toast.decided", case=str(number)))
    assert page.url.split("?")[0].endswith("/cases"), "nothing is left"
    codes = {"0": "TVEC0", "9": "TVEC0.1"}
    with site.store() as conn:
        made = conn.execute("SELECT case_id, ground FROM decisions ORDER BY case_id").fetchall()
        viewed = conn.execute("SELECT count(*) FROM audit WHERE act = 'case.viewed'").fetchone()
    assert dict(made) == {id_: codes.get(key, f"TVEC{key}") for id_, key in pressed.items()}
    assert len(made) == MANY
    assert viewed == (MANY,), "each was looked at once"


@both
def test_the_next_case_shows_without_a_page_being_loaded(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    second, third = case_id(cases, "post:p-2"), case_id(cases, "post:p-3")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    first = case_id(cases, "post:p-1")
    wait_until_ready(page, second)
    page.evaluate("window.stayed = true")
    decide_by_keyboard(page, "2", "says when")
    page.wait_for_url(f"**/cases/{second}?decided=*of={first}")
    wait_until_ready(page, third)
    assert page.evaluate("window.stayed") is True
    expect(page.locator("h1")).to_have_text(words(locale, "case.title", id=str(second)))
    expect(page.locator(".case-head .state")).to_have_text(words(locale, "state.mine"))
    expect(page).to_have_title(TRANSLATORS[locale].text("case.title", id=str(second)) + " · Tenfold")
    expect(page.locator("main")).to_be_focused()
    head, toast = page.locator(".case-head").bounding_box(), page.locator(".toast").bounding_box()
    assert head is not None
    assert toast is not None
    assert head["y"] <= toast["y"] <= toast["y"] + toast["height"] <= head["y"] + head["height"], (
        "it covers nothing of the case"
    )
    assert head["height"] < 64, "and has room in one line"
    page.get_by_label(words(locale, "notes.add")).fill("a note on what came ahead")
    page.get_by_role("button", name=words(locale, "notes.save")).click()
    expect(page.locator(".note p")).to_have_text("a note on what came ahead")
    page.locator("h1").click()
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{first}?undone=true")


def test_a_case_that_changed_meanwhile_is_loaded_as_it_is(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    first, second = case_id(cases, "post:p-1"), case_id(cases, "post:p-2")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    wait_until_ready(page, second)
    with cases.store() as conn:
        case_store.add_note(conn, second, "user:99", "look at the links too", datetime.now(UTC))
    decide_by_keyboard(page, "2", "says when")
    page.wait_for_url(f"**/cases/{second}?decided=*of={first}")
    expect(page.locator(".note p")).to_have_text("look at the links too")
    expect(page.locator(".toast")).to_be_visible()


def test_what_is_missing_is_said_and_nothing_is_lost(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    wait_until_ready(page, case_id(cases, "post:p-2"))
    page.keyboard.press("2")
    page.get_by_role("textbox", name="Reason").fill("says when")
    page.get_by_role("textbox", name="Reason").press("Escape")
    page.keyboard.press("d")
    expect(page.get_by_role("alert")).to_contain_text("protected purpose")
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("says when")
    expect(page.locator('input[value="TVEC2"]')).to_be_checked()


def test_whoever_was_first_is_named(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    first = case_id(cases, "post:p-1")
    page.goto(f"{cases.url}/cases/{first}")
    wait_until_ready(page, first)
    with cases.store() as conn:
        other = cases.person(name="Samir")
        conn.execute(
            "UPDATE cases SET state = 'claimed', claimed_by = %s, lease_until = now() + interval '1 h'"
            " WHERE id = %s",
            [other.actor, first],
        )
    decide_by_keyboard(page, "0", "nothing")
    expect(page.get_by_role("heading", name="Somebody was first")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Samir")


def test_the_way_back_leads_to_the_case_before(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    first, second = case_id(cases, "post:p-1"), case_id(cases, "post:p-2")
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    wait_until_ready(page, second)
    decide_by_keyboard(page, "0", "nothing")
    page.wait_for_url(f"**/cases/{second}?*")
    page.go_back()
    expect(page.locator("h1")).to_have_text(f"Case {first}")
    expect(page.locator(".decision")).to_be_visible()


def test_a_masked_case_comes_masked(cases: Site, page: Page, log_in: LogIn) -> None:
    user = cases.person()
    with cases.store() as conn:
        people.set_preferences(conn, user.id, locale="en", blur=True, shortcuts=True)
    log_in(page, user)
    page.keyboard.press("n")
    page.wait_for_url("**/cases/*")
    wait_until_ready(page, case_id(cases, "post:p-2"))
    page.evaluate("window.stayed = true")
    decide_by_keyboard(page, "0", "nothing")
    page.wait_for_url("**decided=*")
    assert page.evaluate("window.stayed") is True
    expect(page.get_by_role("img", name="The text is masked")).to_be_visible()
    assert "الرماديّة" not in page.content()
    page.keyboard.press("v")
    expect(page.locator(".original").first).to_have_text(sample_cases.PRAISE)
