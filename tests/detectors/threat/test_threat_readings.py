"""What is read in single sentences: who says what about it, how urgent, and where in the original it
stands."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.detectors.base import TextItem
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.detectors.threat.levels import assess, from_details
from tenfold.detectors.threat.telling import KIND, RECORDS
from tenfold.evidence import Signal
from tenfold.subjects import Subject, SubjectKind

PIECES = [
    *(
        "سنقتلكم",
        "غدا",
        "قال",
        "«",
        "»",
        "لا",
        "we will",
        "kill",
        "all of them",
        "tonight",
        '"',
        "police said",
    ),
    *(
        "@someone",
        "ha2tlak",
        "bokra",
        "if",
        "your house",
        "؟",
        "!",
        "\n",
        "🔥",
        "\u200f",
        "اقتلوا",
        "الموظفين",
    ),
    *("لن", "I", "should", "be shot"),
]


@pytest.fixture(scope="module")
def detector() -> ThreatDetector:
    return ThreatDetector()


def item(text: str) -> TextItem:
    return TextItem(Subject(SubjectKind.POST, "p"), {"text": text})


def signal_of(detector: ThreatDetector, text: str) -> Signal | None:
    (found,) = detector.detect([item(text)])
    assert len(found) <= 1
    return found[0] if found else None


def details_of(detector: ThreatDetector, text: str) -> dict[str, Any]:
    found = signal_of(detector, text)
    assert found is not None, text
    return found.details


def factor(details: dict[str, Any], name: str, text: str) -> list[str]:
    spans = [one["span"] for one in details["factors"] if one["factor"] == name]
    return [text[first:last] for first, last in spans]


@pytest.mark.parametrize(
    ("text", "level", "speech_act"),
    [
        ("We will burn down your office tonight", "T0", "own_threat"),
        ("سأقتلك غدا أمام باب بيتك", "T0", "own_threat"),
        ("هنولع في المكتب باللي فيه بكرة الصبح", "T0", "own_threat"),
        ("Every moderator of this site will be shot", "T1", "own_threat"),
        ("اقتلوا الموظفين حيثما وجدتموهم", "T1", "call_to_action"),
        ("جهزت السلاح وكتبت وصيتي", "T0", "veiled"),
        ("I bought the rifle and wrote my will", "T0", "veiled"),
        ("Kill all of them", "T2", "call_to_action"),
        ("إذا نشرت المقال مرة أخرى فسأكسر عظامك", "T2", "conditional"),
        ("لو رجعت تتكلم تاني هقطع لسانك", "T2", "conditional"),
        ("I hope somebody kills them", "T3", "wish"),
        ("ليتني أراك مشنوقا أمام الناس", "T3", "wish"),
    ],
)
def test_levels(detector: ThreatDetector, text: str, level: str, speech_act: str) -> None:
    details = details_of(detector, text)
    assert (details["level"], details["speech_act"]) == (level, speech_act)


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ('The message said: "we will burn your house tonight" and she called the police', "quoted"),
        ("Police say the gunman threatened to kill his colleagues", "news"),
        ("جاء في البيان: «سنقتل موظفي البلدية» كما نقلت الصحيفة", "quoted"),
        ("زوجي هددني بالقتل وأحتاج إلى مساعدة", "victim_report"),
        ("He said: kill all of them, that is disgusting", "condemnation"),
        ("من يقول «اقتلوا الموظفين» مجرم يجب أن يحاكم", "quoted"),
    ],
)
def test_other_peoples_words_are_told_and_open_nothing(
    detector: ThreatDetector, text: str, gate: str
) -> None:
    details = details_of(detector, text)
    assert details["level"] == "N"
    assert details["gated"]
    assert gate in details["gates"]
    found = signal_of(detector, text)
    assert found is not None
    assert found.score < 0.4


@pytest.mark.parametrize(
    "text",
    [
        "We will never kill anyone",
        "لن أقتل أحدا ولن أرفع سلاحا في وجه أحد",
        "مش هضرب حد انا، انا راجل مسالم",
        "I'm going to kill this exam",
        "قتلني الضحك",
        "Beat the eggs and cut the onions",
        "let's hang out with my girlfriend tonight",
        "المتحف يفتح أبوابه غدا صباحا",
        "",
        "🔥🔥",
    ],
)
def test_no_threat_gives_no_signal(detector: ThreatDetector, text: str) -> None:
    assert signal_of(detector, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I will kill you if you spoil the ending 😂",
        "I'll murder my brother if he eats my fries again",
        "والله أقتلك لو حرقت علي النهاية 😂",
        "ha2telak law 7ara2t el nehaya 😂",
        "stay strong, see you next week",
        "Please pray for our dead. The funeral is this morning.",
        "We've got to beat Jonas Vale in November, register to vote",
        "We will bury Harbour United on Friday",
        "I will shoot Jonas Vale for the cover of the magazine tomorrow",
    ],
)
def test_trifles_farewells_and_rivals_are_no_threats(detector: ThreatDetector, text: str) -> None:
    found = signal_of(detector, text)
    assert found is None or found.details["level"] == "N"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("We are going to shoot Jonas Vale at the bridge tonight", "T0"),
        ("Shoot Jonas Vale on sight", "T2"),
        ("We will burn Jonas Vale in his car when he leaves", "T2"),
        ("I swear I will cut the throat of Jonas Vale", "T3"),
        ("We will kill you if you close our accounts 😂", "T2"),
    ],
)
def test_who_is_named_in_full_is_no_thing(detector: ThreatDetector, text: str, level: str) -> None:
    found = signal_of(detector, text)
    assert found is not None
    assert found.details["level"] == level


def test_everything_stands_where_it_was_written(detector: ThreatDetector) -> None:
    text = "  سَـأقتلكَ غدًا 🔥 أمام باب بيتك بالسكين!"
    details = details_of(detector, text)
    assert factor(details, "act", text) == ["سَـأقتلكَ"]
    assert factor(details, "when", text) == ["غدًا"]
    assert set(factor(details, "where", text)) == {"باب", "بيتك"}
    assert factor(details, "means", text) == ["بالسكين"]
    assert details["imminence_hours"] == 24
    assert details["specificity"] == 3


def test_a_condition_is_told_with_its_place(detector: ThreatDetector) -> None:
    text = "If you publish it again, I will break your legs"
    details = details_of(detector, text)
    assert factor(details, "condition", text) == ["If you publish it again"]


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("@nadia_w we will shoot you", "account_mention", "nadia_w"),
        ("سنقتل القاضي سليم", "staff", "القاضي سليم"),
        ("We will kill all immigrants", "group", "immigrants"),
        ("والله لأذبحنك يا سليم", "named_person", "سليم"),
        ("We will bomb the station", "place", "station"),
    ],
)
def test_targets(detector: ThreatDetector, text: str, kind: str, target: str) -> None:
    details = details_of(detector, text)
    assert (details["target_kind"], details["target"]) == (kind, target)


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        (
            "@nadia_w we will burn the North Office tonight, tell Jonas Weber",
            [("account_mention", "nadia_w"), ("place", "North Office"), ("name", "Jonas Weber")],
        ),
        (
            "سنقتل القاضي سليم أمام مبنى البلدية",
            [("staff", "القاضي سليم"), ("place", "مبنى البلدية")],
        ),
        ("والله لأذبحنك يا سليم", [("named_person", "سليم")]),
        ("We will kill you", []),
    ],
)
def test_names_handles_and_places_are_told_beside_the_target(
    detector: ThreatDetector, text: str, mentions: list[tuple[str, str]]
) -> None:
    told = details_of(detector, text)["targets"]
    assert [(one["kind"], one["text"]) for one in told] == mentions


def test_an_own_threat_beside_a_quoted_one_counts(detector: ThreatDetector) -> None:
    details = details_of(
        detector, 'He said "we will kill you". And I say: we will kill you tonight at your house.'
    )
    assert details["level"] == "T0"


def test_a_whole_text_in_quotation_marks_is_its_authors_own(detector: ThreatDetector) -> None:
    assert details_of(detector, '"We will kill all of you"')["level"] == "T2"


def test_laughter_about_tonight_is_looked_behind(detector: ThreatDetector) -> None:
    details = details_of(detector, "هقتلك الليلة في البيت ههههه")
    assert details["level"] == "N"
    assert details["review"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=14).map(" ".join))
def test_no_text_makes_it_raise_and_spans_are_in_the_text(text: str) -> None:
    found = signal_of(ThreatDetector(), text)
    if found is None:
        return
    assert set(found.details) - set(RECORDS) <= set(KIND.details)
    again = assess(from_details(found.details))
    assert [again.level, again.ungated, again.review, list(again.reasons)] == [
        found.details[name] for name in ("level", "ungated", "review", "reasons")
    ]
    for one in found.details["targets"]:
        assert text[one["start"] : one["end"]] == one["text"] != ""
    assert 0 <= found.score <= 1
    assert (found.details["level"] == "N") == found.details["gated"]
    for span in found.spans:
        assert 0 <= span.start < span.end <= len(text)
    for one in found.details["factors"]:
        assert 0 <= one["span"][0] < one["span"][1] <= len(text)


def test_a_huge_text_is_read_in_part(detector: ThreatDetector) -> None:
    found = signal_of(detector, "kill them all now " * 20_000)
    assert found is not None
    assert max(span.end for span in found.spans) < 20_000
