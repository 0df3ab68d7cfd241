"""How rare shared values truly are: keys that everybody shows are counted, ties where they are kept."""

from collections.abc import Iterable
from typing import get_args

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.keys import KIND_MASK, MAX_ACCOUNTS, KeyKind, key_of
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
    there truly are. A key that is common is noted as such."""
    return _noted(conn, link_keys.with_closures(conn, keys, MAX_ACCOUNTS, _ties(of)))


def with_accounts(conn: Conn, keys: Iterable[int], of: Iterable[Fingerprint]) -> list[Hit]:
    """The same for all accounts that the platform has told of."""
    return _noted(conn, link_keys.with_accounts(conn, keys, MAX_ACCOUNTS, _ties(of)))


def _noted(conn: Conn, hits: list[Hit]) -> list[Hit]:
    common = [
        hit.key for hit in hits if hit.accounts == MAX_ACCOUNTS + 1 and hit.key & KIND_MASK not in _TIES
    ]
    if not common:
        return hits
    accounts = link_keys.note_common(conn, common)
    return [hit._replace(accounts=accounts.get(hit.key, hit.accounts)) for hit in hits]


def _ties(of: Iterable[Fingerprint]) -> dict[int, Tie]:
    """Which ties keys are."""
    return {
        key_of(key_kind, value): Tie(kind, value)
        for one in of
        for key_kind, kind in _TIES.items()
        for value in getattr(one, kind)
    }
