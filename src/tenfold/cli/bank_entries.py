"""`tenfold banks add`, `add-files`, `add-case` and `remove`: entries one by one."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.bank_access import ACTOR, BankId, Json, record, store
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.banks import BankKind
    from tenfold.detectors.bank_values import GivenEntry
    from tenfold.store.banks import Added
    from tenfold.store.database import Conn

Label = Annotated[str, typer.Option(help="What sort of thing they are.")]
Provenance = Annotated[str, typer.Option(help="Where they come from.")]
Confidence = Annotated[float | None, typer.Option(min=0, max=1, help="The bank's, if left out.")]
Expires = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Match until this day begins (UTC), 2027-01-31."),
]
Marking = Annotated[
    str | None, typer.Option(help="Traffic Light Protocol 2.0, if not the bank's: who may be told.")
]


def _given(
    values: list[str],
    *,
    label: str,
    provenance: str,
    confidence: float | None,
    expires: datetime | None,
    marking: str | None,
) -> "list[GivenEntry]":
    from tenfold.detectors.bank_values import GivenEntry

    until = None if expires is None else expires.replace(tzinfo=UTC)
    return [
        GivenEntry(
            value=value,
            label=label,
            provenance=provenance,
            confidence=confidence,
            expires_at=until,
            marking=marking,
        )
        for value in values
    ]


def _added(conn: "Conn", bank: str, kind: "BankKind", given: "list[GivenEntry]") -> "Added":
    """All of them or, with the reasons, none."""
    from tenfold.detectors import bank_values
    from tenfold.store import banks

    good, refused = bank_values.check(kind, given)
    if refused:
        reasons = dict.fromkeys(one.reason for one in refused)
        raise CommandError(f"nothing added: {'; '.join(reasons)}")
    result = banks.add_entries(conn, bank, good, ACTOR)
    record(conn, "bank.added", bank, added=result.added)
    return result


def _say(bank: str, result: "Added", json: bool) -> None:
    if json:
        common.print_json(result)
    else:
        typer.echo(f"{bank}: {result.added:,} added, {result.duplicates:,} there already")


def add(
    bank: BankId,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="Terms, URLs, texts, hashes: what the bank holds.")
    ],
    *,
    label: Label = "",
    provenance: Provenance = "",
    confidence: Confidence = None,
    expires: Expires = None,
    marking: Marking = None,
    json: Json = False,
) -> None:
    """Add entries."""
    from tenfold.store import banks

    given = _given(
        values, label=label, provenance=provenance, confidence=confidence, expires=expires, marking=marking
    )
    with store() as conn:
        result = _added(conn, bank, banks.get(conn, bank).kind, given)
    _say(bank, result, json)


def add_files(
    bank: BankId,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Pictures, films, sounds, or files of any kind.")
    ],
    *,
    label: Label = "",
    provenance: Provenance = "",
    confidence: Confidence = None,
    expires: Expires = None,
    marking: Marking = None,
    json: Json = False,
) -> None:
    """Add the hashes of files to a bank of media; the files stay where they are."""
    from tenfold.cli.hash import hashed
    from tenfold.store import banks

    with store() as conn:
        kind = banks.get(conn, bank).kind
        if kind != "media":
            raise CommandError(f"{bank} is a bank of {kind}; files go into a bank of media")
        found = hashed(files)
        given = _given(
            [one.value for one in found],
            label=label,
            provenance=provenance,
            confidence=confidence,
            expires=expires,
            marking=marking,
        )
        result = _added(conn, bank, kind, given)
    for one in found:
        if one.note:
            sys.stderr.write(f"{one.file}: {one.note}\n")
    _say(bank, result, json)


def add_case(
    bank: BankId,
    case: Annotated[int, typer.Argument(metavar="CASE", min=1, help="Number of a decided case.")],
    *,
    label: Label = "",
    json: Json = False,
) -> None:
    """Add the media of a case that was decided as a violation. Reversing the decision ends their matching."""
    from tenfold.casework import banking
    from tenfold.casework.banking import UnknownCaseError

    with store() as conn:
        try:
            result = banking.add_case(conn, bank, case, label, ACTOR)
        except UnknownCaseError as error:
            raise CommandError(str(error)) from None
        record(conn, "bank.added", bank, added=result.added, case=case)
    _say(bank, result, json)


def remove(
    bank: BankId,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="As they were added, or another spelling.")
    ],
    json: Json = False,
) -> None:
    """Remove entries."""
    from tenfold.detectors.bank_values import entry_keys
    from tenfold.store import banks

    with store() as conn:
        keys = entry_keys(banks.get(conn, bank).kind, values)
        removed = banks.remove_entries(conn, bank, [*keys, *values])
        if not removed:
            raise CommandError(f"{bank} has no such entry; `tenfold banks export {bank}` shows what it has")
        record(conn, "bank.removed", bank, removed=removed)
    if json:
        common.print_json({"removed": removed})
    else:
        typer.echo(f"{bank}: {removed:,} removed")
