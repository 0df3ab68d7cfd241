"""`tenfold threats`: the records of threats, figures about them, and what people corrected."""

import sys
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.threats.figures import Figures, Period
    from tenfold.threats.lists import ThreatRow
    from tenfold.threats.shown import ThreatView

app = typer.Typer()

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day (UTC).")]
ACTOR = "cli:threats"
AT_ONCE = 500


@app.command("list")
def list_(
    *,
    level: Annotated[str | None, typer.Option(help="T0, T1, T2, T3 or N.")] = None,
    status: Annotated[str | None, typer.Option(help="new, assessing, ..., closed.")] = None,
    account: Annotated[str | None, typer.Option(help="In which this account spoke.")] = None,
    information: Annotated[
        bool, typer.Option("--information", help="News and reports about threats.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=AT_ONCE)] = 50,
    json: Json = False,
) -> None:
    """Open threats, the most urgent first; closed ones (--status closed), newest first."""
    from tenfold.detectors.threat.levels import ORDER
    from tenfold.threats import lists, transitions

    for name, value, known in (
        ("level", level, ORDER),
        ("status", status, [one.value for one in transitions.Status]),
    ):
        if value is not None and value not in known:
            raise CommandError(f"--{name} {value!r} is none of {', '.join(known)}")
    wanted = lists.Filter(level=level, status=status, account=account, information=information)
    with common.connection() as conn:
        page = lists.page(conn, wanted, limit=limit)
    if json:
        common.print_json(page)
        return
    for row in page.rows:
        typer.echo(_line(row))
    if page.next:
        typer.echo(f"... and more: --limit up to {AT_ONCE}", err=True)


def _line(row: "ThreatRow") -> str:
    due = row.due_at.isoformat(timespec="minutes") if row.due_at else "-"
    asks = f" asks again: {', '.join(row.asks)}" if row.asks else ""
    whom = "somebody watched over" if row.protected else row.target or row.target_kind
    return (
        f"{row.id:>6}  {row.level:<2} {row.status:<10} due {due:<22} {row.act or row.speech_act} against"
        f" {whom}: {row.sources} texts by {row.accounts} accounts{asks}"
    )


@app.command()
def show(id_: Annotated[int, typer.Argument(metavar="ID", min=1)], json: Json = False) -> None:
    """One threat: what is known of it, and its gravest texts. Noted in the audit chain."""
    from tenfold.store import audit
    from tenfold.threats import shown

    with common.connection() as conn:
        view = shown.view(conn, id_)
        if view is None:
            raise CommandError(f"there is no threat {id_}; `tenfold threats list` shows which there are")
        view.protectees = []  # only the role security sees who they are
        audit.append(conn, [audit.Entry(actor=ACTOR, act="threat.viewed", subject=f"threat:{id_}")])
    if json:
        common.print_json(view)
    else:
        typer.echo("\n".join(_lines(view)))


def _lines(view: "ThreatView") -> list[str]:
    from tenfold.threats.shown import reasons_in_words

    threat = view.threat
    lines = [
        f"threat {threat.id}: {threat.level} (read as {threat.read_level}), {threat.status}"
        + (f", {threat.outcome}" if threat.outcome else ""),
        f"{threat.speech_act}, {threat.act or 'no act'}, against {threat.target_kind} {threat.target!r}"
        + (", who is watched over" if threat.protected else ""),
        *(f"  because {reason}" for reason in reasons_in_words(threat)),
        f"{threat.sources} texts by {threat.accounts} accounts, {threat.first_at.isoformat()} to"
        f" {threat.last_at.isoformat()}",
    ]
    lines += [
        f"  {source.at.isoformat()} {source.level} {source.account}: {source.text}" for source in view.sources
    ]
    lines += [f"... and {view.more_sources} more" for _ in range(view.more_sources > 0)]
    lines += [
        f"earlier: threat {one.threat_id} ({one.level}, {one.outcome or one.status}) by {one.account}"
        + (f", linked to {one.through}" if one.through else "")
        for one in view.earlier
    ]
    return lines


@app.command()
def figures(
    since: Day = None,
    until: Day = None,
    by: Annotated[str, typer.Option(help="day or month.")] = "day",
    csv: Annotated[bool, typer.Option("--csv", help="CSV, one number a row with its denominator.")] = False,
    json: Json = False,
) -> None:
    """How many threats, and what became of them; the last 30 days if nothing is said."""
    from tenfold.threats import figures as counted

    if by not in ("day", "month"):
        raise CommandError(f"--by {by!r} is neither day nor month")
    last = (until or datetime.now(UTC)).date()
    first = since.date() if since else last - timedelta(days=30)
    if first > last:
        raise CommandError(f"--since {first} lies after --until {last}")
    with common.connection() as conn:
        found = counted.figures(
            conn,
            datetime.combine(first, time.min, UTC),
            datetime.combine(last, time.min, UTC) + timedelta(days=1),
            "day" if by == "day" else "month",
        )
    if json:
        common.print_json(found)
    elif csv:
        sys.stdout.write(counted.as_csv(found))
    else:
        typer.echo("\n".join(_table(found)))


def _table(found: "Figures") -> list[str]:
    def line(name: str, period: "Period") -> str:
        levels = "  ".join(f"{level} {count}" for level, count in period.by_level.items()) or "none"
        waited = period.to_human
        median = "-" if waited.median is None else f"{waited.median:.0f} min"
        return (
            f"{name:<10}  {period.threats:>5} threats in {period.posts:>9,} posts  {levels}; assessed"
            f" {period.assessed} of {period.threats};"
            f" first look in time {waited.in_time} of {waited.decided},"
            f" median {median} of {waited.seen}; {period.information} reports of threats"
        )

    lines = [line(period.begins.isoformat(), period) for period in found.periods]
    return [*lines, line("in all", found.whole)]


@app.command()
def corrections(
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line, for training.")] = False,
    after: Annotated[int, typer.Option(min=0, help="Only those behind this id, to go on.")] = 0,
) -> None:
    """Factors that people corrected; with --ndjson also the text that was read and what was read in it."""
    import msgspec

    from tenfold.store import threat_corrections

    with common.connection() as conn:
        while found := threat_corrections.page(conn, after=after, limit=AT_ONCE):
            for one in found:
                told = f"{one.id:>6}  threat {one.threat_id}: {one.factor} {one.before!r} -> {one.after!r}"
                sys.stdout.write((msgspec.json.encode(one).decode() if ndjson else told) + "\n")
            after = found[-1].id
