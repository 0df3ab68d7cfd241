"""English and Arabic say the same things, count rightly, and keep foreign text from spilling over."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import tenfold.web.console
from tenfold.detectors.media.turns import TURNS, UPRIGHT
from tenfold.taxonomy import ActionKind, Ground, Role, Severity
from tenfold.web.console.appeals import OUTCOMES
from tenfold.web.console.decision_form import ADDABLE, PURPOSES
from tenfold.web.console.i18n import LOCALES, TRANSLATORS, Message, plural_form, preferred_locale
from tenfold.web.console.keys import GROUPS as COMMAND_GROUPS
from tenfold.web.console.queue import LANGUAGES

SIGNALS = ("terms", "url", "domain", "near_duplicate", "meaning", "media", "return")
FOLDER = Path(tenfold.web.console.__file__).parent
ENGLISH, ARABIC = TRANSLATORS["en"], TRANSLATORS["ar"]
ARABIC_FORMS = {"zero", "one", "two", "few", "many", "other"}


def used_keys() -> set[str]:
    """Every key that templates and handlers write out whole."""
    keys: set[str] = set()
    for path in FOLDER.rglob("*.html"):
        keys |= set(
            re.findall(r"""\b(?:t|text|html)\(["']([\w.]+)["'][,)]""", path.read_text(encoding="utf-8"))
        )
        keys |= set(re.findall(r'"(help\.\w+)"', path.read_text(encoding="utf-8")))
    for path in FOLDER.rglob("*.py"):
        written = re.findall(r'"((?:error|decide|login|link|time)\.\w+)"', path.read_text(encoding="utf-8"))
        keys |= {key for key in written if not key.endswith(".html")}
    return keys


ENDS = ("waiting", "confirmed", "sent_back", "taken_over", "withdrawn")


def built_keys() -> set[str]:
    """Every key that templates put together from one of our fixed lists."""
    grounds = [ground.value for ground in Ground]
    return {
        *(f"ground.{ground}" for ground in grounds),
        *(f"ground.{ground}.help" for ground in grounds),
        *(f"severity.{level.value}" for level in Severity),
        *(f"action.{kind.value}" for kind in ActionKind),
        *(f"role.{role.value}" for role in Role),
        *(f"role.{role.value}.help" for role in Role),
        *(f"purpose.{purpose}" for purpose in PURPOSES),
        *(f"language.{language}" for language in LANGUAGES),
        *(f"subject.{kind.value}" for kind in ADDABLE),
        *(f"decide.scope.{kind.value}" for kind in ADDABLE),
        *(f"state.{state}" for state in ("open", "claimed", "escalated", "awaiting", "decided")),
        *(what for _, what in COMMAND_GROUPS),
        *(f"appeals.outcome.{outcome}" for outcome, _ in OUTCOMES),
        *(f"appeals.help.{outcome}" for outcome, _ in OUTCOMES),
        *(f"seconds.kind.{kind}" for kind in ("ground", "action", "queue")),
        *(f"seconds.state.{state}" for state in ENDS),
        *(f"seconds.ended.{state}" for state in ENDS[1:4]),
        *(f"scope.{scope}" for scope in ("subject", "account")),
        *(f"signal.{name}" for name in SIGNALS),
        *(f"signal.{name}.means" for name in SIGNALS),
        *(f"media.{match}" for match in ("same_file", "same_picture", "near_copy")),
        *(f"media.turn.{turn.replace('-', '_')}" for turn in TURNS if turn != UPRIGHT),
        *(f"month.{month}" for month in range(1, 13)),
    }


def placeholders(message: Message) -> set[str]:
    texts = [message] if isinstance(message, str) else list(message.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(ENGLISH.messages) == set(ARABIC.messages)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_key_in_use_is_translated(locale: str) -> None:
    known = set(TRANSLATORS[locale].messages)  # type: ignore[index]
    assert used_keys() | built_keys() <= known
    assert len(used_keys()) > 150, "the search for keys finds them"


def test_messages_take_the_same_values_in_both_languages() -> None:
    for key, message in ENGLISH.messages.items():
        assert placeholders(message) - {"n"} == placeholders(ARABIC.messages[key]) - {"n"}, key
        assert isinstance(message, dict) == isinstance(ARABIC.messages[key], dict), key


def test_plural_messages_have_all_forms_of_their_language() -> None:
    for message in ENGLISH.messages.values():
        assert isinstance(message, str) or set(message) == {"one", "other"}
    for message in ARABIC.messages.values():
        assert isinstance(message, str) or set(message) == ARABIC_FORMS


def test_arabic_words_are_arabic() -> None:
    for key, message in ARABIC.messages.items():
        texts = [message] if isinstance(message, str) else list(message.values())
        for text in texts:
            bare = re.sub(r"\{\w+\}", "", text).strip()
            assert re.search(r"[\u0600-\u06ff]", bare) or key in ("fact.sha256", "fact.md5", "fact.pdq"), key


@pytest.mark.parametrize(
    ("n", "form"),
    [
        *((0, "zero"), (1, "one"), (2, "two"), (3, "few"), (10, "few"), (11, "many"), (99, "many")),
        *((100, "other"), (101, "other"), (102, "other"), (103, "few"), (111, "many"), (-2, "two")),
    ],
)
def test_arabic_plurals_follow_the_six_forms(n: int, form: str) -> None:
    assert plural_form("ar", n) == form


@pytest.mark.parametrize(("n", "form"), [(0, "other"), (1, "one"), (2, "other"), (101, "other")])
def test_english_plurals(n: int, form: str) -> None:
    assert plural_form("en", n) == form


def test_counts_read_as_people_say_them() -> None:
    assert [ARABIC.text("queue.waiting", n=n) for n in (1, 2, 5, 12, 1200)] == [
        "حالة واحدة في الانتظار",
        "حالتان في الانتظار",
        "٥ حالات في الانتظار",
        "١٢ حالة في الانتظار",
        "١٬٢٠٠ حالة في الانتظار",
    ]
    assert [ENGLISH.text("queue.waiting", n=n) for n in (1, 1200)] == [
        "1 case waiting",
        "1,200 cases waiting",
    ]


def test_a_plural_without_its_number_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="give it n"):
        ENGLISH.text("queue.waiting")


@given(st.text(max_size=40))
def test_strings_put_into_a_message_are_escaped_and_isolated(name: str) -> None:
    page = ARABIC.html("state.claimed_by", who=name)
    assert page == Markup("لدى <bdi>{}</bdi>").format(name)
    assert ENGLISH.text("state.claimed_by", who=name) == f"Claimed by \u2068{name}\u2069"


@pytest.mark.parametrize(
    ("minutes", "english", "arabic"),
    [
        (0, "0 min", "أقل من دقيقة"),
        (1, "1 min", "دقيقة واحدة"),
        (59, "59 min", "٥٩ دقيقة"),
        (120, "2 h", "ساعتان"),
        (200, "3 h 20 min", "٣ ساعات و٢٠ دقيقة"),
        (1440, "1 day", "يوم واحد"),
        (1445, "1 day", "يوم واحد"),
        (4 * 1440 + 180, "4 days 3 h", "٤ أيام و٣ ساعات"),
        (-75, "1 h 15 min", "ساعة واحدة و١٥ دقيقة"),
    ],
)
def test_spans_of_time_are_numbers_with_units(minutes: int, english: str, arabic: str) -> None:
    assert ENGLISH.duration(timedelta(minutes=minutes)) == english
    assert ARABIC.duration(timedelta(minutes=minutes)) == arabic


def test_moments_are_in_utc_and_in_the_languages_digits() -> None:
    at = datetime.fromisoformat("2026-03-01T01:05:00+03:00")
    assert ENGLISH.moment(at) == "28 Feb 2026, 22:05 UTC"
    assert ARABIC.moment(at) == "٢٨ فبراير ٢٠٢٦، ٢٢:٠٥ بالتوقيت العالمي"


def test_how_long_ago() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert ENGLISH.ago(now - timedelta(hours=5), now) == "5 h ago"
    assert ARABIC.ago(now - timedelta(hours=5), now) == "قبل ٥ ساعات"
    assert ENGLISH.ago(now - timedelta(seconds=5), now) == "just now"


def test_numbers() -> None:
    assert (ENGLISH.number(1234567), ARABIC.number(1234567)) == ("1,234,567", "١٬٢٣٤٬٥٦٧")
    assert (ENGLISH.percent(0.934), ARABIC.percent(0.934)) == ("93%", "٩٣٪")
    assert ARABIC.number(0.5) == "٠٫٥٠"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("en-GB;q=0.7, ar;q=0.9", "ar"),
        ("fr-FR, de;q=0.9", "en"),
        ("fr, ar;q=0.1", "ar"),
        ("ar;q=nonsense", "en"),
        ("," * 5000, "en"),
    ],
)
def test_the_browsers_language_is_taken_when_we_speak_it(header: str, locale: str) -> None:
    assert preferred_locale(header, "en") == locale
    if locale == "ar":
        return
    assert preferred_locale(header, "ar") == ("en" if header.startswith("en") else "ar")


def test_styles_know_no_left_and_right() -> None:
    """Physical sides would stay where they are when Arabic turns the page about."""
    physical = re.compile(
        r"(?:margin|padding|border|inset)?-?\b(?:left|right)\b\s*:|text-align:\s*(?:left|right)|float:"
    )
    for path in FOLDER.rglob("*.css"):
        assert not physical.findall(path.read_text(encoding="utf-8")), path


def test_templates_hold_no_inline_script_or_style() -> None:
    for path in FOLDER.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)|https?://|hx-on", source), path
