"""The banks that come with Tenfold: YAML files beside the starter pack's rules, all of them fictional.

A bank file says what the bank is and lists its entries by label:

    bank: ashen-banner-terms        # id: lower-case letters, digits, hyphens
    kind: terms                     # terms, urls, domains, texts or meanings
    title: The names of the organisation
    purpose: ...                    # the rest of these may be left out
    provenance: ...
    marking: TLP:CLEAR
    confidence: 0.9                 # 0 to 1; default 1
    entries:
      name:                         # a label, then its entries
        - Ashen Banner
        - الراية الرمادية
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from tenfold.banks import Bank, BankEntry, BankKind, NewEntry
from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks as store
from tenfold.store.database import Conn

_ADDED_BY = "tenfold"
_Line = Annotated[str, Meta(min_length=1, max_length=2_000)]


class BankFileError(ValueError):
    """A bank file that cannot be used: says which file, where in it, and why."""


class BankFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What one bank file says."""

    bank: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
    kind: BankKind
    title: _Line
    entries: dict[_Line, list[str]]
    purpose: str = ""
    provenance: str = ""
    marking: str = "TLP:AMBER"
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0


def bank_files() -> list[BankFile]:
    """The shipped bank files, in the order of their names."""
    folder = files("tenfold.policy") / "packs" / "starter" / "banks"
    return [read(file) for file in sorted(folder.iterdir(), key=lambda file: file.name)]


def read(file: Traversable) -> BankFile:
    """Read one bank file; raises BankFileError."""
    try:
        return msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), BankFile)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BankFileError(f"{file.name}: {error}") from None


def entries(file: BankFile) -> list[NewEntry]:
    """The entries of a bank file with their keys; raises BankFileError naming all that cannot be taken."""
    given = [
        GivenEntry(value=value, label=label) for label, values in file.entries.items() for value in values
    ]
    good, refused = bank_values.check(file.kind, given)
    if refused:
        reasons = "; ".join(f"{given[one.place].value[:60]!r}: {one.reason}" for one in refused)
        raise BankFileError(f"bank {file.bank}: {reasons}")
    return good


def banks() -> list[Bank]:
    """The shipped banks, for those who have no database: benches, tests, a first look."""
    return [
        Bank(
            id=file.bank,
            kind=file.kind,
            title=file.title,
            confidence=file.confidence,
            entries=[BankEntry(key=one.key, value=one.value, label=one.label) for one in entries(file)],
        )
        for file in bank_files()
    ]


def install(conn: Conn) -> list[str]:
    """Put the shipped banks that are not there yet into the database; returns their ids.

    A bank that is there is left as its owners made it. Processes that start at the same time take turns.
    """
    conn.execute("LOCK TABLE banks IN SHARE ROW EXCLUSIVE MODE")
    there = {bank.id for bank in store.listing(conn)}
    new = [file for file in bank_files() if file.bank not in there]
    for file in new:
        store.create(
            conn,
            id=file.bank,
            kind=file.kind,
            title=file.title,
            purpose=file.purpose,
            provenance=file.provenance,
            marking=file.marking,
            confidence=file.confidence,
        )
        store.add_entries(conn, file.bank, entries(file), _ADDED_BY)
    return [file.bank for file in new]
