"""Charts as shapes in SVG, made on the server: they need no script, print as they look, and time runs the way
the language is read. Lengths are units of the view box WIDTH x HEIGHT."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from tenfold.casework.overview_tables import Table

WIDTH, HEIGHT = 600, 210
BESIDE, ABOVE, BELOW = 66, 8, 24  # room for the labels
LABELS: Final = 6  # along time, at most
STEPS: Final = 4  # of the other axis, about
# Minutes that are drawn as lines across a chart of waiting, by the message that names them.
SPANS: Final = (
    ("minutes", 1),
    ("minutes", 10),
    ("hours", 60),
    ("hours", 360),
    ("days", 1440),
    ("days", 10080),
)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle of one series."""

    series: str
    x: float
    y: float
    width: float
    height: float


class Line(msgspec.Struct, frozen=True):
    """A series as a path, and a dot for each value."""

    series: str
    path: str
    dots: list[tuple[float, float]]


class Tick(msgspec.Struct, frozen=True):
    """A place on an axis and its label."""

    at: float
    label: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """What a template draws. `columns`: where a pointer over a period finds its numbers, by number of row."""

    shapes: list[Shape] = []
    lines: list[Line] = []
    across: list[Tick] = []
    along: list[Tick] = []
    columns: list[tuple[float, float]] = []
    labels_at: float
    start: float
    end: float


class Pen:
    """Draws over the rows of a table, whose first column is a time. `mirrored`: time runs from right to left.
    `day`, `count` and `span` write labels in the reader's language."""

    def __init__(
        self,
        *,
        mirrored: bool,
        day: Callable[[datetime], str],
        count: Callable[[int], str],
        span: Callable[[str, int], str],
    ) -> None:
        self._mirrored = mirrored
        self._day = day
        self._count = count
        self._span = span

    def stacked(self, table: Table, series: Sequence[str], over: Sequence[str] = ()) -> Chart:
        """Columns of counts upon each other, the first series at the bottom, and lines over them."""
        stacks = [[_number(value) for value in table.values(key)] for key in series]
        drawn = {key: [_number(value) for value in table.values(key)] for key in over}
        tops = [sum(column) for column in zip(*stacks, strict=True)] if stacks else []
        most = max((*tops, *(value for values in drawn.values() for value in values), 0.0))
        steps = _steps(most)
        place = _linear(steps[-1])
        rows, width = len(table.rows), self._width(table)
        shapes = []
        for row in range(rows):
            upon = 0.0
            for key, values in zip(series, stacks, strict=True):
                if values[row]:
                    bottom, top = place(upon), place(upon + values[row])
                    shapes.append(
                        Shape(
                            series=key,
                            x=self._left(row, rows, width),
                            y=top,
                            width=round(width * 0.8, 2),
                            height=round(bottom - top, 2),
                        )
                    )
                    upon += values[row]
        lines = [
            self._line(key, [(row, place(value)) for row, value in enumerate(values)], rows)
            for key, values in drawn.items()
        ]
        return self._chart(
            table, [Tick(place(step), self._count(int(step))) for step in steps], shapes=shapes, lines=lines
        )

    def waits(self, table: Table, series: Sequence[str]) -> Chart:
        """Lines of minutes on a scale of powers: an hour to a day is as long a way as a day to a month."""
        values = {key: table.values(key) for key in series}
        known = [value for one in values.values() for value in one if isinstance(value, float)]
        low = max((span for _, span in SPANS if span <= min(known, default=10)), default=1)
        high = min((span for _, span in SPANS if span >= max(known, default=60)), default=SPANS[-1][1] * 8)
        place = _powers(low, max(high, low * 6))
        lines = [
            self._line(
                key,
                [(row, place(value)) for row, value in enumerate(one) if isinstance(value, float)],
                len(one),
            )
            for key, one in values.items()
        ]
        ticks = [
            Tick(place(span), self._span(unit, span))
            for unit, span in SPANS
            if low <= span <= max(high, low * 6)
        ]
        return self._chart(table, ticks, lines=lines)

    def _chart(
        self, table: Table, across: list[Tick], *, shapes: Sequence[Shape] = (), lines: Sequence[Line] = ()
    ) -> Chart:
        rows, width = len(table.rows), self._width(table)
        every = -(-rows // LABELS)
        along = [
            Tick(self._middle(row, rows), self._day(begins))
            for row, begins in enumerate(table.values(table.columns[0].key))
            if row % every == every // 2 and isinstance(begins, datetime)
        ]
        start, end = (BESIDE, WIDTH) if not self._mirrored else (WIDTH - BESIDE, 0)
        return Chart(
            shapes=list(shapes),
            lines=list(lines),
            across=across,
            along=along,
            columns=[(self._left(row, rows, width), round(width, 2)) for row in range(rows)],
            labels_at=start + (-6 if not self._mirrored else 6),
            start=start,
            end=end,
        )

    def _line(self, series: str, points: Sequence[tuple[int, float]], rows: int) -> Line:
        dots = [(self._middle(row, rows), y) for row, y in points]
        path, last = [], -2
        for (row, _), (x, y) in zip(points, dots, strict=True):
            path.append(f"{'L' if row == last + 1 else 'M'}{x} {y}")
            last = row
        return Line(series, "".join(path), dots)

    @staticmethod
    def _width(table: Table) -> float:
        return (WIDTH - BESIDE) / max(1, len(table.rows))

    def _middle(self, row: int, rows: int) -> float:
        at = (row + 0.5) * (WIDTH - BESIDE) / max(1, rows)
        return round(WIDTH - BESIDE - at if self._mirrored else BESIDE + at, 2)

    def _left(self, row: int, rows: int, width: float) -> float:
        return round(self._middle(row, rows) - width * 0.4, 2)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _steps(most: float) -> list[int]:
    """Round numbers from 0 to at least `most`."""
    rough = max(1.0, most / STEPS)
    power = 10 ** math.floor(math.log10(rough))
    step = int(next(power * times for times in (1, 2, 5, 10) if power * times >= rough))
    return list(range(0, int(most) + step, step)) if most else [0, 1]


def _linear(most: float) -> Callable[[float], float]:
    return lambda value: round(HEIGHT - BELOW - (HEIGHT - BELOW - ABOVE) * value / most, 2)


def _powers(low: float, high: float) -> Callable[[float], float]:
    whole = math.log(high / low)
    span = HEIGHT - BELOW - ABOVE
    return lambda value: round(HEIGHT - BELOW - span * math.log(max(value, low) / low) / whole, 2)
