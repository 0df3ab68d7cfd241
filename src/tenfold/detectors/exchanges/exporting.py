"""Banks of media into lists as exchanges write them."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from tenfold.banks import MARKINGS
from tenfold.detectors.bank_transfer import EntryFileError
from tenfold.detectors.exchanges.formats import WRITERS, Format
from tenfold.detectors.exchanges.record import Record
from tenfold.detectors.media import hashes
from tenfold.store.banks import BankError, StoredBank, StoredEntry

_PLAIN: Final = ("sha256", "pdq", "md5")
WITHHELD: Final = ("TLP:RED", "TLP:AMBER+STRICT")  # in TLP 2.0 they leave the organisation for nobody


class Exported(msgspec.Struct, frozen=True):
    """How many hashes were written, and how many entries stayed because of their marking."""

    written: int
    withheld: int


def export_list(
    bank: StoredBank, entries: Iterable[StoredEntry], path: Path | None, format_: Format
) -> Exported:
    """Write the hashes of a bank to a file, or to standard output, without entries marked as WITHHELD.

    Hashes of turned and trimmed forms, films, sounds and points are left out: no exchange takes them. The
    file appears when it is complete. Raises EntryFileError, and BankError for a bank of something else.
    """
    if bank.kind != "media":
        raise BankError(f"{bank.id} is a bank of {bank.kind}; lists of hashes are made of banks of media")
    writer = WRITERS.get(format_)
    if writer is None:
        raise EntryFileError(f"{format_} is only read; lists are written as {', '.join(WRITERS)}")
    withheld = 0

    def shared() -> Iterator[StoredEntry]:
        nonlocal withheld
        for entry in entries:
            if _marking(bank, entry) in WITHHELD:
                withheld += 1
            else:
                yield entry

    records = _records(bank, shared())
    if path is None:
        return Exported(writer(records, sys.stdout), withheld)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            count = writer(records, file)
        part.replace(path)
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be written: {error.strerror}") from None
    return Exported(count, withheld)


def _marking(bank: StoredBank, entry: StoredEntry) -> str:
    return entry.marking if entry.marking in MARKINGS else bank.marking


def _records(bank: StoredBank, entries: Iterable[StoredEntry]) -> Iterator[Record]:
    for place, entry in enumerate(entries, start=1):
        yield Record(
            line=place,
            id=entry.key,
            hashes=tuple(
                f"{one.kind}:{one.digits}"
                for one in hashes.read(entry.value)
                if one.kind in _PLAIN and not str(one.form)
            ),
            label=entry.label,
            provenance=entry.provenance,
            confidence=bank.confidence if entry.confidence is None else entry.confidence,
            marking=_marking(bank, entry),
            expires_at=entry.expires_at,
        )
