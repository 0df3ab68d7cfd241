"""How rare shared values truly are: keys that everybody shows are counted, ties where they are kept."""

from collections.abc import Iterable
from typing import get_args

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of
from tenfold.store import link_keys
from tenfold.store.database import Conn
from tenfold.store.link_keys import Hit
from tenfold.store.tie_counts import Tie, TieKind

_TIES: dict[KeyKind, TieKind] = {
    KeyKind.GROUP: "groups",
    KeyKind.FOLLOWS: "follows",
    KeyKind.MENTIONS: "mentions",
    KeyKind.FOLLOWED_BY: "followed_by",
    KeyKind.MENTIONED_BY: "mentioned_by",
    KeyKind.ANNOUNCED_BY: "announced_by",
}
assert set(_TIES.values()) == set(get_args(TieKind))


def with_closures(conn: Conn, keys: Iterable[int], of: Iterable[Fingerprint]) -> list[Hit]:
    """Which of these keys, all of which are keys of these fingerprints, closures show, with how many accounts
    there truly are."""
    return link_keys.with_closures(conn, keys, MAX_ACCOUNTS, _ties(of))


def with_accounts(conn: Conn, keys: Iterable[int], of: Iterable[Fingerprint]) -> list[Hit]:
    """The same for all accounts that the platform has told of."""
    return link_keys.with_accounts(conn, keys, MAX_ACCOUNTS, _ties(of))


def _ties(of: Iterable[Fingerprint]) -> dict[int, Tie]:
    """Which ties keys are."""
    return {
        key_of(key_kind, value): Tie(kind, value)
        for one in of
        for key_kind, kind in _TIES.items()
        for value in getattr(one, kind)
    }
