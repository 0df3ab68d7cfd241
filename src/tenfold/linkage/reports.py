"""What a sweep leaves: links with what people decided about them, clusters, and why each holds together."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import clusters, held_together, spreadsheets
from tenfold.linkage.clusters import Cut, Links
from tenfold.linkage.history import History
from tenfold.linkage.ledger import Family
from tenfold.linkage.model import HELD_BACK, LEVELS, LIKELY

if TYPE_CHECKING:
    from tenfold.linkage.sweep import Report, Sweep

SAME, DIFFERENT = "same", "different"


def links(sweep: "Sweep", out: Path) -> None:
    """Every pair that is shown or decided, with the cluster that it holds together (see docs/sweeps.md)."""
    scored = _decided(sweep.history, _scored(sweep))
    found, chosen = _clustered(sweep, scored)
    label = np.asarray(found.label)
    older, newer = scored["older"].to_numpy(), scored["newer"].to_numpy()
    inside = label[older] == label[newer]
    cut = np.full(len(scored), Cut.WEAK, np.int8)
    cut[chosen] = found.cut
    names = pa.array([code.name.lower() for code in Cut]).take(pa.array(cut))
    accounts = sweep.history.column("identities", "account")
    closed = sweep.history.column("identities", "closed_us").is_valid().to_numpy()
    pq.write_table(
        pa.table(
            {
                "older": accounts.take(pa.array(older)),
                "newer": accounts.take(pa.array(newer)),
                "older_closed": closed[older],
                "bits": scored["bits"],
                "probability": scored["probability"],
                "level": scored["level"],
                "held_back": scored["held_back"],
                "dressed": scored["dressed"],
                "decided": scored["decided"],
                "cluster": pa.array(np.where(inside, label[older], -1), mask=~inside),
                "cut": pc.if_else(pa.array(cut == Cut.NO), None, names),
                "points": scored["points"],
                **{family.value: scored[family.value] for family in Family},
                "older_number": older,
                "newer_number": newer,
            }
        ),
        out,
        compression="zstd",
    )


def _scored(sweep: "Sweep") -> pa.Table:
    """What scoring kept, ascending by newer and older, codes as words."""
    parts = [pq.read_table(sweep.stages.folder / name) for name, _, _ in sweep.batches()]
    if not parts:
        from tenfold.linkage.scoring import SCORED

        parts = [SCORED.empty_table()]
    table = pa.concat_tables(parts).sort_by([("newer", "ascending"), ("older", "ascending")])
    for name, words in (("level", LEVELS), ("held_back", HELD_BACK)):
        words_of = pa.array(words, pa.string())
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, words_of.take(table[name].combine_chunks()))
    return table


def decided_pairs(history: History) -> list[tuple[int, int, str]]:
    """Decisions in force by account numbers, the smaller one first; of unknown accounts none."""
    decisions = history.columns("decisions", ["account_a", "account_b", "verdict"]).to_pydict()
    one, other, said = decisions.values()
    if not said:
        return []
    asked = pa.array(sorted({*one, *other}), pa.string())
    place = pc.index_in(history.column("identities", "account"), value_set=asked).fill_null(-1).to_numpy()
    known = np.flatnonzero(place >= 0)
    number = dict(zip(asked.take(pa.array(place[known])).to_pylist(), known.tolist(), strict=True))
    pairs = ((number.get(a), number.get(b), verdict) for a, b, verdict in zip(one, other, said, strict=True))
    return sorted((min(a, b), max(a, b), said) for a, b, said in pairs if a is not None and b is not None)


def _decided(history: History, scored: pa.Table) -> pa.Table:
    """With what people decided: `different` shows nothing, `same` is likely, also where nothing was found."""
    said = {a << 32 | b: verdict for a, b, verdict in decided_pairs(history)}
    older, newer = (scored[name].to_numpy().astype(np.int64) for name in ("older", "newer"))
    pairs = np.minimum(older, newer) << 32 | np.maximum(older, newer)
    found = np.flatnonzero(np.isin(pairs, list(said)))
    verdicts = dict(zip(found.tolist(), map(said.pop, pairs[found].tolist()), strict=True))
    alone = [pair for pair, verdict in said.items() if verdict == SAME]
    if alone:
        extra = {"older": [pair >> 32 for pair in alone], "newer": [pair & 0xFFFFFFFF for pair in alone]}
        empty = pa.nulls(len(alone))
        columns = {name: extra.get(name, empty) for name in scored.column_names}
        verdicts |= dict.fromkeys(range(len(scored), len(scored) + len(alone)), SAME)
        scored = pa.concat_tables([scored, pa.table(columns).cast(scored.schema)])
    for name, values in (("level", (LEVELS[LIKELY], None)), ("held_back", (None, "decided"))):
        column = dict(zip((SAME, DIFFERENT), values, strict=True))
        place = scored.schema.get_field_index(name)
        chosen = {row: column[verdict] for row, verdict in verdicts.items()}
        scored = scored.set_column(place, name, _replaced(scored[name], chosen))
    none = pa.nulls(len(scored), pa.string())
    return scored.append_column("decided", _replaced(none, verdicts))


def _replaced(column: Any, values: Mapping[int, str | None]) -> Any:
    """A column of words with others in some rows."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    rows = np.zeros(len(column), np.bool_)
    rows[list(values)] = True
    words = pa.array([values[row] for row in sorted(values)], pa.string())
    return pc.replace_with_mask(column, pa.array(rows), words)


