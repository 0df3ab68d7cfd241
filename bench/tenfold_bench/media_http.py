"""Look-ups of picture hashes over HTTP as clients of Hasher-Matcher-Actioner make them, and how soon what was
added is matched.

CPU of the server's process and of PostgreSQL for each look-up, one client on one kept connection: after each
look-up the server sleeps, and its core's caches go cold; and with some clients at once, as a platform asks.
Peer: Hasher-Matcher-Actioner itself, 9 to 10 ms of CPU a look-up and 57 to 232 s until an added hash is
matched, measured earlier on such a machine and not run here.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import psutil
import psycopg

from tenfold.detectors.media.pdq import BITS, NEAR
from tenfold.store import banks, database, keys
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold_bench._intake_server import SECRET
from tenfold_bench.result import Figure, Result

HASHES, QUICK_HASHES = 1_000_000, 100_000
LOOK_UPS, QUICK_LOOK_UPS = 3_000, 800
WARMING = 50
CLIENTS = 8  # at once
TOGETHER = 500  # hashes in one request of our own
ADDED = 20
HMA_CPU, HMA_ADDED = 9.5, 220.0  # ms of CPU a look-up at 1 M; seconds from adding to matching at 1 M
BANK = "known"


def fill(conn: Conn, count: int) -> None:
    """A bank of `count` entries with a random hash each, as an import would leave it."""
    banks.create(conn, id=BANK, kind="media", title="known")
    conn.execute("SELECT setseed(0.5)")
    conn.execute(
        """
        CREATE TEMP TABLE made ON COMMIT DROP AS
        SELECT 'pdq:' || encode(code, 'hex') AS key, code
        FROM (SELECT sha256(('h' || n)::bytea) AS code FROM generate_series(1, %s) AS n) AS drawn
        """,
        [count],
    )
    conn.execute(
        "INSERT INTO bank_entries (bank, key, value, added_by) SELECT %s, key, key, 'bench' FROM made", [BANK]
    )
    conn.execute(
        "INSERT INTO media_hashes (bank, key, kind, form, hash) SELECT %s, key, 'pdq', '', code FROM made",
        [BANK],
    )
    conn.execute("INSERT INTO media_contents (bank, key) SELECT %s, key FROM made", [BANK])
    conn.commit()


def copies(conn: Conn, count: int) -> list[str]:
    """Hashes of the bank with 0 to NEAR bits changed."""
    rows = conn.execute(
        "SELECT hash FROM media_hashes WHERE number %% 97 = 0 ORDER BY number LIMIT %s", [count]
    ).fetchall()
    chance = np.random.default_rng(5)
    made = []
    for (code,) in rows:
        value = int.from_bytes(code)
        for bit in chance.choice(BITS, chance.integers(NEAR + 1), replace=False):
            value ^= 1 << int(bit)
        made.append(f"{value:064x}")
    return made


class Client:
    """One kept connection to the server, with a key in the path."""

    def __init__(self, port: int, token: str) -> None:
        self._base = f"/hma/key/{token}"
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, method: str, path: str, body: object = None) -> dict[str, object]:
        return self._answer(method, self._base + path, body)

    def _answer(self, method: str, path: str, body: object) -> dict[str, object]:
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {text[:300]!r}")
        found: dict[str, object] = json.loads(text)
        return found

    def look_up(self, digits: str) -> dict[str, object]:
        return self("GET", f"/m/lookup?signal_type=pdq&signal={digits}")

    def look_up_all(self, digits: Sequence[str]) -> dict[str, object]:
        """Many hashes in one request of our own API."""
        return self._answer("POST", "/v1/media/look-up", {"hashes": [f"pdq:{one}" for one in digits]})


@contextmanager
def serving(url: str) -> Iterator[tuple[int, psutil.Process]]:
    """The web application in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tenfold_bench._intake_server", url, str(port)])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def cpu(processes: Sequence[psutil.Process]) -> float:
    """CPU seconds of processes, of the children that they have, and of those that they had."""
    total = 0.0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """CPU of the server and of PostgreSQL a look-up of one client, and the time of each, sorted; CPU of the
    server while all clients ask; all in milliseconds. And how many matched."""

    server: float
    postgres: float
    took: list[float]
    crowded: float
    matched: int


def looked_up(
    clients: Sequence[Client], asked: Sequence[str], server: psutil.Process, postgres: psutil.Process
) -> Measured:
    before, before_db = cpu([server]), cpu([postgres])
    took, matched = [], 0
    for digits in asked:
        start = time.perf_counter()
        matched += bool(clients[0].look_up(digits))
        took.append((time.perf_counter() - start) * 1000)
    share = 1000 / len(asked)
    return Measured(
        server=(cpu([server]) - before) * share,
        postgres=(cpu([postgres]) - before_db) * share,
        took=sorted(took),
        crowded=at_once(clients, asked, server) * share,
        matched=matched,
    )


