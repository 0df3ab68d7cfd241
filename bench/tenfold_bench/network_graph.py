"""The graph of a network at its largest, 2,000 nodes: the server's answer, and how smoothly it is shown.

The browser is a real Chromium that draws on the processor, as on a machine without a graphics card. Server,
database and browser share the machine's cores: processor times say more than frames on a busy one.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np

from tenfold.store import database, people, web_sessions
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Role
from tenfold_bench import _network_made
from tenfold_bench._network_browser import Moved, Seen, look
from tenfold_bench.console_speed import serving
from tenfold_bench.result import Figure, Result

FOLLOWERS = 2_200  # more than a graph shows
ANSWERS, QUICK_ANSWERS = 20, 3
MOVING, QUICK_MOVING = 10.0, 4.0  # seconds, dragging and zooming each


class Answered(NamedTuple):
    """Milliseconds of each answer as JSON, its bytes as text, nodes and edges."""

    times: list[float]
    size: int
    nodes: int
    edges: int


def run(quick: bool) -> Result:
    with console() as (url, session):
        answered = _answers(url, session, QUICK_ANSWERS if quick else ANSWERS)
        place = f"{url}/networks?start=account:{_network_made.START}&depth=2"
        seen = look(place, url, session, QUICK_MOVING if quick else MOVING)
    return _result(answered, seen)


@contextmanager
def console() -> Iterator[tuple[str, str]]:
    """A console with the network: its address, and the session of somebody who may see it."""
    with tempfile.TemporaryDirectory(prefix="tf-network-") as folder:
        server = EmbeddedServer(Path(folder))
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                _network_made.fill(conn, FOLLOWERS)
                session = web_sessions.start(conn, people.add_user(conn, "Lead", [Role.LEAD]).id)
                conn.commit()
            with serving(server.url) as url:
                yield url, session
        finally:
            server.stop()


def _answers(url: str, session: str, count: int) -> Answered:
    times = []
    with httpx.Client(base_url=url, cookies={"tenfold_session": session}, timeout=60) as client:
        for _ in range(count + 1):
            began = time.perf_counter()
            answer = client.get(
                "/networks/graph", params={"start": f"account:{_network_made.START}", "depth": 2}
            )
            times.append((time.perf_counter() - began) * 1000)
    told = answer.raise_for_status().json()
    return Answered(times[1:], len(answer.content), len(told["nodes"]["id"]), len(told["edges"]["source"]))


def _result(answered: Answered, seen: Seen) -> Result:
    figures = [
        Figure(label="answer as JSON, median", ours=float(np.median(answered.times)), unit="ms"),
        Figure(label="answer as JSON, before it is compressed", ours=answered.size / 1e6, unit="MB"),
        Figure(label="bytes sent for the page, with its scripts", ours=seen.sent / 1e6, unit="MB"),
        Figure(label="until the graph can be used", ours=seen.ready, unit="ms", goal="<= 2,000"),
        Figure(label="until nodes stand still", ours=seen.settled, unit="ms"),
        Figure(label="processor time of the main thread until then", ours=seen.main, unit="ms"),
        *_moved("dragged", seen.dragged),
        *_moved("zoomed", seen.zoomed),
        Figure(label="focusing a node, median", ours=float(np.median(seen.focused)), unit="ms"),
    ]
    notes = [
        f"{answered.edges:,} edges. Chromium drew on the processor, 1280 x 900, beside server and database."
    ]
    return Result(name="network-graph", n=answered.nodes, figures=figures, notes=notes)


def _moved(how: str, moved: Moved) -> list[Figure]:
    frames = moved.frames
    return [
        Figure(label=f"frames while {how}", ours=1000 * len(frames) / sum(frames), unit="1/s", goal=">= 30"),
        Figure(
            label=f"a frame while {how}, 95th percentile",
            ours=float(np.percentile(frames, 95)),
            unit="ms",
            goal="<= 50",
        ),
        Figure(
            label=f"processor time of a frame while {how}, main thread",
            ours=moved.main / len(frames),
            unit="ms",
        ),
        Figure(
            label=f"processor time of a frame while {how}, whole browser",
            ours=moved.browser / len(frames),
            unit="ms",
        ),
    ]
