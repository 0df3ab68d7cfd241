"""The document: right in both directions, the same bytes every time, whatever people wrote."""

import hashlib
from typing import Any

import msgspec
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.threats import packet_pdf
from tenfold.threats.packet import canonical, direction
from tenfold.threats.printable import LONGEST, covered, printable
from tenfold.threats.words import LANGUAGES, WORDS

MIXED = (
    "سنأتي إلى North Office الساعة 9:30 (شارع الزيتون 14)، ولن ينفعكم @amal_k 🔥👨‍👩‍👧‍👦🇵🇸 "
    "\u202eevil\u202c zero\u200bwidth bell\x07 漢字 עברית हिन्दी Ελληνικά Кириллица ﷽ کی گپ\r\nسطر جديد"
)


def text(number: int, content: str) -> dict[str, Any]:
    return {
        "key": f"post:p-{number}:text", "kind": "post", "id": f"p-{number}", "field": "text",
        "account": f"a-{number}", "posted_at": "2026-03-01T11:56:00Z", "read_at": "2026-03-01T12:00:00Z",
        "gone_at": None, "url": f"https://platform.example/{number}", "language": "ar",
        "direction": direction(content), "text": content, "level": "T0",
        "text_sha256": hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest(),
        "copy_sha256": "0" * 64, "translation": None,
    }  # fmt: skip


def account(number: int) -> dict[str, Any]:
    token = {"kind": "device", "token": "hmac:" + "f" * 43, "uses": 3}
    return {
        "id": f"a-{number}", "handles": ["sawt_alraya"], "names": ["صوت الراية"], "bio": MIXED,
        "location": None, "links": ["https://raya.example/" + "x" * 300],
        "created_at": "2026-01-01T00:00:00Z", "state": "active",
        "sessions_left_out": 3, "hands": [], "copy_sha256": "1" * 64,
        "identifiers": [token | {"first_seen": "2026-01-01T00:00:00Z", "last_seen": "2026-02-01T00:00:00Z"}],
        "sessions": [{
            "started_at": "2026-03-01T10:00:00Z", "address_token": "hmac:" + "a" * 43, "network_token": None,
            "device_token": None, "user_agent_token": None,
        }],
    }  # fmt: skip


def document(language: str = "en", **changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "format": "tenfold-referral/1", "referral": 7, "threat": 12, "language": language,
        "authority": "مديرية الأمن (Unit 4)", "country": "DE", "legal_basis": ["dsa_18", "national"],
        "legal_note": "§ 126 StGB", "asks": "Nadia Haddad", "callback": "+00 111", "statement": MIXED,
        "drafted": {"actor": "user:1", "name": "Nadia Haddad", "at": "2026-03-01T12:00:00Z"},
        "approved": {"actor": "user:2", "name": "باسل", "at": "2026-03-01T12:03:00Z"},
        "level": {
            "level": "T0", "read_level": "T0", "by": "machine", "reasons": ["staff"], "raised": ["cadence"],
            "hours": 6.0, "factors": [{"factor": "act", "value": "kill", "corrected": True, "read": "beat"}],
        },
        "target": {"kind": "staff", "words": "موظفي North Office", "protected": True, "protectees": []},
        "spread": {
            "texts": 1, "accounts": 1, "first_at": "2026-03-01T11:56:00Z", "last_at": "2026-03-01T12:56:00Z",
            "unit": "hour", "counts": [["2026-03-01T11:00:00Z", 1, 1], ["2026-03-01T12:00:00Z", 3, 0]],
        },
        "texts": [text(1, MIXED)], "texts_left_out": 4, "accounts": [account(1)], "accounts_left_out": 2,
        "unknown": ["من الكاتب"],
        "evidence": [{"what": "post:p-1:text", "sha256": "0" * 64, "preserved_at": "2026-03-01T12:00:00Z"}],
    }  # fmt: skip
    return values | changed


def pages(pdf: bytes) -> str:
    """What a reader's program finds on all pages."""
    opened = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in opened)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_packet_gives_the_same_bytes_with_the_packet_inside(language: str) -> None:
    written = canonical(document(language))
    made = packet_pdf.render(written)
    assert made == packet_pdf.render(written)
    opened = pypdfium2.PdfDocument(made)
    (attached,) = [opened.get_attachment(n) for n in range(opened.count_attachments())]
    assert attached.get_name() == "referral.json"
    assert bytes(attached.get_data()) == written.encode()
    if language == "en":  # on Arabic pages the finder turns what runs from left to right about
        assert hashlib.sha256(written.encode()).hexdigest() in pages(made)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parts_are_named_in_the_language_of_the_document(language: str) -> None:
    found = pages(packet_pdf.render(canonical(document(language))))
    assert ("Who or what is threatened" in found) == (language == "en")
    assert ("2026-03-01 11:56:00 UTC" in found) == (language == "en"), (
        "the finder turns lines of both ways about"
    )


