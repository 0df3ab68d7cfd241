"""The evidence for a link as people see it: items, each with its bits, that add up to the whole."""

from enum import StrEnum

import msgspec


class Family(StrEnum):
    """Evidence that is not independent of each other stands in one family, whose sum is capped."""

    NAMES = "names"
    PROFILE = "profile"
    DEVICES = "devices"
    MATERIAL = "material"
    HABITS = "habits"
    COMPANY = "company"
    TIME = "time"


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of evidence, for (bits > 0) or against.

    `kind` names it (`avatar`, `device`, `follows`, ...), `level` says what was found (`equal`, `near`,
    `shared`, ...). `bits` is what it adds to the link's log2 odds, after the model's weight and the
    family's cap. `rarity` is log2 of one in how many accounts agree so by chance; `accounts` of
    `population` accounts show the rarest shared value. `copyable`: anybody could show it to
    frame another. `closed` and `new` are the public values compared (never a token). `distance` of
    `out_of` where one was measured; `count` where several values are shared.
    """

    family: Family
    kind: str
    level: str
    bits: float
    rarity: float | None = None
    accounts: int | None = None
    population: int | None = None
    copyable: bool = False
    closed: str | None = None
    new: str | None = None
    distance: int | None = None
    out_of: int | None = None
    count: int | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two accounts, judged: `closed` came first, `new` may be its return.

    `bits` is log2 of the odds that the same people run both, the prior included (`prior_bits`);
    prior_bits + the items' bits = bits. `probability` is calibrated. `level` is `likely`, `possible` or
    None: nothing to show. `held_back` says in a word why it is not `likely` though its probability would be:
    `one_family`, `copyable`, `told_apart`; or why nothing is shown: `weak`, `decided`.
    """

    closed: str
    new: str
    bits: float
    prior_bits: float
    probability: float
    level: str | None
    items: tuple[Item, ...]
    model: str
    held_back: str | None = None
