"""The demonstration's tables: what was found against the truth."""

from typing import TYPE_CHECKING

from tenfold.simulation.scoring import FalseFind, Flagged, Row, Score

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LISTED = 20  # wrong finds shown of each sort


def show(score: Score, console: "Console") -> None:
    """Print everything."""
    console.print(_table("Accounts of the network that have a case", score.accounts))
    console.print(_table("Posts of the network that have a case", score.posts))
    console.print(_table("Returns recognised", score.returns))
    console.print(_flagged("Accounts outside the network", score.honest_accounts))
    console.print(_flagged("Posts outside the network that name the organisation", score.honest_posts))
    _list("accounts", score.false_accounts, console)
    _list("posts", score.false_posts, console)


def _table(title: str, rows: list[Row]) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("recall", "of sought", "precision", "of found"):
        table.add_column(name, justify="right")
    previous = "all"
    for row in rows:
        if row.of != previous:
            table.add_section()
            previous = row.of
        table.add_row(row.name, *_cells(row))
    return table


def _cells(row: Row) -> tuple[str, str, str, str]:
    tally = row.tally
    found = tally.right_finds + tally.false_finds
    # A wrong find has no role, kind or evasion of the network, so there is no precision to show.
    with_precision = row.of in ("all", "language")
    return (
        _rate(tally.recall),
        f"{tally.hits:,}/{tally.sought:,}",
        _rate(tally.precision) if with_precision else "",
        f"{tally.right_finds:,}/{found:,}" if with_precision else "",
    )


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _flagged(title: str, rows: list[Flagged]) -> "Table":
    from rich.table import Table

    table = Table("", title=title, title_justify="left")
    for name in ("of", "with a case", "as an exception"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.name, f"{row.total:,}", f"{row.found:,}", f"{row.excepted:,}")
    return table


def _list(what: str, wrong: list[FalseFind], console: "Console") -> None:
    if not wrong:
        console.print(f"No {what} were found wrongly.")
        return
    more = f", {LISTED} of them shown" if len(wrong) > LISTED else ""
    console.print(f"{len(wrong):,} {what} with a case that are not what was sought{more}:")
    for find in wrong[:LISTED]:
        console.print(f"  {find.id}  {find.kind}, by {find.account} ({find.role}, {find.language})")
