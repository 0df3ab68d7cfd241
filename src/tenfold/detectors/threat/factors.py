"""What makes a threat specific: when, where, by what means, what is known about the threatened, what is
demanded."""

import msgspec

from tenfold.detectors.threat import levels
from tenfold.detectors.threat.entries import ENGLISH, Entry
from tenfold.detectors.threat.marked import Mark, Marked, Said
from tenfold.detectors.threat.stance import Stance
from tenfold.detectors.threat.targets import Target

_AROUND = 30  # words before and after an act in which its factors stand
_FUNCTION = frozenset({
    "في", "من", "الي", "علي", "عن", "ان", "و", "ثم", "هو", "هي", "على", "او", "لا", "ما", "يوم", "غدا",
    "اليوم", "الليله", "قبل", "بعد", "عند", "امام", "حتي", "كل", "الذي", "التي", "اذا", "لو",
})  # fmt: skip


class Factor(msgspec.Struct, frozen=True):
    """One thing found, at words [first, last), in words or numbers (`value`)."""

    factor: str
    first: int
    last: int
    value: str


def factors(text: Marked, at: int, aim: Target | None, sayings: list[Said]) -> list[Factor]:
    """When, where, means, private knowledge and preparation around word `at`."""
    low, high = at - _AROUND, at + _AROUND
    found = []
    for role, name in (("time", "when"), ("place", "where"), ("weapon", "means")):
        for mark in text.role(role):
            if low <= mark.first < high and not _is_aim(mark, aim) and definite(text, mark):
                found.append(Factor(name, mark.first, mark.last, mark.entry.value or phrase(text, mark)))
    for said in sayings:
        if said.saying.factor and low <= said.first < high:
            found.append(Factor(said.saying.factor, said.first, said.last, ""))
    return found


def hours(found: list[Factor]) -> float | None:
    """Hours until the act: the soonest time told."""
    return levels.soonest(one.value for one in found if one.factor == "when")


def condition(text: Marked, act: Mark) -> Factor | None:
    """The condition of an act: from "if" to the end of its clause, or the sentence's rest after the act."""
    start, end = text.sentence(act.first)
    for mark in text.role("if"):
        if start <= mark.first < end and not mark.first <= act.first < mark.last:
            last = text.clause(mark.first)[1]
            if mark.first < act.first < last:
                last = act.first
            return Factor("condition", mark.first, max(mark.last, last), "")
    return None


def described(text: Marked, aim: Target) -> tuple[int, int]:
    """The words of a target with what describes it: "employees of the North Office", "القاضي سليم"."""
    last = aim.last
    if aim.kind == "account_mention":  # "@some_name" is two words in normal form
        while last < len(text.words) and text.gaps[last] in ("_", "."):
            last += 1
        return aim.first, last
    stop = min(text.clause(aim.first)[1], aim.last + 4)
    if text.language == ENGLISH:
        for i in range(aim.last, stop):
            written = text.original[text.starts[i] : text.ends[i]]
            if text.words[i] not in ("of", "at", "in", "the", "from") and not written[:1].isupper():
                break
            if written[:1].isupper() or i + 1 == stop:
                last = i + 1
        return aim.first, last
    for i in range(aim.last, min(stop, aim.last + 2)):
        if (
            text.words[i] in _FUNCTION
            or text.has("act", i, i + 1)
            or text.has("time", i, i + 1)
            or text.words[i][:1] == "و"
        ):
            break
        last = i + 1
    return aim.first, last


def phrase(text: Marked, mark: Mark) -> str:
    """The words of a mark as they were written."""
    first, last = text.span(mark.first, mark.last)
    return text.original[first:last]


def actor(text: Marked, found: Stance) -> Factor | None:
    """Who says he will do it, where a word says so."""
    if found.actor is None:
        return None
    return Factor("actor", found.actor.first, found.actor.last, phrase(text, found.actor))


def _is_aim(mark: Mark, aim: Target | None) -> bool:
    return aim is not None and aim.kind not in ("place", "event") and aim.first <= mark.first < aim.last


def definite(text: Marked, mark: Mark) -> bool:
    """Whether a place is a certain one: "your house", "the station", "at …"; times and weapons always are."""
    entry: Entry = mark.entry
    if entry.role != "place":
        return True
    if text.language == ENGLISH:
        before = text.words[max(0, mark.first - 2) : mark.first]
        return bool(
            {"your", "ur", "the", "at", "in", "outside", "their", "his", "her", "this", "that"} & set(before)
        )
    return True
