"""Media of a case beside what they match: blurred first, revealed by choice, drawn, told in words."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tenfold.casework import compared, service
from tenfold.casework.filing import file_firings
from tenfold.casework.service import Verdict
from tenfold.evidence import Signal
from tenfold.judgement import Effects, Firing
from tenfold.store import care, signals, uploads
from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.store.objects import Objects
from tenfold.store.people import Locale
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground, Severity
from tenfold.web.console.i18n import LOCALES
from tests.casework.small_platform import NOW
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, open_case, words
from tests.console.test_next_case import decide_by_keyboard

UPLOAD, ENTRY, FILM = "a1" * 32, "b2" * 32, "c3" * 32
PDQ = "0f" * 32
LIES = {
    "here": [[200, 200], [800, 200], [800, 800], [200, 800]],
    "there": [[0, 0], [1000, 0], [1000, 1000], [0, 1000]],
    "outline": [[200, 200], [800, 200], [800, 800], [200, 800]],
    "pairs": [[250, 250, 80, 80], [700, 300, 830, 160], [500, 740, 500, 900]],
    "points": 31,
    "covered": 0.81,
}
PART: dict[str, Any] = {"bank": "emblems", "label": "emblem", "entry": "sha256:b2", "confidence": 0.9}
PART |= {"match": "in-part", "turn": "upright", "negative": False, "border": False}
PART |= {"points": 31, "covered": 0.81, "lies": LIES}
SCENE = PART | {"match": "same-scene", "entry": "film:c3", "distance": 7, "start": 65.0, "end": 90.0}
SCENE |= {"entry_start": 5.0, "entry_end": 30.0}
del SCENE["lies"], SCENE["points"], SCENE["covered"]


def jpeg(colour: str) -> bytes:
    picture = Image.new("RGB", (320, 200), colour)
    ImageDraw.Draw(picture).ellipse((90, 30, 230, 170), fill="white")
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def add_media(conn: Conn, id_: str, details: dict[str, Any], *, sha256: str, mime: str, kind: str) -> None:
    """An upload that matches an entry, and the case on it."""
    conn.execute(
        "INSERT INTO media (id, account, created_at, kind, mime, sha256, pdq, seq)"
        " VALUES (%s, 'a-102', now(), %s, %s, %s, %s, 1)",
        [id_, kind, mime, sha256, PDQ],
    )
    subject = Subject(SubjectKind.MEDIA, id_)
    found = Signal(subject=subject, name="media", score=0.81, detector="media", version="1", details=details)
    signals.add(conn, [found])
    firing = Firing(
        subject=subject, account="a-102", rule="known-media", policy="1", ground=Ground.BRANDED,
        severity=Severity.HIGH, effects=Effects(queue="propaganda"), parts=(),
    )  # fmt: skip
    file_firings(conn, [firing], NOW)


@pytest.fixture
def pictured(cases: Site) -> Iterator[Site]:
    """An upload of which a part is known, and a film of which a scene is; bytes and pictures are kept."""
    with cases.store() as conn:
        conn.execute("INSERT INTO banks (id, kind, title) VALUES ('emblems', 'media', 'Emblems')")
        for key, digest in (("sha256:b2", ENTRY), ("film:c3", "d4" * 32)):
            conn.execute(
                "INSERT INTO bank_entries (bank, key, value, label, added_by)"
                " VALUES ('emblems', %s, 'x', 'emblem', 'user:1')",
                [key],
            )
            conn.execute(
                "INSERT INTO media_hashes (bank, key, kind, form, hash)"
                " VALUES ('emblems', %(key)s, 'sha256', '', decode(%(sha)s, 'hex')),"
                " ('emblems', %(key)s, 'pdq', '', decode(%(pdq)s, 'hex'))",
                {"key": key, "sha": digest, "pdq": PDQ},
            )
        for sha256, width in ((UPLOAD, 640), (ENTRY, 320)):
            uploads.remember(conn, sha256, 9, {"width": width, "height": 400})
        uploads.remember(conn, FILM, 9, {"width": 64, "height": 64, "seconds": 120.0})
        add_media(conn, "m-part", PART, sha256=UPLOAD, mime="image/jpeg", kind="image")
        add_media(conn, "m-film", SCENE, sha256=FILM, mime="video/mp4", kind="video")
    objects = Objects(cases.runtime.settings.objects)
    for sha256, colour in ((UPLOAD, "teal"), (ENTRY, "maroon")):
        objects.put_thumbnail(sha256, "blurred", jpeg("gray"))
        objects.put_thumbnail(sha256, "clear", jpeg(colour))
    path = objects._path(FILM)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(range(256)) * 40)
    yield cases


def revealed(site: Site) -> set[str]:
    with site.store() as conn:
        rows = conn.execute("SELECT subject FROM audit WHERE act = 'media.revealed'").fetchall()
    return {subject for (subject,) in rows}


@pytest.mark.parametrize("locale", LOCALES)
def test_both_pictures_stand_side_by_side_and_are_revealed_by_choice(
    pictured: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, pictured.person(locale=locale))
    open_case(page, pictured, "media:m-part")
    part = page.locator("#media")
    expect(part.locator("svg.drawing image")).to_have_count(2)
    expect(part.locator("svg.drawing line")).to_have_count(3)
    expect(part).to_contain_text(words(locale, "media.in_part", n=31))
    assert revealed(pictured) == set()
    assert "media-small" in (part.locator("svg.drawing image").first.get_attribute("class") or "")
    with page.expect_response("**/thumbnails/entry/clear?*"):
        part.get_by_role("button").click()
    page.wait_for_load_state("networkidle")
    assert revealed(pictured) == {"media:m-part", "entry:emblems/sha256:b2"}
    expect(part.locator("form")).to_have_count(0)
    number = case_id(pictured, "media:m-part")
    decide_by_keyboard(page, "1", "seen")
    page.wait_for_url(f"**of={number}&media=1")
    page.keyboard.press("i")
    expect(page.locator(".toast")).to_contain_text(words(locale, "known.added"))
    with pictured.store() as conn:
        held = conn.execute(
            "SELECT value, provenance FROM bank_entries WHERE bank = 'decided-media'"
        ).fetchall()
    assert held == [(f"sha256:{UPLOAD} pdq:{PDQ}", f"case {number}: TVEC1")]


def part_of(client: httpx.Client, site: Site, subject: str) -> str:
    return client.get(f"/cases/{case_id(site, subject)}/media", headers={"hx-request": "true"}).text


@pytest.mark.parametrize("locale", LOCALES)
def test_media_of_a_decided_case_are_banked_and_the_next_copy_leads_to_it(
    pictured: Site, locale: Locale
) -> None:
    client = pictured.client(pictured.person(locale=locale))
    number = case_id(pictured, "media:m-part")

    def bank(**fields: str) -> httpx.Response:
        csrf = client.get(f"/cases/{number}").text.split('name="csrf" value="')[1].split('"')[0]
        return client.post(
            f"/cases/{number}/known", data={"csrf": csrf} | fields, headers={"hx-request": "true"}
        )

    def part() -> str:
        return client.get(f"/cases/{number}/media", headers={"hx-request": "true"}).text

    assert f"/cases/{number}/known" not in part()
    early = bank()
    assert (early.status_code, words(locale, "error.known") in early.text) == (409, True)
    with pictured.store() as conn:
        verdict = Verdict(ground=Ground.BRANDED, reason="seen")
        service.decide(conn, case_id=number, verdict=verdict, actor="user:1", now=datetime.now(UTC))
    assert f"/cases/{number}/known" in part()
    assert "Emblems" in part()
    assert words(locale, "known.added") in bank(bank="emblems").text
    assert words(locale, "known.there") in bank(bank="emblems").text
    assert bank(bank="none").status_code == 409
    with pictured.store() as conn:
        (key,) = conn.execute("SELECT key FROM bank_entries WHERE decision IS NOT NULL").fetchone() or ()
        add_media(conn, "m-again", SCENE | {"entry": key}, sha256=FILM, mime="video/mp4", kind="video")
        conn.execute("UPDATE media SET note = 'takes too long' WHERE id = 'm-again'")
    again = part_of(client, pictured, "media:m-again")
    assert f'{words(locale, "media.unread")} <bdi dir="ltr">takes too long</bdi>' in again
    assert f'{words(locale, "known.from")} <a href="/cases/{number}">' in again


def test_a_film_tells_which_seconds_are_which_and_plays_once_revealed(pictured: Site) -> None:
    user = pictured.person()
    client = pictured.client(user)
    text = part_of(client, pictured, "media:m-film")
    assert "From" in text
    assert 'class="strip"' in text
    assert "<video" not in text
    with pictured.store() as conn:
        care.save(conn, user.id, Care(media_blurred=False, media_grey=True))
    text = part_of(client, pictured, "media:m-film")
    assert "media-grey" in text
    video = text.split("<video")[1].split(">")[0]
    assert " muted" in video
    address = video.split('src="')[1].split('"')[0].replace("&amp;", "&")
    assert revealed(pictured) == set()
    first = client.get(address, headers={"range": "bytes=0-99"})
    assert (first.status_code, first.content) == (206, bytes(range(100)))
    assert first.headers["content-range"] == "bytes 0-99/10240"
    assert first.headers["content-type"] == "video/mp4"
    assert client.get(address, headers={"range": "bytes=10000-"}).content == (bytes(range(256)) * 40)[10000:]
    assert client.get(address).content == bytes(range(256)) * 40
    assert client.get(address, headers={"range": "bytes=99999-"}).status_code == 416
    assert revealed(pictured) == {"media:m-film"}
    other = pictured.client(pictured.person(name="Omar"))
    assert other.get(address).status_code == 403
    assert client.get(address.partition("&")[0]).status_code == 403


def test_pictures_of_entries_need_this_session_s_token_too(pictured: Site) -> None:
    client = pictured.client(pictured.person())
    blurred = {"bank": "emblems", "key": "sha256:b2"}
    assert client.get("/thumbnails/entry", params=blurred).content == jpeg("gray")
    assert client.get("/thumbnails/entry", params=blurred | {"key": "other"}).status_code == 404
    assert client.get("/thumbnails/entry/clear", params=blurred).status_code == 403
    assert client.get("/thumbnails/entry/clear", params=blurred | {"token": "é"}).status_code == 403
    assert revealed(pictured) == set()


def test_where_nothing_is_kept_the_hash_stands_for_the_picture(pictured: Site) -> None:
    with pictured.store() as conn:
        (film,) = compared.of_subject(conn, Subject(SubjectKind.MEDIA, "m-film"))
        assert compared.of_subject(conn, Subject(SubjectKind.MEDIA, "unknown")) == []
        assert compared.of_subject(conn, Subject(SubjectKind.ACCOUNT, "a-102")) == []
        assert compared.entry_sha256(conn, "emblems", "unknown") is None
    strip = film.matches[0].strip
    assert strip is not None
    assert (strip.upload, strip.entry) == ((541.7, 750.0), (41.7, 250.0))
    text = part_of(pictured.client(pictured.person()), pictured, "media:m-film")
    assert words("en", "media.only_hash") in text
    assert text.count('class="picture hash"') == 2
