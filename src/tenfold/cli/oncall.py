"""`tenfold oncall`: who is called when a threat is urgent, and what became of the mails."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError
from tenfold.taxonomy import Role

if TYPE_CHECKING:
    from tenfold.store.database import Conn
    from tenfold.store.mails import NewMail
    from tenfold.store.on_call import OnCall
    from tenfold.store.people import User

app = typer.Typer()

ACTOR = "cli:oncall"
Name = Annotated[str, typer.Argument(help="Name of a user with the role security or lead.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _user(conn: "Conn", name: str) -> "User":
    from tenfold.store import people

    try:
        return people.user_named(conn, name)
    except people.PeopleError as error:
        raise CommandError(str(error)) from None


def _record(conn: "Conn", act: str, subject: str, **details: object) -> None:
    from tenfold.store import audit

    audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=subject, details=details)])


def _warn_without_server() -> None:
    from tenfold.enforcement import mail_server

    if mail_server.read(common.settings()) is None:
        sys.stderr.write("No mail server is set yet: set TENFOLD_SMTP_URL and TENFOLD_MAIL_FROM.\n")


@app.command("add")
def add(
    name: Name,
    email: Annotated[str, typer.Argument(help="Where their calls go.")],
    step: Annotated[
        int, typer.Option(min=1, max=9, help="1 is called first; 2 when nobody answers the first call; ...")
    ] = 1,
) -> None:
    """Call a person when a threat is urgent; again, to change where or in which step."""
    from tenfold.enforcement import mail_server
    from tenfold.store import on_call

    try:
        bare = mail_server.address(email).addr_spec
    except ValueError as error:
        raise CommandError(str(error)) from None
    with common.connection() as conn:
        user = _user(conn, name)
        if not user.roles & {Role.SECURITY, Role.LEAD}:
            raise CommandError(
                f"{user.name} has neither the role security nor lead and could not look at a threat; "
                f'`tenfold users roles "{user.name}" security` gives it'
            )
        on_call.add(conn, user.id, bare, step, ACTOR)
        _record(conn, "oncall.added", user.actor, step=step)
    typer.echo(f"{user.name} is called in step {step}.")
    _warn_without_server()


@app.command("list")
def list_(json: Json = False) -> None:
    """Who is called, in their order."""
    from tenfold.store import on_call

    with common.connection() as conn:
        found = on_call.load_all(conn)
    if json:
        common.print_json(found)
        return
    for person in found:
        typer.echo(f"{person.step}  {person.name}  {person.email}  {person.locale}")
    if not found:
        sys.stderr.write('Nobody is called by mail. `tenfold oncall add "NAME" EMAIL` adds a person.\n')


@app.command("remove")
def remove(name: Name) -> None:
    """Call a person no more."""
    from tenfold.store import on_call

    with common.connection() as conn:
        user = _user(conn, name)
        if not on_call.remove(conn, user.id):
            raise CommandError(f"{user.name} is not on the list; `tenfold oncall list` shows who is")
        _record(conn, "oncall.removed", user.actor)
    typer.echo(f"{user.name} is called no more.")


@app.command("test")
def test(
    name: Annotated[str | None, typer.Argument(help="Only this person; without it everybody.")] = None,
) -> None:
    """Send a test mail now, and tell what the mail server said. Exit status 2 if one did not go out."""
    from tenfold.enforcement import mail_server
    from tenfold.enforcement.mail import send_due
    from tenfold.store import database, mails, on_call

    chosen = common.settings()
    if mail_server.read(chosen) is None:
        raise CommandError("no mail server is set; set TENFOLD_SMTP_URL and TENFOLD_MAIL_FROM")
    with common.connection(chosen) as conn:
        asked = [one for one in on_call.load_all(conn) if name is None or one.name.lower() == name.lower()]
        if not asked:
            raise CommandError("nobody of that name is called; `tenfold oncall list` shows who is")
        written = mails.write(conn, [_test_mail(person) for person in asked], datetime.now(UTC))
        _record(conn, "oncall.tested", "", people=len(asked))
    with common.database_url(chosen) as url, database.pool(url, 2) as pool:
        send_due(pool, chosen)
        with pool.connection() as conn:
            became = [mail for id_ in written if (mail := mails.one(conn, id_))]
    for mail in became:
        typer.echo(f"{mail.recipient}  {mail.state}  {mail.last_error or ''}".rstrip())
    if any(mail.state != "sent" for mail in became):
        raise CommandError("not every test went out; a worker tries the pending ones again")


def _test_mail(person: "OnCall") -> "NewMail":
    from tenfold.store.mails import NewMail
    from tenfold.threats.words import WORDS

    words = WORDS[person.locale]
    return NewMail(
        recipient=person.email,
        locale=person.locale,
        subject=words.say("page.test.subject"),
        body=words.say("page.test") + "\n",
    )


@app.command("mails")
def mails_(
    state: Annotated[str | None, typer.Option(help="pending, sent, dead or cancelled.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    json: Json = False,
) -> None:
    """List mails, newest first, without their texts; `--state dead` are those that could not be sent."""
    from tenfold.store import mails

    with common.connection() as conn:
        found = mails.latest(conn, state=state, limit=limit)
    if json:
        common.print_json(found)
        return
    for mail in found:
        about = f"threat {mail.threat_id}" if mail.threat_id else "test"
        line = f"{mail.id}  {about}  {mail.recipient}  {mail.state}  attempts {mail.attempts}"
        typer.echo(f"{line}  {mail.last_error or ''}".rstrip())


@app.command("resend")
def resend() -> None:
    """Send all dead mails again."""
    from tenfold.store import mails

    with common.connection() as conn:
        count = mails.again(conn, datetime.now(UTC))
        _record(conn, "oncall.resent", "", mails=count)
    typer.echo(f"{count} to be sent again by the worker.")
