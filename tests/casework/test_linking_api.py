"""Verdicts on links, closings and the record over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tenfold.store.keys import Scope
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    HONEST,
    database_url,
    linked,
    returning_template,
)
from tests.casework.small_platform import rows

if TYPE_CHECKING:
    from tests.conftest import Server

__all__ = ["database_url", "returning_template"]


@pytest.fixture
def key(server: Server) -> dict[str, str]:
    return server.key(Scope.CASES_READ, Scope.CASES_WRITE)


def decide(server: Server, key: dict[str, str], **body: Any) -> Any:
    wish = {"accounts": [BACK, CLOSED], "verdict": "same", "reason": "seen"} | body
    return server.client.post("/v1/links/decisions", json=wish, headers=key)


def test_a_verdict_is_kept_and_taken_back(server: Server, key: dict[str, str]) -> None:
    made = decide(server, key, verdict="different", shared=[{"kind": "device", "why": "household"}])
    assert made.status_code == 201
    assert (made.json()["closed"], made.json()["new"], made.json()["marked"]) == (CLOSED, BACK, 1)
    with server.runtime.pool.connection() as conn:
        assert (CLOSED, BACK) not in linked(conn)
    number = made.json()["link_decision_id"]
    answer = server.client.post(
        f"/v1/links/decisions/{number}/reverse", json={"reason": "mistaken"}, headers=key
    )
    assert answer.status_code == 200
    with server.runtime.pool.connection() as conn:
        assert (CLOSED, BACK) in linked(conn)
    again = server.client.post(f"/v1/links/decisions/{number}/reverse", json={"reason": "x"}, headers=key)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "decision")


def test_all_accounts_are_closed_by_one_decision(server: Server, key: dict[str, str]) -> None:
    for other in (BACK, BACK_AGAIN):
        assert decide(server, key, accounts=[other, CLOSED]).status_code == 201
    wish = {"account": BACK, "accounts": [BACK, BACK_AGAIN], "ground": "TVEC1", "reason": "same people"}
    made = server.client.post("/v1/links/closings", json=wish, headers=key)
    assert (made.status_code, made.json()["accounts"]) == (201, [BACK, BACK_AGAIN])
    with server.runtime.pool.connection() as conn:
        states = rows(conn, "SELECT state FROM accounts WHERE id = ANY(%s)", [BACK, BACK_AGAIN])
    assert states == [("closed",), ("closed",)]
    refused = server.client.post("/v1/links/closings", json=wish | {"accounts": [COPY]}, headers=key)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "members")


def test_the_record_has_denominators(server: Server, key: dict[str, str]) -> None:
    decide(server, key)
    found = server.client.get("/v1/links/record", headers=key).json()
    assert found["bands"][-1]["count"]["same"] == 1
    assert found["languages"]["ar"]["same"] == found["cultures"]["Arab"]["same"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"accounts": [CLOSED, HONEST]}, 404),
        ({"accounts": [CLOSED, CLOSED]}, 422),
        ({"accounts": [CLOSED]}, 422),
        ({"verdict": "maybe"}, 422),
        ({"reason": ""}, 422),
        ({"reason": " "}, 422),
        ({"shared": [{"kind": "phone"}]}, 422),
        ({"shared": [{"kind": "device", "days": 7}]}, 422),
        ({"accounts": [CLOSED, "a\u0000b"]}, 422),
    ],
)
def test_a_wrong_wish_is_a_problem_and_changes_nothing(
    server: Server, key: dict[str, str], body: dict[str, Any], status: int
) -> None:
    answer = decide(server, key, **body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    with server.runtime.pool.connection() as conn:
        assert rows(conn, "SELECT count(*) FROM link_decisions") == [(0,)]


def test_a_key_that_only_reads_decides_nothing(server: Server) -> None:
    assert decide(server, server.key(Scope.CASES_READ)).status_code == 403
