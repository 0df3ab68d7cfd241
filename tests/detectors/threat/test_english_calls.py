"""What English grammar makes a threat of: governors, judgements and particles, and groups as targets."""

from collections.abc import Sequence

import pytest

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.subjects import Subject, SubjectKind

GROUPS = ("women", "Muslims", "immigrants", "gay people", "disabled people", "black people", "trans people")
# Base, -ing and participle of an act, some with a particle.
ACTS = (
    ("kill", "killing", "killed"),
    ("gun down", "gunning down", "gunned down"),
    ("wipe out", "wiping out", "wiped out"),
    ("attack", "attacking", "attacked"),
    ("stone", "stoning", "stoned"),
    ("beat up", "beating up", "beaten up"),
    ("starve", "starving", "starved"),
)
OWN = (
    "I will {0} {group}",
    "I would love to {0} {group}",
    "I can't wait to {0} {group}",
    "I dream of {1} {group}",
    "nothing will stop me from {1} {group}",
    "One of these days I am going to {0} {group}",
    "If I see {group} in my street I will {0} them",
    "{group} make me want to {0} them",
    "{group} are going to get {2}",
    "Tonight I {0} {group}",
)
CALLS = (
    "{group} should be {2}",
    "All {group} must be {2}",
    "{group} deserve to get {2}",
    "{group} deserve {1}",
    "We need to start {1} {group}",
    "It's about time someone {0} {group}",
    "Someone ought to {0} {group}",
    "I urge you to {0} {group}",
    "It is not wrong to {0} {group}",
    "The only way to deal with {group} is to {0} them",
    "{1} {group} is justified",
    "{1} {group} would make the world a better place",
    "Nobody should go to jail for {1} {group}",
    "People who {0} {group} are heroes",
    "Don't hesitate to {0} {group}",
    "Why don't we just {0} {group}?",
)
WISHES = (
    "I hope {group} get {2}",
    "I want to see {group} {2}",
    "I don't care if {group} get {2}",
    "The world would be a better place if {group} were {2}",
)
WITHOUT_ACTS = (
    "Violence against {group} is justified",
    "Death is what {group} deserve",
    "{group} do not deserve to live",
    "{group} should never feel safe",
    "{group} should pay with their lives",
    "There should be no {group} left alive",
    "I won't rest until all {group} are dead",
)
DENIED = (
    "We should never {0} {group}",
    "Nobody should {0} {group}",
    "{group} should not be {2}",
    "No {group} should be {2}",
    "{1} {group} is never justified",
    "{1} {group} is wrong",
    "He went to jail for {1} {group}",
    "We must stop those who {0} {group}",
    "It is a crime to {0} {group}",
    "I would never {0} {group}",
)


def sentences(forms: Sequence[str]) -> list[str]:
    """Each form with each act, groups in turn."""
    return [
        form.format(*act, group=GROUPS[(i + j) % len(GROUPS)])
        for i, form in enumerate(forms)
        for j, act in enumerate(ACTS)
    ]


@pytest.fixture(scope="module")
def detector() -> ThreatDetector:
    return ThreatDetector()


def levels_of(detector: ThreatDetector, texts: Sequence[str]) -> dict[str, str]:
    items = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    found = detector.read(PreparedBatch(items))
    return {text: one.worst.level if one.worst else "" for text, one in zip(texts, found, strict=True)}


@pytest.mark.parametrize("forms", [OWN, CALLS, WISHES, WITHOUT_ACTS])
def test_forms_of_threats_are_read_whoever_is_the_target(
    detector: ThreatDetector, forms: tuple[str, ...]
) -> None:
    levels = levels_of(detector, sentences(forms))
    assert [text for text, level in levels.items() if not level.startswith("T")] == []


def test_what_is_denied_forbidden_or_condemned_is_no_threat(detector: ThreatDetector) -> None:
    levels = levels_of(detector, sentences(DENIED))
    assert [text for text, level in levels.items() if level.startswith("T")] == []


def test_a_verb_that_needs_its_particle_is_harmless_without_it(detector: ThreatDetector) -> None:
    texts = [
        "We will put women in parliament",
        "I want to take immigrants to the museum",
        "We should set black people free",
        "Let's get disabled people a lift",
        "I will run with gay people on Sunday",
    ]
    assert set(levels_of(detector, texts).values()) == {""}
