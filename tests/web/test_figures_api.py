"""`/v1/figures` and `tenfold figures`: the same numbers for programs."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tenfold.casework import overview_tables
from tenfold.store import database
from tenfold.store.keys import Scope
from tests.console import sample_cases

if TYPE_CHECKING:
    from tests.conftest import Server


@pytest.fixture
def filled(database_url: str) -> str:
    with database.connect(database_url) as conn:
        sample_cases.fill(conn, datetime.now(UTC))
    return database_url


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tenfold.cli", "figures", *arguments],
        env=os.environ | {"TENFOLD_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_programs_get_the_figures_with_a_key_for_them_alone(filled: str, server: "Server") -> None:
    key = server.key(Scope.FIGURES_READ)
    found = server.client.get("/v1/figures", headers=key).json()
    assert (found["whole"]["opened"], found["backlog"]["waiting"], found["unit"]) == (7, 7, "day")
    assert sum(one["opened"] for one in found["by_language"].values()) == 7
    assert len(found["periods"]) == 31
    asked = {"since": (datetime.now(UTC) - timedelta(hours=3)).isoformat(), "queue": "threats"}
    hourly = server.client.get("/v1/figures", headers=key, params=asked).json()
    assert (hourly["unit"], hourly["whole"]["opened"]) == ("hour", 1)
    assert server.client.get("/v1/figures", headers=server.key(Scope.STATUS_READ)).status_code == 403


def test_each_table_comes_as_csv(filled: str, server: "Server") -> None:
    key = server.key(Scope.FIGURES_READ)
    for name in overview_tables.NAMES:
        answer = server.client.get(f"/v1/figures/{name}", headers=key)
        assert answer.headers["content-type"].startswith("text/csv")
        assert list(csv.DictReader(io.StringIO(answer.text))) or name == "grounds"
    assert "there are inflow" in server.client.get("/v1/figures/people", headers=key).json()["detail"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "lies before"),
        ({"since": "2026-03-01T00:00:00"}, "no time zone"),
        ({"since": "0001-01-01T00:00:00Z"}, "lies before"),
        ({"until": "0001-01-02T00:00:00Z"}, "lies before"),
    ],
)
def test_spans_that_are_none_are_refused(server: "Server", given: dict[str, str], reason: str) -> None:
    answer = server.client.get("/v1/figures", headers=server.key(Scope.FIGURES_READ), params=given)
    assert answer.status_code == 422 and reason in answer.json()["detail"]


def test_the_command_line_tells_them_to_people_and_programs(filled: str) -> None:
    told = run(filled).stdout
    assert "opened       7; waiting now 7" in told and "language ar" in told
    assert "%" not in told, "of seven no share is told"
    assert json.loads(run(filled, "--json", "--recount").stdout)["whole"]["opened"] == 7
    assert run(filled, "--csv", "backlog").stdout.startswith("queue,waiting,overdue")
    wrong = run(filled, "--csv", "people")
    assert (wrong.returncode, "is none of inflow" in wrong.stderr) == (2, True)
    assert "lies before --until" in run(filled, "--since", "2026-03-02", "--until", "2026-03-01").stderr
