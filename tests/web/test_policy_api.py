"""`/v1/policy`: programs write drafts, measure them and test them; what judges is changed by people."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenfold import config
from tenfold.lab.jobs import Jobs
from tenfold.policy import versions
from tenfold.store import audit
from tenfold.store.keys import Scope
from tests.lab.lab_world import policy, post, rule, texts, work

GATE = rule("gate", "contains(post.text, 'gate')")
WIDE = rule("gate", "contains(post.text, 'gate') or contains(post.text, 'الباب')", then="{hold: true}")


@pytest.fixture
def api(serve: Callable[..., Any]) -> Any:
    server = serve()
    return server, server.key(Scope.POLICY_READ, Scope.POLICY_WRITE)


def test_a_draft_is_saved_measured_and_tested(api: Any, conn: Any, tmp_path: Path) -> None:
    server, key = api
    first = versions.save(conn, texts(GATE), actor="user:1", reason="first")
    versions.go_live(conn, first, actor="user:1", reason="begin", now=datetime.now(UTC))
    work(conn, policy(GATE), post(1, "the gate"), post(2, "على الباب"))
    made = server.client.post(
        "/v1/policy/versions", json={"files": texts(WIDE), "reason": "أبواب"}, headers=key
    )
    assert made.status_code == 201 and made.json()["state"] == "draft"
    version = made.json()["version"]
    whole = server.client.get(f"/v1/policy/versions/{version}", headers=key).json()
    assert whole["files"] == texts(WIDE) and whole["version"]["saved_by"].startswith("key:")
    shadowed = server.client.post(f"/v1/policy/versions/{version}/shadow", headers=key)
    assert shadowed.json()["state"] == "shadow"
    asked = server.client.post(f"/v1/policy/versions/{version}/backtests", headers=key)
    assert asked.status_code == 202
    assert Jobs(server.runtime.url, config.load({}, data_dir=tmp_path), lambda: False).run_once(
        server.runtime.pool
    )
    done = server.client.get(f"/v1/policy/backtests/{asked.json()['id']}", headers=key).json()
    assert done["state"] == "done" and done["report"]["rules"][0]["new"] == 1
    page = server.client.get("/v1/policy", headers=key).json()
    assert page["in_force"] == first and page["from_files"] is False
    assert [(one["name"], one["state"], one["week"]) for one in page["rules"]] == [
        ("gate", "shadow", 0),
        ("gate", "live", 1),
    ]
    withdrawn = server.client.post(f"/v1/policy/versions/{version}/withdraw", headers=key)
    assert withdrawn.json()["state"] == "draft"
    told = audit.latest(conn, actor=whole["version"]["saved_by"], limit=9)
    assert [row.act for row in told] == [
        "policy.saved",
        "policy.shadow",
        "policy.withdrawn",
    ]


def test_every_mistake_is_said_with_its_place(api: Any) -> None:
    server, key = api
    wrong = {"rules.yaml": texts(GATE)["rules.yaml"].replace("post.text", "post.txt")}
    refused = server.client.post("/v1/policy/versions", json={"files": wrong, "reason": "x"}, headers=key)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "rules.yaml:7:16" and "did you mean" in error["hint"]
    for files, reason in (({}, "x"), (texts(GATE), " "), (texts(GATE), "a\0"), ({"a\0": "rules: []"}, "x")):
        answer = server.client.post(
            "/v1/policy/versions", json={"files": files, "reason": reason}, headers=key
        )
        assert answer.status_code == 422, answer.text


def test_what_is_not_there_and_what_is_not_allowed(api: Any) -> None:
    server, key = api
    for path in ("versions/abc", "versions/%00", "backtests/7", f"backtests/{2**70}"):
        assert server.client.get(f"/v1/policy/{path}", headers=key).status_code == 404
    assert server.client.post("/v1/policy/versions/abc/shadow", headers=key).status_code == 404
    reader = server.key(Scope.POLICY_READ)
    assert server.client.get("/v1/policy", headers=reader).json()["from_files"] is True
    draft = {"files": texts(GATE), "reason": "x"}
    assert server.client.post("/v1/policy/versions", json=draft, headers=reader).status_code == 403
    assert server.client.get("/v1/policy", headers=server.key(Scope.EVALUATE)).status_code == 403
