"""The demonstration: guards its folder, runs end to end through the public API, leaves nothing running."""

import io
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tenfold.cli import demo, demo_report, demo_server
from tenfold.cli.common import CommandError
from tenfold.simulation.scoring import FalseFind, Flagged, Row, Score, Tally

EVENTS = 3_000


def prepare(folder: Path, **more: Any) -> Any:
    return demo.prepare(folder, **({"events": 5_000, "seed": 1, "fresh": False} | more))


def test_a_new_folder_gets_the_last_thirty_days(tmp_path: Path) -> None:
    spec = prepare(tmp_path / "new")
    assert spec.start == datetime.now(UTC).date() - timedelta(days=30)
    assert spec.end_us <= (datetime.now(UTC) + timedelta(days=1)).timestamp() * 1_000_000
    assert prepare(tmp_path / "new") == spec


def test_another_simulation_in_the_folder_needs_fresh(tmp_path: Path) -> None:
    prepare(tmp_path / "d")
    (tmp_path / "d" / "old").touch()
    with pytest.raises(CommandError, match=r"5,000 events, seed 1.*--fresh"):
        prepare(tmp_path / "d", seed=2)
    assert prepare(tmp_path / "d", seed=2, fresh=True).seed == 2
    assert not (tmp_path / "d" / "old").exists()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="no demonstration"):
        prepare(tmp_path, fresh=fresh)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_broken_marker_and_an_impossible_size_are_explained(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="events: 7 is not between"):
        prepare(tmp_path / "small", events=7)
    prepare(tmp_path / "d")
    (tmp_path / "d" / demo.SPEC_FILE).write_text("{")
    with pytest.raises(CommandError, match="--fresh"):
        prepare(tmp_path / "d")


def test_a_taken_port_is_named_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"127.0.0.1:{port}.*--port"):
            demo_server.require_free(port)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TENFOLD_BATCH", "many")
    with (
        pytest.raises(CommandError, match="TENFOLD_BATCH"),
        demo_server.running(tmp_path, free_port()),
    ):
        pytest.fail("the server started")


def test_tables_show_counts_rates_and_the_first_wrong_finds() -> None:
    wrong = [
        FalseFind(id=f"p{n}", account="a1", role="journalist", kind="reporting", language="ar")
        for n in range(25)
    ]
    score = Score(
        accounts=[Row(of="all", name="all", tally=Tally(sought=8, hits=6, right_finds=6, false_finds=2))],
        honest_accounts=[Flagged(name="journalist", total=9, found=2, excepted=4)],
        false_accounts=[],
        posts=[Row(of="language", name="ar", tally=Tally())],
        honest_posts=[],
        false_posts=wrong,
        returns=[],
    )
    out = io.StringIO()
    demo_report.show(score, Console(file=out, width=120))
    text = out.getvalue()
    for words in ("6/8", "0.75", "as an exception", "No accounts were found wrongly", "25 posts with a case"):
        assert words in text
    assert "p19 " in text
    assert "p20 " not in text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_demo(folder: Path, port: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tenfold.cli", "demo", "--events", str(EVENTS), "--exit", "--json"]
    command += ["--data-dir", str(folder), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENFOLD_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_demonstration_finds_the_network_and_can_be_repeated(tmp_path: Path) -> None:
    port = free_port()
    first = run_demo(tmp_path / "demo", port)
    demo_server.require_free(port)  # nothing is left running
    assert not (tmp_path / "demo" / "postgres" / "postmaster.pid").exists()
    posts = first["posts"][0]["tally"]
    assert posts["sought"] > 5
    assert posts["hits"] > 0
    assert first["accounts"][0]["tally"]["hits"] > 0
    # Sent again, every event is a duplicate: the same cases, the same score.
    assert run_demo(tmp_path / "demo", port) == first
