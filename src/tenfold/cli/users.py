"""`tenfold users`: the people of the console."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError
from tenfold.taxonomy import Role

if TYPE_CHECKING:
    from tenfold.store.database import Conn
    from tenfold.store.people import User

app = typer.Typer()

Name = Annotated[str, typer.Argument(help="Name of the user; capitals do not count.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

ACTOR = "cli:users"


def _password() -> str:
    """From the terminal, asked twice; from standard input (its first line) when that is no terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _link(url: str, token: str) -> str:
    return f"{url}/login/{token}"


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name to log in with, in any script.")],
    role: Annotated[list[Role], typer.Option("--role", help="May be given several times.")],
    locale: Annotated[str, typer.Option(help="Language of the console: en or ar.")] = "en",
    password: Annotated[bool, typer.Option("--password", help="Ask for a password.")] = False,
    json: Json = False,
) -> None:
    """Add a person and print a one-time link to log in with."""
    from tenfold.store import audit, people

    if locale not in ("en", "ar"):
        raise CommandError(f"--locale {locale}: the console speaks en and ar")
    chosen = common.settings()
    secret = _password() if password else None
    with common.connection(chosen) as conn:
        try:
            user = people.add_user(conn, name, role, password=secret, locale="ar" if locale == "ar" else "en")
        except people.PeopleError as error:
            raise CommandError(str(error)) from None
        link = _link(chosen.url, people.create_login_link(conn, user.id))
        roles = sorted(user.roles)
        details = {"name": user.name, "roles": roles}
        audit.append(conn, [audit.Entry(actor=ACTOR, act="user.added", subject=user.actor, details=details)])
    if json:
        common.print_json({"id": user.id, "name": user.name, "roles": roles, "login_link": link})
        return
    typer.echo(f"added {user.name} ({', '.join(roles)})")
    typer.echo(f"one-time link, good for 15 minutes:\n{link}")


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
        state = "  disabled" if user.disabled else ""
        typer.echo(f"{user.name}  {', '.join(sorted(user.roles)) or 'no roles'}  {user.locale}{state}")
    if not users:
        typer.echo("nobody yet; `tenfold users add NAME --role moderator` adds the first")


@app.command("disable")
def disable(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="Let the person in again.")] = False
) -> None:
    """Shut a person out at once: sessions and links end."""
    from tenfold.store import audit, people

    with common.connection() as conn:
        user = _find(conn, name)
        people.set_disabled(conn, user.id, not undo)
        act = "user.enabled" if undo else "user.disabled"
        audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=user.actor)])
    typer.echo(f"{user.name} is {'enabled' if undo else 'disabled'}")


@app.command("password")
def password(name: Name) -> None:
    """Set a password (asked for, or the first line of standard input); sessions and links end."""
    from tenfold.store import audit, people

    with common.connection() as conn:
        user = _find(conn, name)
        try:
            people.set_password(conn, user.id, _password())
        except people.PeopleError as error:
            raise CommandError(str(error)) from None
        audit.append(conn, [audit.Entry(actor=ACTOR, act="user.password", subject=user.actor)])
    typer.echo(f"the password of {user.name} is set")


@app.command("login-link")
def login_link(name: Name, json: Json = False) -> None:
    """Print a link that logs the person in once, within 15 minutes."""
    from tenfold.store import audit, people

    chosen = common.settings()
    with common.connection(chosen) as conn:
        user = _find(conn, name)
        if user.disabled:
            raise CommandError(f"{user.name} is disabled; `tenfold users disable --undo` lets them in again")
        link = _link(chosen.url, people.create_login_link(conn, user.id))
        audit.append(conn, [audit.Entry(actor=ACTOR, act="user.login_link", subject=user.actor)])
    if json:
        common.print_json({"name": user.name, "login_link": link})
    else:
        typer.echo(link)


@app.command("roles")
def roles(
    name: Name, role: Annotated[list[Role], typer.Argument(help="All roles that the person shall have.")]
) -> None:
    """Replace a person's roles; they count from the next click on."""
    from tenfold.store import audit, people

    with common.connection() as conn:
        user = _find(conn, name)
        people.set_roles(conn, user.id, role)
        details = {"roles": sorted(set(role))}
        audit.append(conn, [audit.Entry(actor=ACTOR, act="user.roles", subject=user.actor, details=details)])
    typer.echo(f"{user.name}: {', '.join(sorted(set(role)))}")


def _find(conn: "Conn", name: str) -> "User":
    from tenfold.store import people

    try:
        return people.user_named(conn, name)
    except people.PeopleError as error:
        raise CommandError(str(error)) from None
