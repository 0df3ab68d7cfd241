"""The shapes in which console and API see one link: two accounts, the evidence, what people said of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tenfold.casework.contrast import Contrast
from tenfold.casework.families import Family
from tenfold.casework.linked import Brief
from tenfold.casework.track_record import Band
from tenfold.fingerprint import Fingerprint


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a link's ledger (linkage.ledger.Item), or what a platform told of one: then it has `words`
    and perhaps neither family nor level. What a later version adds is left out."""

    kind: str
    bits: float = 0.0
    family: str = ""
    level: str = ""
    words: str = ""
    rarity: float | None = None
    accounts: int | None = None
    population: int | None = None
    copyable: bool = False
    closed: str | None = None
    new: str | None = None
    distance: int | None = None
    out_of: int | None = None
    count: int | None = None


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link with its evidence, strongest first. `bits` is the log2 odds, of which `prior_bits` stood before
    any evidence. `standing`: it is in force, and not only what an earlier decision saw."""

    probability: float
    bits: float
    prior_bits: float
    level: str | None
    held_back: str | None
    model: str
    found_at: datetime
    evidence: tuple[Evidence, ...]
    standing: bool


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a link, and when it was taken back if it was."""

    id: int
    verdict: str
    author: str
    reason: str
    probability: float | None
    decided_at: datetime
    reversed_at: datetime | None


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one link. Fingerprints hold tokens: whoever shows them shows public traits only.
    `others` are further accounts that the newer one may be the return of; `shareable` kinds of evidence
    that can be marked as shared by many."""

    closed: Brief
    new: Brief
    closed_print: Fingerprint
    new_print: Fingerprint
    link: LinkView
    verdicts: tuple[VerdictView, ...]
    record: Band
    family: Family
    contrasts: tuple[Contrast, ...]
    others: tuple[Brief, ...]
    shareable: tuple[str, ...]

    @property
    def opened_before(self) -> bool:
        """Whether what may be the return was opened before the other, or before that was closed: slept,
        bought, or run beside it."""
        opened = self.new.created_at
        dates = [at for at in (self.closed.created_at, self.closed.closed_at) if at is not None]
        return opened is not None and any(opened < at for at in dates)

    @property
    def verdict(self) -> VerdictView | None:
        """The one in force."""
        return next((made for made in self.verdicts if made.reversed_at is None), None)


def evidence(items: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """A ledger as it is stored, strongest first; an item that is not as we know it keeps kind and bits."""
    return tuple(sorted(map(_evidence, items), key=lambda item: -abs(item.bits)))


def _evidence(item: Mapping[str, Any]) -> Evidence:
    try:
        return msgspec.convert(item, Evidence)
    except msgspec.ValidationError:
        bits = item.get("bits")
        return Evidence(
            kind=str(item.get("kind", "")), bits=float(bits) if isinstance(bits, int | float) else 0.0
        )
