"""`tenfold link shared`: values that people marked as shared by many, by which nobody is found."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

app = typer.Typer()

ACTOR = "cli:link"
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _named(key: int) -> str:
    """A key as people write it: sixteen hexadecimal digits."""
    return f"{key & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def _key(name: str) -> int:
    try:
        return int.from_bytes(bytes.fromhex(name.zfill(16)), "big", signed=True)
    except (ValueError, OverflowError):
        raise CommandError(f"{name!r} is no value's number; `tenfold link shared list` shows them") from None


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every marked value, the latest first: its number, kind, until when, who marked it and why."""
    from tenfold.store import shared_keys

    with common.connection() as conn:
        found = shared_keys.list_all(conn)
    if as_json:
        common.print_json(found)
        return
    for one in found:
        until = f"{one.until:%Y-%m-%d}" if one.until else "no end"
        ended = " (ended)" if one.until and one.until <= datetime.now(UTC) else ""
        typer.echo(f"{_named(one.key)}\t{one.kind}\t{until}{ended}\t{one.marked_by}\t{one.reason}")
    if not found:
        typer.echo("no value is marked as shared", err=True)


@app.command("remove")
def remove(
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Numbers as the list shows them.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
) -> None:
    """Take marks away; accounts that show the values are looked at again. All of them or none."""
    from tenfold.store import audit, shared_keys

    with common.connection() as conn:
        for value in values:
            if not shared_keys.unmark(conn, _key(value)):
                conn.rollback()
                raise CommandError(f"{value} is not marked; `tenfold link shared list` shows which are")
        entries = [
            audit.Entry(
                actor=ACTOR, act="shared.removed", subject=f"value:{value}", details={"reason": reason}
            )
            for value in values
        ]
        audit.append(conn, entries)
    typer.echo(f"{len(values):,} no longer shared")
