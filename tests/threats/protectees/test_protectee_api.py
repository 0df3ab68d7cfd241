"""/v1/protectees: its own scope, addresses that never come back, acts in the audit chain by ids only."""

from collections.abc import Iterator
from typing import Any

import pytest

from tenfold.store import audit
from tenfold.store.keys import Scope
from tests.conftest import Server

KARIM = {
    "kind": "person",
    "name": "Karim Nasser",
    "names": ["كريم ناصر"],
    "addresses": ["12 Palm Street"],
    "key": "hr-7",
}


@pytest.fixture
def key(server: Server) -> dict[str, str]:
    return server.key(Scope.PROTECTEES)


def acts(server: Server) -> Iterator[audit.Row]:
    with server.runtime.pool.connection() as conn:
        yield from [row for row in audit.stream(conn) if row.act.startswith("protectee")]


def test_a_life(server: Server, key: dict[str, str]) -> None:
    made = server.client.post("/v1/protectees", json=KARIM, headers=key)
    assert made.status_code == 201
    assert made.json()["addresses"] == 1
    id_ = made.json()["id"]
    listed = server.client.get("/v1/protectees?search=ناصر", headers=key).json()
    assert [one["id"] for one in listed["protectees"]] == [id_]
    changed = server.client.patch(
        f"/v1/protectees/{id_}",
        json={"handles": ["@karim_n"], "ends_at": "2030-01-01T00:00:00Z"},
        headers=key,
    )
    assert (changed.status_code, changed.json()["handles"], changed.json()["addresses"]) == (
        200,
        ["karim_n"],
        1,
    )
    team = server.client.post("/v1/protectees", json={"kind": "team", "name": "Redwood"}, headers=key).json()
    server.client.patch(f"/v1/protectees/{id_}", json={"member_of": team["id"]}, headers=key)
    one = server.client.get(f"/v1/protectees/{id_}", headers=key)
    assert one.json()["related"] == [team["id"]]
    ended = server.client.post(f"/v1/protectees/{id_}/end", headers=key)
    assert ended.json()["active"] is False
    assert "Palm" not in made.text + one.text + changed.text + ended.text
    rows = list(acts(server))
    assert {row.act for row in rows} == {
        "protectee.added",
        "protectees.listed",
        "protectee.changed",
        "protectee.viewed",
        "protectee.ended",
    }
    told = " ".join(f"{row.subject} {row.details}" for row in rows)
    assert not any(word in told for word in ("Karim", "كريم", "karim", "Palm", "hr-7"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/protectees"),
        ("POST", "/v1/protectees"),
        ("GET", "/v1/protectees/1"),
        ("PATCH", "/v1/protectees/1"),
        ("POST", "/v1/protectees/1/end"),
        ("POST", "/v1/protectees/import"),
    ],
)
def test_no_other_scope_opens_it(server: Server, method: str, path: str) -> None:
    others = server.key(*(scope for scope in Scope if scope is not Scope.PROTECTEES))
    assert server.client.request(method, path, json=KARIM, headers=others).status_code == 403
    assert server.client.request(method, path, json=KARIM).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "Karim Nasser"}, 422),
        ({"kind": "person"}, 422),
        ({"kind": "dog", "name": "x"}, 422),
        ({**KARIM, "addresses": ["Secret Lane"]}, 422),
        ({**KARIM, "member_of": 99}, 409),
        ({**KARIM, "created_by": "me"}, 422),
        ({**KARIM, "name": "a\0"}, 422),
    ],
)
def test_what_cannot_be_kept_is_refused(
    server: Server, key: dict[str, str], body: dict[str, Any], status: int
) -> None:
    answer = server.client.post("/v1/protectees", json=body, headers=key)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "Secret" not in answer.text


def test_unknown_ids_and_taken_keys(server: Server, key: dict[str, str]) -> None:
    server.client.post("/v1/protectees", json=KARIM, headers=key)
    assert server.client.post("/v1/protectees", json=KARIM, headers=key).status_code == 409
    for id_ in (99, 2**70):
        assert server.client.get(f"/v1/protectees/{id_}", headers=key).status_code == 404
        assert server.client.patch(f"/v1/protectees/{id_}", json={}, headers=key).status_code == 404
        assert server.client.post(f"/v1/protectees/{id_}/end", headers=key).status_code == 404


def test_a_file_by_request(server: Server, key: dict[str, str]) -> None:
    headers = key | {"content-type": "text/csv"}
    good = "key,kind,name\nhr-1,person,Karim Nasser\n".encode("utf-16")
    answer = server.client.post("/v1/protectees/import", content=good, headers=headers)
    assert (answer.status_code, answer.json()["added"]) == (200, 1)
    bad = b"key,kind,name\nhr-2,person,Greta Lindqvist\nhr-3,dog,Rex\n"
    answer = server.client.post("/v1/protectees/import", content=bad, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "line 3, kind"
    assert server.client.post("/v1/protectees/import", content=b"", headers=headers).status_code == 422
    listed = server.client.get("/v1/protectees", headers=key).json()
    assert [one["key"] for one in listed["protectees"]] == ["hr-1"]
    (row,) = [row for row in acts(server) if row.act == "protectees.imported"]
    assert row.details == {"ids": [listed["protectees"][0]["id"]]}


def test_pages_follow_each_other(server: Server, key: dict[str, str]) -> None:
    for i in range(5):
        server.client.post("/v1/protectees", json={"kind": "place", "name": f"Tower {i}x"}, headers=key)
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = server.client.get(f"/v1/protectees?limit=2&after={after}", headers=key).json()
        seen += [one["id"] for one in page["protectees"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5
