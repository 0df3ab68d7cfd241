"""Appeals and second persons over HTTP and on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from tenfold.casework import appeal_deciding, seconds, service
from tenfold.casework.appeal_deciding import AppealVerdict
from tenfold.casework.filing import file_firings
from tenfold.casework.service import Verdict
from tenfold.cli import appeals as appeals_cli
from tenfold.cli import seconds as seconds_cli
from tenfold.cli.common import CommandError
from tenfold.store.keys import Scope
from tenfold.taxonomy import Ground
from tests.casework.small_platform import NOW, add_account, add_post, firing, rows

if TYPE_CHECKING:
    from tests.conftest import Server

HOSTILE = "\u202eنص\u2066 " + "\U0001f3f4" * 4_000


@pytest.fixture
def case(server: Server) -> int:
    with server.runtime.pool.connection() as conn:
        add_account(conn, "a-1")
        add_post(conn, "p-1", "a-1", "text")
        file_firings(conn, [firing()], NOW)
        return int(rows(conn, "SELECT id FROM cases")[0][0])


@pytest.fixture
def decision(server: Server, case: int) -> int:
    with server.runtime.pool.connection() as conn:
        verdict = Verdict(ground=Ground.BRANDED, proposals=None, reason="seen")
        made = service.decide(conn, case_id=case, verdict=verdict, actor="user:1", now=datetime.now(UTC))
    return made.decision_id


@pytest.fixture
def key(server: Server) -> dict[str, str]:
    return server.key(Scope.APPEALS_WRITE, Scope.CASES_READ, Scope.CASES_WRITE)


def file(server: Server, key: dict[str, str], **body: Any) -> Any:
    wish = {"id": "ap-1", "text": "It was news", "language": "en"} | body
    return server.client.post("/v1/appeals", json=wish, headers=key)


def test_an_appeal_is_filed_once_and_read(server: Server, decision: int, key: dict[str, str]) -> None:
    made = file(server, key, decision=decision, text=HOSTILE, contact="someone@example.org")
    assert made.status_code == 201
    again = file(server, key, decision=decision, text=HOSTILE, contact=" Someone@example.org")
    assert (again.status_code, again.json()) == (200, made.json())
    (listed,) = server.client.get("/v1/appeals", headers=key).json()["appeals"]
    assert (listed["text"], listed["overdue"], listed["outcome"]) == (HOSTILE.strip(), False, None)
    assert "someone" not in json.dumps(listed)
    assert server.client.get(f"/v1/appeals/{listed['appeal']}", headers=key).json() == listed
    assert server.client.get("/v1/appeals?state=decided", headers=key).json() == {"appeals": [], "next": None}
    assert server.client.get("/v1/appeals/99", headers=key).status_code == 404


def test_a_refusal_says_what_to_mend(server: Server, decision: int, key: dict[str, str]) -> None:
    for body, status, says in (
        ({"decision": 99}, 404, "no decision 99"),
        ({}, 422, "exactly one of decision, action, case, subject"),
        ({"decision": decision, "filed_at": "2020-01-01T00:00:00Z"}, 422, "before the decision"),
        ({"decision": decision, "text": "x" * 10_001}, 422, "length <= 10000"),
        ({"decision": decision, "text": ""}, 422, "length >= 1"),
        ({"decision": decision, "text": "a\0b"}, 422, "regex"),
        ({"decision": decision, "language": "English"}, 422, "regex"),
        ({"decision": decision, "subject": {"kind": "user", "id": "a-1"}}, 422, "user"),
    ):
        answer = file(server, key, **body)
        assert answer.status_code == status, body
        assert answer.headers["content-type"] == "application/problem+json"
        assert says in answer.text
    file(server, key, decision=decision)
    second = file(server, key, id="ap-2", decision=decision)
    assert (second.status_code, second.json()["present"]["external_id"]) == (409, "ap-1")
    assert file(server, server.key(Scope.CASES_WRITE), decision=decision).status_code == 403


def test_pages_follow_each_other(server: Server, key: dict[str, str]) -> None:
    with server.runtime.pool.connection() as conn:
        add_account(conn, "a-1")
        for number in range(3):
            add_post(conn, f"p-{number}", "a-1", "text")
            file_firings(conn, [firing(f"p-{number}")], NOW)
            case = rows(conn, "SELECT max(id) FROM cases")[0][0]
            verdict = Verdict(ground=Ground.BRANDED, proposals=None)
            service.decide(conn, case_id=case, verdict=verdict, actor="user:1", now=datetime.now(UTC))
    for number in range(3):
        assert file(server, key, id=f"ap-{number}", subject={"kind": "post", "id": f"p-{number}"}).is_success
    with server.runtime.pool.connection() as conn:
        for id_ in (1, 2):
            appeal_deciding.decide_appeal(
                conn,
                appeal_id=id_,
                verdict=AppealVerdict(outcome="upheld", reason="so"),
                actor="user:2",
                now=datetime.now(UTC),
            )
    first = server.client.get("/v1/appeals?state=decided&limit=1", headers=key).json()
    second = server.client.get(
        f"/v1/appeals?state=decided&limit=1&cursor={first['next']}", headers=key
    ).json()
    assert [one["id"] for page in (first, second) for one in page["appeals"]] == ["ap-1", "ap-0"]
    assert second["next"] is None
    assert server.client.get("/v1/appeals?cursor=x", headers=key).status_code == 422
    (row,) = server.client.get("/v1/appeals/figures", headers=key).json()["rows"]
    assert (row["decided"], row["overturn_rate"], row["waiting"]) == (2, 0.0, 1)


def test_a_decision_that_needs_two_is_accepted_as_a_proposal_and_taken_back_by_its_key(
    server: Server, case: int, key: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server.runtime.pool.connection() as conn:
        seconds.set_rule(conn, kind="ground", value="TVEC1", needed=True, actor="user:1", now=NOW)
    body = {"ground": "TVEC1", "proposals": None, "reason": "seen"}
    answer = server.client.post(f"/v1/cases/{case}/decisions", json=body, headers=key)
    assert (answer.status_code, answer.json()["needs"]) == (202, ["ground:TVEC1"])
    (row,) = server.client.get("/v1/cases?state=awaiting", headers=key).json()["cases"]
    assert (row["id"], row["state"]) == (case, "awaiting")
    again = server.client.post(f"/v1/cases/{case}/decisions", json=body, headers=key)
    assert (again.status_code, again.json()["present"]["state"]) == (409, "awaiting")
    place = f"/v1/proposals/{answer.json()['proposal_id']}"
    assert server.client.get(place, headers=key).json()["state"] == "waiting"
    other = server.key(Scope.CASES_READ, Scope.CASES_WRITE)
    assert server.client.post(f"{place}/withdraw", headers=other).status_code == 422
    assert server.client.post("/v1/proposals/99/withdraw", headers=key).status_code == 404
    assert server.client.post(f"{place}/withdraw", headers=key).json() == {"cases": [case]}
    assert server.client.post(f"{place}/withdraw", headers=key).status_code == 409
    assert server.client.get(place, headers=key).json()["state"] == "withdrawn"
    assert server.client.get("/v1/proposals/99", headers=key).status_code == 404

    proposal = server.client.post(f"/v1/cases/{case}/decisions", json=body, headers=key).json()["proposal_id"]
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    run = CliRunner().invoke
    assert f"{proposal}  by key:" in run(seconds_cli.app, ["waiting"]).stdout
    assert run(seconds_cli.app, ["withdraw", str(proposal)]).stdout == f"taken back; open again: {case}\n"
    assert isinstance(run(seconds_cli.app, ["withdraw", str(proposal)]).exception, CommandError)
    assert json.loads(run(seconds_cli.app, ["waiting", "--json"]).stdout) == []


def test_the_command_line_lists_and_shows(
    server: Server, decision: int, key: dict[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    run = CliRunner().invoke
    assert "no appeals" in run(appeals_cli.app, ["list"]).output
    file(server, key, decision=decision)
    assert "due" in run(appeals_cli.app, ["list"]).stdout
    assert json.loads(run(appeals_cli.app, ["list", "--json"]).stdout)[0]["id"] == "ap-1"
    assert json.loads(run(appeals_cli.app, ["show", "1"]).stdout)["text"] == "It was news"
    assert "changed - (0 of 0)  waiting 1" in run(appeals_cli.app, ["figures"]).stdout
    assert isinstance(run(appeals_cli.app, ["show", "9"]).exception, CommandError)
    assert run(seconds_cli.app, ["add", "action", "close_account"]).exit_code == 0
    assert "action close_account" in run(seconds_cli.app, ["list"]).stdout
    assert isinstance(run(seconds_cli.app, ["add", "ground", "TVEC99"]).exception, CommandError)
    assert run(seconds_cli.app, ["remove", "action", "close_account"]).exit_code == 0
    assert "one person decides everything" in run(seconds_cli.app, ["list"]).output
