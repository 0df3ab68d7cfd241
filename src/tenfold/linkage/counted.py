"""How rare shared values truly are: keys that everybody shows are counted, ties where they are kept."""

from collections.abc import Iterable, Sequence
from typing import get_args

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.keys import KIND_MASK, MAX_ACCOUNTS, KeyKind, key_of, kind_of
from tenfold.store import link_keys, tie_counts
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


def counted(conn: Conn, hits: Sequence[Hit], of: Iterable[Fingerprint]) -> list[Hit]:
    """The same hits, which are keys of these fingerprints, with how many accounts there truly are.

    A key that is common is noted as such. Of ties, keys are kept of young accounts only, while fingerprints
    hold those of all: the larger number counts. A tie of more accounts than anybody counted counts nothing.
    """
    common = [
        hit.key for hit in hits if hit.accounts == MAX_ACCOUNTS + 1 and hit.key & KIND_MASK not in _TIES
    ]
    accounts = link_keys.note_common(conn, common)
    ties = _ties(of, {hit.key for hit in hits if hit.accounts and hit.key & KIND_MASK in _TIES})
    found = tie_counts.count(conn, ties.values())
    for hit in hits:
        if hit.key in ties:
            told = found[ties[hit.key]]
            accounts[hit.key] = 0 if told is None else max(told, hit.accounts)
    return [
        Hit(hit.key, hit.others if now <= MAX_ACCOUNTS else [], now)
        for hit, now in ((hit, accounts.get(hit.key, hit.accounts)) for hit in hits)
    ]


def _ties(of: Iterable[Fingerprint], wanted: set[int]) -> dict[int, Tie]:
    """Which ties these keys are."""
    if not wanted:
        return {}
    kinds = {kind_of(key) for key in wanted}
    ties = {
        key_of(kind, value): Tie(_TIES[kind], value)
        for one in of
        for kind in kinds
        for value in getattr(one, _TIES[kind])
    }
    return {key: tie for key, tie in ties.items() if key in wanted}