def _clustered(sweep: "Sweep", scored: pa.Table) -> tuple[clusters.Clusters, NDArray[np.int64]]:
    """Clusters over the likely links, and which rows those are.

    Links that are only possible hold nothing together: anybody can copy what most of them rest on.
    """
    chosen = np.flatnonzero(pc.equal(scored["level"], LEVELS[LIKELY]).fill_null(False).to_numpy())
    likely = scored.take(pa.array(chosen))
    bits = likely["bits"].fill_null(0.0).to_numpy().copy()
    bits[pc.equal(likely["decided"], SAME).fill_null(False).to_numpy()] = clusters.DECIDED
    rests = likely["rests_on"].combine_chunks().fill_null([])
    edges = Links(
        older=likely["older"].to_numpy().astype(np.int64),
        newer=likely["newer"].to_numpy().astype(np.int64),
        bits=bits,
        rests_link=pc.list_parent_indices(rests).to_numpy().astype(np.int64),
        rests_key=rests.flatten().to_numpy(),
    )
    apart = [(a, b) for a, b, verdict in decided_pairs(sweep.history) if verdict == DIFFERENT]
    count = sweep.history.manifest.accounts
    return clusters.find(count, edges, apart, sweep.options.rules), chosen


def members(sweep: "Sweep", out: Path) -> None:
    """Accounts of clusters of two or more: (cluster, account, closed), called by the smallest number."""
    found = pq.read_table(
        sweep.stages.folder / "links.parquet", columns=["cluster", "older_number", "newer_number"]
    )
    found = found.filter(found["cluster"].is_valid())
    cluster = found["cluster"].to_numpy()
    both = np.concatenate([found["older_number"].to_numpy(), found["newer_number"].to_numpy()]).astype(
        np.int64
    )
    number, first = np.unique(both, return_index=True)
    of = np.concatenate([cluster, cluster]).astype(np.int64)[first]
    order = np.lexsort((number, of))
    number, of = number[order], of[order]
    closed = sweep.history.column("identities", "closed_us").is_valid().to_numpy()
    accounts = sweep.history.column("identities", "account").take(pa.array(number))
    table = pa.table({"cluster": of, "account": accounts, "closed": closed[number], "number": number})
    pq.write_table(table, out, compression="zstd")


def _csv(source: str, without: tuple[str, ...]) -> Callable[["Sweep", Path], None]:
    def write(sweep: "Sweep", out: Path) -> None:
        spreadsheets.write(pq.read_table(sweep.stages.folder / source).drop_columns(list(without)), out)

    return write


FILES: dict[str, Callable[["Sweep", Path], None]] = {
    "links.parquet": links,
    "clusters.parquet": members,
    "why.parquet": held_together.why,
    "links.csv": _csv("links.parquet", ("older_number", "newer_number")),
    "clusters.csv": _csv("clusters.parquet", ("number",)),
    "why.csv": _csv("why.parquet", ()),
}


def report(sweep: "Sweep") -> "Report":
    """Counts of what the files hold."""
    from tenfold.linkage.sweep import Report

    folder = sweep.stages.folder
    links_ = pq.read_table(folder / "links.parquet", columns=["level", "older_closed"])
    clustered = pq.read_table(folder / "clusters.parquet", columns=["cluster"])["cluster"].to_numpy()
    counted = {
        f"{'return' if closed else 'open'}_{level}": pc.sum(
            pc.and_(pc.equal(links_["level"], level), pc.equal(links_["older_closed"], closed))
        ).as_py()
        or 0
        for closed in (True, False)
        for level in ("likely", "possible")
    }
    return Report(
        id=sweep.id,
        folder=str(folder),
        engine=sweep.engine.name,
        model=sweep.model.version,
        accounts=sweep.history.manifest.accounts,
        closed=pq.read_metadata(folder / "closed.parquet").num_rows,
        keys=sweep.history.rows("keys"),
        candidates=pq.read_metadata(folder / "candidates.parquet").num_rows,
        open_candidates=pq.read_metadata(folder / "open_candidates.parquet").num_rows,
        links=counted,
        clusters=len(np.unique(clustered)),
        clustered=len(clustered),
        reused=len(set(sweep.stages.reused)),
    )
