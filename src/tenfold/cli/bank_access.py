"""What commands about banks share: the bank's name, a connection, the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.store.database import Conn

ACTOR = "cli:banks"

BankId = Annotated[str, typer.Argument(metavar="BANK", help="Id of the bank.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@contextmanager
def store() -> Iterator["Conn"]:
    """A connection to the store; what cannot be done there ends the command with its reason."""
    from tenfold.detectors.bank_transfer import EntryFileError
    from tenfold.store.banks import BankError

    try:
        with common.connection() as conn:
            yield conn
    except (BankError, EntryFileError) as error:
        raise CommandError(str(error)) from None


def record(conn: "Conn", act: str, bank: str, **details: Any) -> None:
    """Into the audit log."""
    from tenfold.store import audit

    audit.append(conn, [audit.Entry(actor=ACTOR, act=act, subject=f"bank:{bank}", details=details)])
