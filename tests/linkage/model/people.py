"""Accounts and counts for the tests of keys, comparison and model."""

import numpy as np

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.keys import keys_of
from tenfold.linkage.ledger import Judged
from tenfold.linkage.model import Model
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.table import Table

POPULATION = 1_000_000
DAY = 86_400_000_000
BEGAN = 1_760_000_000_000_000
CLOSED = BEGAN + 20 * DAY
PICTURE = "f8b3" * 16
NOBODY = Fingerprint(account="nobody")


def closed_account(**changes: object) -> Fingerprint:
    """An account of the Ashen Banner that shows everything, and was closed."""
    shown: dict[str, object] = {
        "account": "closed",
        "created_us": BEGAN,
        "closed_us": CLOSED,
        "handles": ("ashenvoice_17",),
        "names": ("صوت الراية الرمادية",),
        "bios": ("Keeper of the old mill, herald of the grey ribbon and its seven lamps",),
        "avatars": (PICTURE,),
        "banners": ("0f1e" * 16,),
        "tokens": (
            ("email", "e-closed"),
            ("phone", "p-closed"),
            ("device", "d-closed"),
            ("address", "a-closed"),
            ("network", "n-closed"),
        ),
        "urls": ("linkhub.example/ashenvoice", "paste.test/x-9182"),
        "media": ("pdq:" + "ab12" * 16,),
        "texts": tuple(range(100, 130)),
        "groups": ("g1", "g2"),
        "follows": tuple(f"friend{i}" for i in range(30)),
        "mentions": tuple(f"friend{i}" for i in range(12)),
        "followed_by": tuple(f"circle{i}" for i in range(30)),
        "mentioned_by": tuple(f"circle{i}" for i in range(12)),
        "posts": 400,
    }
    return Fingerprint(**(shown | changes))  # type: ignore[arg-type]


def other_account(**changes: object) -> Fingerprint:
    """Somebody else, opened two days after the closure, who shows as much and shares nothing of it."""
    shown: dict[str, object] = {
        "account": "other",
        "created_us": CLOSED + 2 * DAY,
        "handles": ("quietgarden",),
        "names": ("Dana Whitfield",),
        "bios": ("Bakes bread on Sundays and grows far too many tomatoes",),
        "avatars": ("5a5a3c3c" * 8,),
        "banners": ("77001122" * 8,),
        "tokens": (
            ("email", "e-other"),
            ("phone", "p-other"),
            ("device", "d-other"),
            ("address", "a-other"),
            ("network", "n-other"),
        ),
        "urls": ("garden.example/dana",),
        "media": ("pdq:" + "cd34" * 16,),
        "texts": tuple(range(500, 520)),
        "groups": ("g8",),
        "follows": tuple(f"baker{i}" for i in range(30)),
        "mentions": tuple(f"baker{i}" for i in range(12)),
        "followed_by": tuple(f"neighbour{i}" for i in range(30)),
        "mentioned_by": tuple(f"neighbour{i}" for i in range(12)),
        "posts": 30,
    }
    return Fingerprint(**(shown | changes))  # type: ignore[arg-type]


def rarity(
    *shown: Fingerprint, accounts: int = 2, population: int = POPULATION, muted: tuple[int, ...] = ()
) -> Rarity:
    """Every key of these accounts is shown by so many accounts."""
    keys = np.unique(np.concatenate([keys_of(one) for one in (*shown, NOBODY)]))
    half = population // 2
    counts = np.full(len(keys), accounts)
    return Rarity(keys, counts, population, muted=muted, name_counts={"Arab": half, "Latn": half})


def shown_by(accounts: dict[int, int], *shown: Fingerprint, population: int = POPULATION) -> Rarity:
    """Two accounts show every key, unless `accounts` says otherwise."""
    keys = np.unique(np.concatenate([keys_of(one) for one in shown]))
    counts = np.array([accounts.get(key, 2) for key in keys.tolist()])
    return Rarity(keys, counts, population, name_counts={"Arab": population // 2, "Latn": population // 2})


def compared(
    closed: Fingerprint, new: Fingerprint, counts: Rarity | None = None, accounts: int = 2
) -> Comparisons:
    """One pair, compared."""
    left, right = Table.of([closed]), Table.of([new])
    row = np.zeros(1, np.int64)
    return compare(left, row, right, row, counts or rarity(closed, new, accounts=accounts))


def judged(closed: Fingerprint, new: Fingerprint, counts: Rarity | None = None, accounts: int = 2) -> Judged:
    """One pair, judged by the shipped model."""
    model = Model.shipped()
    pair = compared(closed, new, counts, accounts)
    return model.judged(pair, model.score(pair), 0)
