"""`tenfold status`."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tenfold.cli import common
from tenfold.config import SettingsError

if TYPE_CHECKING:
    from tenfold.config import Settings
    from tenfold.store.media_lookback import Progress
    from tenfold.store.status import Status

app = typer.Typer()


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    retry_poisoned: Annotated[
        bool, typer.Option("--retry-poisoned", help="Give events that were set aside another chance.")
    ] = False,
) -> None:
    """What waits, what was set aside, what failed."""
    from rich.console import Console
    from rich.table import Table

    from tenfold.store import events, media_lookback, uploads
    from tenfold.store.status import read_status

    settings = common.settings()
    with common.connection(settings) as conn:
        if retry_poisoned:
            count = events.requeue_poisoned(conn)
            typer.echo(f"{count} events go back to the queue", err=True)
        found = read_status(conn)
        waiting_uploads = uploads.waiting(conn)
        lookback = media_lookback.progress(conn)
    fault = _fault_of_objects(settings)
    if as_json:
        told = {"uploads_waiting": waiting_uploads, "objects_fault": fault, "media_lookback": lookback}
        common.print_json(msgspec.to_builtins(found) | msgspec.to_builtins(told))
        return
    table = Table(show_header=False, box=None)
    waiting = f" (oldest came {found.oldest_waiting:%Y-%m-%d %H:%M:%S %Z})" if found.oldest_waiting else ""
    for label, value in (
        ("events waiting", f"{found.queue:,}{waiting}"),
        ("events set aside", f"{found.poisoned:,}"),
        ("uploads waiting", f"{waiting_uploads:,}"),
        ("object store", fault or "can be written"),
        ("earlier uploads", _lookback(lookback)),
        ("closures to settle and hunts", f"{found.links_due:,}, given up {found.links_failed:,}"),
        ("model of links", _model(found)),
        ("workers", f"{found.workers}"),
        ("events ever taken (estimate)", f"{found.events_estimate:,}"),
        ("accounts, posts (estimates)", f"{found.accounts_estimate:,}, {found.posts_estimate:,}"),
        ("open cases", f"{found.cases_open:,}, of them overdue {found.cases_overdue:,}"),
        ("deliveries pending", f"{found.deliveries_pending:,}, given up {found.deliveries_dead:,}"),
        ("mails pending", f"{found.mails_pending:,}, given up {found.mails_dead:,}"),
        ("policy", found.policy or "none loaded yet"),
        ("bank revision", f"{found.bank_revision}"),
        ("words in pictures", _words()),
        ("database", f"{found.database_bytes / 1e6:,.0f} MB"),
    ):
        table.add_row(label, value)
    console = Console()
    console.print(table)
    for event in found.poisoned_latest:
        console.print(
            f"set aside: {event.type} {event.id} of {event.account}: {event.error}",
            markup=False,
            highlight=False,
        )


def _fault_of_objects(settings: "Settings") -> str | None:
    """Why uploaded bytes cannot be kept now, in the operator's words."""
    from tenfold.store.s3_objects import objects_of

    try:
        objects_of(settings).check()
    except (OSError, SettingsError) as error:
        return str(error)
    return None


def _lookback(found: "Progress") -> str:
    """How far the look through earlier uploads for new entries of banks is."""
    told = f"{found.looked:,} ever looked at again for new entries of banks, {found.found:,} known by them"
    return f"{told}; under way, {found.left:,} to go" if found.under_way else told


def _words() -> str:
    """Whether what is written in pictures can be read on this machine."""
    from tenfold.detectors.media.reading import weights

    if common.settings().words == "off":
        return "not read: TENFOLD_WORDS is off"
    missing = weights.missing()
    return f"not read on this machine: {missing}" if missing else "read"


def _model(found: "Status") -> str:
    if found.link_model_fault:
        return f"shipped, because {found.link_model} cannot be read: {found.link_model_fault}"
    return found.link_model or "shipped"
