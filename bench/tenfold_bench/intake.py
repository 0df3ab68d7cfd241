"""Events over HTTP until they are durable: PostgreSQL with fsync on, server and load on one machine.

Throughput: NDJSON bodies of 5,000 posts over two connections. Latency: single posts at a steady 200 a
second, each timed from the moment it was due. Peer: PostgreSQL itself, the same JSON inserted into a
bare table of one jsonb column through one psycopg connection, 500 a transaction (and one by one).
"""

import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.types.json import Jsonb

from tenfold.store import database, keys
from tenfold.store.embedded import EmbeddedServer
from tenfold_bench._intake_server import SECRET
from tenfold_bench.result import Figure, Result

EVENTS, QUICK_EVENTS = 300_000, 60_000
A_BODY = 5_000
CONNECTIONS = 2
RATE, SECONDS, QUICK_SECONDS = 200, 20, 8
PEER_BATCH = 500
TEXT = "The library on Mill Street opens at nine tomorrow. تفتح المكتبة في التاسعة صباح الغد. #books https://library.example/{}"


def posts(count: int, run: str) -> Iterator[bytes]:
    """Posts of about 330 bytes, no two alike."""
    for number in range(count):
        event = {
            "id": f"{run}-{number}",
            "type": "post.created",
            "time": f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            "account": f"a{number % 20_000}",
            "data": {"post": f"{run}-{number}", "text": TEXT.format(number), "language": "en"},
        }
        yield json.dumps(event, ensure_ascii=False).encode()


def bodies(count: int, run: str) -> list[bytes]:
    made = list(posts(count, run))
    return [b"\n".join(made[start : start + A_BODY]) for start in range(0, count, A_BODY)]


class Load:
    """Clients of the server at `port` that hold a key."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"authorization": f"Bearer {token}"}

    def send(self, connection: http.client.HTTPConnection, body: bytes, media_type: str) -> None:
        headers = self._headers | {"content-type": media_type}
        connection.request("POST", "/v1/events", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}: {text[:500]!r}")

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def throughput(self, made: list[bytes]) -> float:
        """Seconds until all bodies are answered."""

        def work(mine: list[bytes]) -> None:
            connection = self.connect()
            for body in mine:
                self.send(connection, body, "application/x-ndjson")

        return _in_threads(work, [made[number::CONNECTIONS] for number in range(CONNECTIONS)])

    def latencies(self, made: list[bytes]) -> list[float]:
        """Seconds from when each event was due until it was answered, sorted."""
        start = time.perf_counter() + 0.1
        found: list[float] = []

        def work(mine: list[tuple[int, bytes]]) -> None:
            connection = self.connect()
            for number, body in mine:
                due = start + number / RATE
                time.sleep(max(0.0, due - time.perf_counter()))
                self.send(connection, body, "application/json")
                found.append(time.perf_counter() - due)

        numbered = list(enumerate(made))
        _in_threads(work, [numbered[number::4] for number in range(4)])
        return sorted(found)


def _in_threads(work: Callable[[list[Any]], None], shares: list[list[Any]]) -> float:
    """Seconds until every share is worked off, each in a thread of its own."""
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def peer(url: str, count: int) -> tuple[float, float]:
    """Events a second in batches, and the 99th percentile in ms of single inserts, of PostgreSQL itself."""
    made = list(posts(count, "peer"))
    insert = "INSERT INTO peer (body) SELECT value FROM jsonb_array_elements(%s)"
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE peer (seq bigserial PRIMARY KEY, body jsonb NOT NULL)")
        conn.commit()
        started = time.perf_counter()
        for begin in range(0, count, PEER_BATCH):
            payload = b"[" + b",".join(made[begin : begin + PEER_BATCH]) + b"]"
            conn.execute(insert, [Jsonb(payload, dumps=lambda raw: raw)], prepare=True)
            conn.commit()
        batched = count / (time.perf_counter() - started)
        single = []
        for raw in made[:1_000]:
            started = time.perf_counter()
            conn.execute(insert, [Jsonb(b"[" + raw + b"]", dumps=lambda raw: raw)], prepare=True)
            conn.commit()
            single.append(time.perf_counter() - started)
            time.sleep(0.001)
        conn.execute("DROP TABLE peer")
    return batched, sorted(single)[int(len(single) * 0.99)] * 1000


def _cpu_seconds(folder: str) -> float:
    """CPU time so far of this process and its children, and of PostgreSQL in `folder`."""
    own = psutil.Process()
    postmaster = int((Path(folder) / "postgres" / "postmaster.pid").read_text().split()[0])
    total = 0.0
    for parent in (own, psutil.Process(postmaster)):
        for process in (parent, *parent.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(url: str) -> tuple[subprocess.Popen[bytes], Load]:
    with database.connect(url) as conn:
        _, token = keys.create(conn, SECRET, name="bench", scopes=[keys.Scope.EVENTS_WRITE])
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-m", "tenfold_bench._intake_server", url, str(port)])
    load = Load(port, token)
    deadline = time.monotonic() + 60
    while True:
        try:
            load.connect().close()
            return process, load
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                process.kill()
                raise SystemExit("the server did not start") from None
            time.sleep(0.05)


def run(quick: bool) -> Result:
    count = QUICK_EVENTS if quick else EVENTS
    with tempfile.TemporaryDirectory(prefix="tf-intake-") as folder:
        server = EmbeddedServer(Path(folder))
        try:
            database.migrate(server.url)
            process, load = _start(server.url)
            try:
                load.throughput(bodies(2 * A_BODY, "warm"))
                made = bodies(count, "many")
                cpu = _cpu_seconds(folder)
                rate = count / load.throughput(made)
                cpu = (_cpu_seconds(folder) - cpu) / count
                latencies = load.latencies(list(posts(RATE * (QUICK_SECONDS if quick else SECONDS), "one")))
            finally:
                process.terminate()
                process.wait()
            peer_rate, peer_p99 = peer(server.url, count)
            with database.connect(server.url) as conn:
                row = conn.execute("SELECT count(*) FROM event_queue").fetchone()
            assert row is not None
            expected = count + 2 * A_BODY + len(latencies)
            if row[0] != expected:
                raise SystemExit(f"{expected} events were acknowledged and {row[0]} are there")
        finally:
            server.stop()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    return Result(
        name="intake",
        n=count,
        figures=[
            Figure(
                label="events accepted durably, NDJSON over HTTP",
                ours=rate,
                unit="events/s",
                peer=peer_rate,
                peer_name="bare table",
                ratio=rate / peer_rate,
                goal=">= 25,000 on two cores",
            ),
            Figure(
                label="CPU time an event, of server, PostgreSQL and load together",
                ours=cpu * 1e6,
                unit="µs",
                goal="<= 80 (two cores at 25,000/s)",
            ),
            Figure(
                label=f"one event at {RATE}/s, 99th percentile",
                ours=p99,
                unit="ms",
                peer=peer_p99,
                peer_name="bare table",
                ratio=peer_p99 / p99,
                goal="<= 10",
            ),
            Figure(label=f"one event at {RATE}/s, median", ours=p50, unit="ms"),
        ],
        notes=[
            "PostgreSQL, server and load share the machine; every acknowledged event was found in the queue."
        ],
    )
