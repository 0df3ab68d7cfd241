"""One scored pair as people see it: the items of its waterfall."""

from typing import TYPE_CHECKING

from tenfold.linkage.compare import Comparisons
from tenfold.linkage.keys import KeyKind, domain_of, key_of
from tenfold.linkage.kinds import ABOUT, TIES, Kind, Level
from tenfold.linkage.ledger import Item, Judged

if TYPE_CHECKING:
    from tenfold.linkage.model import Scores

PICTURE_BITS = 256
_HABITS = frozenset({Kind.STYLE, Kind.RHYTHM, Kind.GAP})
_SHOWN = {
    Kind.HANDLE: "handles",
    Kind.NAME: "names",
    Kind.BIO: "bios",
    Kind.AVATAR: "avatars",
    Kind.BANNER: "banners",
}


def judged(comparisons: Comparisons, scores: "Scores", i: int, version: str) -> Judged:
    """Pair i; strongest items first, those that add nothing left out."""
    from tenfold.linkage.model import HELD_BACK, LEVELS

    found = [_item(comparisons, scores, i, kind) for kind in Kind if scores.items[i, kind]]
    return Judged(
        closed=comparisons.left.account[comparisons.left_rows[i]],
        new=comparisons.right.account[comparisons.right_rows[i]],
        bits=float(scores.bits[i]),
        prior_bits=int(scores.prior[i]) / 1000,
        probability=float(scores.probability[i]),
        level=LEVELS[scores.level[i]],
        items=tuple(sorted(found, key=lambda item: -abs(item.bits))),
        model=version,
        held_back=HELD_BACK[scores.held_back[i]],
    )


def _item(comparisons: Comparisons, scores: "Scores", i: int, kind: Kind) -> Item:
    accounts = int(comparisons.accounts[i, kind]) or None
    distance = int(comparisons.distance[i, kind])
    count = int(comparisons.count[i, kind])
    closed, new = _values(comparisons, i, kind)
    strength = abs(int(comparisons.strength[i, kind])) / 1000
    copied = kind == Kind.STYLE and bool(comparisons.copied[i])
    return Item(
        family=ABOUT[kind].family,
        kind=kind.name.lower(),
        level=Level(int(comparisons.level[i, kind])).name.lower(),
        bits=int(scores.items[i, kind]) / 1000,
        rarity=strength or None,
        accounts=accounts,
        population=comparisons.population if accounts else None,
        copyable=ABOUT[kind].copyable or copied,
        closed=closed,
        new=new,
        distance=distance if distance >= 0 else None,
        out_of=PICTURE_BITS if distance >= 0 else None,
        count=count if count > 1 or kind in TIES else None,
    )


def _values(comparisons: Comparisons, i: int, kind: Kind) -> tuple[str | None, str | None]:
    """The public values compared; tokens and ties stay unseen."""
    left, right = comparisons.left, comparisons.right
    left_row, right_row = int(comparisons.left_rows[i]), int(comparisons.right_rows[i])
    if kind in _SHOWN:
        firsts = getattr(left.columns, _SHOWN[kind])[left_row]
        seconds = getattr(right.columns, _SHOWN[kind])[right_row]
        return (firsts[0] if firsts else None, seconds[0] if seconds else None)
    if kind in (Kind.URL, Kind.DOMAIN):
        value = _shared_page(comparisons, left_row, right_row, kind)
        return value, value
    return None, None


def _shared_page(comparisons: Comparisons, left_row: int, right_row: int, kind: Kind) -> str | None:
    """The first page, or host, that both link to."""
    firsts = comparisons.left.columns.urls[left_row]
    seconds = comparisons.right.columns.urls[right_row]
    if kind == Kind.DOMAIN:
        firsts, seconds = tuple(map(domain_of, firsts)), tuple(map(domain_of, seconds))
    key_kind = KeyKind.URL if kind == Kind.URL else KeyKind.DOMAIN
    wanted = {key_of(key_kind, value) for value in seconds}
    return next((value for value in firsts if key_of(key_kind, value) in wanted), None)
