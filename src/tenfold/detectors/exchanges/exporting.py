"""Banks of media into lists as exchanges write them."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tenfold.banks import MARKINGS
from tenfold.detectors.bank_transfer import EntryFileError
from tenfold.detectors.exchanges.formats import WRITERS, Format
from tenfold.detectors.exchanges.record import Record
from tenfold.detectors.media import hashes
from tenfold.store.banks import BankError, StoredBank, StoredEntry

_PLAIN: Final = ("sha256", "pdq", "md5")


def export_list(bank: StoredBank, entries: Iterable[StoredEntry], path: Path | None, format_: Format) -> int:
    """Write the hashes of a bank to a file, or to standard output; returns how many were written.

    Hashes of turned and trimmed forms, films, sounds and points are left out: no exchange takes them. The
    file appears when it is complete. Raises EntryFileError, and BankError for a bank of something else.
    """
    if bank.kind != "media":
        raise BankError(f"{bank.id} is a bank of {bank.kind}; lists of hashes are made of banks of media")
    writer = WRITERS.get(format_)
    if writer is None:
        raise EntryFileError(f"{format_} is only read; lists are written as {', '.join(WRITERS)}")
    records = _records(bank, entries)
    if path is None:
        return writer(records, sys.stdout)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            count = writer(records, file)
        part.replace(path)
    except OSError as error:
        raise EntryFileError(f"{path}: cannot be written: {error.strerror}") from None
    return count


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
            marking=bank.marking if entry.marking not in MARKINGS else entry.marking,
            expires_at=entry.expires_at,
        )
