"""The overview of ninety days: how long the server takes for it, and what keeping a day costs a worker.

The page is asked for over HTTP of a server that is a process of its own; times are those of whole requests.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from tenfold.store import database, overview, people, web_sessions
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Role
from tenfold_bench import _overview_history
from tenfold_bench.console_speed import serving
from tenfold_bench.result import Figure, Result

CASES, SIGNALS = 100_000, 1_000_000
QUICK_CASES, QUICK_SIGNALS = 20_000, 100_000
PAGES, QUICK_PAGES = 60, 20
WARM_UP = 3
PLACES = (
    "/overview?span=90d",
    "/overview?span=30d",
    "/overview?span=24h",
    "/overview/languages.csv?span=90d",
)


def run(quick: bool) -> Result:
    cases, signals = (QUICK_CASES, QUICK_SIGNALS) if quick else (CASES, SIGNALS)
    with tempfile.TemporaryDirectory(prefix="tf-overview-") as folder:
        server = EmbeddedServer(Path(folder))
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                _overview_history.fill(conn, cases, signals)
                session = web_sessions.start(conn, people.add_user(conn, "Lead", [Role.LEAD]).id)
            with serving(server.url) as url, httpx.Client(base_url=url, timeout=60) as client:
                client.cookies.set("tenfold_session", session)
                first = _timed(lambda: client.get(PLACES[0]).raise_for_status())
                days, kept = _fill(server.url)
                pages = {place: _pages(client, place, QUICK_PAGES if quick else PAGES) for place in PLACES}
        finally:
            server.stop()
    goals = {PLACES[0]: "< 200 ms"}
    figures = [
        Figure(
            label=f"{place} ({len(times)} times), {name}",
            ours=float(np.percentile(times, share)),
            unit="ms",
            goal=goals.get(place, ""),
        )
        for place, times in pages.items()
        for name, share in (("median", 50), ("95th percentile", 95))
    ]
    figures += [
        Figure(label=f"{PLACES[0]} before any day is kept", ours=first, unit="ms"),
        Figure(label=f"keeping a day ({days} days)", ours=kept / max(1, days), unit="ms"),
    ]
    note = f"{cases:,} cases and {signals:,} signals in {_overview_history.DAYS} days."
    return Result(name="overview", n=cases, figures=figures, notes=[note])


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def _fill(url: str) -> tuple[int, float]:
    """Days that a worker keeps, and the milliseconds that it takes for all."""
    days, began = 0, time.perf_counter()
    with database.connect(url) as conn:
        while done := overview.fill(conn, datetime.now(UTC)):
            conn.commit()
            days += done
    return days, (time.perf_counter() - began) * 1000


def _pages(client: httpx.Client, place: str, count: int) -> list[float]:
    times = [_timed(lambda: client.get(place).raise_for_status()) for _ in range(count + WARM_UP)]
    return times[WARM_UP:]
