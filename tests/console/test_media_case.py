"""A case about a known picture tells bank, entry and distance in words, in both languages."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tenfold.casework.filing import file_firings
from tenfold.evidence import Signal
from tenfold.judgement import Effects, Firing
from tenfold.store import signals
from tenfold.store.database import Conn
from tenfold.store.people import Locale
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground, Severity
from tenfold.web.console.i18n import LOCALES, TRANSLATORS, Translator
from tests.casework.small_platform import NOW
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import open_case, words

PICTURE = Subject(SubjectKind.MEDIA, "m-known")
DETAILS = {"bank": "our-media", "label": "emblem", "entry": "pdq:b6e4", "confidence": 0.9}
DETAILS |= {"match": "near-copy", "distance": 12, "turn": "upside-down", "negative": True, "border": False}


def file_known(conn: Conn, details: dict[str, Any]) -> None:
    """A case about a known upload."""
    found = Signal(subject=PICTURE, name="media", score=0.86, detector="media", version="1", details=details)
    signals.add(conn, [found])
    firing = Firing(
        subject=PICTURE,
        account="a-101",
        rule="known-media",
        policy="1",
        ground=Ground.BRANDED,
        severity=Severity.HIGH,
        effects=Effects(queue="propaganda"),
        parts=(),
    )
    file_firings(conn, [firing], NOW)


SCENE = DETAILS | {"match": "same-scene", "distance": 9, "turn": "upright", "negative": False, "border": True}
SCENE |= {"start": 65.2, "end": 90.0, "entry_start": 5.0, "entry_end": 29.9, "moments": 40}


def told(words_of: Translator) -> dict[str, str]:
    clock = words_of.clock
    return {
        "start": clock(65.2),
        "end": clock(90),
        "entry_start": clock(5),
        "entry_end": clock(29.9),
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_a_scene_is_told_with_its_part_of_both_films(
    site: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    with site.store() as conn:
        file_known(conn, SCENE)
    log_in(page, site.person(locale=locale))
    open_case(page, site, str(PICTURE))
    finding = page.locator(".finding")
    expect(finding).to_contain_text(words(locale, "media.same_scene", n=9))
    expect(finding).to_contain_text(words(locale, "media.part", **told(TRANSLATORS[locale])))
    assert told(TRANSLATORS["ar"])["start"] == "١:٠٥"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_match_is_told_in_words(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    with site.store() as conn:
        file_known(conn, DETAILS)
    log_in(page, site.person(locale=locale))
    open_case(page, site, str(PICTURE))
    finding = page.locator(".finding")
    for told in (
        words(locale, "signal.media"),
        words(locale, "media.near_copy", n=12),
        words(locale, "media.turn.upside_down"),
        words(locale, "media.negative"),
        "our-media",
        "pdq:b6e4",
    ):
        expect(finding).to_contain_text(told)
    expect(finding).not_to_contain_text(words(locale, "media.border"))