def at_once(clients: Sequence[Client], asked: Sequence[str], server: psutil.Process) -> float:
    """CPU seconds of the server while all clients ask, each its part."""

    def ask(number: int) -> None:
        for digits in asked[number :: len(clients)]:
            clients[number].look_up(digits)

    before = cpu([server])
    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(ask, range(len(clients))))
    return cpu([server]) - before


def together(
    client: Client, asked: Sequence[str], server: psutil.Process, postgres: psutil.Process
) -> tuple[float, float]:
    """CPU of the server and of PostgreSQL a hash in milliseconds, TOGETHER hashes a request."""
    before, before_db = cpu([server]), cpu([postgres])
    for start in range(0, len(asked), TOGETHER):
        client.look_up_all(asked[start : start + TOGETHER])
    share = 1000 / len(asked)
    return (cpu([server]) - before) * share, (cpu([postgres]) - before_db) * share


def added(client: Client) -> float:
    """The longest of some times from adding a hash until a look-up matches it, in seconds."""
    longest = 0.0
    for _ in range(ADDED):
        digits = os.urandom(BITS // 8).hex()
        start = time.perf_counter()
        client("POST", "/c/bank/KNOWN/signal", {"pdq": digits})
        while not client.look_up(digits):
            time.sleep(0.005)
        longest = max(longest, time.perf_counter() - start)
    return longest


def run(quick: bool) -> Result:
    hashes, look_ups = (QUICK_HASHES, QUICK_LOOK_UPS) if quick else (HASHES, LOOK_UPS)
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedServer(Path(folder))
        try:
            database.migrate(embedded.url)
            with database.connect(embedded.url) as conn:
                fill(conn, hashes)
                conn.execute("ANALYZE")
                _, token = keys.create(
                    conn, SECRET, name="bench", scopes=[keys.Scope.BANKS_READ, keys.Scope.BANKS_WRITE]
                )
                known = copies(conn, look_ups)
                conn.commit()
            unknown = [os.urandom(BITS // 8).hex() for _ in range(look_ups)]
            postgres = _postmaster(embedded.url)
            with serving(embedded.url) as (port, server):
                clients = [Client(port, token) for _ in range(CLIENTS)]
                client = clients[0]
                start = time.perf_counter()
                client.look_up(unknown[0])
                loading = time.perf_counter() - start
                for digits in [*known[:WARMING], *unknown[:WARMING]]:
                    client.look_up(digits)
                measured = {
                    "of an unknown picture": looked_up(clients, unknown, server, postgres),
                    "of a known picture": looked_up(clients, known, server, postgres),
                }
                batched = together(client, [*unknown, *known], server, postgres)
                memory = server.memory_info().rss / 1e6
                longest = added(client)
        finally:
            embedded.stop()
    return _result(hashes, measured, batched=batched, loading=loading, memory=memory, longest=longest)


def _postmaster(url: str) -> psutil.Process:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        parent = psutil.Process(row[0]).parent()
    assert parent is not None
    return parent


def _result(
    hashes: int,
    measured: Mapping[str, Measured],
    *,
    batched: tuple[float, float],
    loading: float,
    memory: float,
    longest: float,
) -> Result:
    figures = []
    for what, one in measured.items():
        figures += [
            *(
                Figure(
                    label=f"a look-up {what}, server, {asking}",
                    ours=cost,
                    unit="ms CPU",
                    peer=HMA_CPU,
                    peer_name="HMA (its figure)",
                    ratio=HMA_CPU / cost,
                    goal="<= 0.5 at 1 M",
                )
                for asking, cost in (
                    ("one client", one.server),
                    (f"{CLIENTS} clients at once", one.crowded),
                )
            ),
            Figure(label=f"a look-up {what}, PostgreSQL", ours=one.postgres, unit="ms CPU"),
            Figure(label=f"a look-up {what}, p50", ours=one.took[len(one.took) // 2], unit="ms"),
            Figure(label=f"a look-up {what}, p99", ours=one.took[len(one.took) * 99 // 100], unit="ms"),
        ]
    return Result(
        name="media-http",
        n=hashes,
        figures=[
            *figures,
            Figure(
                label=f"a hash of {TOGETHER} in one request, half known, server",
                ours=batched[0],
                unit="ms CPU",
            ),
            Figure(label="the same, PostgreSQL", ours=batched[1], unit="ms CPU"),
            Figure(
                label="from adding a hash until it is matched, the longest",
                ours=longest,
                unit="s",
                peer=HMA_ADDED,
                peer_name="HMA (its figure)",
                ratio=HMA_ADDED / longest,
                goal="<= 1",
            ),
            Figure(label="memory of the web process", ours=memory, unit="MB"),
            Figure(label="the first look-up, which loads the index", ours=loading, unit="s"),
        ],
        notes=[
            *(
                f"{len(one.took):,} look-ups {what}: {one.matched:,} matched."
                for what, one in measured.items()
            ),
            f"Every client on one kept connection; the longest of {ADDED} additions.",
            "HMA's figures were measured earlier with 1 M hashes; it is not run here.",
        ],
    )
