"""Keeping what a sweep found as links and signals, by the rules by which online finds are kept."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenfold.linkage import returns
from tenfold.linkage.ledger import Judged
from tenfold.linkage.scoring import Worker
from tenfold.linkage.sweep import Sweep
from tenfold.store import audit, closures, link_decisions, links_due, shared_keys
from tenfold.store import returns as store_returns
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.link_decisions import ordered

BATCH = 1_000


def save(
    conn: Conn,
    sweep: Sweep,
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    actor: str = "system",
) -> int:
    """Keep the links between closed and newer accounts that a sweep shows; returns how many.

    Their origin is "sweep:" and its id. What people decided and marked as shared by now counts, not what they
    had when the history was written; closures that were erased since get none. Links of sweeps between
    accounts of this history that are found no more are withdrawn, unless people said they are right. The
    accounts are looked at again, so that rules see what changed. Commits after each batch: run again, it
    does the same again.
    """
    pairs = _pairs(sweep)
    kept, found = 0, set[tuple[str, str]]()
    for start, shown in _batches(conn, sweep, pairs):
        links = [msgspec.structs.replace(returns.as_link(one), origin=f"sweep:{sweep.id}") for one in shown]
        kept += len(store_returns.keep(conn, links, [returns.as_signal(one) for one in shown]))
        links_due.note_look(conn, {one.new for one in shown}, datetime.now(UTC))
        found |= {(one.closed, one.new) for one in shown}
        conn.commit()
        progress(min(start + BATCH, pairs.num_rows), pairs.num_rows)
    gone = _gone(conn, sweep, found)
    store_returns.withdraw(conn, gone)
    links_due.note_look(conn, {new for _, new in gone}, datetime.now(UTC))
    details = {"kept": kept, "withdrawn": len(gone)}
    audit.append(conn, [Entry(actor=actor, act="links.swept", subject=f"sweep:{sweep.id}", details=details)])
    conn.commit()
    return kept


def _pairs(sweep: Sweep) -> pa.Table:
    """The numbers of the closed and the newer account of each pair that the sweep scored, and whether the
    newer one wears a look."""
    found = pq.read_table(
        sweep.stages.folder / "links.parquet",
        columns=["older_number", "newer_number", "points", "older_closed", "dressed"],
    )
    found = found.filter(pc.and_(found["older_closed"], found["points"].is_valid()))
    named = found.rename_columns(["older", "newer", *found.column_names[2:]])
    return named.select(["older", "newer", "dressed"])


def _batches(conn: Conn, sweep: Sweep, pairs: pa.Table) -> Iterator[tuple[int, list[Judged]]]:
    """Where each batch starts, and what is shown of it."""
    if pairs.num_rows:
        worker = Worker(sweep.plan(), shared_keys.all_in_force(conn))
        for start in range(0, pairs.num_rows, BATCH):
            yield start, _shown(conn, worker.judged(pairs.slice(start, BATCH)))


def _shown(conn: Conn, judged: Sequence[Judged]) -> list[Judged]:
    """Those that have a level, with what people decided by now, and whose closure is there."""
    decisions = link_decisions.in_force(conn, [(one.closed, one.new) for one in judged])
    verdicts = {pair: one.verdict for pair, one in decisions.items()}
    apart = link_decisions.told_apart(conn, [(j.closed, j.new) for j in judged if j.level == "likely"])
    there = closures.closed_at(conn, {one.closed for one in judged})
    minded = (returns.decided(one, verdicts, apart) for one in judged)
    return [one for one in minded if one.level and one.closed in there]


def _gone(conn: Conn, sweep: Sweep, found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Links of sweeps that this one could have found and has not."""
    old = [pair for pair in store_returns.of_sweeps(conn) if pair not in found]
    accounts = pa.array(sorted({account for pair in old for account in pair}), pa.string())
    known = pc.is_in(accounts, value_set=sweep.history.column("identities", "account").combine_chunks())
    here = set(accounts.filter(known).to_pylist())
    decisions = link_decisions.in_force(conn, old)
    confirmed = {pair for pair, one in decisions.items() if one.verdict == "same"}
    return [pair for pair in old if here.issuperset(pair) and ordered(*pair) not in confirmed]