def test_a_draft_says_so_on_every_page() -> None:
    made = packet_pdf.render(canonical(document(approved=None, texts=[text(n, MIXED * 5) for n in range(9)])))
    opened = pypdfium2.PdfDocument(made)
    assert len(opened) > 2
    draft = WORDS["en"].say("packet.draft")
    assert all(draft in page.get_textpage().get_text_bounded() for page in opened)
    assert draft not in pages(packet_pdf.render(canonical(document())))


@pytest.mark.parametrize("by", ["human", "machine"])
def test_a_translation_says_who_made_it(by: str) -> None:
    one = text(1, MIXED) | {"translation": {"language": "German", "text": "Wir kommen.", "by": by}}
    found = pages(packet_pdf.render(canonical(document(texts=[one]))))
    assert "Wir kommen." in found
    assert ("not checked by a human" in found) == (by == "machine")


def test_what_cannot_be_seen_is_written_as_its_code() -> None:
    found = pages(packet_pdf.render(canonical(document())))
    for code in ("U+202E", "U+200B", "U+0007", "U+6F22"):
        assert code in found


def test_what_people_write_is_text_and_never_instructions() -> None:
    hostile = (
        '#import "x.typ" #eval("1+1") $x$ *bold* @ref <label> // comment \\ #sys.inputs #read("/etc/passwd")'
    )
    found = pages(packet_pdf.render(canonical(document(statement=hostile))))
    for word in ('#eval("1+1")', "*bold*", '#read("/etc/passwd")'):
        assert word in found


def test_a_campaign_of_long_texts() -> None:
    long_ones = [
        text(n, f"{n} " + (MIXED + "كلمةطويلةجدا" * 30)[:9_990].ljust(9_990, "س")) for n in range(20)
    ]
    same = [text(n, "النص نفسه") for n in range(180)]
    made = packet_pdf.render(
        canonical(document("ar", texts=long_ones + same, accounts=[account(n) for n in range(60)]))
    )
    assert len(pypdfium2.PdfDocument(made)) > 40


def test_nothing_overflows_its_line() -> None:
    """Every character that is drawn lies on the page."""
    made = packet_pdf.render(canonical(document(statement="x" * 3_000, texts=[text(1, "لا" * 2_000)])))
    for page in pypdfium2.PdfDocument(made):
        drawn = page.get_textpage()
        width = page.get_width()
        for n in range(drawn.count_chars()):
            left, _, right, _ = drawn.get_charbox(n)
            assert left >= 0 and right <= width


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
@settings(max_examples=150, deadline=None)
def test_everything_that_is_written_can_be_drawn(written: str) -> None:
    allowed = covered() | {ord(one) for one in "\n\t\u200b\u200c\u200d\ufe0f"}
    shown = printable(written)
    assert {ord(one) for one in shown} <= allowed
    assert all(len(run) <= 4 * LONGEST for run in shown.replace("\u200b", " ").split()) or "\u200d" in shown


@given(st.text(alphabet=st.sampled_from("ab سلام\u202e\u200f👨‍👩🇵🇸\u0301\n"), max_size=200))
@settings(max_examples=20, deadline=None)
def test_any_mixture_of_scripts_is_set(written: str) -> None:
    assert packet_pdf.render(canonical(document(statement=written))).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("written", "way"),
    [
        ("سلام hello", "rtl"),
        ("hello سلام", "ltr"),
        ("123 سلام", "rtl"),
        ("", "ltr"),
        ("😡", "ltr"),
        ("@a سلام", "ltr"),
    ],
)
def test_a_text_runs_as_its_first_letter_does(written: str, way: str) -> None:
    assert direction(written) == way


def test_both_languages_say_the_same_things() -> None:
    english, arabic = (WORDS[language].messages for language in ("en", "ar"))
    assert english.keys() == arabic.keys()
    assert msgspec.json.encode(sorted(english)) == msgspec.json.encode(sorted(arabic))
    for key, value in arabic.items():
        held = {part.split("}")[0] for part in value.split("{")[1:]}
        assert held == {part.split("}")[0] for part in english[key].split("{")[1:]}, key
