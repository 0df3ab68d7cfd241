"""`tenfold simulate`: a platform's life as a file of events, with the truth beside it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tenfold.cli import common, progress

app = typer.Typer()


@app.command()
def simulate(
    *,
    events: Annotated[int, typer.Option(help="How many events, from 1,000.")],
    out: Annotated[Path, typer.Option(help="Folder for events.ndjson and truth.ndjson.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    days: Annotated[int, typer.Option(help="Length of the simulated period.")] = 30,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; 2026-01-01 if not given.")
    ] = None,
    operators: Annotated[
        int | None, typer.Option(help="How many people run the network; if not given, fits the size.")
    ] = None,
    gzip: Annotated[bool, typer.Option("--gzip", help="Write events.ndjson.gz.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the life of a platform on which the fictional Ashen Banner is active, and who is who."""
    import time

    from tenfold.simulation.spec import DEFAULT_START, SimulationSpec, SpecError
    from tenfold.simulation.writer import write

    try:
        spec = SimulationSpec(
            events=events,
            seed=seed,
            days=days,
            start=start.date() if start else DEFAULT_START,
            operators=operators,
        )
        began = time.monotonic()
        with progress.bar("simulating", events) as advance:
            written = write(spec, out, compress=gzip, progress=advance)
    except SpecError as error:
        raise common.CommandError(str(error)) from None
    except OSError as error:
        raise common.CommandError(f"cannot write to {out}: {error.strerror or error}") from None
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
