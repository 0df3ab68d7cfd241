"""The family tree of an account: which accounts were closed and came back as which, in order of time."""

from typing import Literal

import msgspec

from tenfold.casework.linked import SURE, Brief, Mark, Tie, briefs, came_first, walk
from tenfold.store.database import Conn

MOST = 60  # accounts of one family that are shown
HELD = (Mark.CONFIRMED, Mark.LIKELY, Mark.POSSIBLE)
THROUGH = (Mark.CONFIRMED, Mark.LIKELY)  # what is only possible leads to one account, and no further


class Relative(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a family. `of` is the one that it came back from, by the surest tie; None for the first
    of all. `denied` are members that a person said it has nothing to do with."""

    brief: Brief
    of: Brief | None = None
    mark: Mark | None = None
    probability: float | None = None
    denied: tuple[Brief, ...] = ()

    @property
    def how(self) -> Literal["first", "of", "before", "beside"]:
        """The first, or opened after `of` was closed, before that, or beside one that is still open."""
        if self.of is None:
            return "first"
        if not self.of.closed:
            return "beside"
        opened, closed = self.brief.created_at, self.of.closed_at
        return "before" if opened and closed and opened < closed else "of"


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts in the order in which they followed on each other (linked.Brief.turn); `more`: there are
    more than MOST."""

    members: tuple[Relative, ...]
    more: bool = False


def family(conn: Conn, account: str) -> Family:
    """Everybody reached from an account by links that are likely or confirmed, those who possibly belong to
    one of these, and whom people denied of them all."""
    reached, found = walk(conn, [account], THROUGH, MOST, last=(Mark.POSSIBLE,))
    known = briefs(conn, reached)
    ordered = sorted(known.values(), key=lambda brief: brief.turn)
    return Family(
        members=tuple(_relative(brief, known, found) for brief in ordered),
        more=len(reached) >= MOST,
    )


def _relative(brief: Brief, known: dict[str, Brief], found: list[Tie]) -> Relative:
    """How an account hangs together with those that came before it."""
    own = [tie for tie in found if brief.account in tie.ends]
    earlier = [tie for tie in own if came_first(known, tie) != brief.account]
    held = [tie for tie in earlier if tie.mark in HELD]
    denied = tuple(known[tie.other(brief.account)] for tie in own if tie.mark is Mark.DENIED)
    if not held:
        return Relative(brief=brief, denied=denied)
    best = min(held, key=lambda tie: (SURE.index(tie.mark), -(tie.probability or 0)))
    return Relative(
        brief=brief,
        of=known[best.other(brief.account)],
        mark=best.mark,
        probability=best.probability,
        denied=denied,
    )
