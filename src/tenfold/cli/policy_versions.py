"""`tenfold policy save, shadow, ask, approve, live, rollback, ...`: what people do with versions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common

if TYPE_CHECKING:
    from tenfold.store.database import Conn

AS = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Whose step it is: a person with the policy or lead role.")
]
WHY = Annotated[str, typer.Option("--reason", help="Why; kept with the version and in the audit log.")]
VERSION = Annotated[str, typer.Argument(metavar="VERSION", help="The version, or how it begins.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def _store() -> "Iterator[Conn]":
    """A connection; a step that cannot be taken ends the command."""
    from tenfold.policy.versions import VersionError

    try:
        with common.connection() as conn:
            yield conn
    except VersionError as error:
        raise common.CommandError(str(error)) from None


def _actor(conn: "Conn", name: str) -> str:
    from tenfold.store import people
    from tenfold.taxonomy import Role

    try:
        user = people.user_named(conn, name)
    except people.PeopleError as error:
        raise common.CommandError(str(error)) from None
    if user.disabled or not user.roles & {Role.POLICY, Role.LEAD}:
        raise common.CommandError(f"{user.name} has neither the policy nor the lead role")
    return user.actor


def _step(version: str, name: str, step: "Callable[[Conn, str, str, datetime], object]") -> None:
    from tenfold.policy import versions
    from tenfold.store import policies

    with _store() as conn:
        whole = versions.find(conn, version)
        step(conn, whole, _actor(conn, name), datetime.now(UTC))
        known = policies.get(conn, whole)
    typer.echo(f"{whole}: {known.state if known else ''}")


def save(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of rules.")],
    *,
    reason: WHY,
    as_: AS,
) -> None:
    """Keep rules as a draft in the store; prints the version. Nothing changes yet."""
    from tenfold.cli.policy import sound
    from tenfold.policy import versions

    policy = sound(paths)
    with _store() as conn:
        version = versions.save(conn, policy.sources, actor=_actor(conn, as_), reason=reason)
    typer.echo(version)


def list_versions(as_json: AsJson = False) -> None:
    """The versions of the store: where each stands, who saved it and why."""
    from tenfold.store import people, policies

    with common.connection() as conn:
        found = policies.listing(conn)
        ids = {int(one.saved_by[5:]) for one in found if one.saved_by.startswith("user:")}
        names = people.names(conn, ids)
    if as_json:
        common.print_json(found)
        return
    if not found:
        typer.echo("no version is saved; the files of TENFOLD_POLICIES, or the starter pack, are in force")
    for one in found:
        who = names.get(int(one.saved_by[5:]), one.saved_by) if one.saved_by[5:].isdigit() else one.saved_by
        waits = " (waits for approval)" if one.asked_by and not one.approved_by else ""
        typer.echo(
            f"{one.version[:12]}  {one.state}{waits}  {one.saved_at:%Y-%m-%d %H:%M}  {who}: {one.reason}"
        )


def export(
    version: VERSION,
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
) -> None:
    """Write the files of a version to a folder, to change and save them."""
    from tenfold.policy import versions
    from tenfold.store import policies

    with _store() as conn:
        texts = policies.sources(conn, versions.find(conn, version)) or {}
    if out.exists() and any(out.iterdir()):
        raise common.CommandError(f"{out} is not empty; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / Path(name).name).write_text(text, encoding="utf-8")
        typer.echo(str(out / Path(name).name))


def shadow(version: VERSION, *, as_: AS) -> None:
    """Let a draft fire and do nothing; what it would have done is counted."""
    from tenfold.policy import versions

    _step(version, as_, lambda conn, one, actor, now: versions.shadow(conn, one, actor=actor, now=now))


def ask(version: VERSION, *, as_: AS) -> None:
    """Ask a second person to approve a version with rules that act."""
    from tenfold.policy import versions

    _step(version, as_, lambda conn, one, actor, now: versions.ask(conn, one, actor=actor, now=now))


def approve(version: VERSION, *, as_: AS) -> None:
    """Approve what somebody else saved and asked for."""
    from tenfold.policy import versions

    _step(version, as_, lambda conn, one, actor, now: versions.approve(conn, one, actor=actor, now=now))


def withdraw(version: VERSION, *, as_: AS) -> None:
    """End a shadow, or put a draft away."""
    from tenfold.policy import versions

    _step(version, as_, lambda conn, one, actor, now: versions.withdraw(conn, one, actor=actor, now=now))


def live(version: VERSION, *, reason: WHY, as_: AS) -> None:
    """Put a version in force; all workers take it up within a second."""
    from tenfold.cli.policy import sound
    from tenfold.policy import versions

    files = sound(None)
    _step(
        version,
        as_,
        lambda conn, one, actor, now: versions.go_live(
            conn, one, actor=actor, reason=reason, now=now, files=files
        ),
    )


def rollback(
    version: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="If not given, the version that was live before."),
    ] = None,
    *,
    reason: WHY,
    as_: AS,
) -> None:
    """Put an earlier live version in force again, at once."""
    from tenfold.policy import versions

    with _store() as conn:
        to = versions.find(conn, version) if version else None
        now = datetime.now(UTC)
        target = versions.roll_back(conn, actor=_actor(conn, as_), reason=reason, now=now, to=to)
    typer.echo(f"in force: {target}")


def add_to(app: typer.Typer) -> None:
    """Put the commands into `tenfold policy`."""
    app.command("versions")(list_versions)
    for command in (save, export, shadow, ask, approve, withdraw, live, rollback):
        app.command()(command)
