"""`tenfold users`: the people of the console."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError
from tenfold.taxonomy import Role

if TYPE_CHECKING:
    from tenfold.config import Settings
    from tenfold.store.audit import By
    from tenfold.store.database import Conn
    from tenfold.store.people import Locale, User

app = typer.Typer(
    epilog="The installation is the one in TENFOLD_DATA_DIR (a demonstration's: demo-data), or that of "
    "TENFOLD_DATABASE_URL."
)

Name = Annotated[str, typer.Argument(help="Name of the user; capitals do not count.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]

ACTOR = "cli:users"


def _password() -> str:
    """From the terminal, asked twice; from standard input (its first line) when that is no terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _link(chosen: "Settings", token: str) -> str:
    from tenfold.web.address import console_url

    return f"{console_url(chosen)}/login/{token}"


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name to log in with, in any script.")],
    role: Annotated[list[Role], typer.Option("--role", help="May be given several times.")],
    *,
    locale: Annotated[str, typer.Option(help="Language of the console, en or ar; TENFOLD_LOCALE's.")] = "",
    password: Annotated[bool, typer.Option("--password", help="Ask for a password.")] = False,
    invite: Annotated[str, typer.Option(help="Their name at the OpenID provider, to log in there.")] = "",
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Add a person and print a one-time link to log in with."""
    from tenfold.store import people_changes

    if locale not in ("", "en", "ar"):
        raise CommandError(f"--locale {locale}: the console speaks en and ar")
    chosen = common.settings()
    secret = _password() if password else None
    language: Locale = "ar" if (locale or chosen.locale) == "ar" else "en"
    with _changing(chosen) as conn:
        user, token = people_changes.add(
            conn, _by(reason), name, role, password=secret, locale=language, name_there=invite
        )
    roles = sorted(user.roles)
    link = _link(chosen, token) if token else None
    if json:
        common.print_json({"id": user.id, "name": user.name, "roles": roles, "login_link": link})
        return
    typer.echo(f"added {user.name} ({', '.join(roles)})")
    if link:
        typer.echo(f"one-time link, good for 15 minutes:\n{link}")
    else:
        typer.echo(f"whoever logs in at the provider as {invite} has the account")


@app.command("invite")
def invite(
    name: Name,
    name_there: Annotated[str, typer.Argument(help="Their name at the OpenID provider.")],
    reason: Reason = "",
) -> None:
    """Let a person who has an account here log in through the provider from now on; a password ends."""
    from tenfold.store import people_changes

    with _changing() as conn:
        user = _find(conn, name)
        people_changes.invite(conn, _by(reason), user, name_there)
    typer.echo(f"{user.name}: at the first login as {name_there} the account is theirs")


@app.command("list")
def list_(json: Json = False) -> None:
    """Show everybody, disabled people too."""
    from tenfold.store import people

    with common.connection() as conn:
        users = people.users(conn)
    if json:
        common.print_json(users)
        return
    for user in users:
        marks = [
            "provider" if user.provider else "",
            "second factor" if user.second_factor else "",
            "disabled" if user.disabled else "",
        ]
        state = "".join(f"  {mark}" for mark in marks if mark)
        typer.echo(f"{user.name}  {', '.join(sorted(user.roles)) or 'no roles'}  {user.locale}{state}")
    if not users:
        typer.echo("nobody yet; `tenfold users add NAME --role moderator` adds the first")


@app.command("disable")
def disable(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the person in again.")] = False,
    reason: Reason = "",
) -> None:
    """Shut a person out at once: sessions and links end."""
    from tenfold.store import people_changes

    with _changing() as conn:
        user = _find(conn, name)
        people_changes.set_disabled(conn, _by(reason), user, not undo)
    typer.echo(f"{user.name} is {'enabled' if undo else 'disabled'}")


@app.command("password")
def password(name: Name, reason: Reason = "") -> None:
    """Set a password (asked for, or the first line of standard input); sessions and links end."""
    from tenfold.store import people_changes

    with _changing() as conn:
        user = _find(conn, name)
        people_changes.set_password(conn, _by(reason), user, _password())
    typer.echo(f"the password of {user.name} is set")


@app.command("login-link")
def login_link(name: Name, reason: Reason = "", json: Json = False) -> None:
    """Print a link that logs the person in once, within 15 minutes."""
    from tenfold.store import people_changes

    chosen = common.settings()
    with _changing(chosen) as conn:
        user = _find(conn, name)
        link = _link(chosen, people_changes.login_link(conn, _by(reason), user))
    if json:
        common.print_json({"name": user.name, "login_link": link})
    else:
        typer.echo(link)


@app.command("reset-second-factor")
def reset_second_factor(name: Name, reason: Reason = "") -> None:
    """Take away a second factor that was lost; a password or link alone then lets them enrol a new one."""
    from tenfold.store import people_changes

    with _changing() as conn:
        user = _find(conn, name)
        people_changes.reset_second_factor(conn, _by(reason), user)
    typer.echo(f"{user.name} has no second factor any more; their sessions have ended")


@app.command("roles")
def roles(
    name: Name,
    role: Annotated[list[Role], typer.Argument(help="All roles that the person shall have.")],
    reason: Reason = "",
) -> None:
    """Replace a person's roles; new ones count from the next click on, losing one ends the sessions."""
    from tenfold.store import people_changes

    with _changing() as conn:
        user = _find(conn, name)
        people_changes.set_roles(conn, _by(reason), user, role)
    typer.echo(f"{user.name}: {', '.join(sorted(set(role)))}")


@contextmanager
def _changing(chosen: "Settings | None" = None) -> Iterator["Conn"]:
    """A connection to the store; what cannot be done there ends the command with its reason."""
    from tenfold.store.people import PeopleError

    try:
        with common.connection(chosen) as conn:
            yield conn
    except PeopleError as error:
        raise CommandError(str(error)) from None


def _by(reason: str) -> "By":
    from tenfold.store.audit import By

    return By(actor=ACTOR, reason=reason)


def _find(conn: "Conn", name: str) -> "User":
    from tenfold.store import people

    return people.user_named(conn, name)
