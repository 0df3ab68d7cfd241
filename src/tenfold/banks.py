"""Banks: curated lists of known material, against which detectors compare. No I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

BankKind = Literal["terms", "urls", "domains", "texts", "meanings", "media"]
KINDS: tuple[BankKind, ...] = ("terms", "urls", "domains", "texts", "meanings", "media")

# Who may be told, after the Traffic Light Protocol 2.0.
MARKINGS = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")

BANK_ID = r"^[a-z0-9][a-z0-9-]{0,99}$"
MAX_VALUE_LENGTH = 20_000  # characters of an entry
MAX_MEDIA_LENGTH = 800_000  # of one that may hold all frames and the sound of a film
MAX_LABEL_LENGTH = 200
MAX_PROVENANCE_LENGTH = 2_000
MAX_KEY_BYTES = 2_000  # what fits into an index row of PostgreSQL with the bank's id


class BankEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One curated item; `key` is its normal form (unique in its bank), `value` as it was entered."""

    key: str
    value: str
    label: str = ""
    confidence: float | None = None  # None: the bank's


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """A bank with its unexpired entries. `kind`: terms, urls, domains, texts, meanings or media."""

    id: str
    kind: str
    title: str
    confidence: float = 1.0
    revision: int = 0
    entries: Sequence[BankEntry] = ()


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to be added, checked, with its key. `marking` None: the bank's."""

    key: str
    value: str
    label: str = ""
    confidence: float | None = None
    provenance: str = ""
    marking: str | None = None
    expires_at: datetime | None = None
