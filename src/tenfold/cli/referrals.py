"""`tenfold referrals`: what law enforcement is told about threats; written and approved at the console."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.store.database import Conn
    from tenfold.store.referrals import Referral

app = typer.Typer()

ACTOR = "cli:referrals"
STATES = ("draft", "approved", "sent", "withdrawn")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Id = Annotated[int, typer.Argument(help="Number of the referral.")]


def _found(conn: "Conn", referral_id: int) -> "Referral":
    from tenfold.threats import referrals

    try:
        return referrals.get(conn, referral_id)
    except referrals.UnknownReferralError as error:
        raise CommandError(f"{error}; `tenfold referrals list` shows which there are") from None


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option(help="draft, approved, sent or withdrawn.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """Referrals, newest first."""
    from tenfold.store import referrals as store

    if state is not None and state not in STATES:
        raise CommandError(f"--state {state!r} is none of {', '.join(STATES)}")
    with common.connection() as conn:
        found = store.page(conn, state=state, limit=limit)
    if json:
        told = ("id", "threat_id", "state", "authority", "country", "drafted_at", "sent_at", "packet_sha256")
        common.print_json([{name: getattr(one, name) for name in told} for one in found])
        return
    for one in found:
        typer.echo(
            f"{one.id}  threat {one.threat_id}  {one.state}  {one.drafted_at:%Y-%m-%d %H:%M}  "
            f"{one.authority} ({one.country})"
        )
    if not found:
        sys.stderr.write("no referrals\n")


@app.command("show")
def show(referral_id: Id) -> None:
    """One referral with its log, as JSON; its packet is not among it."""
    from tenfold.store import referrals as store

    with common.connection() as conn:
        one = _found(conn, referral_id)
        log = store.log(conn, [one.id])[one.id]
    fields = {name: getattr(one, name) for name in one.__struct_fields__ if name != "packet"}
    common.print_json(fields | {"log": log})


@app.command("export")
def export(
    referral_id: Id,
    file: Annotated[Path, typer.Argument(help="Where to write it: NAME.pdf or NAME.json.")],
) -> None:
    """Write the packet, as approved or as it would be now. That it was taken is in its log."""
    from tenfold.threats import referrals

    form = file.suffix.lower().removeprefix(".")
    if form not in ("pdf", "json"):
        raise CommandError(f"{file}: name it .pdf or .json")
    if file.exists():
        raise CommandError(f"{file} is there already; choose another name")
    with common.connection() as conn:
        one = _found(conn, referral_id)
        content = referrals.export(conn, one, form, actor=ACTOR, now=datetime.now(UTC))
        try:
            file.touch(mode=0o600)
            file.write_bytes(content)
        except OSError as error:
            raise CommandError(f"cannot write {file}: {error.strerror}") from None
    typer.echo(f"{file}: {len(content):,} bytes, {one.state}")
