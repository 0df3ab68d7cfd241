"""Texts copied word by word carry the way of writing of whoever wrote them first."""

import numpy as np
from numpy.typing import NDArray

from tenfold.linkage.comparisons import Comparisons
from tenfold.linkage.keys import KIND_MASK, KeyKind
from tenfold.linkage.kinds import Kind
from tenfold.linkage.ordering import once
from tenfold.linkage.rarity import Rarity

# People repeat themselves and quote; from this share of an account's texts on, they are somebody else's.
COPIED_SHARE = 0.2
MOST_ACCOUNTS = 8  # that show a copied text: what more show is a greeting, a slogan or a chain letter


def copied(made: Comparisons, rarity: Rarity) -> NDArray[np.bool_]:
    """Pairs of which the newer account shares so many of its texts, with the closed one or with any others
    that were counted, that its way of writing may be copied, too."""
    rows, places = once(made.right_rows, len(made.right))
    place, keys = made.right.keys_of_rows(rows)
    texts = (keys & KIND_MASK) == KeyKind.TEXT
    place, keys = place[texts], keys[texts]
    written = made.right.shown[rows, KeyKind.TEXT]
    accounts = rarity.counted(keys)
    taken = np.bincount(place[(accounts >= 2) & (accounts <= MOST_ACCOUNTS)], minlength=len(rows))
    shared = np.maximum(made.count[:, Kind.TEXT], taken[places])
    return np.asarray((shared > 0) & (shared >= COPIED_SHARE * written[places]))
