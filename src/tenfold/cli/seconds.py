"""`tenfold seconds`: for which grounds, actions and queues one person is not enough, and what waits."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

app = typer.Typer()

ACTOR = "cli:seconds"


class Kind(StrEnum):
    """What can ask for a second person."""

    GROUND = "ground"
    ACTION = "action"
    QUEUE = "queue"


What = Annotated[Kind, typer.Argument(help="ground, action or queue.")]
Value = Annotated[str, typer.Argument(help="TVEC2, close_account, the name of a queue.")]


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """What asks for a second person."""
    from tenfold.store import seconds

    with common.connection() as conn:
        found = seconds.rules(conn)
    if json:
        common.print_json(found)
        return
    for rule in found:
        typer.echo(f"{rule.kind} {rule.value}  since {rule.added_at:%Y-%m-%d %H:%M} by {rule.added_by}")
    if not found:
        sys.stderr.write("one person decides everything\n")


@app.command("add")
def add(kind: What, value: Value) -> None:
    """From now on such decisions wait for a second person."""
    _set(kind, value, needed=True)


@app.command("remove")
def remove(kind: What, value: Value) -> None:
    """One person is enough again; what waits already still waits."""
    _set(kind, value, needed=False)


@app.command("waiting")
def waiting(json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """What was proposed and waits for a second person, the oldest first."""
    from tenfold.store import seconds

    with common.connection() as conn:
        found = seconds.waiting(conn)
    if json:
        common.print_json(found)
        return
    for one in found:
        cases = ", ".join(map(str, one.case_ids))
        typer.echo(f"{one.id}  by {one.author} at {one.proposed_at:%Y-%m-%d %H:%M}  cases {cases}")
    if not found:
        sys.stderr.write("nothing waits for a second person\n")


@app.command("withdraw")
def withdraw(
    proposal: Annotated[int, typer.Argument(help="Its number, as `waiting` tells it.", min=1, max=2**63 - 1)],
) -> None:
    """Take back what a key proposed; people take theirs back at the console."""
    from tenfold.casework import seconds
    from tenfold.casework.wishes import CaseConflictError, NotFoundError, RefusedError

    try:
        with common.connection() as conn:
            cases = seconds.withdraw(conn, proposal_id=proposal, actor=ACTOR, now=datetime.now(UTC))
    except (NotFoundError, CaseConflictError, RefusedError) as error:
        raise CommandError(f"nothing was taken back: {error}") from None
    typer.echo(f"taken back; open again: {', '.join(map(str, cases))}")


def _set(kind: Kind, value: str, *, needed: bool) -> None:
    from tenfold.casework import seconds
    from tenfold.casework.wishes import RefusedError

    try:
        with common.connection() as conn:
            changed = seconds.set_rule(
                conn, kind=kind.value, value=value, needed=needed, actor=ACTOR, now=datetime.now(UTC)
            )
    except RefusedError as error:
        raise CommandError(f"{error.reason}") from None
    if not changed:
        sys.stderr.write(f"{kind} {value} {'was there already' if needed else 'was not there'}\n")
