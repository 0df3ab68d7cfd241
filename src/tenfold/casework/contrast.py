"""Accounts that look like a closed one and are somebody else's: what a link is to be compared with."""

from collections.abc import Iterable
from typing import Final

import msgspec

from tenfold.casework.linked import Brief, Mark, briefs, ties
from tenfold.linkage.keys import KeyKind, kind_of
from tenfold.store import link_keys, standing
from tenfold.store.database import Conn

SHOWN: Final = 4
CANDIDATES: Final = 60
LOOKED_AT: Final = 200  # accounts of one key: a very common one is like any other
OPEN: Final = ["active", "restricted"]
SUSPECT: Final = (Mark.CONFIRMED, Mark.LIKELY)

_NAMES: Final = (
    KeyKind.HANDLE_SKELETON,
    KeyKind.HANDLE_PHONETIC,
    KeyKind.NAME_SKELETON,
    KeyKind.NAME_PHONETIC,
)
# Kinds of keys that people know as one kind of evidence; the others have the name of the key.
_EVIDENCE: Final = {
    KeyKind.HANDLE_SKELETON: "handle",
    KeyKind.HANDLE_PHONETIC: "handle",
    KeyKind.NAME_SKELETON: "name",
    KeyKind.NAME_PHONETIC: "name",
    KeyKind.BIO_SHINGLE: "bio",
    KeyKind.AVATAR_BAND: "avatar",
    KeyKind.BANNER_BAND: "banner",
    KeyKind.GROUP: "groups",
    KeyKind.SELF: "announces",
}


class Contrast(msgspec.Struct, frozen=True, kw_only=True):
    """An account that has something in common with the closed one and is not linked to it. `shares` and
    `lacks` are kinds of evidence: what it has in common, too, and what only the linked account has.
    `denied`: a person said that it is somebody else's."""

    brief: Brief
    shares: tuple[str, ...]
    lacks: tuple[str, ...]
    denied: bool


def contrast(conn: Conn, *, closed: str, new: str) -> list[Contrast]:
    """The accounts most like a closed one among those against which nothing stands or waits, and that nobody
    holds to be its return, at most SHOWN; those that people decided to be somebody else's come first."""
    own = link_keys.of_account(conn, closed, closed=True) or link_keys.of_account(conn, closed)
    both = own & link_keys.of_account(conn, new)
    around = ties(conn, [closed, new])
    denied = {tie.other(closed) for tie in around if tie.mark is Mark.DENIED and closed in tie.ends}
    linked = {end for tie in around if tie.mark is not Mark.DENIED for end in tie.ends} | {closed, new}
    wanted = both | {key for key in own if kind_of(key) in _NAMES}
    found = _alike(conn, wanted, linked) | dict.fromkeys(denied - {new}, LOOKED_AT)
    suspects = _suspects(conn, found.keys() - denied)
    known = {
        account: brief
        for account, brief in briefs(conn, found.keys() - suspects).items()
        if brief.state in OPEN
    }
    best = sorted(known, key=lambda account: (account not in denied, -found[account], account))[:SHOWN]
    return [_contrast(conn, known[account], own, both, account in denied) for account in best]


def _suspects(conn: Conn, accounts: Iterable[str]) -> set[str]:
    """Who is likely or confirmed to be anybody's return, or has a case that waits or went against him."""
    asked = set(accounts)
    returned = {end for tie in ties(conn, asked) if tie.mark in SUSPECT for end in tie.ends}
    stands = standing.load(conn, sorted(asked)).values()
    return asked & (returned | {one.account for one in stands if one.strikes or one.open_cases})


def _alike(conn: Conn, keys: Iterable[int], but: Iterable[str]) -> dict[str, int]:
    """Accounts that show any of these keys, and how many of them."""
    rows = conn.execute(
        """
        SELECT account, count(*) FROM unnest(%s::bigint[]) AS asked (key), LATERAL (
            SELECT account FROM account_keys WHERE account_keys.key = asked.key LIMIT %s) AS showing
        WHERE account <> ALL(%s) GROUP BY account ORDER BY count(*) DESC, account LIMIT %s
        """,
        [sorted(keys), LOOKED_AT, sorted(but), CANDIDATES],
    )
    return dict(rows.fetchall())


def _contrast(conn: Conn, brief: Brief, own: set[int], both: set[int], denied: bool) -> Contrast:
    theirs = link_keys.of_account(conn, brief.account)
    shares = _kinds(own & theirs)
    lacks = [kind for kind in _kinds(both) if kind not in shares]
    return Contrast(brief=brief, shares=tuple(shares), lacks=tuple(lacks), denied=denied)


def _kinds(keys: Iterable[int]) -> list[str]:
    """Kinds of evidence, in the order of kinds of keys."""
    kinds = sorted({kind_of(key) for key in keys})
    return list(dict.fromkeys(_EVIDENCE.get(kind, kind.name.lower()) for kind in kinds))
