"""Cases, decisions and actions over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tenfold.casework.filing import file_firings
from tenfold.store import audit
from tenfold.store.keys import Scope
from tests.casework.small_platform import NOW, add_account, add_post, firing, rows

if TYPE_CHECKING:
    from tests.conftest import Server


@pytest.fixture
def case(server: Server) -> int:
    """A case on post p-1, which a rule holds and proposes to remove."""
    with server.runtime.pool.connection() as conn:
        add_account(conn, "a-1")
        add_post(conn, "p-1", "a-1", "text")
        file_firings(conn, [firing(effects={"hold": True})], NOW)
        return int(rows(conn, "SELECT id FROM cases")[0][0])


@pytest.fixture
def key(server: Server) -> dict[str, str]:
    return server.key(Scope.CASES_READ, Scope.CASES_WRITE, Scope.ACTIONS_READ, Scope.ACTIONS_WRITE)


def decide(server: Server, key: dict[str, str], case: int, **body: Any) -> Any:
    wish = {"ground": "TVEC1", "proposals": None, "reason": "seen"} | body
    return server.client.post(f"/v1/cases/{case}/decisions", json=wish, headers=key)


def test_the_queue_is_listed(server: Server, case: int, key: dict[str, str]) -> None:
    found = server.client.get("/v1/cases", headers=key).json()
    (row,) = found["cases"]
    assert (row["id"], row["subject"], row["account"]) == (case, {"kind": "post", "id": "p-1"}, "a-1")
    assert (row["severity"], row["ground"], row["queue"], row["state"]) == (2, "TVEC1", "content", "open")
    assert row["rules"] == ["branded"]
    assert found["next"] is None
    assert server.client.get("/v1/cases?queue=none", headers=key).json()["cases"] == []
    assert server.client.get("/v1/cases?state=decided", headers=key).json()["cases"] == []


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "severity=9", "state=lost", "ground=TVEC99", "limit=0", "limit=x", "search=%00"],
)
def test_a_wrong_question_is_a_problem(server: Server, key: dict[str, str], query: str) -> None:
    answer = server.client.get(f"/v1/cases?{query}", headers=key)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]


def test_one_case_is_shown_and_the_viewing_audited(server: Server, case: int, key: dict[str, str]) -> None:
    found = server.client.get(f"/v1/cases/{case}", headers=key).json()
    assert found["subject"]["fields"] == {"text": "text"}
    assert [action["kind"] for action in found["actions"]] == ["hold", "remove"]
    with server.runtime.pool.connection() as conn:
        last = list(audit.stream(conn))[-1]
    assert last.act == "case.viewed"
    assert last.actor.startswith("key:")


@pytest.mark.parametrize("path", ["/v1/cases/999", "/v1/actions/999"])
def test_what_is_not_there_is_a_404(server: Server, key: dict[str, str], path: str) -> None:
    answer = server.client.get(path, headers=key)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_an_id_beyond_all_rows_is_refused(server: Server, key: dict[str, str]) -> None:
    assert server.client.get(f"/v1/cases/{2**70}", headers=key).status_code == 422


def test_a_decision_and_its_reversal(server: Server, case: int, key: dict[str, str]) -> None:
    decided = decide(server, key, case)
    assert decided.status_code == 201
    made = decided.json()
    assert (made["case_id"], len(made["ordered"])) == (case, 1)
    second = decide(server, key, case)
    assert second.status_code == 409
    assert second.json()["type"] == "urn:tenfold:problem:case-conflict"
    assert second.json()["present"]["state"] == "decided"
    (listed,) = server.client.get("/v1/decisions", headers=key).json()["decisions"]
    assert (listed["id"], listed["state"]) == (made["decision_id"], "in_force")
    path = f"/v1/decisions/{made['decision_id']}/reverse"
    assert server.client.post(path, json={"reason": ""}, headers=key).status_code == 422
    answer = server.client.post(path, json={"reason": "satire"}, headers=key)
    assert answer.status_code == 200
    assert answer.json()["open_cases"] == [case]
    assert server.client.post(path, json={"reason": "satire"}, headers=key).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"ground": "TVEC99"},
        {"ground": "TVEC0", "add": [{"kind": "remove"}]},
        {"proposals": [999]},
        {"proposals": [0]},
        {"scope": "everything"},
        {"add": [{"kind": "explode"}]},
        {"add": [{"kind": "close_group"}]},
        {"add": [{"kind": "hide", "subject": {"kind": "post", "id": "a\0b"}}]},
        {"add": [{"kind": "notify", "details": {"text": "a\0b"}}]},
        {"reason": "a\0b"},
    ],
)
def test_a_wrong_decision_is_refused_and_nothing_kept(
    server: Server, case: int, key: dict[str, str], body: dict[str, Any]
) -> None:
    answer = decide(server, key, case, **body)
    assert answer.status_code == 422
    with server.runtime.pool.connection() as conn:
        assert rows(conn, "SELECT count(*) FROM decisions") == [(0,)]


def test_notes_and_escalation(server: Server, case: int, key: dict[str, str]) -> None:
    note = server.client.post(f"/v1/cases/{case}/notes", json={"text": "ملاحظة"}, headers=key)
    assert (note.status_code, note.json()["id"] > 0) == (201, True)
    raised = server.client.post(f"/v1/cases/{case}/escalate", json={"reason": "urgent"}, headers=key)
    assert raised.status_code == 204
    assert server.client.get("/v1/cases?state=escalated", headers=key).json()["cases"][0]["id"] == case


def test_a_claim_keeps_others_away_until_it_is_released(
    server: Server, case: int, key: dict[str, str]
) -> None:
    other = server.key(Scope.CASES_READ, Scope.CASES_WRITE)
    began = datetime.now(UTC)
    claimed = server.client.post(f"/v1/cases/{case}/claim", headers=key)
    assert claimed.status_code == 200
    lease = timedelta(minutes=server.runtime.settings.lease_minutes)
    until = datetime.fromisoformat(claimed.json()["until"])
    assert began + lease <= until <= datetime.now(UTC) + lease
    for act in ("claim", "release"):
        refused = server.client.post(f"/v1/cases/{case}/{act}", headers=other)
        assert (refused.status_code, refused.json()["present"]["state"]) == (409, "claimed")
    assert decide(server, other, case).status_code == 409
    assert (
        server.client.post(f"/v1/cases/{case}/claim", headers=key).json()["until"] > claimed.json()["until"]
    )
    assert server.client.post(f"/v1/cases/{case}/release", headers=key).status_code == 204
    assert server.client.post(f"/v1/cases/{case}/release", headers=key).status_code == 409
    assert server.client.post(f"/v1/cases/{case}/claim", headers=other).status_code == 200
    assert decide(server, other, case).status_code == 201
    assert server.client.post(f"/v1/cases/{case}/claim", headers=other).status_code == 409


@pytest.mark.parametrize("act", ["claim", "release"])
def test_a_case_that_is_not_there_cannot_be_claimed(server: Server, key: dict[str, str], act: str) -> None:
    assert server.client.post(f"/v1/cases/999/{act}", headers=key).status_code == 404


def test_a_platform_that_polls_confirms_what_it_did(server: Server, case: int, key: dict[str, str]) -> None:
    (todo,) = server.client.get("/v1/actions?state=ordered", headers=key).json()["actions"]
    assert (todo["kind"], todo["subject"]["id"]) == ("hold", "p-1")
    path = f"/v1/actions/{todo['id']}/confirm"
    for _ in range(2):
        answer = server.client.post(path, json={"state": "confirmed", "detail": "held"}, headers=key)
        assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert answer.json()["details"] == {"platform": "held"}
    assert server.client.get("/v1/actions?state=ordered", headers=key).json()["actions"] == []


def test_what_failed_no_longer_shapes_the_subject(server: Server, case: int, key: dict[str, str]) -> None:
    (todo,) = server.client.get("/v1/actions?state=ordered", headers=key).json()["actions"]
    path = f"/v1/actions/{todo['id']}/confirm"
    server.client.post(path, json={"state": "failed", "detail": "no such post"}, headers=key)
    with server.runtime.pool.connection() as conn:
        assert rows(conn, "SELECT state FROM posts") == [("visible",)]
    server.client.post(path, json={"state": "confirmed"}, headers=key)
    with server.runtime.pool.connection() as conn:
        assert rows(conn, "SELECT state FROM posts") == [("held",)]


def test_what_was_reversed_cannot_be_confirmed(server: Server, case: int, key: dict[str, str]) -> None:
    (todo,) = server.client.get("/v1/actions?state=ordered", headers=key).json()["actions"]
    reason = {"reason": "news report"}
    reversing = server.client.post(f"/v1/actions/{todo['id']}/reverse", json=reason, headers=key).json()
    assert server.client.get(f"/v1/actions/{reversing['id']}", headers=key).json()["reverses"] == todo["id"]
    answer = server.client.post(f"/v1/actions/{todo['id']}/confirm", json={"state": "confirmed"}, headers=key)
    assert (answer.status_code, answer.json()["state"]) == (409, "reversed")


def test_actions_come_in_pages(server: Server, case: int, key: dict[str, str]) -> None:
    first = server.client.get(f"/v1/actions?case={case}&limit=1", headers=key).json()
    second = server.client.get(f"/v1/actions?case={case}&limit=1&after={first['next']}", headers=key).json()
    assert [page["actions"][0]["kind"] for page in (first, second)] == ["hold", "remove"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/cases", Scope.CASES_WRITE),
        ("GET", "/v1/cases/1", Scope.CASES_WRITE),
        ("GET", "/v1/decisions", Scope.CASES_WRITE),
        ("POST", "/v1/cases/1/decisions", Scope.CASES_READ),
        ("POST", "/v1/cases/1/claim", Scope.CASES_READ),
        ("POST", "/v1/cases/1/release", Scope.CASES_READ),
        ("POST", "/v1/cases/1/notes", Scope.CASES_READ),
        ("POST", "/v1/cases/1/escalate", Scope.CASES_READ),
        ("POST", "/v1/decisions/1/reverse", Scope.CASES_READ),
        ("GET", "/v1/actions", Scope.CASES_READ),
        ("POST", "/v1/actions/1/confirm", Scope.ACTIONS_READ),
        ("POST", "/v1/actions/1/reverse", Scope.ACTIONS_WRITE),
        ("POST", "/v1/webhooks", Scope.WEBHOOKS_READ),
        ("GET", "/v1/deliveries", Scope.ACTIONS_READ),
    ],
)
def test_each_needs_its_scope(server: Server, method: str, path: str, scope: Scope) -> None:
    assert server.client.request(method, path, json={}).status_code == 401
    answer = server.client.request(method, path, json={}, headers=server.key(scope))
    assert answer.status_code == 403
