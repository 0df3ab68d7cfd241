"""`tenfold simulate` as people and programs call it."""

import json
import subprocess
import sys
from pathlib import Path

from tenfold.simulation.truth import read


def simulate(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tenfold.cli", "simulate", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_it_writes_events_and_truth_and_says_so(tmp_path: Path) -> None:
    done = simulate(
        "--events", "1200", "--seed", "4", "--start", "2026-03-01", "--out", str(tmp_path), "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["events"] == 1200
    lines = (tmp_path / "events.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1200
    assert json.loads(lines[-1])["time"].startswith("2026-03-")
    assert len(list(read(tmp_path / "truth.ndjson"))) == told["truths"]
    assert told["events_file"] == str(tmp_path / "events.ndjson")
    spec = json.loads((tmp_path / "simulation.json").read_text())
    assert spec["start"] == "2026-03-01"


def test_for_people_it_names_the_files_and_the_speed(tmp_path: Path) -> None:
    done = simulate("--events", "1000", "--out", str(tmp_path), "--gzip")
    assert done.returncode == 0, done.stderr
    assert f"1,000 events in {tmp_path}/events.ndjson.gz" in done.stdout
    assert "events a second" in done.stdout


def test_what_cannot_be_is_one_line_and_status_2(tmp_path: Path) -> None:
    few = simulate("--events", "3", "--out", str(tmp_path))
    assert few.returncode == 2
    assert few.stderr == "tenfold: events: 3 is not between 1,000 and 100,000,000\n"
    (tmp_path / "file").touch()
    unwritable = simulate("--events", "1000", "--out", str(tmp_path / "file"))
    assert unwritable.returncode == 2
    assert "cannot write to" in unwritable.stderr


def test_accounts_alone_are_written_with_their_shares(tmp_path: Path) -> None:
    done = simulate("--accounts", "1500", "--posts", "5", "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    shares = json.loads(done.stdout)["shares"]
    lines = (tmp_path / "fingerprints.ndjson").read_text(encoding="utf-8").splitlines()
    truths = [json.loads(line) for line in (tmp_path / "truth.ndjson").read_text().splitlines()]
    assert len(lines) == len(truths) == shares["accounts"] == 1500
    assert sum("closed_us" in json.loads(line) for line in lines) == shares["closed"]
    assert sum(bool(truth["predecessors"]) for truth in truths) == shares["returns"]
    assert json.loads((tmp_path / "returns.json").read_text())["posts"] == 5
    for_people = simulate("--accounts", "1000", "--out", str(tmp_path))
    assert "1,000 accounts in" in for_people.stdout
    assert "new_everything_same_friends" in for_people.stdout


def test_events_or_accounts_must_be_said(tmp_path: Path) -> None:
    for options in ((), ("--events", "1000", "--accounts", "1000")):
        done = simulate(*options, "--out", str(tmp_path))
        assert done.returncode == 2
        assert "say either --events or --accounts" in done.stderr
