"""A case about words in a picture shows them, marks what was found and draws where it stands; whether words
are read at all is on the status page."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks
from tenfold.store import events as queue
from tenfold.store.people import Locale
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import words
from tests.helpers import event
from tests.uploads.sending import run_pipeline

READ: dict[str, list[dict[str, Any]]] = {
    "en": [{"text": "Tonight \u202eat\u202c the hill", "box": [100, 100, 700, 180]},
           {"text": "Grey over every gate", "box": [200, 600, 800, 700], "at": 65}],
    "ar": [{"text": "الليلة عند التل", "box": [100, 100, 700, 180]},
           {"text": "رماد على كل باب", "box": [200, 600, 800, 700], "at": 65}],
}  # fmt: skip


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_words_in_a_picture_are_shown_marked_and_placed(
    site: Site, page: Page, log_in: LogIn, locale: Locale, monkeypatch: pytest.MonkeyPatch
) -> None:
    slogan = READ[locale][1]["text"]
    with site.store() as conn:
        conn.autocommit = True
        banks.create(conn, id="slogans", kind="terms", title="Slogans", confidence=0.9)
        entries, _ = bank_values.check("terms", [GivenEntry(value=slogan, label="slogan")])
        with conn.transaction():
            banks.add_entries(conn, "slogans", entries, "cli:test")
            told = event("media.uploaded", media="m-1", kind="image", words=READ[locale])
            queue.insert_events(conn, [told])
        run_pipeline(conn)
        (case,) = conn.execute("SELECT id FROM cases WHERE subject_id = 'm-1'").fetchone() or (0,)
    log_in(page, site.person(locale=locale))
    page.goto(f"{site.url}/cases/{case}")
    expect(page.locator("#subject")).to_contain_text(words(locale, "field.words"))
    expect(page.locator("#subject mark")).to_contain_text(slogan)
    place = page.locator(".written-where")
    expect(place).to_contain_text(words(locale, "words.where"))
    expect(place).to_contain_text("1:05" if locale == "en" else "٠٥")
    expect(place.locator(".written-line")).to_have_attribute("x", "200")
    expect(page.locator(".finding").first).not_to_contain_text("boxes")

    page.goto(f"{site.url}/status")
    expect(page.get_by_text(words(locale, "status.words"))).to_be_visible()
    monkeypatch.setenv("TESSDATA_PREFIX", "/nowhere")
    page.reload()
    expect(page.get_by_text(words(locale, "status.words_missing"))).to_contain_text("tesseract-ocr-ara")
