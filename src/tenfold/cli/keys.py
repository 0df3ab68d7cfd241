"""`tenfold keys`: API keys."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tenfold.cli import common
from tenfold.store.keys import Scope

app = typer.Typer()

ACTOR = "cli:keys"

_Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
_Json = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who holds it, for example: forum server.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be given several times.")],
    days: Annotated[int | None, typer.Option(min=1, max=36_500, help="Ends after so many days.")] = None,
    reason: _Reason = "",
    as_json: _Json = False,
) -> None:
    """Make a key. It is shown once and cannot be shown again."""
    from tenfold.config import secret_key
    from tenfold.store import key_changes
    from tenfold.store.audit import By

    settings = common.settings()
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    with common.connection(settings) as conn:
        try:
            id_, token = key_changes.create(
                conn,
                By(actor=ACTOR, reason=reason),
                secret_key(settings),
                name=name,
                scopes=scope,
                expires_at=expires_at,
            )
        except ValueError as error:
            raise common.CommandError(str(error)) from None
    if as_json:
        common.print_json({"id": id_, "key": token, "scopes": scope, "expires_at": expires_at})
        return
    typer.echo(f"Key {id_} for {name}; keep it now, it is not shown again:", err=True)
    typer.echo(token)


@app.command("list")
def list_(as_json: _Json = False) -> None:
    """All keys: who holds them, what they may do, until when."""
    from rich.console import Console
    from rich.table import Table

    from tenfold.store import keys

    with common.connection() as conn:
        found = keys.list_keys(conn)
    if as_json:
        common.print_json(found)
        return
    table = Table("id", "prefix", "name", "scopes", "created", "last used", "state")
    now = datetime.now(UTC)
    for key in found:
        state = "revoked" if key.revoked_at else "usable" if key.usable(now) else "expired"
        if state == "usable" and key.expires_at:
            state = f"until {key.expires_at:%Y-%m-%d}"
        table.add_row(
            str(key.id),
            f"tf_{key.prefix}",
            key.name,
            " ".join(key.scopes),
            f"{key.created_at:%Y-%m-%d}",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
            state,
        )
    Console().print(table)


@app.command()
def revoke(
    id_: Annotated[int, typer.Argument(metavar="ID", help="As `tenfold keys list` shows it.")],
    reason: _Reason = "",
) -> None:
    """End a key for good; running servers know within seconds."""
    from tenfold.store import key_changes
    from tenfold.store.audit import By

    with common.connection() as conn:
        key = key_changes.revoke(conn, By(actor=ACTOR, reason=reason), id_)
        if key is None:
            raise common.CommandError(f"there is no key {id_}; `tenfold keys list` shows them")
    typer.echo(f"key {id_} ({key.name}) is revoked", err=True)
