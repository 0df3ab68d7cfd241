"""What a text detector takes and gives; anyone can write one."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tenfold.banks import Bank, BankEntry
from tenfold.evidence import Signal, SignalKind
from tenfold.subjects import Subject

__all__ = ["Bank", "BankEntry", "TextDetector", "TextItem"]


class TextItem(msgspec.Struct, frozen=True):
    """The texts of one subject, by field: `text` of a post; handle, display_name, bio of an account."""

    subject: Subject
    fields: dict[str, str]


class TextDetector(Protocol):
    """Finds one sort of thing in a batch of texts. Holds no state between batches but its banks."""

    name: str
    version: str
    kinds: tuple[SignalKind, ...]  # every signal it can give, declared

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
