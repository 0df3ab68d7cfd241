"""`tenfold appeals`: what users say against decisions; people decide at the console."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
OPEN_ENDED = 10_000


@app.command("list")
def list_(
    *,
    decided: Annotated[bool, typer.Option(help="Those that were decided, newest first.")] = False,
    account: Annotated[str | None, typer.Option(help="Of this account alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=OPEN_ENDED)] = 50,
    json: Json = False,
) -> None:
    """Appeals that wait, the most overdue first."""
    from tenfold.store import appeals
    from tenfold.web.api.appeals import appeal_view

    now = datetime.now(UTC)
    with common.connection() as conn:
        found = appeals.page(conn, decided=decided, account=account, limit=limit)
    if json:
        common.print_json([appeal_view(one, now) for one in found])
        return
    for one in found:
        when = (one.decided_at or one.due_at).strftime("%Y-%m-%d %H:%M")
        state = one.outcome or ("overdue since" if one.due_at < now else "due")
        about = f"decision {one.decision_id}" if one.decision_id else f"action {one.action_id}"
        typer.echo(f"{one.id}  {state} {when}  {one.ground}  {one.language or '-'}  {about}  {one.subject}")
    if not found:
        sys.stderr.write("no appeals\n")


@app.command("show")
def show(appeal_id: Annotated[int, typer.Argument(help="Number of the appeal.")]) -> None:
    """One appeal with the user's words, as JSON."""
    from tenfold.store import appeals
    from tenfold.web.api.appeals import appeal_view

    with common.connection() as conn:
        found = appeals.get(conn, appeal_id)
    if found is None:
        raise CommandError(f"there is no appeal {appeal_id}; `tenfold appeals list` shows which there are")
    common.print_json(appeal_view(found, datetime.now(UTC)))


@app.command("figures")
def figures(
    days: Annotated[int, typer.Option(min=1, max=36_500, help="Of appeals that came within so many.")] = 90,
    json: Json = False,
) -> None:
    """How often appeals changed a decision, by ground and language, with what the rates are of."""
    from tenfold.store import appeals

    with common.connection() as conn:
        found = appeals.figures(conn, span=timedelta(days=days), now=datetime.now(UTC))
    if json:
        common.print_json(found)
        return
    for one in found:
        rate = "-" if one.rate is None else f"{one.rate:.0%}"
        typer.echo(
            f"{one.ground}  {one.language or '-'}  changed {rate}"
            f" ({one.overturned + one.partly} of {one.decided})"
            f"  waiting {one.waiting}, overdue {one.overdue}"
        )
