"""`tenfold policy backtest`: what other rules would have done on the events that are kept."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common, progress

if TYPE_CHECKING:
    from rich.table import Table

    from tenfold.lab.report import Count, Report, RuleResult
    from tenfold.lab.tally import Seen

EXIT_INTERRUPTED = 130
NOTE = (
    "Signals, links to closed accounts and groups are as they are known now; what was never an event, "
    "or is no longer kept, is unknown. docs/policy.md says more."
)


def backtest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of the draft.")],
    *,
    live: Annotated[
        list[Path] | None, typer.Option(help="Compare with these rules; if not given, the policy in force.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.01, help="Only events received in the last days; else all.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="If not given, one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Replay the kept events under a draft and under the policy in force: what is new, gone and other.

    Nothing is changed. Run it again after an interruption: it goes on. Exit status: 0 done, 1 the rules
    have mistakes, 2 it cannot be done, 130 interrupted.
    """
    from tenfold.cli.policy import sound
    from tenfold.lab.backtest import Backtest, BacktestError, Stopped
    from tenfold.lab.jobs import FOLDER
    from tenfold.policy.in_force import in_force
    from tenfold.store import database

    settings = common.settings()
    draft, other = sound(paths), sound(live)
    since = None if days is None else datetime.now(UTC) - timedelta(days=days)
    try:
        with common.database_url(settings) as url, progress.steps() as show:
            database.migrate(url)
            with database.connect(url) as conn:
                current = other if live else in_force(conn, other)
            test = Backtest(url, current, draft, settings.data_dir / FOLDER, since=since)
            report = test.run(
                processes or os.cpu_count() or 1, lambda done, total: show("events", done, total)
            )
    except BacktestError as error:
        raise common.CommandError(str(error)) from None
    except (KeyboardInterrupt, Stopped):
        typer.echo("interrupted; run the same command again and it goes on where it was", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        common.print_json(report)
    else:
        show_report(report)


def show_report(report: "Report") -> None:
    """Tables and samples for people."""
    from rich.console import Console

    console = Console()
    if not report.differs:
        console.print("The two policies differ in no rule.")
    if report.differs:
        console.print(_rules(report.differs))
    console.print(_reach(report))
    for rule in report.differs:
        for word, seen in (("new", rule.sample_new), ("gone", rule.sample_gone)):
            for one in seen:
                console.print(f"\n[bold]{rule.rule}[/bold]: {word}: ", end="")
                console.print(_sampled(one), markup=False, highlight=False)
    rate = report.events / report.cpu_seconds if report.cpu_seconds else 0
    console.print(
        f"\n{report.events:,} events in {report.seconds:.1f} s by {report.processes} processes; "
        f"{rate:,.0f} events a CPU-second. {NOTE}",
        highlight=False,
    )


def _rules(rules: "list[RuleResult]") -> "Table":
    from rich.table import Table

    table = Table("rule", "is", "live", "draft", "new", "gone", "other actions", "precision, draft")
    for rule in rules:
        table.add_row(
            rule.rule,
            rule.change,
            f"{rule.live.subjects:,}" if rule.live else "-",
            f"{rule.draft.subjects:,}" if rule.draft else "-",
            f"{rule.new:,}",
            f"{rule.gone:,}",
            f"{rule.others:,}",
            _precision(rule.draft),
        )
    return table


def _precision(count: "Count | None") -> str:
    found = count.precision if count else None
    if found is None or found.share is None:
        return "nobody has decided"
    return (
        f"{found.share:.0%} ({found.violations:,} of {found.decided:,}; {found.low:.0%} to {found.high:.0%})"
    )


def _reach(report: "Report") -> "Table":
    from rich.table import Table

    table = Table("asks for", "without a person", "live", "draft", "new", "gone", "accounts, live", "draft")
    for one in report.reach:
        numbers = (one.live_subjects, one.draft_subjects, one.new, one.gone)
        whose = (one.live_accounts, one.draft_accounts)
        table.add_row(
            one.asks, "yes" if one.at_once else "", *(f"{number:,}" for number in (*numbers, *whose))
        )
    return table


def _sampled(seen: "Seen") -> str:
    lines = [f"{seen.subject} of {seen.account or 'nobody known'}, {seen.event}, {seen.at:%Y-%m-%d %H:%M}"]
    lines += [f"  {line}" for line in seen.text.splitlines()]
    return "\n".join([*lines, *(f"  ✓ {part.text}   [{part.value}]" for part in seen.parts)])
