"""What finding protectees gives."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from tenfold.store.protectees import Kind

How = Literal["account", "handle", "name", "alias", "domain", "team", "address", "event"]
NOWHERE = (0, 0)


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A protectee that a text names at `span`, [start, end) in code points of the original.

    An account that the platform says is mentioned stands nowhere in the text: (0, 0). `strength` is 0.5 for
    what is just enough, 1 for what is certain.
    """

    protectee: int
    kind: Kind
    how: How
    span: tuple[int, int]
    strength: float


def strongest(found: Iterable[Match]) -> list[Match]:
    """One match a protectee, the strongest and of those the longest, in the order of their places."""
    best: dict[int, Match] = {}
    for match in found:
        known = best.get(match.protectee)
        if known is None or _rank(match) > _rank(known):
            best[match.protectee] = match
    return sorted(best.values(), key=lambda match: (match.span, match.protectee))


def _rank(match: Match) -> tuple[float, int, int]:
    return match.strength, match.span[1] - match.span[0], -match.span[0]
