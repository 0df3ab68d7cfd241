"""Candidates: the engines' SQL against a plain Python join, and the engines against each other."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.linkage import engines, finding
from tenfold.linkage.worth import Worth

CAP, FLOOR = 3, 3


@pytest.fixture(scope="module")
def duck(tmp_path_factory):
    engine = engines.DuckDb(tmp_path_factory.mktemp("spill"), threads=2)
    yield engine
    engine.close()


KINDS, VALUES = 4, 3
ACCOUNTS = st.lists(
    st.tuples(
        st.booleans(),
        st.sets(st.tuples(st.integers(0, VALUES), st.integers(1, KINDS)), max_size=6),
    ),
    min_size=1,
    max_size=9,
)


def worth():
    """Evidence is kind % 3; of kind 1 further keys add 2, up to 7."""
    points, evidence = np.zeros((64, CAP + 1), np.int64), np.zeros(64, np.int64)
    for kind in range(1, KINDS + 1):
        evidence[kind] = kind % 3
        for accounts in range(2, CAP + 1):
            points[kind, accounts] = 2 * kind + CAP - accounts
    more, most = np.zeros(3, np.int64), np.zeros(3, np.int64)
    more[1], most[1] = 2, 7
    return Worth(points=points, evidence=evidence, more=more, most=most)


def write_case(folder, accounts):
    """Account i is born i-th; key = value * 64 + kind, shifted so that some are negative."""
    keys = [
        (i, (value - 2) * 64 + kind) for i, (_, shown) in enumerate(accounts) for value, kind in sorted(shown)
    ]
    tables = {
        "keys": (("account", pa.int32()), ("key", pa.int64()), keys),
        "owners": (
            *((name, pa.int32()) for name in ("account", "born", "closed")),
            [(i, i, int(closed)) for i, (closed, _) in enumerate(accounts)],
        ),
        "chosen": (("account", pa.int32()), [(i,) for i, (closed, _) in enumerate(accounts) if closed]),
    }
    files = {}
    for name, (*fields, rows) in tables.items():
        columns = list(zip(*rows, strict=True)) or [()] * len(fields)
        arrays = [pa.array(column, type_) for column, (_, type_) in zip(columns, fields, strict=True)]
        pq.write_table(pa.Table.from_arrays(arrays, names=[n for n, _ in fields]), folder / f"{name}.parquet")
        files[name] = [folder / f"{name}.parquet"]
    return files, keys


def naive(accounts, keys, muted):
    """The same candidates over dictionaries."""
    owners = defaultdict(set)
    for account, key in keys:
        owners[key].add(account)
    counted = {
        key: len(who) for key, who in owners.items() if any(accounts[a][0] for a in who) and len(who) >= 2
    }
    found: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for key, count in counted.items():
        if count <= CAP and key not in muted:
            kind = key & 63
            for older in owners[key]:
                for newer in owners[key]:
                    if accounts[older][0] and older < newer:
                        found[older, newer][kind % 3].append(2 * kind + CAP - count)
    totals = {}
    for pair, kinds in found.items():
        totals[pair] = sum(
            min(max(values) + 2 * (len(values) - 1), 7) if evidence == 1 else max(values)
            for evidence, values in kinds.items()
        )
    kept = sorted((newer, -total, older) for (older, newer), total in totals.items() if total >= FLOOR)
    rank: dict[int, int] = defaultdict(int)
    rows = []
    for newer, minus, older in kept:
        rank[newer] += 1
        if rank[newer] <= finding.BEST:
            rows.append((older, newer, -minus))
    return counted, sorted(rows, key=lambda row: (row[1], row[0]))


def run(engine, files, muted, folder):
    out, useful = folder / "counts.parquet", folder / "useful.parquet"
    finding.query(engine, finding.COUNTS, {"keys": files["keys"], "chosen": files["chosen"]}, ["key"], out)
    counts = pq.read_table(out)
    pq.write_table(worth().useful(counts, np.array(sorted(muted), np.int64)), useful)
    tables = {**{name: files[name] for name in ("keys", "owners")}, "useful": [useful]}
    sql = finding.candidates_sql(finding.CLOSED_THEN_ANY, FLOOR, worth())
    finding.query(engine, sql, tables, ["newer", "older"], folder / "found.parquet")
    found = pq.read_table(folder / "found.parquet")
    return (
        dict(zip(counts["key"].to_pylist(), counts["accounts"].to_pylist(), strict=True)),
        list(zip(*(found[name].to_pylist() for name in ("older", "newer", "points")), strict=True)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACCOUNTS, st.sets(st.integers(-2, 2).map(lambda v: v * 64 + 1), max_size=2))
def test_engine_finds_what_a_plain_join_finds(duck, tmp_path, accounts, muted):
    files, keys = write_case(tmp_path, accounts)
    assert run(duck, files, muted, tmp_path) == naive(accounts, keys, muted)


def test_only_the_best_of_each_newer_account_are_kept(duck, tmp_path):
    """A hundred closed accounts share a key of their own each with the newest one, ten of them two."""
    shown = {(value, 1) for value in range(100)} | {(value, 2) for value in range(10)}
    accounts = [(True, {pair for pair in shown if pair[0] == value}) for value in range(100)] + [
        (False, shown)
    ]
    files, keys = write_case(tmp_path, accounts)
    counts, found = run(duck, files, set(), tmp_path)
    assert (counts, found) == naive(accounts, keys, set())
    assert [older for older, _, _ in found] == list(range(finding.BEST))


def test_an_engine_tells_what_is_wrong_with_its_files(duck, tmp_path):
    (tmp_path / "keys.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(engines.EngineError, match="DuckDB"):
        duck.run("SELECT * FROM keys", {"keys": [tmp_path / "keys.parquet"]}, tmp_path / "out.parquet")


def test_spark_that_is_not_there_is_named():
    with pytest.raises(engines.EngineError, match="cannot be reached"):
        engines.Spark("sc://127.0.0.1:9")


def test_a_quote_in_a_path_is_harmless(duck, tmp_path):
    folder = tmp_path / "it's; DROP"
    folder.mkdir()
    pq.write_table(pa.table({"key": [3, 1, 2]}), folder / "keys.parquet")
    out = folder / "out.parquet"
    finding.query(duck, "SELECT key FROM keys", {"keys": [folder / "keys.parquet"]}, ["key"], out)
    assert pq.read_table(out)["key"].to_pylist() == [1, 2, 3]
