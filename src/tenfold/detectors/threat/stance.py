"""What an author may do with an act of harm: threaten it, call for it, wish it, or only speak of it."""

import msgspec

from tenfold.detectors.threat.marked import Mark, Marked

OWN, CALL, WISH, MENTION = "own_threat", "call_to_action", "wish", "mention"
NEAR = 8  # words before an act in which what governs it stands


class Stance(msgspec.Struct, frozen=True):
    """What is done with an act; `governor` governs it ("will", "must"), `actor` is who does it.

    `passive`: the act is told of who suffers it ("they must be shot", "they deserve death").
    """

    says: str
    act: Mark
    governor: Mark | None = None
    actor: Mark | None = None
    passive: bool = False


def governor_before(text: Marked, first: int, last: int, roles: tuple[str, ...]) -> Mark | None:
    """The last mark of these roles in the words; of several that end together the longest."""
    found = [mark for role in roles if (mark := text.last_before(role, first, last))]
    return max(found, key=lambda mark: (mark.last, -mark.first, -roles.index(mark.entry.role)), default=None)
