"""Keys of one's own: what can be chosen, and that pages and keyboard follow it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tenfold.store.people import Locale
from tenfold.web.console.keys import COMMANDS, POSSIBLE, KeysError, chosen, shown
from tests.console.running import LogIn, Site

IN_PLACE = {"en": "x", "ar": "ء"}  # the same key of both keyboards


@given(st.dictionaries(st.sampled_from(COMMANDS), st.text(max_size=3)))
def test_what_is_kept_gives_every_command_a_key_of_its_own(wishes: dict[str, str]) -> None:
    try:
        own = chosen(wishes)
    except KeysError as error:
        assert error.message in ("keys.impossible", "keys.taken")
        return
    keys = [own.get(command, command) for command in COMMANDS]
    assert len(set(keys)) == len(COMMANDS)
    assert set(keys) <= POSSIBLE
    assert all(own[command] != command for command in own)


def test_keys_are_swapped_and_letters_of_an_arabic_keyboard_count_by_place() -> None:
    assert chosen({"n": "d", "d": "n"}) == {"n": "d", "d": "n"}
    assert chosen({"n": "Z", "d": " "}) == {"n": "z"}
    assert chosen({"n": "ئ", "1": "؛"}) == {"n": "z", "1": ";"}
    with pytest.raises(KeysError) as taken:
        chosen({"n": "d"})
    assert taken.value.values == {"pressed": "d", "first": "n", "second": "d"}
    with pytest.raises(KeysError, match="impossible"):
        chosen({"n": "F1"})


def test_pages_show_ones_own_keys_and_nothing_that_people_wrote_changes() -> None:
    html = "<kbd>n</kbd> <kbd>Enter</kbd> &lt;kbd&gt;n&lt;/kbd&gt; n"
    assert shown(html, {"n": "z"}) == "<kbd>z</kbd> <kbd>Enter</kbd> &lt;kbd&gt;n&lt;/kbd&gt; n"
    assert shown(html, {}) == html


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_person_changes_keys_meets_a_conflict_uses_them_and_goes_back(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    person = cases.person(locale=locale)
    log_in(page, person)
    page.goto(f"{cases.url}/preferences")
    page.fill('input[name="key-n"]', IN_PLACE[locale])
    page.locator("#keys button.primary").click()
    expect(page.locator("#failure")).to_contain_text("x")
    assert page.input_value('input[name="key-n"]') == IN_PLACE[locale], "what was typed is not lost"
    page.fill('input[name="key-x"]', ";")
    page.locator("#keys button.primary").click()
    expect(page.locator(".toast")).to_be_visible()

    page.goto(f"{cases.url}/cases")
    expect(page.locator('[data-key="n"] kbd')).to_have_text("x")
    page.keyboard.press("?")
    expect(page.locator("#help kbd", has_text=";")).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("j")
    page.keyboard.press(";")
    expect(page.locator('input[name="case"]').first).to_be_checked()
    assert page.url.endswith("/cases"), "n does nothing now"
    page.keyboard.press("x")
    page.wait_for_url("**/cases/*")

    page.goto(f"{cases.url}/preferences")
    page.locator('#keys button[name="reset"]').click()
    page.wait_for_url("**saved=true**")
    assert page.input_value('input[name="key-n"]') == "n"
    page.uncheck('input[name="shortcuts"]')
    page.locator("main form").first.locator("button.primary").click()
    page.goto(f"{cases.url}/cases")
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.locator("#help")).not_to_be_visible()
    assert page.url.endswith("/cases"), "turned off, no key does anything"
