"""What a text detector takes and gives; anyone can write one."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tenfold.evidence import Signal, SignalKind
from tenfold.subjects import Subject


class TextItem(msgspec.Struct, frozen=True):
    """The texts of one subject, by field: `{"text": ...}` of a post; handle, display_name, bio of an account."""

    subject: Subject
    fields: dict[str, str]


class BankEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One curated item; `key` is its normal form (unique in its bank), `value` as it was entered."""

    key: str
    value: str
    label: str = ""
    confidence: float | None = None  # None: the bank's


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """A bank with its unexpired entries. `kind`: terms, urls, domains, texts or meanings."""

    id: str
    kind: str
    title: str
    confidence: float = 1.0
    revision: int = 0
    entries: Sequence[BankEntry] = ()


class TextDetector(Protocol):
    """Finds one sort of thing in a batch of texts. Holds no state between batches but its banks."""

    name: str
    version: str
    kinds: tuple[SignalKind, ...]  # every signal it can give, declared

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
