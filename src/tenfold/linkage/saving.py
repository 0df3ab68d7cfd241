"""Keeping what a sweep found as links and signals, by the rules by which online finds are kept."""

from collections.abc import Callable

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenfold.linkage import returns
from tenfold.linkage.scoring import Worker
from tenfold.linkage.sweep import Sweep
from tenfold.store import closures, link_decisions
from tenfold.store import returns as store_returns
from tenfold.store.database import Conn

BATCH = 1_000


def save(conn: Conn, sweep: Sweep, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Keep the links between closed and newer accounts that a sweep shows; returns how many.

    Their origin is "sweep:" and its id. What people decided by now counts, not what they had decided when the
    history was written; closures that were erased since get none. Commits after each batch: run again, it
    does the same again.
    """
    found = pq.read_table(
        sweep.stages.folder / "links.parquet",
        columns=["older_number", "newer_number", "points", "older_closed"],
    )
    found = found.filter(pc.and_(found["older_closed"], found["points"].is_valid()))
    pairs = pa.table({"older": found["older_number"], "newer": found["newer_number"]})
    if not pairs.num_rows:
        return 0
    worker, kept = Worker(sweep.plan()), 0
    for start in range(0, pairs.num_rows, BATCH):
        judged = worker.judged(pairs.slice(start, BATCH))
        decisions = link_decisions.in_force(conn, [(one.closed, one.new) for one in judged])
        apart = link_decisions.told_apart(conn, [(j.closed, j.new) for j in judged if j.level == "likely"])
        there = closures.load(conn, {one.closed for one in judged})
        shown = [
            one
            for one in (returns.decided(one, decisions, apart) for one in judged)
            if one.level and one.closed in there
        ]
        links = [msgspec.structs.replace(returns.as_link(one), origin=f"sweep:{sweep.id}") for one in shown]
        kept += len(store_returns.keep(conn, links, [returns.as_signal(one) for one in shown]))
        conn.commit()
        progress(min(start + BATCH, pairs.num_rows), pairs.num_rows)
    return kept
