"""`tenfold sweep`: a whole history at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tenfold.cli import common, progress

if TYPE_CHECKING:
    from tenfold.config import Settings
    from tenfold.linkage.engines import Engine
    from tenfold.linkage.history import History
    from tenfold.linkage.sweep import Report

app = typer.Typer()

EXIT_INTERRUPTED = 130
HistoryOption = Annotated[
    Path | None, typer.Option("--history", help="A folder written by `tenfold history export`.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Where the results go; one folder a sweep.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command()
def links(
    *,
    history: HistoryOption = None,
    out: OutOption = None,
    engine: Annotated[
        Literal["numpy", "duckdb", "spark"], typer.Option(help="What joins and counts.")
    ] = "numpy",
    spark_remote: Annotated[
        str, typer.Option(help="sc://HOST:PORT of a Spark Connect server, or local[N].")
    ] = "local[*]",
    slack: Annotated[
        float, typer.Option(help="Bits that a pair may lack and is compared all the same.", min=0)
    ] = 2.0,
    processes: Annotated[int, typer.Option(help="For scoring; 0: one a core.", min=0)] = 0,
    save: Annotated[
        bool, typer.Option("--save", help="Keep returns that it finds as links, for people to review.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Link every account with every closed one, and open ones among each other; gather clusters.

    Run it again after an interruption: it goes on where it was. Exit status: 0 done, 2 the history or the
    engine cannot be used, 130 interrupted.
    """
    from tenfold.linkage import saving
    from tenfold.linkage.sweep import Options, Sweep, sweep_id

    settings = common.settings()
    read, options = _history(settings, history), Options(slack_bits=slack, processes=processes)
    model = _model(settings)
    folder = out or settings.data_dir / "sweeps" / sweep_id(read, model, options)
    with _errors(), _engine(engine, spark_remote, folder) as chosen, progress.steps() as show:
        sweep = Sweep(read, folder, chosen, model, options, show)
        report = sweep.run()
        kept = None
        if save:
            with common.connection(settings) as conn:
                kept = saving.save(
                    conn, sweep, lambda done, total: show("save", done, total), actor="cli:sweep"
                )
    _show_links(report, kept, as_json=as_json)


@app.command()
def association(
    *,
    history: HistoryOption = None,
    out: OutOption = None,
    top: Annotated[int, typer.Option(help="How many accounts are ranked.", min=1)] = 1_000,
    as_json: JsonOption = False,
) -> None:
    """Rank open accounts by what ties them to closed ones: mentions, links, hashtags, groups, follows.

    It says who moves in the same surroundings, never that two accounts are the same person: journalists and
    researchers stand high in it. A reason to look, nothing more.
    """
    from tenfold.networks import association

    settings = common.settings()
    read = _history(settings, history)
    path = (out or settings.data_dir / "sweeps") / "association.csv"
    with _errors(), progress.steps() as show:
        path.parent.mkdir(parents=True, exist_ok=True)
        found = association.from_history(read, top, lambda step: show(step, 0))
        association.write_csv(found, path)
    if as_json:
        common.print_json({"file": str(path), "accounts": found})
        return
    for one in found[:20]:
        shared = ", ".join(f"{tie.kind} {tie.value} ({tie.bits:.1f} bits)" for tie in one.ties[:3])
        typer.echo(f"{one.account}: lift {one.lift:.1f}; {shared}")
    typer.echo(f"{len(found):,} accounts in {path}: association, not identity")


def _history(settings: "Settings", folder: Path | None) -> "History":
    from tenfold.linkage.history import History
    from tenfold.linkage.manifest import HistoryError

    try:
        return History(folder or settings.data_dir / "history")
    except HistoryError as error:
        hint = "" if folder else "; `tenfold history export` writes one"
        raise common.CommandError(f"{error}{hint}") from None


def _model(settings: "Settings") -> bytes:
    """The model in use, or the shipped one where no database is there yet."""
    import msgspec

    from tenfold.linkage import parameters
    from tenfold.store import link_models
    from tenfold.store.embedded import connect_url

    if settings.database_url or connect_url(settings.data_dir):
        with common.connection(settings) as conn:
            current = link_models.current(conn)
        if current:
            return msgspec.json.encode(current.parameters)
    return msgspec.json.encode(parameters.shipped())


@contextmanager
def _engine(name: str, remote: str, folder: Path) -> "Iterator[Engine]":
    from tenfold.linkage import engines
    from tenfold.linkage.sorting import Sorting

    folder.mkdir(parents=True, exist_ok=True)
    engine: engines.Engine
    if name == "numpy":
        engine = Sorting()
    elif name == "duckdb":
        engine = engines.DuckDb(folder / "spill")
    else:
        engine = engines.Spark(remote)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _errors() -> Iterator[None]:
    from tenfold.linkage.engines import EngineError
    from tenfold.linkage.manifest import HistoryError
    from tenfold.linkage.parameters import ParametersError

    try:
        yield
    except (EngineError, HistoryError, ParametersError) as error:
        raise common.CommandError(str(error)) from None
    except OSError as error:  # no such place, not ours to write, no room left
        raise common.CommandError(f"{error.filename or 'the results'}: {error.strerror}") from None
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again and it goes on where it was", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _show_links(report: "Report", kept: int | None, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        common.print_json(msgspec.to_builtins(report) | ({} if kept is None else {"saved": kept}))
        return
    found = report.links
    typer.echo(
        f"{report.accounts:,} accounts, {report.closed:,} closed: {report.candidates:,} pairs compared, and"
        f" {report.open_candidates:,} of open accounts"
    )
    typer.echo(
        f"returns: {found['return_likely']:,} likely, {found['return_possible']:,} possible;"
        f" between open accounts: {found['open_likely']:,} likely, {found['open_possible']:,} possible"
    )
    typer.echo(f"{report.clusters:,} clusters of {report.clustered:,} accounts")
    if kept is not None:
        typer.echo(f"{kept:,} links saved as sweep:{report.id}")
    typer.echo(f"results: {report.folder}")
