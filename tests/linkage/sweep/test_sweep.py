"""Sweeps: the same bytes on every engine and after every interruption; decisions; what holds clusters."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import msgspec
import psutil
import pyarrow.parquet as pq
import pytest

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import engines, pairing, parameters, usual
from tenfold.linkage.compare import compare
from tenfold.linkage.history import History
from tenfold.linkage.manifest import HistoryError
from tenfold.linkage.model import Model
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.sorting import Sorting
from tenfold.linkage.sweep import Options, Sweep
from tenfold.linkage.table import Table
from tests.linkage.sweep.small_history import simulated, write

MODEL = msgspec.json.encode(parameters.shipped())
TABLES = ("candidates", "open_candidates", "links", "clusters", "why")
RESULTS = [*(f"{name}.parquet" for name in TABLES), "links.csv", "clusters.csv", "why.csv"]
ACCOUNTS = 3_000


def digests(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in RESULTS}


def swept(history, folder, engine=None, **options):
    own = Sorting() if engine is None else engine
    folder.mkdir(exist_ok=True)
    try:
        return Sweep(history, folder, own, MODEL, Options(**({"processes": 1} | options))).run()
    finally:
        if engine is None:
            own.close()


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    return simulated(tmp_path_factory.mktemp("history"), ACCOUNTS)


@pytest.fixture(scope="module")
def reference(population, tmp_path_factory):
    folder = tmp_path_factory.mktemp("numpy")
    return swept(population, folder), folder


def test_a_sweep_finds_returns_and_clusters(reference):
    report, folder = reference
    assert report.accounts == ACCOUNTS
    assert report.links["return_likely"] > 100
    assert report.clusters > 50
    links = pq.read_table(folder / "links.parquet").to_pylist()
    shown = [link for link in links if link["level"]]
    assert shown and all(link["points"] > 0 and link["older"] != link["newer"] for link in shown)
    assert {link["level"] for link in shown} == {"likely", "possible"}
    assert all(link["cluster"] is None or link["cut"] in (None, "weak") for link in links)


def test_clusters_hold_together_by_links_that_are_told(reference):
    _, folder = reference
    members = pq.read_table(folder / "clusters.parquet").to_pylist()
    held = [
        link for link in pq.read_table(folder / "links.parquet").to_pylist() if link["cluster"] is not None
    ]
    sets: dict[int, set[str]] = {}
    for member in members:
        sets.setdefault(member["cluster"], set()).add(member["account"])
    for name, accounts in sets.items():
        reached = {next(iter(sorted(accounts)))}
        edges = [
            (link["older"], link["newer"]) for link in held if link["cluster"] == name and not link["cut"]
        ]
        while grown := {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}:
            if grown <= reached:
                break
            reached |= grown
        assert reached == accounts
    for row in pq.read_table(folder / "why.parquet").to_pylist():
        assert row["accounts"] == len(sets[row["cluster"]])
        assert row["weakest_bits"] is not None
        for value in json.loads(row["values"]):
            assert 2 <= value["members"] <= min(row["accounts"], value["accounts"])


def test_duckdb_gives_the_same_bytes(population, reference, tmp_path):
    engine = engines.DuckDb(tmp_path / "spill", threads=2)
    try:
        swept(population, tmp_path, engine)
    finally:
        engine.close()
    assert digests(tmp_path) == digests(reference[1])


def test_sail_gives_the_same_bytes(population, reference, tmp_path):
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    engine = engines.Spark(f"sc://127.0.0.1:{server.listening_address[1]}")
    try:
        swept(population, tmp_path, engine)
    finally:
        engine.close()
        server.stop()
    assert digests(tmp_path) == digests(reference[1])


SPARK = """
import sys
from pathlib import Path
from tenfold.linkage import engines
from tenfold.linkage.history import History
from tests.linkage.sweep.test_sweep import swept
engine = engines.Spark("local[2]")
try:
    swept(History(Path(sys.argv[1])), Path(sys.argv[2]), engine)
finally:
    engine.close()
