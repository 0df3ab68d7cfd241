"""`tenfold figures`."""

import sys
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tenfold.cli import common
from tenfold.cli.common import CommandError

if TYPE_CHECKING:
    from tenfold.casework.overview import Figures
    from tenfold.casework.overview_summary import Summary, Waits
    from tenfold.store.database import Conn

app = typer.Typer()

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day (UTC).")]


@app.command()
def figures(
    *,
    since: Day = None,
    until: Day = None,
    queue: Annotated[str | None, typer.Option(help="Of this queue only.")] = None,
    csv: Annotated[str | None, typer.Option(help="One table as CSV: inflow, times, languages, ...")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    recount: Annotated[
        bool,
        typer.Option("--recount", help="Forget what is kept of days that are over, and count them anew."),
    ] = False,
) -> None:
    """What came, waits and was decided, how soon, by whom, and what was taken back; the last 30 days if
    nothing is said."""
    from tenfold.casework import overview, overview_tables

    if csv is not None and csv not in overview_tables.NAMES:
        raise CommandError(f"--csv {csv!r} is none of {', '.join(overview_tables.NAMES)}")
    last = (until or datetime.now(UTC)).date()
    first = since.date() if since else last - timedelta(days=29)
    begin, end = (datetime.combine(day, time.min, UTC) for day in (first, last))
    now = datetime.now(UTC)
    with common.connection() as conn:
        if recount:
            _recount(conn, now)
        try:
            found = overview.figures(conn, begin, end + timedelta(days=1), now=now, queue=queue)
        except ValueError:
            longest = overview.LONGEST.days
            raise CommandError(
                f"--since {first} lies before --until {last}, by at most {longest:,} days"
            ) from None
    if json:
        common.print_json(found)
    elif csv:
        sys.stdout.write(overview_tables.tables(found)[csv].csv())
    else:
        typer.echo("\n".join(_lines(found)))


def _recount(conn: "Conn", now: datetime) -> None:
    from tenfold.store import overview

    overview.forget(conn)
    days = 0
    while done := overview.fill(conn, now):
        days += done
    typer.echo(f"{days} days were counted anew", err=True)


def _lines(found: "Figures") -> list[str]:
    whole, backlog = found.whole, found.backlog
    oldest = f", the oldest since {backlog.oldest:%Y-%m-%d %H:%M %Z}" if backlog.oldest else ""
    lines = [
        f"{found.since:%Y-%m-%d} to {found.until:%Y-%m-%d} (UTC)"
        + (f", queue {found.queue}" if found.queue else ""),
        f"{'opened':<12} {whole.opened:,}; waiting now {backlog.waiting:,}, overdue {backlog.overdue:,}"
        + oldest,
        f"{'decided':<12} {whole.decided:,}; {_part(whole.violations, whole.decided)} violations,"
        f" {_part(whole.overturned, whole.decided)} overturned",
        f"{'waited':<12} {_waited(whole.waited)}; from posting: {_waited(whole.posted)}",
        f"{'acted on':<12} {whole.acted.all:,}; {_part(whole.acted.rule, whole.acted.all)} by rules alone, of"
        f" these {_part(whole.taken_back, whole.acted.rule)} taken back as no violation",
        f"{'appeals':<12} {whole.appeals.received:,};"
        f" {_part(whole.appeals.overturned, whole.appeals.decided)} granted",
    ]
    lines += [_group("language", name or "unknown", one) for name, one in found.by_language.items()]
    return lines + [_group("queue", name or "no case", one) for name, one in found.by_queue.items()]


def _group(what: str, name: str, one: "Summary") -> str:
    return (
        f"{what:<8} {name:<16} opened {one.opened:>7,}  decided {one.decided:>7,}  violations"
        f" {_part(one.violations, one.decided)}  overturned {_part(one.overturned, one.decided)}"
        f"  waited {_waited(one.waited)}"
    )


def _part(count: int, of: int) -> str:
    """With a share where it says something."""
    from tenfold.casework.overview_summary import share

    part = share(count, of)
    return f"{count:,} of {of:,}" + ("" if part is None else f" ({part:.0%})")


def _waited(waits: "Waits") -> str:
    if waits.median is None:
        return "no case"
    p90 = "" if waits.p90 is None else f", 90 % within {_span(waits.p90)}"
    return f"median {_span(waits.median)}{p90} (of {waits.cases:,})"


def _span(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} d"
