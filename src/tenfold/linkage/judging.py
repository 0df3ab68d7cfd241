"""One scored pair as people see it: the items of its waterfall."""

from typing import TYPE_CHECKING

from tenfold.linkage.compare import Comparisons
from tenfold.linkage.keys import domain_of
from tenfold.linkage.kinds import ABOUT, TIES, Kind, Level
from tenfold.linkage.ledger import Item, Judged

if TYPE_CHECKING:
    from tenfold.linkage.model import Scores

PICTURE_BITS = 256
_FOUND = ("level", "strength", "accounts", "count", "distance")
# What members of enums would have to be asked for each item.
_ABOUT = [(kind.name.lower(), ABOUT[kind], kind in TIES) for kind in Kind]
_LEVELS = [level.name.lower() for level in Level]
_SHOWN: dict[int, str] = {
    Kind.HANDLE: "handles",
    Kind.NAME: "names",
    Kind.BIO: "bios",
    Kind.AVATAR: "avatars",
    Kind.BANNER: "banners",
}
_WITH_VALUES = {*_SHOWN, Kind.URL, Kind.DOMAIN}


def judged(comparisons: Comparisons, scores: "Scores", i: int, version: str) -> Judged:
    """Pair i; strongest items first, those that add nothing left out."""
    from tenfold.linkage.model import HELD_BACK, LEVELS

    found = [getattr(comparisons, name)[i].tolist() for name in _FOUND]
    row = zip(range(len(Kind)), scores.items[i].tolist(), *found, strict=True)
    items = [_item(comparisons, i, *of_kind) for of_kind in row if of_kind[1]]
    return Judged(
        closed=comparisons.left.account[comparisons.left_rows[i]],
        new=comparisons.right.account[comparisons.right_rows[i]],
        bits=float(scores.bits[i]),
        prior_bits=int(scores.prior[i]) / 1000,
        probability=float(scores.probability[i]),
        level=LEVELS[scores.level[i]],
        items=tuple(sorted(items, key=_by_strength)),
        model=version,
        held_back=HELD_BACK[scores.held_back[i]],
    )


def _by_strength(item: Item) -> float:
    return -abs(item.bits)


def _item(
    comparisons: Comparisons,
    i: int,
    kind: int,
    millibits: int,
    *found: int,
) -> Item:
    """Of one kind; `found` are the columns of _FOUND."""
    level, strength, accounts, count, distance = found
    name, about, tie = _ABOUT[kind]
    closed, new = _values(comparisons, i, kind) if kind in _WITH_VALUES else (None, None)
    return Item(
        family=about.family,
        kind=name,
        level=_LEVELS[level],
        bits=millibits / 1000,
        rarity=abs(strength) / 1000 or None,
        accounts=accounts or None,
        population=comparisons.population if accounts else None,
        copyable=about.copyable or (kind == Kind.STYLE and bool(comparisons.copied[i])),
        closed=closed,
        new=new,
        distance=distance if distance >= 0 else None,
        out_of=PICTURE_BITS if distance >= 0 else None,
        count=count if count > 1 or tie else None,
    )


def _values(comparisons: Comparisons, i: int, kind: int) -> tuple[str | None, str | None]:
    """The public values compared; tokens and ties stay unseen."""
    left, right = comparisons.left, comparisons.right
    left_row, right_row = int(comparisons.left_rows[i]), int(comparisons.right_rows[i])
    if kind in _SHOWN:
        firsts = getattr(left.columns, _SHOWN[kind])[left_row]
        seconds = getattr(right.columns, _SHOWN[kind])[right_row]
        return (firsts[0] if firsts else None, seconds[0] if seconds else None)
    value = _shared_page(comparisons, left_row, right_row, kind)
    return value, value


def _shared_page(comparisons: Comparisons, left_row: int, right_row: int, kind: int) -> str | None:
    """The first page, or host, that both link to."""
    firsts = comparisons.left.columns.urls[left_row]
    seconds = comparisons.right.columns.urls[right_row]
    if kind == Kind.DOMAIN:
        firsts, seconds = tuple(map(domain_of, firsts)), tuple(map(domain_of, seconds))
    wanted = set(seconds)
    return next((value for value in firsts if value in wanted), None)
