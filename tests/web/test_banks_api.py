"""`/v1/banks`: made, filled, read, emptied over HTTP; every fault a problem document."""

from typing import TYPE_CHECKING, Any

import pytest

from tenfold.store import audit, banks
from tenfold.store.keys import Scope

if TYPE_CHECKING:
    from tests.conftest import Server

ASHEN = {"id": "ashen", "kind": "urls", "title": "The Ashen Banner"}


def call(server: "Server", method: str, path: str, json: Any = None, **parameters: Any) -> Any:
    headers = server.key(Scope.BANKS_READ, Scope.BANKS_WRITE)
    return server.client.request(method, f"/v1/banks{path}", json=json, params=parameters, headers=headers)


def test_a_bank_over_http(server: "Server") -> None:
    made = call(server, "POST", "", ASHEN)
    assert (made.status_code, made.json()["entries"], made.json()["marking"]) == (201, 0, "TLP:AMBER")
    entries = [
        {"value": "https://example.org/a/", "label": "page"},
        {"value": "hxxp://example[.]org/a"},
        {"value": "x"},
    ]
    added = call(server, "POST", "/ashen/entries", {"entries": entries})
    assert added.status_code == 200
    assert (added.json()["added"], added.json()["duplicates"]) == (1, 1)
    assert [one["index"] for one in added.json()["refused"]] == [2]
    listed = call(server, "GET", "/ashen/entries").json()
    assert [(entry["key"], entry["label"]) for entry in listed["entries"]] == [("example.org/a", "page")]
    assert listed["next"] is None
    assert [bank["id"] for bank in call(server, "GET", "").json()] == ["ashen"]
    assert call(server, "GET", "/ashen").json()["entries"] == 1
    assert call(server, "PATCH", "/ashen", {"enabled": False}).json()["enabled"] is False
    refused = call(server, "PATCH", "/ashen", {"ratio": 0.5})
    assert (refused.status_code, "only banks of media" in refused.json()["detail"]) == (409, True)
    call(server, "POST", "", {"id": "ours", "kind": "media", "title": "Known pictures"})
    assert call(server, "PATCH", "/ours", {"ratio": 0.25}).json()["ratio"] == 0.25
    assert call(server, "DELETE", "/ashen/entry", key="example.org/a").status_code == 204
    assert call(server, "DELETE", "/ashen/entry", key="example.org/a").status_code == 404
    with server.runtime.pool.connection() as conn:
        assert [row.act for row in audit.stream(conn)] == [
            "bank.created",
            "bank.added",
            "bank.disabled",
            "bank.created",
            "bank.ratio_set",
            "bank.removed",
        ]
        assert banks.get(conn, "ashen").entries == 0


def test_entries_come_in_pages(server: "Server") -> None:
    call(server, "POST", "", ASHEN | {"kind": "terms"})
    call(server, "POST", "/ashen/entries", {"entries": [{"value": f"كلمة{letter}"} for letter in "ابتثج"]})
    keys: list[str] = []
    after: str | None = ""
    while after is not None:
        page = call(server, "GET", "/ashen/entries", after=after, limit=2).json()
        keys += [entry["key"] for entry in page["entries"]]
        after = page["next"]
    assert len(keys) == len(set(keys)) == 5


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", ASHEN, 409),
        ("POST", "", ASHEN | {"id": "A B"}, 422),
        ("POST", "", ASHEN | {"id": "b", "kind": "words"}, 422),
        ("POST", "", ASHEN | {"id": "b", "marking": "RED"}, 422),
        ("POST", "", ASHEN | {"id": "b", "confidence": 2}, 422),
        ("POST", "", ASHEN | {"id": "b", "title": "a\0"}, 422),
        ("GET", "/none", None, 404),
        ("GET", "/a%00b", None, 404),
        ("GET", "/none/entries", None, 404),
        ("PATCH", "/none", {"enabled": True}, 404),
        ("PATCH", "/none", {"ratio": 0.5}, 404),
        ("PATCH", "/ashen", {"ratio": 1.5}, 422),
        ("POST", "/none/entries", {"entries": [{"value": "x"}]}, 404),
        ("POST", "/ashen/entries", {"entries": []}, 422),
        ("POST", "/ashen/entries", {"entries": [{"value": ""}]}, 422),
        ("POST", "/ashen/entries", {"entries": [{"value": "x", "lable": "y"}]}, 422),
        ("POST", "/ashen/entries", {"entries": [{"value": "x"}] * 10_001}, 422),
        ("DELETE", "/ashen/entry?key=%00", None, 404),
        ("DELETE", "/ashen/entry", None, 422),
        ("GET", "/ashen/entries?limit=0", None, 422),
        ("GET", "/ashen/entries?after=%00", None, 422),
    ],
)
def test_faults_are_problems(server: "Server", method: str, path: str, body: Any, status: int) -> None:
    call(server, "POST", "", ASHEN)
    headers = server.key(Scope.BANKS_READ, Scope.BANKS_WRITE)
    answer = server.client.request(method, f"/v1/banks{path}", json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("DELETE", "/ashen/entry?key=x")])
def test_scopes(server: "Server", method: str, path: str) -> None:
    headers = server.key(Scope.EVENTS_WRITE)
    assert server.client.request(method, f"/v1/banks{path}", json=ASHEN, headers=headers).status_code == 403
    assert server.client.request(method, f"/v1/banks{path}", json=ASHEN).status_code == 401
