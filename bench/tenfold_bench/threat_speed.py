"""What reading threats costs, and whether the pipeline keeps its pace with it.

CPU time of one core over real posts, in batches of 500, after a warm-up on other posts: the detector of
threats beside the
whole suite it is a part of. Then posts through the whole pipeline (fold, detect, judge, file, acknowledge)
with two
worker processes on a fresh PostgreSQL with fsync on, as the bench `pipeline` has them.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tenfold.detectors import shipped
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.suite import TextSuite
from tenfold.detectors.threat.detector import ThreatDetector
from tenfold.store import database
from tenfold.store.embedded import EmbeddedServer
from tenfold_bench import _posts, pipeline
from tenfold_bench._threats import BATCH, items
from tenfold_bench.result import Figure, Result

GOAL = 1_500
SIZE, QUICK_SIZE = 12_000, 3_000
PIPELINE, QUICK_PIPELINE = 20_000, 5_000


def cost(posts: list[str], work: Callable[[PreparedBatch], object]) -> float:
    """Microseconds of CPU a post, normal form not counted."""
    spent = 0
    for start in range(0, len(posts), BATCH):
        batch = PreparedBatch(items(posts[start : start + BATCH]))
        begun = time.process_time_ns()
        work(batch)
        spent += time.process_time_ns() - begun
    return spent / len(posts) / 1e3


def run(quick: bool) -> Result:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the bench `pipeline` starts its workers
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    size = QUICK_SIZE if quick else SIZE
    posts = _posts.mixture(3 * size)
    threats, suite = ThreatDetector(), TextSuite(shipped.banks())
    for start in range(0, size, BATCH):
        suite.detect(items(posts[start : start + BATCH]))
    ours = cost(posts[size : 2 * size], threats.detect_prepared)
    whole = cost(posts[2 * size :], lambda batch: suite.detect(batch.items))
    figures = [
        Figure(label="reading threats", ours=ours, unit="µs CPU a post"),
        Figure(label="the whole suite, threats among it", ours=whole, unit="µs CPU a post"),
        Figure(label="threats' share of the suite", ours=100 * ours / whole, unit="%"),
    ]
    count = QUICK_PIPELINE if quick else PIPELINE
    with tempfile.TemporaryDirectory(prefix="tf-threats-") as name:
        server = EmbeddedServer(Path(name) / "pg")
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                shipped.install(conn)
                conn.commit()
            made = pipeline.as_events(pipeline.real(count), "threats")
            seconds = pipeline.with_workers(server.url, Path(name), pipeline.WORKERS, made)
        finally:
            server.stop()
    figures.append(
        Figure(
            label=f"posts through the pipeline, {pipeline.WORKERS} workers",
            ours=count / seconds,
            unit="posts/s",
            goal=f">= {GOAL:,}",
        )
    )
    return Result(name="threat-speed", n=count, figures=figures)
