"""Lists of exchanges into banks of media."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from tenfold.detectors import bank_values
from tenfold.detectors.bank_transfer import MAX_REFUSED_SHOWN, RefusedLine
from tenfold.detectors.bank_values import LAST_EXPIRY, GivenEntry
from tenfold.detectors.exchanges import formats
from tenfold.detectors.exchanges.formats import Format
from tenfold.detectors.exchanges.record import Read, Record
from tenfold.store import banks, exchanges
from tenfold.store.banks import BankError
from tenfold.store.database import Conn
from tenfold.store.exchanges import ListRecord

BATCH: Final = 10_000  # records that are written at once
MAX_ID: Final = 500  # characters of an exchange's id


class ListImported(msgspec.Struct, frozen=True, kw_only=True):
    """How an import stands: records read so far and what came of them.

    `ended`: they stood and no longer do. `not_held`: how many hashes of kinds that are not held, by kind.
    """

    bank: str
    format: str
    records: int = 0
    new: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    refused: int = 0
    refused_lines: tuple[RefusedLine, ...] = ()
    not_held: Mapping[str, int] = {}

    @property
    def counts(self) -> dict[str, str | int]:
        """What the audit log says of it."""
        names = ("format", "records", "new", "changed", "ended", "refused")
        return {name: getattr(self, name) for name in names}


def import_list(conn: Conn, bank: str, path: Path, format_: Format) -> Iterator[ListImported]:
    """Take in the list of an exchange; yields after each batch how the whole stands.

    A caller commits at the end alone: a list that breaks off changes nothing. Done again, it changes nothing
    either. Raises EntryFileError, BankError and UnknownBankError.
    """
    kind = banks.get(conn, bank).kind
    if kind != "media":
        raise BankError(f"{bank} is a bank of {kind}; lists of hashes go into a bank of media")
    exchanges.begin(conn, bank, format_)
    total = ListImported(bank=bank, format=format_)
    found = formats.read(path, format_)
    while batch := list(itertools.islice(found, BATCH)):
        total = _put(conn, total, batch)
        yield total


def _put(conn: Conn, total: ListImported, batch: list[Read]) -> ListImported:
    checked: list[ListRecord] = []
    refused: list[RefusedLine] = []
    not_held = Counter(total.not_held)
    for one in batch:
        found = _checked(one) if isinstance(one, Record) else one.reason
        if isinstance(found, str):
            refused.append(RefusedLine(one.line, found))
        else:
            checked.append(found)
            not_held.update(one.others if isinstance(one, Record) else ())
    put = exchanges.put(conn, total.bank, total.format, checked)
    return ListImported(
        bank=total.bank,
        format=total.format,
        records=total.records + len(batch),
        new=total.new + put.new,
        changed=total.changed + put.changed,
        ended=total.ended + put.ended,
        unchanged=total.unchanged + put.unchanged,
        refused=total.refused + len(refused),
        refused_lines=(total.refused_lines + tuple(refused))[:MAX_REFUSED_SHOWN],
        not_held=dict(not_held),
    )


def _checked(record: Record) -> ListRecord | str:
    """The record with the keys of its entries, or what is wrong with it."""
    good, refused = bank_values.check("media", _entries(record))
    reason = _fault(record) or (refused[0].reason if refused else "")
    if reason:
        return reason
    expiry = record.expires_at if record.expires_at and record.expires_at < LAST_EXPIRY else None
    return ListRecord(
        id=record.id,
        state="withdrawn" if record.withdrawn else "disputed" if record.disputed else "stands",
        hashes=sorted({entry.key for entry in good}),
        label=record.label,
        provenance=record.provenance,
        confidence=record.confidence,
        marking=record.marking,
        expires_at=expiry,
        updated_at=record.updated_at,
        opinions=[msgspec.to_builtins(one) for one in record.opinions],
    )


def _fault(record: Record) -> str:
    """What is wrong with what no entry holds, or ""."""
    if len(record.id) > MAX_ID:
        return f"its id is longer than {MAX_ID} characters"
    texts = [record.id, record.label, record.provenance]
    texts += [text for one in record.opinions for text in (one.source, *one.tags)]
    try:
        if b"\0" in "".join(texts).encode():
            return "holds the character U+0000; remove it"
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which is no character; remove it"
    return ""


def _entries(record: Record) -> list[GivenEntry]:
    """Without an expiry: a record that has expired ends what it brought before."""
    return [
        GivenEntry(
            value=word,
            label=record.label,
            provenance=record.provenance,
            confidence=record.confidence,
            marking=record.marking,
        )
        for word in record.hashes
    ]
