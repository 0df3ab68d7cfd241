"""Look-ups of picture hashes over HTTP as clients of Hasher-Matcher-Actioner make them, and how soon what was
added is matched.

CPU of the server's process and of PostgreSQL for each look-up, one client on one kept connection: after each
look-up the server sleeps, and its core's caches go cold; and with some clients at once, as a platform asks.
The server logs a line for each request, as it does by default.

How fast a processor is varies with what else runs on its machine, so known and unknown pictures, a constant
answer of the same HTTP server and a fixed piece of Python are measured in turns.
Peer: Hasher-Matcher-Actioner itself, 9 to 10 ms of CPU a look-up and 57 to 232 s until an added hash is
matched, measured earlier on such a machine and not run here.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec
import numpy as np
import psutil

from tenfold.detectors.media.pdq import BITS, NEAR
from tenfold.store import banks, database, keys
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold_bench._intake_server import SECRET
from tenfold_bench._media_client import Client
from tenfold_bench._processes import FIXED, cpu, exact, fixed, postmaster, serving
from tenfold_bench.result import Figure, Result

HASHES, QUICK_HASHES = 1_000_000, 100_000
LOOK_UPS, QUICK_LOOK_UPS = 3_000, 800
WARMING = 50
ROUNDS, QUICK_ROUNDS = 12, 4
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


class Measured(msgspec.Struct, kw_only=True):
    """CPU milliseconds of the server a look-up, of one client in each round and of all clients at once; the
    time of each look-up in milliseconds; how many matched."""

    alone: list[float] = []
    crowded: float = 0.0
    took: list[float] = []
    matched: int = 0


def in_turns(
    client: Client,
    asked: Mapping[str, Sequence[str]],
    server: psutil.Process,
    constant: tuple[Client, psutil.Process],
    rounds: int,
) -> tuple[dict[str, Measured], list[float], list[float]]:
    """Look-ups of each kind, constant answers and the fixed piece of Python (CPU milliseconds each): a part
    of all in every round."""
    measured = {what: Measured() for what in asked}
    constants, pieces = [], []
    for number in range(rounds):
        for what, digits in asked.items():
            part = digits[number::rounds]
            client.connect()
            before = exact(server)
            look_up_each(client, part, measured[what])
            measured[what].alone.append((exact(server) - before) * 1000 / len(part))
        other, process = constant
        other.connect()
        before = exact(process)
        for _ in part:
            other("GET", "/")
        constants.append((exact(process) - before) * 1000 / len(part))
        pieces.append(fixed())
    return measured, constants, pieces


def look_up_each(client: Client, asked: Sequence[str], measured: Measured) -> None:
    for digits in asked:
        start = time.perf_counter()
        measured.matched += bool(client.look_up(digits))
        measured.took.append((time.perf_counter() - start) * 1000)


def at_once(clients: Sequence[Client], asked: Sequence[str], server: psutil.Process) -> float:
    """CPU milliseconds of the server a look-up while all clients ask, each its part."""

    def ask(number: int) -> None:
        for digits in asked[number :: len(clients)]:
            clients[number].look_up(digits)

    before = exact(server)
    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(ask, range(len(clients))))
    return (exact(server) - before) * 1000 / len(asked)


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
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        embedded = EmbeddedServer(Path(folder) / "data")
        running.callback(embedded.stop)
        database.migrate(embedded.url)
        with database.connect(embedded.url) as conn:
            fill(conn, hashes)
            conn.execute("ANALYZE")
            _, token = keys.create(
                conn, SECRET, name="bench", scopes=[keys.Scope.BANKS_READ, keys.Scope.BANKS_WRITE]
            )
            known = copies(conn, look_ups)
            conn.commit()
        asked = {
            "of an unknown picture": [os.urandom(BITS // 8).hex() for _ in range(look_ups)],
            "of a known picture": known,
        }
        postgres = postmaster(embedded.url)
        logged = Path(folder) / "log"
        port, server = running.enter_context(
            serving("_intake_server", embedded.url, "{port}", "info", log=logged)
        )
        other_port, other = running.enter_context(
            serving("_constant_server", "{port}", log=Path(folder) / "other")
        )
        clients = [Client(port, token) for _ in range(CLIENTS)]
        constant = Client(other_port, token)
        start = time.perf_counter()
        clients[0].look_up(known[0])
        loading = time.perf_counter() - start
        for one in [one for kind in asked.values() for one in kind[:WARMING]]:
            clients[0].look_up(one)
            constant("GET", "/")
        before = cpu([postgres])
        measured, constants, pieces = in_turns(
            clients[0], asked, server, (constant, other), QUICK_ROUNDS if quick else ROUNDS
        )
        database_cost = (cpu([postgres]) - before) * 1000 / (2 * look_ups)
        for what, all_asked in asked.items():
            for client in clients:
                client.connect()
            measured[what].crowded = at_once(clients, all_asked, server)
        clients[0].connect()
        batched = together(clients[0], [one for kind in asked.values() for one in kind], server, postgres)
        memory = server.memory_info().rss / 1e6
        longest = added(clients[0])
    return _result(
        hashes,
        measured,
        constants=constants,
        pieces=pieces,
        database_cost=database_cost,
        batched=batched,
        loading=loading,
        memory=memory,
        longest=longest,
    )


def _result(
    hashes: int,
    measured: Mapping[str, Measured],
    *,
    constants: Sequence[float],
    pieces: Sequence[float],
    database_cost: float,
    batched: tuple[float, float],
    loading: float,
    memory: float,
    longest: float,
) -> Result:
    figures = []
    for what, one in measured.items():
        took = sorted(one.took)
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
                    ("one client", statistics.mean(one.alone)),
                    (f"{CLIENTS} clients at once", one.crowded),
                )
            ),
            Figure(label=f"a look-up {what}, p50", ours=took[len(took) // 2], unit="ms"),
            Figure(label=f"a look-up {what}, p99", ours=took[len(took) * 99 // 100], unit="ms"),
        ]
    return Result(
        name="media-http",
        n=hashes,
        figures=[
            *figures,
            Figure(label="a look-up, PostgreSQL", ours=database_cost, unit="ms CPU"),
            Figure(
                label="a constant answer of the same HTTP server (uvicorn) and no more",
                ours=statistics.mean(constants),
                unit="ms CPU",
            ),
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
                f"{len(one.took):,} look-ups {what}: {one.matched:,} matched. Of one client in "
                f"{len(one.alone)} rounds {_range(one.alone)} ms CPU."
                for what, one in measured.items()
            ),
            f"In the same rounds a constant answer took {_range(constants)} ms CPU, and {FIXED:,} additions "
            f"in Python, which show how fast the processor was, {_range(pieces)} ms.",
            f"Every client on one kept connection; the longest of {ADDED} additions.",
            "HMA's figures were measured earlier with 1 M hashes; it is not run here.",
        ],
    )


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f} (median {statistics.median(values):.2f})"
