"""Marking values as shared by many people: a household's device, a school's address, a stock picture.

People name the kind of evidence; which value it is, is looked up here, so no token leaves the server.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from tenfold.casework.wishes import RefusedError
from tenfold.linkage.keys import KeyKind, kind_of
from tenfold.store import link_keys, shared_keys
from tenfold.store.database import Conn

Why = Literal["household", "school", "vpn", "stock_picture", "common"]
WHYS: Final[tuple[Why, ...]] = ("household", "school", "vpn", "stock_picture", "common")
DAYS: Final = (30, 90, 365)  # for how long people may choose; what many share does not stay so for ever

# The keys behind each kind of evidence that many people can have in common.
SHAREABLE: Final[Mapping[str, tuple[KeyKind, ...]]] = {
    "device": (KeyKind.DEVICE,),
    "address": (KeyKind.ADDRESS,),
    "network": (KeyKind.NETWORK,),
    "email": (KeyKind.EMAIL,),
    "phone": (KeyKind.PHONE,),
    "avatar": (KeyKind.AVATAR, KeyKind.AVATAR_BAND),
    "banner": (KeyKind.BANNER, KeyKind.BANNER_BAND),
    "bio": (KeyKind.BIO,),
    "url": (KeyKind.URL,),
    "domain": (KeyKind.DOMAIN,),
    "media": (KeyKind.MEDIA,),
    "text": (KeyKind.TEXT,),
}


class SharedWish(msgspec.Struct, frozen=True, kw_only=True):
    """That the values of this kind of evidence, on which two accounts agree, are shared by many people for
    `days` to come."""

    kind: str
    why: Why = "common"
    days: int = 90


def shareable(evidence: Iterable[Mapping[str, Any]]) -> list[str]:
    """The kinds among a link's evidence that can be marked: those that speak for it."""
    kinds = (str(item.get("kind", "")) for item in evidence if float(item.get("bits", 0)) > 0)
    return [kind for kind in dict.fromkeys(kinds) if kind in SHAREABLE]


def mark(
    conn: Conn,
    *,
    closed: str,
    new: str,
    wishes: Iterable[SharedWish],
    actor: str,
    reason: str,
    decision: int,
    now: datetime,
) -> int:
    """Mark what two accounts have in common, as part of a decision on their link; returns how many values.
    RefusedError for a kind that cannot be marked or that they do not have in common."""
    wanted = list(wishes)
    if not wanted:
        return 0
    common = link_keys.in_common(conn, closed, new)
    marked = 0
    for wish in wanted:
        kinds = SHAREABLE.get(wish.kind)
        if kinds is None or wish.days not in DAYS:
            raise RefusedError("shared", f"{wish.kind!r} cannot be marked as shared for {wish.days} days")
        keys = sorted(key for key in common if kind_of(key) in kinds)
        if not keys:
            raise RefusedError("shared", f"these accounts have no {wish.kind} in common")
        for key in keys:
            shared_keys.mark(
                conn,
                key,
                kind=kind_of(key).name.lower(),
                reason=f"{wish.why}: {reason}",
                marked_by=actor,
                until=now + timedelta(days=wish.days),
                decision=decision,
            )
        marked += len(keys)
    return marked
