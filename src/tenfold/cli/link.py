"""`tenfold link`: how good links are, learning from decisions, and which model is in use."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, link_shared
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.linkage.against_truth import Group, Report
    from tenfold.linkage.evaluation import Share
    from tenfold.linkage.learning import Learned
    from tenfold.linkage.parameters import Parameters
    from tenfold.store.database import Conn

app = typer.Typer()
app.add_typer(link_shared.app, name="shared", help="Values marked as shared by many people.")

ACTOR = "cli:link"
SHIPPED = "shipped"
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def _record(conn: "Conn", act: str, version: str, **details: Any) -> None:
    from tenfold.store import audit

    entry = audit.Entry(actor=ACTOR, act=act, subject=f"link-model:{version}", details=details)
    audit.append(conn, [entry])


@app.command()
def evaluate(
    truth: Annotated[
        Path, typer.Argument(help="NDJSON that says who runs which account; see docs/linkage.md.")
    ],
    as_json: AsJson = False,
) -> None:
    """Compare the links in the store with a file that says who runs which account."""
    from tenfold.linkage import against_truth

    try:
        known = against_truth.read(truth)
    except OSError as error:
        raise CommandError(f"{truth}: {error.strerror}") from None
    except against_truth.TruthError as error:
        raise CommandError(str(error)) from None
    with common.connection() as conn:
        report = against_truth.evaluate(conn, known)
    if as_json:
        common.print_json(_plain(report))
        return
    _print_report(report)


@app.command()
def train(as_json: AsJson = False) -> None:
    """Learn from decided links; the new model is kept, and used once `tenfold link use` says so.

    It starts from the model in use, so that few decisions change little. Exit status 2: there are too few.
    """
    from tenfold.linkage import learning
    from tenfold.store import link_decisions, link_models, population

    with common.connection() as conn:
        start = _in_use(conn)
        try:
            learned = learning.learn(
                link_decisions.all_in_force(conn), start, population.count(conn), datetime.now(UTC)
            )
        except learning.TooFewError as error:
            raise CommandError(str(error)) from None
        given = learned.parameters
        link_models.add(conn, given.version, _plain(given), report=given.report, made_by=ACTOR)
        _record(conn, "link_model.trained", given.version, **given.report)
    if as_json:
        common.print_json({"version": given.version, "report": given.report})
        return
    _print_learned(learned)


@app.command()
def models(as_json: AsJson = False) -> None:
    """Every model that was ever trained here, and the shipped one; the one in use is marked."""
    from tenfold.linkage.model import Model
    from tenfold.store import link_models

    with common.connection() as conn:
        kept = link_models.list_all(conn)
    shipped = Model.shipped()
    rows: list[dict[str, Any]] = [
        {
            "version": one.version,
            "made_at": one.made_at.isoformat(),
            "made_by": one.made_by,
            "in_use": one.in_use,
            "report": one.report,
        }
        for one in kept
    ]
    rows.append(
        {
            "version": shipped.version,
            "made_at": None,
            "made_by": SHIPPED,
            "in_use": not any(one.in_use for one in kept),
            "report": shipped.parameters.report,
        }
    )
    if as_json:
        common.print_json(rows)
        return
    for row in rows:
        sign = "*" if row["in_use"] else " "
        typer.echo(f"{sign} {row['version']}\t{row['made_at'] or ''}\t{row['made_by']}")


@app.command()
def use(version: Annotated[str, typer.Argument(help="A version, or `shipped`.")]) -> None:
    """Score with this model from now on. Links found before stay until their accounts are looked at again."""
    from tenfold.linkage.model import Model
    from tenfold.store import link_models

    wanted = None if version in (SHIPPED, Model.shipped().version) else version
    with common.connection() as conn:
        before = link_models.current_version(conn)
        try:
            link_models.use(conn, wanted)
        except link_models.UnknownModelError as error:
            raise CommandError(str(error)) from None
        _in_use(conn)  # refused where it cannot be read, and then nothing has changed
        if before != wanted:
            _record(conn, "link_model.used", wanted or SHIPPED, before=before or SHIPPED)
    typer.echo(f"in use: {wanted or SHIPPED}")


def _in_use(conn: "Conn") -> "Parameters":
    import msgspec

    from tenfold.linkage import parameters
    from tenfold.store import link_models

    kept = link_models.current(conn)
    try:
        return parameters.read(msgspec.json.encode(kept.parameters)) if kept else parameters.shipped()
    except parameters.ParametersError as error:
        version = kept.version if kept else SHIPPED
        raise CommandError(f"the model {version}: {error}; `tenfold link use shipped` goes back") from None


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)


def _share(share: "Share") -> str:
    low, high = share.interval
    return f"{share.value:.4f} ({share.hits} of {share.of:,}; 95 %: {low:.4f} to {high:.4f})"


def _print_report(report: "Report") -> None:
    for level, precision in report.precision.items():
        typer.echo(f"links called {level} that are right: {_share(precision)}")
    typer.echo(f"returns found, likely: {_share(report.recall)}")
    typer.echo(f"returns found, likely or possible: {_share(report.recall_shown)}")
    typer.echo(f"average precision: {report.average_precision:.4f}")
    typer.echo(f"calibration error of shown probabilities: {report.calibration_error:.4f}")
    for name, error in report.calibration_by_names.items():
        typer.echo(f"  names {name}: {error:.4f}")
    for name, error in report.calibration_by_language.items():
        typer.echo(f"  language {name}: {error:.4f}")
    typer.echo(f"accounts wrongly called likely: {_share(report.flagged)}, {report.per_1000:.2f} of 1,000")
    for title, (ratio, low, high) in report.ratios.items():
        typer.echo(f"flag rates {title}: {ratio:.2f} (95 %: {low:.2f} to {high:.2f})")
    if report.seconds:
        median, most = report.seconds
        typer.echo(f"from sign-up to recognition: {median:,.0f} s in the median, {most:,.0f} s for 90 %")
    groups = {
        "evasion": report.by_evasion,
        "language": report.by_language,
        "names": report.by_names,
        "address": report.by_address,
    }
    for title, group in groups.items():
        for name, figures in group.items():
            typer.echo(f"{title} {name}: {_figures(figures)}")


def _figures(group: "Group") -> str:
    found = f"{group.returns.hits} likely and {group.shown.hits} shown of {group.returns.of} returns"
    if not group.flagged.of:  # of an evasion there are only returns
        return found
    return f"{found}; {group.flagged.hits} of {group.flagged.of:,} others wrongly called likely"


def _print_learned(learned: "Learned") -> None:
    typer.echo(
        f"{learned.parameters.version}: from {learned.same} 'same' and {learned.different} 'different'"
    )
    typer.echo("on decisions kept aside in turn (before -> now):")
    typer.echo(f"  surprise {learned.surprise_before:.3f} -> {learned.surprise:.3f} bits a decision")
    typer.echo(
        f"  calibration error {learned.calibration_error_before:.3f} -> {learned.calibration_error:.3f}"
    )
    if learned.surprise > learned.surprise_before:
        typer.echo("it does worse than the model before: better not to use it")
    typer.echo(
        f"`tenfold link use {learned.parameters.version}` uses it; `tenfold link use shipped` goes back"
    )
