"""`tenfold webhooks`: where actions are delivered, and sending again by hand."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tenfold.cli import common

if TYPE_CHECKING:
    from tenfold.store.database import Conn
    from tenfold.store.webhooks import Webhook

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
Name = Annotated[str, typer.Argument(help="The webhook's name, as `tenfold webhooks list` shows it.")]


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _named(conn: "Conn", name: str) -> "Webhook":
    from tenfold.store import webhooks

    for webhook in webhooks.load_all(conn):
        if webhook.name == name:
            return webhook
    raise common.CommandError(f"there is no webhook named {name!r}; `tenfold webhooks list` shows all")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A name of your own, for example platform.")],
    url: Annotated[str, typer.Argument(help="https address that takes POST requests.")],
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the secret (whsec_...); without it one is made.")
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="What it receives: action.ordered (unless told), threat.page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a webhook. Its secret is shown this once."""
    from tenfold.config import secret_key
    from tenfold.enforcement import registry
    from tenfold.store import webhooks

    chosen = common.settings()
    wanted = types or [webhooks.ACTION_ORDERED]
    for one in wanted:
        if one not in webhooks.TYPES:
            raise common.CommandError(f"--type {one}: webhooks receive {' and '.join(webhooks.TYPES)}")
    try:
        secret = secret_file.read_text(encoding="utf-8").strip() if secret_file else None
        with common.connection(chosen) as conn:
            webhook, secret = registry.add(
                conn,
                name=name,
                url=url,
                secret=secret,
                allow_private=chosen.webhook_private_addresses,
                key=secret_key(chosen),
                actor=_actor(),
                types=wanted,
            )
    except OSError as error:
        raise common.CommandError(f"cannot read {secret_file}: {error.strerror}") from None
    except ValueError as error:
        raise common.CommandError(str(error)) from None
    if as_json:
        common.print_json({"id": webhook.id, "name": name, "url": url, "secret": secret})
    else:
        typer.echo(f"Added. The receiver checks signatures with this secret, shown only now:\n{secret}")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List webhooks; secrets are not shown."""
    from tenfold.store import webhooks

    with common.connection() as conn:
        found = webhooks.load_all(conn)
    if as_json:
        common.print_json(
            [
                {
                    "id": webhook.id,
                    "name": webhook.name,
                    "url": webhook.url,
                    "enabled": webhook.enabled,
                    "disabled_reason": webhook.disabled_reason,
                    "types": webhook.types,
                }
                for webhook in found
            ]
        )
        return
    for webhook in found:
        state = "on" if webhook.enabled else f"off: {webhook.disabled_reason}"
        types = ", ".join(webhook.types)
        typer.echo(f"{webhook.id}  {webhook.name}  {webhook.url}  {types}  {state}")


@app.command()
def test(name: Name) -> None:
    """Send a message of type webhook.test now, and tell what the receiver answered."""
    from tenfold.config import secret_key
    from tenfold.enforcement import registry
    from tenfold.enforcement.outbox import deliver_due
    from tenfold.store import database, delivery_log

    chosen = common.settings()
    with common.connection(chosen) as conn:
        webhook = _named(conn, name)
        if not webhook.enabled:
            raise common.CommandError(f"{name} is switched off: {webhook.disabled_reason}")
        sent = registry.send_test(conn, webhook.id, actor=_actor(), now=datetime.now(UTC))
    with common.database_url(chosen) as url, database.pool(url, 2) as pool:
        deliver_due(pool, chosen, secret_key(chosen))
        with pool.connection() as conn:
            found = delivery_log.delivery(conn, sent)
    if found is None or found.state != "delivered":
        error = found.last_error or "a worker has it in hand" if found else "it was removed meanwhile"
        raise common.CommandError(f"not delivered yet: {error}")
    typer.echo(f"Delivered: the receiver answered {found.last_status}.")


@app.command()
def deliveries(
    name: Annotated[str | None, typer.Argument(help="Only of this webhook.")] = None,
    state: Annotated[str | None, typer.Option(help="pending, delivered, dead or cancelled.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List deliveries, newest first; `--state dead` are those that no attempt has brought through."""
    from tenfold.store import delivery_log

    with common.connection() as conn:
        webhook_id = _named(conn, name).id if name is not None else None
        found = delivery_log.deliveries(conn, webhook_id=webhook_id, state=state, limit=limit)
    if as_json:
        common.print_json(found)
        return
    for row in found:
        answer = row.last_error or (f"answered {row.last_status}" if row.last_status else "")
        about = f"action {row.action_id}" if row.action_id else row.type
        typer.echo(
            f"{row.id}  {row.webhook}  {about}  {row.state}  attempts {row.attempts}  {answer}".rstrip()
        )


@app.command()
def redeliver(
    delivery: Annotated[UUID | None, typer.Argument(help="The delivery's id.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All dead deliveries.")] = False,
    reason: Reason = "",
) -> None:
    """Send a dead or delivered message again, under its old id."""
    from tenfold.enforcement import registry

    if (delivery is None) != dead:
        raise common.CommandError("name one delivery, or give --dead for all dead ones")
    count = 0
    with common.connection() as conn:
        ids = list(registry.dead_ones(conn)) if delivery is None else [delivery]
        for one in ids:
            if registry.redeliver(conn, one, actor=_actor(), now=datetime.now(UTC), reason=reason):
                count += 1
    if not count and not dead:
        raise common.CommandError(f"delivery {delivery} is not dead or delivered, or there is none")
    typer.echo(f"{count} to be sent again by the worker.")


@app.command()
def rotate(name: Name, reason: Reason = "", as_json: Json = False) -> None:
    """Give a webhook a new secret, shown this once; for a day the old one signs, too."""
    from tenfold.config import secret_key
    from tenfold.enforcement import registry

    chosen = common.settings()
    with common.connection(chosen) as conn:
        secret = registry.rotate(
            conn,
            _named(conn, name),
            key=secret_key(chosen),
            actor=_actor(),
            now=datetime.now(UTC),
            reason=reason,
        )
    if as_json:
        common.print_json({"name": name, "secret": secret})
    else:
        typer.echo(f"The new secret of {name}, shown only now; the old one signs too for a day:\n{secret}")


@app.command()
def remove(name: Name) -> None:
    """Remove a webhook; what was not delivered to it is dropped."""
    from tenfold.enforcement import registry

    with common.connection() as conn:
        registry.remove(conn, _named(conn, name).id, actor=_actor())
    typer.echo(f"Removed {name}.")
