"""`tenfold`: one file per command group. Heavy imports stand inside the commands, so `--help` is quick."""

import importlib
import sys
from typing import Annotated

import typer

from tenfold import __version__

COMMANDS = (
    "serve",
    "worker",
    "migrate",
    "status",
    "figures",
    "backup",
    "restore",
    "ingest",
    "simulate",
    "hash",
    "demo",
)
GROUPS = {
    "appeals": "What users say against decisions: list, show, figures.",
    "audit": "Verify and export the audit chain.",
    "banks": "Curated lists of known material: import, export, edit.",
    "history": "The store's content as Parquet files, for sweeps and analysts.",
    "closures": "Closed accounts, against which returns are recognised: import, list, show, erase.",
    "keys": "API keys: create, list, revoke.",
    "link": "How good links are: measure, learn from decisions, choose the model.",
    "media": "Bytes that were uploaded: how many wait, erase.",
    "oncall": "Who is called when a threat is urgent, and the mails to them.",
    "protectees": "Who is watched over: import, list, add, end, export.",
    "policy": "Rules: check, explain, test.",
    "referrals": "What law enforcement is told about threats: list, show, export.",
    "seconds": "Which decisions need a second person, and what waits for one.",
    "sweep": "Go over a whole history: link all accounts, rank by association.",
    "threats": "Threats against people: list, show, figures, corrections.",
    "users": "People of the console: add, roles, login links.",
    "webhooks": "Where actions are delivered, and redelivery.",
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tenfold {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Trust & safety against terrorist networks: find them, recognise those who come back, decide fairly."""


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False, callback=_top)
    for name in COMMANDS:
        app.add_typer(importlib.import_module(f"tenfold.cli.{name}").app)
    for name, text in GROUPS.items():
        app.add_typer(
            importlib.import_module(f"tenfold.cli.{name}").app, name=name, help=text, no_args_is_help=True
        )
    return app


def main() -> None:
    """Entry point; a command's own error is one line on standard error and exit status 2."""
    import psycopg

    from tenfold.cli.common import CommandError
    from tenfold.config import SettingsError
    from tenfold.policy.errors import PolicyErrors

    try:
        build()()
    except (CommandError, SettingsError) as error:
        sys.stderr.write(f"tenfold: {error}\n")
        sys.exit(2)
    except psycopg.OperationalError as error:
        sys.stderr.write(f"tenfold: the database cannot be reached: {str(error).strip()}\n")
        sys.exit(2)
    except PolicyErrors as error:
        sys.stderr.write(f"tenfold: the rules cannot be used:\n{error}\n")
        sys.exit(2)
