"""Spoilt files through the upload path: sent, stored, examined in the confined process, handed on.

Every file goes through the API and is examined as a worker does it. What counts: server and examiner stay
up, every event arrives, no file takes longer than its limit, and memory stays where it was.
"""

import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
from litestar.testing import TestClient

from tenfold.config import load
from tenfold.detectors.media.hasher import Hasher
from tenfold.processing.examine import Examiner
from tenfold.store import database, keys, uploads
from tenfold.store.embedded import EmbeddedServer
from tenfold.store.keys import Scope
from tenfold.store.objects import Objects
from tenfold.web.app import create_app
from tenfold.web.runtime import Runtime
from tenfold_bench import _spoilt
from tenfold_bench.result import Figure, Result

FILES, QUICK_FILES = 10_000, 150
SECRET = b"of the bench, and of nothing else"
TIME = "2026-03-01T12:00:00Z"


def run(quick: bool) -> Result:
    """Send, examine, count."""
    count = QUICK_FILES if quick else FILES
    with tempfile.TemporaryDirectory(prefix="tf-") as folder:
        server = EmbeddedServer(Path(folder) / "pg")
        try:
            database.migrate(server.url)
            return _run(server.url, Path(folder), count)
        finally:
            server.stop()


def _run(url: str, folder: Path, count: int) -> Result:
    pool = database.pool(url, 4)
    runtime = Runtime(settings=load({}, data_dir=folder), url=url, pool=pool, secret=SECRET)
    with pool.connection() as conn:
        _, token = keys.create(conn, SECRET, name="bench", scopes=[Scope.EVENTS_WRITE])
    sent, examined = _Counts(), _Examined()
    with TestClient(create_app(runtime)) as client, Hasher() as hasher:
        client.headers["authorization"] = f"Bearer {token}"
        examiner = Examiner(url, hasher, Objects(runtime.settings.objects), "")
        for number, (how, data) in enumerate(_files(count)):
            sent.add(_send(client, number, data))
            examined.one(examiner, hasher, how)
        while examiner.next_one():
            continue
    with pool.connection() as conn:
        left = uploads.waiting(conn)
        arrived = conn.execute("SELECT count(*) FROM events").fetchone()
    pool.close()
    assert arrived is not None
    return Result(
        name="media-hostile",
        n=count,
        figures=[
            Figure(label="files taken in", ours=sent.taken, unit="files", goal=f"{count:,}"),
            Figure(label="events that arrived", ours=int(arrived[0]), unit="events", goal=f"{count:,}"),
            Figure(label="still waiting", ours=left, unit="files", goal="0"),
            Figure(label="decoders that files ended", ours=examined.ended, unit="processes"),
            Figure(label="slowest file", ours=examined.slowest, unit="s", goal="<= 600"),
            Figure(label="most memory of the decoder", ours=examined.most_memory, unit="MB", goal="<= 1,024"),
            Figure(label="memory that the examiner grew by", ours=examined.growth, unit="MB", goal="<= 100"),
            Figure(label="CPU a file, all in all", ours=1000 * examined.cpu / count, unit="ms"),
        ],
        notes=[f"spoilt by: {', '.join(_spoilt.SPOILINGS)}; slowest: {examined.slowest_how}"],
    )


def _files(count: int) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(11)
    seeds = _spoilt.seeds()
    for number in range(count):
        how = list(_spoilt.SPOILINGS)[number % len(_spoilt.SPOILINGS)]
        name = chance.choice(list(seeds))
        data = _spoilt.SPOILINGS[how](seeds[name], chance)
        yield f"{how} ({name})", data


def _send(client: httpx.Client, number: int, data: bytes) -> httpx.Response:
    event = {
        "id": f"u-{number}", "type": "media.uploaded", "time": TIME, "account": f"a-{number % 50}",
        "data": {"media": f"m-{number}"},
    }  # fmt: skip
    name = ("photo.jpg", "film.mp4", "report.pdf", "a.png")[number % 4]
    return client.post("/v1/media", data={"event": json.dumps(event)}, files={"file": (name, data)})


class _Counts:
    def __init__(self) -> None:
        self.taken = 0

    def add(self, answer: httpx.Response) -> None:
        self.taken += answer.status_code == 202


class _Examined:
    """What examining took."""

    def __init__(self) -> None:
        self.slowest, self.slowest_how = 0.0, ""
        self.ended = 0
        self.most_memory = 0.0
        self._first = psutil.Process().memory_info().rss
        self._cpu = _spent()

    def one(self, examiner: Examiner, hasher: Hasher, how: str) -> None:
        before, start = hasher.process_id, time.monotonic()
        examiner.next_one()
        took = time.monotonic() - start
        if took > self.slowest:
            self.slowest, self.slowest_how = took, how
        after = hasher.process_id
        self.ended += before is not None and after != before
        if after is not None:
            self.most_memory = max(self.most_memory, psutil.Process(after).memory_info().rss / 1e6)

    @property
    def growth(self) -> float:
        return float(psutil.Process().memory_info().rss - self._first) / 1e6

    @property
    def cpu(self) -> float:
        return _spent() - self._cpu


def _spent() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
