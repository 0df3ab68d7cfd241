"""Whom and what a threatening text names: handles, offices, staff and names, each where it stands.

They are told beside the one target of the threat, so that who looks for certain people and places finds them
however the sentence was read.
"""

from collections.abc import Iterable

import msgspec

from tenfold.detectors.threat.entries import ENGLISH
from tenfold.detectors.threat.factors import definite, described
from tenfold.detectors.threat.marked import Marked
from tenfold.detectors.threat.reading import Reading
from tenfold.detectors.threat.targets import (
    ADDRESSED,
    CALLS,
    EVENT,
    MENTION,
    NAMED,
    PLACE,
    STAFF,
    VAGUE,
    Target,
)

NAME = "name"  # a proper name; of whom or what, grammar does not show
MOST = 30  # mentions of one text that are told


class Mentioned(msgspec.Struct, frozen=True):
    """A mention at [start, end) of the original. `kind` as a target's, or NAME."""

    kind: str
    text: str
    start: int
    end: int


def mentions(text: Marked, found: Iterable[Reading]) -> list[Mentioned]:
    """The first MOST mentions in their order; of those that overlap the longest, targets first."""
    aims = [one.aim for one in found if one.aim and one.aim.kind not in (ADDRESSED, VAGUE)]
    spans = [(aim.kind, *described(text, aim)) for aim in (*aims, *_marked(text))]
    spans += _called(text) + (_capitalised(text) if text.language == ENGLISH else [])
    spans.sort(key=lambda span: span[1] - span[2])  # stable: the longest first, targets before the others
    taken: set[int] = set()
    kept = []
    for kind, first, last in spans:
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            start, end = text.span(first, last)
            kept.append(Mentioned(kind, text.original[start:end], start, end))
    return sorted(kept, key=lambda one: one.start)[:MOST]


def _marked(text: Marked) -> list[Target]:
    """Handles, staff, places and events by their words."""
    found = [Target(MENTION, i, i + 1) for i in range(len(text.words)) if text.mentioned(i)]
    for role, kind in (("staff", STAFF), ("event", EVENT), ("place", PLACE)):
        found += [Target(kind, mark.first, mark.last) for mark in text.role(role) if definite(text, mark)]
    return found


def _called(text: Marked) -> list[tuple[str, int, int]]:
    """Who is called by name: "يا سليم"."""
    return [
        (NAMED, i + 1, i + 2)
        for i, word in enumerate(text.words[:-1])
        if word in CALLS and not any(text.has(role, i + 1, i + 2) for role in ("person", "thing", "face"))
    ]


def _capitalised(text: Marked) -> list[tuple[str, int, int]]:
    """Runs of words with a capital letter that no sentence begins with; two together may begin one."""
    capital = [text.original[start].isupper() for start in text.starts]
    if 2 * sum(capital) > len(capital):  # a headline, or all in capitals
        return []
    found, i = [], 0
    while i < len(capital):
        last = i
        while last < len(capital) and capital[last] and text.sentences[last] == text.sentences[i]:
            last += 1
        begins = i == 0 or text.sentences[i - 1] != text.sentences[i]
        if last > i and text.words[i] != "i" and (not begins or last - i > 1):
            found.append((NAME, i, last))
        i = max(last, i + 1)
    return found
