"""Is this new account a closed one come back? One account after another, end to end in PostgreSQL.

The keys of a simulated population stand in a fresh embedded PostgreSQL, with the closures of a tenth of it.
Newcomers, returns among them, are in the tables as the pipeline leaves them. For each, by itself and in a
transaction of its own: gather what it left, find candidates, compare, score, keep links and signals, commit.
A fifth of them come first, uncounted: on a platform that runs, values that many show are counted by then.
Then the same looks with an address among their keys that 100,000 accounts show. Splink's `predict_between`
answers the same question for one record at a time, in the same run.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import psutil
import psycopg
from numpy.typing import NDArray
from psycopg.rows import TupleRow

from tenfold.linkage.ledger import Judged
from tenfold.linkage.online import Linker
from tenfold.simulation.returns import Returns, ReturnsSpec
from tenfold.store import database
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold_bench import _returns_in_postgres, _splink_online
from tenfold_bench._returns_history import kept
from tenfold_bench.result import Figure, Result

ACCOUNTS, QUICK_ACCOUNTS = 1_000_000, 12_000
ASKED, QUICK_ASKED = 1_500, 150
POSTS = 3  # that a newcomer has written when it is looked at
PEER_ASKED = 5
SHARED = 100_000  # accounts that show one address


def run(quick: bool) -> Result:
    accounts, asked = (QUICK_ACCOUNTS, QUICK_ASKED) if quick else (ACCOUNTS, ASKED)
    history = kept(accounts)
    returns = Returns(ReturnsSpec(accounts=accounts))
    with tempfile.TemporaryDirectory(prefix="tf-link-") as name:
        server = EmbeddedServer(Path(name))
        try:
            database.migrate(server.url)
            with database.connect(server.url, autocommit=True) as conn:
                size = _returns_in_postgres.fill(conn, history)
                newcomers = _returns_in_postgres.newcomers(conn, returns, asked + asked // 5, POSTS)
                _returns_in_postgres.write_styles(conn, returns, newcomers)
                looks = looked(conn, returns, newcomers[asked:], newcomers[:asked])
                parts = where_time_goes(conn, newcomers[: asked // 3])
                shared = with_a_shared_address(conn, newcomers[: asked // 3])
        finally:
            server.stop()
    peer = _splink_online.seconds_a_record(history, PEER_ASKED)
    return result(accounts, looks, parts, shared, peer, size=size)


class Looks(NamedTuple):
    """Seconds of each look on the clock, of the processor in this process, and of PostgreSQL's on average;
    `queries` on average."""

    clock: NDArray[np.float64]
    here: NDArray[np.float64]
    there: float
    queries: float
    right: str


class Counted(psycopg.Cursor[TupleRow]):
    """Counts the statements of all cursors."""

    queries = 0

    def execute(self, *given: Any, **named: Any) -> Self:
        Counted.queries += 1
        return super().execute(*given, **named)


def looked(conn: Conn, returns: Returns, first: Sequence[str], newcomers: Sequence[str]) -> Looks:
    """Look at each newcomer by itself; `right` tells how many returns were recognised."""
    conn.cursor_factory = Counted
    linker, backend = Linker(), psutil.Process(conn.info.backend_pid)
    for account in first:
        linker.look(conn, [account])
    gc.collect()
    gc.freeze()  # as workers do
    clock, here, judged = [], [], {}
    there, Counted.queries = sum(backend.cpu_times()[:2]), 0
    for account in newcomers:
        began, worked = time.perf_counter(), time.process_time()
        with conn.transaction():
            judged[account] = linker.look(conn, [account]).judged
        clock.append(time.perf_counter() - began)
        here.append(time.process_time() - worked)
    there = (sum(backend.cpu_times()[:2]) - there) / len(newcomers)
    queries = Counted.queries / len(newcomers)
    return Looks(np.array(clock), np.array(here), there, queries, recognised(returns, judged))


def recognised(returns: Returns, judged: Mapping[str, Sequence[Judged]]) -> str:
    """How many returns are likely, and how many newcomers are likely to be somebody else."""
    back, found, wrong = 0, 0, 0
    for account, pairs in judged.items():
        truth = returns.truth(int(account[1:]))
        same = [
            returns.truth(int(one.closed[1:])).operator == truth.operator
            for one in pairs
            if one.level == "likely"
        ]
        back += bool(truth.predecessors)
        found += bool(truth.predecessors) and any(same)
        wrong += not all(same)
    return (
        f"of {back:,} returns {found:,} are likely at once; likely links to somebody else's closed account: "
        f"{wrong:,} of {len(judged):,} newcomers"
    )


def with_a_shared_address(conn: Conn, newcomers: Sequence[str]) -> tuple[float, float]:
    """Mean milliseconds of a look, before and after an address of SHARED accounts is among its keys."""
    linker = Linker()
    for account in newcomers[:20]:
        linker.look(conn, [account])
    before = _mean(conn, linker, newcomers)
    _returns_in_postgres.share_address(conn, newcomers, SHARED)
    return before, _mean(conn, linker, newcomers)


def _mean(conn: Conn, linker: Linker, newcomers: Sequence[str]) -> float:
    began = time.perf_counter()
    for account in newcomers:
        with conn.transaction():
            linker.look(conn, [account])
    return 1000 * (time.perf_counter() - began) / len(newcomers)


def where_time_goes(conn: Conn, newcomers: Sequence[str]) -> dict[str, float]:
    """Milliseconds of the parts of a look, on average."""
    from tenfold.linkage import candidates, counted, gather, online
    from tenfold.store import known_pairs
    from tenfold.store import returns as store_returns

    spent: dict[str, float] = {}
    parts: list[tuple[str, object, str]] = [
        ("gather", gather, "fingerprints"),
        ("keys", online, "keys_of"),
        ("candidates: query", counted, "with_closures"),
        ("candidates: first look", candidates, "FirstLook"),
        ("pairs and closures: what is known", known_pairs, "before"),
        ("compare", online, "compare"),
        ("links: write", store_returns, "keep"),
    ]
    originals = [getattr(module, attribute) for _, module, attribute in parts]

    def timed(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

        return call

    linker = Linker()
    linker.look(conn, newcomers[:1])
    try:
        for (name, module, attribute), function in zip(parts, originals, strict=True):
            setattr(module, attribute, timed(name, function))
        for account in newcomers:
            linker.look(conn, [account])
    finally:
        for (_, module, attribute), function in zip(parts, originals, strict=True):
            setattr(module, attribute, function)
    return {name: 1000 * total / len(newcomers) for name, total in spent.items()}


def result(
    accounts: int,
    looks: Looks,
    parts: dict[str, float],
    shared: tuple[float, float],
    peer: list[float],
    *,
    size: str,
) -> Result:
    took = 1000 * np.quantile(looks.clock, [0.5, 0.99, 0.999])
    peer_took = 1000 * float(np.median(peer))
    figures = [
        Figure(
            label=f"one new account against {accounts:,}, {name}",
            ours=round(float(ours), 2),
            unit="ms",
            peer=round(peer_took, 1),
            peer_name="splink predict_between",
            ratio=round(peer_took / float(ours), 1),
            goal=goal,
        )
        for name, ours, goal in zip(("p50", "p99", "p99.9"), took, ("", "<= 10 ms", ""), strict=True)
    ]
    here = 1000 * np.quantile(looks.here, [0.5, 0.99])
    for name, ms in (("p50", here[0]), ("p99", here[1]), ("PostgreSQL's, average", 1000 * looks.there)):
        figures.append(Figure(label=f"processor time, {name}", ours=round(float(ms), 2), unit="ms"))
    figures.append(Figure(label="queries a look", ours=round(looks.queries, 1), unit=""))
    figures.append(
        Figure(
            label=f"a look again, with an address of {SHARED:,} accounts among its keys",
            ours=round(shared[1], 2),
            unit="ms",
            peer=round(shared[0], 2),
            peer_name="without",
            goal="the same",
        )
    )
    figures += [Figure(label=f"of it: {name}", ours=round(ms, 2), unit="ms") for name, ms in parts.items()]
    notes = [
        looks.right,
        size,
        f"load of the machine: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores",
    ]
    return Result(name="link-online", n=accounts, figures=figures, notes=notes)
