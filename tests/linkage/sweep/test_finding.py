"""Candidates: what engines answer against a plain Python join."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.linkage import engines, finding, sharing, time_gap
from tenfold.linkage.kinds import Level
from tenfold.linkage.sorting import Sorting
from tenfold.linkage.table import NEVER
from tenfold.linkage.worth import FINDS_OPEN, WEAK_FOR_OPEN, Worth

CAP, OPEN_CAP, FLOOR = 4, 3, 3_000
DAMPING, MOST = (600, 300), (5_500, 9_000)  # thousandths, points: by family
DAY = time_gap.DAY_US


@pytest.fixture(scope="module")
def duck(tmp_path_factory):
    engine = engines.DuckDb(tmp_path_factory.mktemp("spill"), threads=2)
    yield engine
    engine.close()


@pytest.fixture(params=["duckdb", "numpy", "numpy, few rows at once"])
def engine(request, duck):
    return {"duckdb": duck, "numpy": Sorting()}.get(request.param) or Sorting(rows=5)


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
    """Evidence is kind % 3, its family 0 for 0 and 1; of kind 1 further keys add 2, up to 7,000."""
    points, evidence = np.zeros((64, CAP + 1), np.int64), np.zeros(64, np.int64)
    for kind in range(1, KINDS + 1):
        evidence[kind] = kind % 3
        for accounts in range(2, CAP + 1):
            points[kind, accounts] = 1000 * kind + CAP - accounts
    more, most = np.zeros(3, np.int64), np.zeros(3, np.int64)
    more[1], most[1] = 2, 7_000
    gap = np.zeros(len(Level), np.int64)
    gap[[Level.DAY, Level.BEFORE]] = 700, -900
    return Worth(
        points=points,
        evidence=evidence,
        more=more,
        most=most,
        family=np.array([0, 0, 1]),
        damping=np.array(DAMPING),
        cap=np.array(MOST),
        gap=gap,
    )


STRONG = {kind for kind in range(1, KINDS + 1) if 1000 * kind + CAP - 2 >= FINDS_OPEN} - WEAK_FOR_OPEN


def write_case(folder, accounts):
    """Account i is born i-th; its number is as far from the end. Keys: value * 64 + kind, some negative."""
    last = len(accounts) - 1
    keys = [
        (i, (value - 2) * 64 + kind) for i, (_, shown) in enumerate(accounts) for value, kind in sorted(shown)
    ]
    number, key = (
        pa.array([last - i for i, _ in keys], pa.int32()),
        pa.array([key for _, key in keys], pa.int64()),
    )
    closed = pa.array([last - i for i, (closed, _) in enumerate(accounts) if closed], pa.int32())
    tables = {"keys": pa.table({"account": number, "key": key}), "closed": pa.table({"account": closed})}
    for name, rows in tables.items():
        pq.write_table(rows, folder / f"{name}.parquet")
    return {name: [folder / f"{name}.parquet"] for name in tables}, keys


def times(accounts):
    """Account i was created on day i; a closed one was closed at once, or with the next one's first hour."""
    created = [i * DAY for i in range(len(accounts))]
    closed = [
        i * DAY + (DAY // 24 + DAY) * (i % 2) if shut else NEVER for i, (shut, _) in enumerate(accounts)
    ]
    return created, closed


def naive(accounts, keys, muted, both_open=False):
    """The same counts and candidates over dictionaries."""
    owners = defaultdict(set)
    for account, key in keys:
        owners[key].add(account)
    counted = {key: len(who) for key, who in owners.items() if len(who) >= 2}
    found: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for key in counted.keys() - muted:
        who = {account for account in owners[key] if not (both_open and accounts[account][0])}
        kind = key & 63
        if not 2 <= len(who) <= (OPEN_CAP if both_open else CAP) or (both_open and kind not in STRONG):
            continue
        for older in who:
            for newer in who:
                if accounts[older][0] != both_open and older < newer:
                    found[older, newer][kind % 3].append(worth().points[kind, len(who)])
    created, closed = times(accounts)
    rows: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for (older, newer), kinds in found.items():
        points = total(kinds)
        days = (created[newer] - closed[older]) / DAY
        gap = 0 if both_open else -900 if days < 0 else 700 if days < 1 else 0
        spare = points + gap - FLOOR - newer % 2
        if spare >= 0:
            rows[newer].append((-spare, older, points))
    kept = [(older, newer, points, -spare) for newer in rows for spare, older, points in best(rows[newer])]
    return counted, sorted(kept, key=lambda row: (row[1], row[0]))


def best(rows):
    return sorted(rows)[: sharing.BEST]


def total(kinds):
    """Of each family the best kind whole, the others damped, no more than its cap."""
    families = defaultdict(list)
    for evidence, values in kinds.items():
        agreed = min(max(values) + 2 * (len(values) - 1), 7_000) if evidence == 1 else max(values)
        families[0 if evidence < 2 else 1].append(agreed)
    return sum(
        min(max(some) + (sum(some) - max(some)) * DAMPING[family] // 1000, MOST[family])
        for family, some in families.items()
    )


def run(engine, files, accounts, muted, folder, *, both_open=False):
    names = ("counts.parquet", "useful.parquet", "shown.npy")
    out, useful, shown = (folder / name for name in names)
    finding.counts(engine, {name: files[name] for name in ("keys", "closed")}, out)
    counts = pq.read_table(out)
    found = worth().useful(counts, np.array(sorted(muted), np.int64), OPEN_CAP)
    pq.write_table(found, useful)
    born = np.array([len(accounts) - 1 - i for i in range(len(accounts))])  # numbers descend with time
    finding.shown(engine, born, {"keys": files["keys"], "useful": [useful]}, shown)
    keys = sharing.Keys(
        found["open_points" if both_open else "points"].to_numpy(),
        found["evidence"].to_numpy(),
        np.load(shown),
    )
    created, closed = (np.array(column[::-1]) for column in times(accounts))
    least = np.array([FLOOR + i % 2 for i in reversed(range(len(accounts)))])
    owners = sharing.Owners(born=born, created_us=created, closed_us=closed, least=least)
    pairs = sharing.candidates(keys, owners, worth(), both_open=both_open)
    last = len(accounts) - 1
    rows = zip(*(pairs[name].to_pylist() for name in ("older", "newer", "points", "spare")), strict=True)
    return (
        dict(zip(counts["key"].to_pylist(), counts["accounts"].to_pylist(), strict=True)),
        sorted(((last - a, last - b, *rest) for a, b, *rest in rows), key=lambda row: (row[1], row[0])),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACCOUNTS, st.sets(st.integers(-2, 2).map(lambda v: v * 64 + 1), max_size=2), st.booleans())
def test_candidates_are_those_of_a_plain_join(engine, tmp_path, accounts, muted, both_open):
    files, keys = write_case(tmp_path, accounts)
    found = run(engine, files, accounts, muted, tmp_path, both_open=both_open)
    assert found == naive(accounts, keys, muted, both_open)


@pytest.mark.parametrize("portion", [1, 7])
def test_portions_change_nothing(duck, tmp_path, monkeypatch, portion):
    monkeypatch.setattr(sharing, "_PORTION", portion)
    accounts = [(i % 2 == 0, {(i % 4, 1), (i % 3, 2), (i % 5, 3)}) for i in range(20)]
    files, keys = write_case(tmp_path, accounts)
    counts, found = run(duck, files, accounts, set(), tmp_path)
    assert found
    assert (counts, found) == naive(accounts, keys, set())


def test_only_the_best_of_each_newer_account_are_kept(duck, tmp_path):
    """A hundred closed accounts share a key of their own each with the newest one, ten of them two."""
    shown = {(value, 3) for value in range(100)} | {(value, 2) for value in range(10)}
    accounts = [(True, {pair for pair in shown if pair[0] == value}) for value in range(100)] + [
        (False, shown)
    ]
    files, keys = write_case(tmp_path, accounts)
    counts, found = run(duck, files, accounts, set(), tmp_path)
    assert (counts, found) == naive(accounts, keys, set())
    assert len(found) == sharing.BEST
    assert {older for older, *_ in found} >= set(range(10))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(-3, 3), st.sampled_from([0, 1, 1 << 20, 1 << 44, 1 << 60])),
        min_size=1,
        unique=True,
    ),
    st.integers(1, 40),
    st.integers(1, 3),
)
def test_sorting_answers_as_duckdb_does_for_keys_that_begin_alike(duck, tmp_path, shown, rows, parts):
    rows_of = sorted({(account, high * unit + account % 2) for account, high, unit in shown})
    files = [tmp_path / f"keys-{part}.parquet" for part in range(parts)]
    for part, file in enumerate(files):
        account, key = zip(*rows_of[part::parts] or [(0, 7)], strict=True)
        some = slice(None) if rows_of[part::parts] else slice(0)
        pq.write_table(
            pa.table(
                {"account": pa.array(account[some], pa.int32()), "key": pa.array(key[some], pa.int64())}
            ),
            file,
        )
    closed = tmp_path / "closed.parquet"
    pq.write_table(pa.table({"account": pa.array([0, 3, 12], pa.int32())}), closed)
    tables = {"keys": files, "closed": [closed]}
    engine = Sorting(rows)
    found = engine.counts(tables, tmp_path / "raw")
    assert sorted(found.to_pylist(), key=str) == sorted(
        duck.counts(tables, tmp_path / "raw").to_pylist(), key=str
    )
    useful = tmp_path / "useful.parquet"
    some = found["key"].to_numpy()[::2]
    pq.write_table(pa.table({"key": some, "place": pa.array(np.arange(len(some)), pa.int32())}), useful)
    tables = {"keys": files, "useful": [useful]}
    expected = sorted(duck.shown(tables, tmp_path / "raw").to_pylist(), key=str)
    for asked in (engine, Sorting(rows)):  # one that has just counted, and one that goes on after another
        assert sorted(asked.shown(tables, tmp_path / "raw").to_pylist(), key=str) == expected


def test_an_engine_tells_what_is_wrong_with_its_files(engine, tmp_path):
    (tmp_path / "keys.parquet").write_bytes(b"PAR1 and then nothing")
    pq.write_table(pa.table({"account": pa.array([], pa.int32())}), tmp_path / "closed.parquet")
    tables = {name: [tmp_path / f"{name}.parquet"] for name in ("keys", "closed")}
    with pytest.raises(engines.EngineError, match=r"keys\.parquet|DuckDB"):
        engine.counts(tables, tmp_path / "out.parquet")


def test_spark_that_is_not_there_is_named():
    with pytest.raises(engines.EngineError, match="cannot be reached"):
        engines.Spark("sc://127.0.0.1:9")


def test_a_quote_in_a_path_is_harmless(duck, tmp_path):
    folder = tmp_path / "it's; DROP"
    folder.mkdir()
    pq.write_table(pa.table({"key": [3, 1, 2]}), folder / "keys.parquet")
    out = folder / "out.parquet"
    duck.run("SELECT key FROM keys", {"keys": [folder / "keys.parquet"]}, out)
    assert sorted(pq.read_table(out)["key"].to_pylist()) == [1, 2, 3]
