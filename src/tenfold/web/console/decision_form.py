"""The form in which a case is decided: what it offers, what was filled in, and the verdict that is."""

from typing import Final

import msgspec

from tenfold.casework.service import Order, Verdict
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console.access import Visit

# Grounds in the order of the picker, each with the key that picks it.
GROUNDS: Final = (
    *((ground.value, ground.value[-1]) for ground in Ground if ground.is_violation),
    (Ground.EXCEPTION.value, "9"),
    (Ground.NONE.value, "0"),
)
PURPOSES: Final = ("none", "news", "research", "art", "counter_speech")
ADDABLE: Final[dict[SubjectKind, tuple[ActionKind, ...]]] = {
    SubjectKind.POST: (ActionKind.REMOVE, ActionKind.HIDE, ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.MEDIA: (ActionKind.REMOVE, ActionKind.HIDE, ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.ACCOUNT: (ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.GROUP: (ActionKind.RESTRICT, ActionKind.CLOSE_GROUP),
}
GROUND_VALUES = {ground.value for ground in Ground}
ADDABLE_VALUES = {kind.value for kinds in ADDABLE.values() for kind in kinds}


class Wish(msgspec.Struct, kw_only=True):
    """The decision form as filled in, so that an error gives it back as it was."""

    ground: str = ""
    purpose: str = ""
    scope: str = "subject"
    proposals: set[int] = set()
    add: set[str] = set()
    notify: bool = True
    reason: str = ""


def read_wish(visit: Visit) -> Wish:
    """The form. Values that it does not offer are left out."""
    proposals = {
        int(value)
        for value in visit.fields("proposal")
        if value.isascii() and value.isdigit() and len(value) < 19
    }
    return Wish(
        ground=visit.field("ground") if visit.field("ground") in GROUND_VALUES else "",
        purpose=visit.field("purpose") if visit.field("purpose") in PURPOSES else "",
        scope="account" if visit.field("scope") == "account" else "subject",
        proposals=proposals,
        add={value for value in visit.fields("add") if value in ADDABLE_VALUES},
        notify=visit.field("notify") == "on",
        reason=visit.field("reason"),
    )


def missing(wish: Wish) -> str | None:
    """What is still to be filled in, as the message that says so."""
    if not wish.ground:
        return "decide.missing_ground"
    if Ground(wish.ground).is_violation and not wish.purpose:
        return "decide.missing_purpose"
    return None if wish.reason else "decide.missing_reason"


def verdict_of(wish: Wish) -> Verdict:
    """A protected purpose makes of any violation the exception, which orders nothing."""
    ground = Ground(wish.ground)
    if not ground.is_violation:
        return Verdict(ground=ground, proposals=(), reason=wish.reason)
    if wish.purpose != "none":
        return Verdict(ground=Ground.EXCEPTION, proposals=(), reason=f"{wish.purpose}: {wish.reason}")
    return Verdict(
        ground=ground,
        scope="account" if wish.scope == "account" else "subject",
        proposals=tuple(sorted(wish.proposals)),
        add=tuple(Order(kind=ActionKind(kind)) for kind in sorted(wish.add)),
        reason=wish.reason,
    )