"""


def test_spark_gives_the_same_bytes(population, reference, tmp_path):
    """In a process of its own: one process holds either a Spark of its own or a connection to another."""
    subprocess.run([sys.executable, "-c", SPARK, population.folder, tmp_path], check=True, cwd=os.getcwd())
    assert digests(tmp_path) == digests(reference[1])


def test_several_processes_give_the_same_bytes(population, reference, tmp_path, monkeypatch):
    monkeypatch.setattr("tenfold.linkage.scoring.BATCH_PAIRS", 1_000)
    swept(population, tmp_path, processes=2)
    assert digests(tmp_path) == digests(reference[1])


def test_a_second_run_does_nothing_again(population, reference, tmp_path):
    first = swept(population, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    second = swept(population, tmp_path)
    assert second.reused > first.reused == 0
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}


KILLED = """
import sys
from pathlib import Path
from tenfold.linkage import scoring, sweep
scoring.BATCH_PAIRS, sweep.ACCOUNT_FILES = 1_000, 1
from tenfold.linkage.history import History
from tests.linkage.sweep.test_sweep import swept
swept(History(Path(sys.argv[1])), Path(sys.argv[2]), processes=int(sys.argv[3]))
"""


def killed_at(stage, population, folder, processes):
    """A sweep that was killed once this file of it was there; the processes that it had started."""
    command = [sys.executable, "-c", KILLED, population.folder, folder, str(processes)]
    process = subprocess.Popen(command, cwd=os.getcwd())
    while not (folder / stage).exists() and process.poll() is None:
        time.sleep(0.005)
    started = psutil.Process(process.pid).children() if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    return started


@pytest.mark.parametrize(
    "stage", ["counts.parquet", "accounts/part-00001.arrow", "scored/part-00001.parquet"]
)
def test_killed_at_any_stage_it_ends_with_the_same_bytes(population, reference, tmp_path, monkeypatch, stage):
    killed_at(stage, population, tmp_path, processes=1)
    (tmp_path / "links.parquet.partial").write_bytes(b"half a file")
    monkeypatch.setattr("tenfold.linkage.scoring.BATCH_PAIRS", 1_000)
    monkeypatch.setattr("tenfold.linkage.sweep.ACCOUNT_FILES", 1)
    report = swept(population, tmp_path)
    assert report.reused > 0
    assert digests(tmp_path) == digests(reference[1])


def test_what_a_killed_sweep_started_ends_with_it(population, tmp_path):
    started = killed_at("pairs.parquet", population, tmp_path, processes=2)
    assert started
    assert not psutil.wait_procs(started, timeout=60)[1]


def test_a_stage_file_that_was_spoilt_is_made_again(population, reference, tmp_path):
    swept(population, tmp_path)
    (tmp_path / "candidates.parquet").write_bytes(b"not parquet")
    (tmp_path / "links.parquet").unlink()
    (tmp_path / "stages.json.partial").write_bytes(b"{")
    swept(population, tmp_path)
    assert digests(tmp_path) == digests(reference[1])


def everybody(population):
    """All accounts of a history as a table, and how rare their keys are."""
    table = Table.concat([Table.from_arrow(pq.read_table(file)) for file in population.files("identities")])
    counts = pq.read_table(population.files("keys"))["key"].value_counts()
    return table, Rarity(
        counts.field("values").to_numpy(),
        counts.field("counts").to_numpy(),
        len(table),
        name_counts=population.manifest.name_counts,
        usual=usual.of_files(population.files("identities")),
    )


def test_a_sweep_shows_what_comparing_all_of_every_pair_shows(population, reference):
    """Pairs that are left out before names are compared are none that would be shown; bits are the same."""
    table, rarity = everybody(population)
    pairs = pq.read_table(reference[1] / "pairs.parquet")
    older, newer = pairs["older"].to_numpy(), pairs["newer"].to_numpy()
    scores = Model.load(MODEL).score(compare(table, older, table, newer, rarity))
    shown = scores.level > 0
    assert 0 < shown.sum() < len(pairs)
    expected = dict(zip(zip(older[shown], newer[shown], strict=True), scores.bits[shown], strict=True))
    links = pq.read_table(reference[1] / "links.parquet").to_pylist()
    assert {(link["older_number"], link["newer_number"]): link["bits"] for link in links} == expected


def test_little_is_lost_by_the_cap_and_the_floor_of_a_sweep(population, reference):
    """Of what the wider first look of training and evaluation finds likely, nearly all is found."""
    table, rarity = everybody(population)
    closed = [row for row, at in enumerate(table.closed_us.tolist()) if at > 0]
    import numpy as np

    rows = np.array(closed)
    pairs = pairing.candidates(table.take(rows), table, rarity)
    older, newer = rows[pairs.closed], pairs.newer
    later = table.created_us[older] < table.created_us[newer]
    scores = Model.load(MODEL).score(compare(table, older[later], table, newer[later], rarity))
    likely = scores.level == 2
    wide = set(zip(older[later][likely].tolist(), newer[later][likely].tolist(), strict=True))
    links = pq.read_table(reference[1] / "links.parquet").to_pylist()
    found = {(link["older_number"], link["newer_number"]) for link in links}
    assert len(wide & found) >= 0.95 * len(wide)


PHONE = (("phone", "p1"), ("device", "d1"), ("email", "e1"))
DAY = 86_400_000_000


def person(account, created, closed=None, **shown):
    shown = {"tokens": PHONE, "handles": ("ashen_scribe",), "names": ("كاتب الراية",)} | shown
    return Fingerprint(account=account, created_us=created * DAY, closed_us=closed and closed * DAY, **shown)


def crowd(count):
    return [
        Fingerprint(account=f"z{i}", created_us=i, handles=(f"reader{chr(97 + i % 26)}{i}",))
        for i in range(count)
    ]


RETURNS = [person("a", 1, 10), person("b", 11, 20), person("c", 21)]


def labels(folder):
    return {row["account"]: row["cluster"] for row in pq.read_table(folder / "clusters.parquet").to_pylist()}


def test_told_apart_they_are_in_no_cluster_and_in_no_link(tmp_path):
    together = write(tmp_path / "h1", [*RETURNS, *crowd(500)])
    swept(together, tmp_path / "s1")
    assert len(set(labels(tmp_path / "s1").values())) == 1
    assert labels(tmp_path / "s1").keys() == {"a", "b", "c"}
    said = [("a", "c", "different"), ("b", "c", "different"), ("a", "unknown", "same")]
    apart = write(tmp_path / "h2", [*RETURNS, *crowd(500)], decisions=said)
    swept(apart, tmp_path / "s2")
    assert labels(tmp_path / "s2").keys() == {"a", "b"}
    rows = {(r["older"], r["newer"]): r for r in pq.read_table(tmp_path / "s2" / "links.parquet").to_pylist()}
    assert rows["a", "c"]["level"] is None
    assert (rows["a", "c"]["held_back"], rows["a", "c"]["decided"]) == ("decided", "different")


def test_what_people_called_the_same_is_one_cluster_whatever_was_found(tmp_path):
    stranger = Fingerprint(account="x", created_us=30 * DAY, handles=("someone_else",))
    said = [("a", "x", "same")]
    history = write(tmp_path / "h", [RETURNS[0], stranger, *crowd(300)], decisions=said)
    swept(history, tmp_path / "s")
    assert labels(tmp_path / "s").keys() == {"a", "x"}
    row = pq.read_table(tmp_path / "s" / "why.parquet").to_pylist()[0]
    assert row["weakest_bits"] is None


def test_a_value_that_was_marked_as_shared_finds_nobody(tmp_path):
    from tenfold.linkage.keys import keys_of

    plain = [person("a", 1, 10, names=()), person("b", 11, names=())]
    keys = [(key,) for key in keys_of(plain[0]).tolist()]
    muted = write(tmp_path / "h", [*plain, *crowd(300)], muted=keys)
    report = swept(muted, tmp_path / "s")
    assert report.candidates == 0
    assert sum(report.links.values()) == 0


def test_an_account_whose_age_nobody_told_may_be_a_return(tmp_path):
    unknown = msgspec.structs.replace(person("b", 1), created_us=None)
    history = write(tmp_path / "h", [person("a", 5, 10), unknown, *crowd(300)])
    swept(history, tmp_path / "s")
    rows = pq.read_table(tmp_path / "s" / "links.parquet").to_pylist()
    assert [(row["older"], row["newer"]) for row in rows] == [("a", "b")]


@pytest.mark.parametrize("closed", [None, 20])
def test_an_account_that_was_opened_before_the_closed_one_may_be_a_return(tmp_path, closed):
    """Slept, or bought of somebody; be it open, or closed in its turn."""
    history = write(tmp_path / "h", [person("bought", 1, closed), person("a", 5, 10), *crowd(300)])
    swept(history, tmp_path / "s")
    rows = pq.read_table(tmp_path / "s" / "links.parquet").to_pylist()
    assert [(row["older"], row["newer"], row["older_closed"]) for row in rows] == [("a", "bought", True)]


@pytest.mark.parametrize("accounts", [[], [RETURNS[0]], crowd(5)])
def test_next_to_nothing_can_be_swept(tmp_path, accounts):
    report = swept(write(tmp_path / "h", accounts), tmp_path / "s")
    assert (report.accounts, report.clusters, sum(report.links.values())) == (len(accounts), 0, 0)


def test_a_history_that_was_cut_off_or_is_none_is_refused(tmp_path):
    with pytest.raises(HistoryError, match="is no history"):
        History(tmp_path / "nothing")
    history = write(tmp_path / "h", [*RETURNS, *crowd(10)])
    file = history.files("keys")[0]
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(HistoryError, match="bytes, not"):
        History(tmp_path / "h")
    file.unlink()
    with pytest.raises(HistoryError, match="is missing"):
        History(tmp_path / "h")


def test_a_history_that_was_altered_fails_its_check(tmp_path):
    history = write(tmp_path / "h", [*RETURNS, *crowd(10)])
    history.verify()
    file = history.files("keys")[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(HistoryError, match="not what was written"):
        history.verify()
