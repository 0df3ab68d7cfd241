"""A case about a picture of which a part is known tells so in words, in both languages."""

import pytest
from playwright.sync_api import Page, expect

from tenfold.store.people import Locale
from tenfold.web.console.i18n import LOCALES
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import open_case, words
from tests.console.test_media_case import DETAILS, PICTURE, file_known

SQUARE = [[100, 100], [900, 100], [900, 900], [100, 900]]
LIES = {
    "here": SQUARE,
    "there": SQUARE,
    "outline": SQUARE,
    "pairs": [[1, 2, 3, 4]],
    "points": 12,
    "covered": 0.374,
}
PART = {name: value for name, value in DETAILS.items() if name != "distance"}
PART |= {
    "match": "in-part",
    "turn": "mirrored",
    "negative": False,
    "points": 12,
    "covered": 0.374,
    "lies": LIES,
}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_part_is_told_in_words(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    with site.store() as conn:
        file_known(conn, PART)
    log_in(page, site.person(locale=locale))
    open_case(page, site, str(PICTURE))
    finding = page.locator(".finding")
    for told in (
        words(locale, "media.in_part", n=12),
        words(locale, "media.covered", share=37),
        words(locale, "media.turn.mirrored"),
    ):
        expect(finding).to_contain_text(told)
    expect(finding).not_to_contain_text("outline")
    expect(finding).not_to_contain_text("0.374")
