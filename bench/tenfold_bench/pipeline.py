"""The whole pipeline on text posts: fold, detect, judge, file, acknowledge, with every text detector on.

Posts wait in the queue of a fresh embedded PostgreSQL (fsync on) with the starter pack and its banks. Two
worker processes, as `tenfold serve` starts them, work until the queue is empty; then one worker in this
process repeats it with a clock around each step, to tell where the time goes.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import psutil

from tenfold import events
from tenfold.events import Event
from tenfold.simulation import SimulationSpec, generate
from tenfold.store import database
from tenfold.store import events as queue
from tenfold.store.embedded import EmbeddedServer
from tenfold.threats.protectees import Watch
from tenfold_bench.result import Figure, Result

DATA = Path(__file__).parents[2].parent / "shared" / "data"
POSTS, QUICK_POSTS = 40_000, 6_000
SECRET = b"the installation's key of the bench"
WORKERS = 2


def simulated(count: int) -> Iterator[str]:
    """Texts of posts from a simulated platform, the network's among them."""
    spec = SimulationSpec(events=max(1_000, count * 3), seed=11)
    texts = (event["data"]["text"] for event in generate(spec) if event["type"] == "post.created")
    return islice(cycle([text for text in texts if text]), count)


def real(count: int) -> Iterator[str]:
    """Texts people wrote: news of crises, ordinary people, Arabic conversations."""
    if not DATA.is_dir():
        raise SystemExit(f"real posts are read from {DATA}, which is not there")
    texts: list[str] = []
    for name, column in (
        ("pheme/pheme_rumour_sources.csv", "text"),
        ("twibot20/tweets.csv", "text"),
        ("mlma/ar_dataset.csv", "tweet"),
    ):
        with (DATA / name).open(newline="", encoding="utf-8") as file:
            rows = [row[column] for row in csv.DictReader(file) if row[column]]
        texts += list(islice(cycle(rows), 3_000))
    spread = [
        text for group in zip(texts[:3000], texts[3000:6000], texts[6000:], strict=True) for text in group
    ]
    return islice(cycle(spread), count)


def as_events(texts: Iterator[str], run: str) -> list[Event]:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    made = []
    for number, text in enumerate(texts):
        # Every copy of a text differs from the last, so that no cache answers for the work.
        body = {
            "id": f"{run}-{number}",
            "type": "post.created",
            "time": (start + timedelta(seconds=number)).isoformat(),
            "account": f"a{number % 5_000}",
            "data": {"post": f"{run}-{number}", "text": f"{text} {number:x}"},
        }
        made.append(events.parse(msgspec.json.encode(body)))
    return made


def fill(url: str, made: list[Event]) -> None:
    with database.connect(url) as conn:
        for start in range(0, len(made), 1000):
            with conn.transaction():
                queue.insert_events(conn, made[start : start + 1000])


def waiting(url: str) -> int:
    with database.connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM event_queue").fetchone()
    assert row is not None
    return int(row[0])


def with_workers(url: str, folder: Path, count: int, made: list[Event]) -> float:
    """Seconds that `count` worker processes need for the events, once they are warm."""
    environment = os.environ | {"TENFOLD_DATABASE_URL": url, "TENFOLD_DATA_DIR": str(folder)}
    workers = [
        subprocess.Popen([sys.executable, "-m", "tenfold.cli", "worker"], env=environment)
        for _ in range(count)
    ]
    try:
        fill(url, as_events(simulated(2_000), "warm"))
        while waiting(url):
            time.sleep(0.05)
        fill(url, made[:1])  # so that the clock starts with workers that look often
        started = time.perf_counter()
        fill(url, made[1:])
        while waiting(url):
            time.sleep(0.02)
        return time.perf_counter() - started
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def where_time_goes(url: str, made: list[Event]) -> dict[str, float]:
    """Seconds by step of one worker in this process."""
    from tenfold import pipeline
    from tenfold.config import Settings
    from tenfold.linkage.online import Linker
    from tenfold.policy import load_policies
    from tenfold.processing import detect, fold, judge, link, threats
    from tenfold.processing.suites import CurrentSuite

    spent: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] += time.perf_counter() - started

        return call

    steps: list[tuple[str, ModuleType, str]] = [
        ("fetch", queue, "fetch"),
        ("fold: read", fold, "load"),
        ("fold: apply", fold, "fold"),
        ("detect", detect, "detect"),
        ("fold: write", fold, "save"),
        ("signals: write", detect, "save"),
        ("link", link, "link"),
        ("threats", threats, "record"),
        ("judge", judge, "judge"),
        ("file", pipeline, "file_firings"),
        ("acknowledge", queue, "acknowledge"),
    ]
    originals = [(module, attribute, getattr(module, attribute)) for _, module, attribute in steps]
    policy = load_policies(Settings())
    fill(url, made)
    try:
        for (name, module, attribute), (_, _, function) in zip(steps, originals, strict=True):
            setattr(module, attribute, timed(name, function))
        with database.connect(url, autocommit=True) as conn:
            tools = pipeline.Tools(
                suite=CurrentSuite().get(conn), policy=policy, linker=Linker(), watch=Watch(SECRET)
            )
            started = time.perf_counter()
            while pipeline.run_once(conn, tools, 1000).applied:
                pass
            total = time.perf_counter() - started
    finally:
        for module, attribute, function in originals:
            setattr(module, attribute, function)
    spent["commit and the rest"] = total - sum(spent.values())
    return dict(spent)


def run(quick: bool) -> Result:
    count = QUICK_POSTS if quick else POSTS
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    figures, notes = [], []
    with tempfile.TemporaryDirectory(prefix="tf-pipe-") as name:
        folder = Path(name)
        server = EmbeddedServer(folder)
        try:
            database.migrate(server.url)
            from tenfold.detectors import shipped

            with database.connect(server.url) as conn:
                shipped.install(conn)
            for label, texts in (("simulated platform", simulated(count)), ("real posts", real(count))):
                made = as_events(texts, label.split()[0])
                seconds = with_workers(server.url, folder, WORKERS, made)
                size = sum(
                    len(event.data.text) for event in made if isinstance(event.data, events.PostCreated)
                )
                figures.append(
                    Figure(
                        label=f"posts through the pipeline, {WORKERS} workers, {label}",
                        ours=round(count / seconds, 1),
                        unit="posts/s",
                        goal=">= 2,000",
                    )
                )
                notes.append(f"{label}: {count:,} posts of {size / count:.0f} characters on average")
            few = as_events(real(count // 4), "steps")
            spent = where_time_goes(server.url, few)
        finally:
            server.stop()
    total = sum(spent.values())
    for step, seconds in spent.items():
        figures.append(
            Figure(label=f"one worker, {step}", ours=round(seconds / len(few) * 1e6, 1), unit="us/post")
        )
    notes.append(f"one worker in all: {total / len(few) * 1e6:.0f} us/post; cores: {psutil.cpu_count()}")
    return Result(name="pipeline", n=count, figures=figures, notes=notes)
