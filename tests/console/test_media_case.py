"""A case about a known picture tells bank, entry and distance in words, in both languages."""

import html
import re
from typing import Any

import pytest

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
from tests.console.running import Site
from tests.console.test_console_pages import case_id, words

PICTURE = Subject(SubjectKind.MEDIA, "m-known")
DETAILS = {"bank": "our-media", "label": "emblem", "entry": "pdq:b6e4", "confidence": 0.9}
DETAILS |= {"match": "near-copy", "distance": 12, "turn": "upside-down", "negative": True, "border": False}
SCENE = DETAILS | {"match": "same-scene", "distance": 9, "turn": "upright", "negative": False, "border": True}
SCENE |= {"start": 65.2, "end": 90.0, "entry_start": 5.0, "entry_end": 29.9, "moments": 40}
SQUARE = [[100, 100], [900, 100], [900, 900], [100, 900]]
LIES = {"here": SQUARE, "there": SQUARE, "outline": SQUARE, "pairs": [[1, 2, 3, 4]], "points": 12}
PART = {name: value for name, value in DETAILS.items() if name != "distance"}
PART |= {"match": "in-part", "turn": "mirrored", "negative": False, "points": 12, "covered": 0.374}
PART |= {"lies": LIES | {"covered": 0.374}}


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


def finding(site: Site, locale: Locale, details: dict[str, Any]) -> str:
    """What the page of the case says about the finding, without markup."""
    with site.store() as conn:
        file_known(conn, details)
    with site.client(site.person(locale=locale)) as client:
        page = client.get(f"/cases/{case_id(site, str(PICTURE))}").text
    (part,) = re.findall(r'<li class="finding".*?</ol>', page, re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]*>", "", part)).translate({0x2068: None, 0x2069: None})
    return " ".join(text.split())


def told(words_of: Translator) -> dict[str, str]:
    clock = words_of.clock
    return {
        "start": clock(65.2),
        "end": clock(90),
        "entry_start": clock(5),
        "entry_end": clock(29.9),
    }


@pytest.mark.parametrize("locale", LOCALES)
def test_a_scene_is_told_with_its_part_of_both_films(site: Site, locale: Locale) -> None:
    found = finding(site, locale, SCENE)
    assert words(locale, "media.same_scene", n=9) in found
    assert words(locale, "media.part", **told(TRANSLATORS[locale])) in found
    assert told(TRANSLATORS["ar"])["start"] == "١:٠٥"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_match_is_told_in_words(site: Site, locale: Locale) -> None:
    found = finding(site, locale, DETAILS)
    for said in (
        words(locale, "signal.media"),
        words(locale, "media.near_copy", n=12),
        words(locale, "media.turn.upside_down"),
        words(locale, "media.negative"),
        "our-media",
        "pdq:b6e4",
    ):
        assert said in found
    assert words(locale, "media.border") not in found


@pytest.mark.parametrize("locale", LOCALES)
def test_a_part_is_told_in_words(site: Site, locale: Locale) -> None:
    found = finding(site, locale, PART)
    for said in (
        words(locale, "media.in_part", n=12),
        words(locale, "media.covered", share=37),
        words(locale, "media.turn.mirrored"),
    ):
        assert said in found
    assert "outline" not in found
    assert "0.374" not in found
