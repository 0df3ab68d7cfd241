"""`tenfold simulate`: a platform's life as a file of events, or its accounts alone, with the truth beside."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common, progress
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.simulation import SimulationSpec
    from tenfold.simulation.returns import ReturnsSpec
    from tenfold.simulation.shares import Shares

app = typer.Typer()


@app.command()
def simulate(
    *,
    events: Annotated[int | None, typer.Option(help="How many events, from 1,000.")] = None,
    accounts: Annotated[
        int | None, typer.Option(help="No events: how many accounts, from 1,000, as linkage sees them.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for what is written and truth.ndjson.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    days: Annotated[int, typer.Option(help="Length of the simulated period, of events.")] = 30,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; 2026-01-01 if not given.")
    ] = None,
    operators: Annotated[
        int | None, typer.Option(help="How many people run the network; if not given, fits the size.")
    ] = None,
    posts: Annotated[int, typer.Option(help="With --accounts: posts that an open account has written.")] = 3,
    gzip: Annotated[bool, typer.Option("--gzip", help="Write events.ndjson.gz.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the life of a platform on which the fictional Ashen Banner is active, and who is who."""
    from tenfold.simulation.returns import ReturnsSpec
    from tenfold.simulation.spec import DEFAULT_START, SimulationSpec, SpecError

    if (events is None) == (accounts is None):
        raise CommandError("say either --events or --accounts")
    try:
        if accounts is not None:
            _accounts(ReturnsSpec(accounts=accounts, seed=seed, posts=posts), out, as_json)
        elif events is not None:
            first = start.date() if start else DEFAULT_START
            spec = SimulationSpec(events=events, seed=seed, days=days, start=first, operators=operators)
            _events(spec, out, gzip, as_json)
    except SpecError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"cannot write to {out}: {error.strerror or error}") from None


def _events(spec: "SimulationSpec", out: Path, gzip: bool, as_json: bool) -> None:
    from tenfold.simulation.writer import write

    began = time.monotonic()
    with progress.bar("simulating", spec.events) as advance:
        written = write(spec, out, compress=gzip, progress=advance)
    seconds = time.monotonic() - began
    if as_json:
        files = {"events_file": str(written.events_file), "truth_file": str(written.truth_file)}
        counts = {"events": written.events, "truths": written.truths, "seconds": round(seconds, 3)}
        common.print_json(counts | files)
        return
    typer.echo(
        f"{written.events:,} events in {written.events_file}, {written.truths:,} truths in "
        f"{written.truth_file}; {written.events / seconds:,.0f} events a second"
    )


def _accounts(spec: "ReturnsSpec", out: Path, as_json: bool) -> None:
    from tenfold.simulation.returns import Returns
    from tenfold.simulation.writer import write_returns

    began = time.monotonic()
    with progress.bar("simulating", spec.accounts) as advance:
        shares = write_returns(Returns(spec), out, progress=advance)
    seconds = time.monotonic() - began
    if as_json:
        common.print_json({"shares": shares, "seconds": round(seconds, 3)})
        return
    typer.echo(f"{spec.accounts:,} accounts in {out}, {spec.accounts / seconds:,.0f} a second")
    _show(shares)


def _show(shares: "Shares") -> None:
    """Counts as lines, with the share of each evasion among the network's returns."""
    typer.echo(
        f"closed: {shares.closed:,}, of the network: {shares.closed_network:,}; the network has "
        f"{shares.operators:,} operators with {shares.network:,} accounts"
    )
    typer.echo(
        f"returns: {shares.returns:,}, of the network: {shares.network_returns:,} "
        f"(announced by others: {shares.announced:,}, by themselves: {shares.announcing:,})"
    )
    typer.echo(f"framers: {shares.framers:,}; shared addresses: {shares.shared_addresses:,}")
    typer.echo("roles: " + ", ".join(f"{name} {count:,}" for name, count in shares.roles.most_common()))
    for name, count in shares.evasions.most_common():
        typer.echo(f"  {name:30} {count:8,}  {count / max(1, shares.network_returns):.3f}")
