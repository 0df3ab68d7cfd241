"""API keys: made once, kept as hashes, scoped, expired, revoked."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tenfold.store import keys
from tenfold.store.database import Conn
from tenfold.store.keys import Scope
from tenfold.web import auth

if TYPE_CHECKING:
    from tests.conftest import Server

SECRET = b"one installation"


def test_a_key_is_recognised_and_only_its_hash_is_kept(conn: Conn) -> None:
    id_, token = keys.create(conn, SECRET, name="forum", scopes=[Scope.EVENTS_WRITE])
    assert re.fullmatch(r"tf_[A-Za-z0-9]{10}_[A-Za-z0-9]{43}", token)
    found = keys.authenticate(conn, SECRET, token)
    assert found is not None
    assert (found.id, found.name, found.scopes, found.actor) == (id_, "forum", ["events:write"], f"key:{id_}")
    row = conn.execute("SELECT api_keys::text FROM api_keys").fetchone()
    assert row is not None
    assert token not in row[0]
    assert token.rsplit("_", 1)[1] not in row[0]


def test_a_copied_database_is_worth_nothing_without_the_secret(conn: Conn) -> None:
    _, token = keys.create(conn, SECRET, name="forum", scopes=[Scope.EVENTS_WRITE])
    assert keys.authenticate(conn, b"another installation", token) is None


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("a" if t[-1] != "a" else "b"), str.swapcase, lambda t: t + "x"]
)
def test_a_key_must_match_to_the_last_character(conn: Conn, change) -> None:
    _, token = keys.create(conn, SECRET, name="forum", scopes=[Scope.EVENTS_WRITE])
    assert keys.authenticate(conn, SECRET, change(token)) is None


@pytest.mark.parametrize("token", ["", "tf_", "tf__", "tf_a_b", "tf_" + "é" * 10 + "_" + "é" * 43, "tf_\0_x"])
def test_nonsense_is_no_key(conn: Conn, token: str) -> None:
    assert keys.authenticate(conn, SECRET, token) is None


def test_keys_expire(conn: Conn) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    id_, token = keys.create(conn, SECRET, name="forum", scopes=[Scope.EVALUATE], expires_at=later)
    assert keys.authenticate(conn, SECRET, token) is not None
    conn.execute("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = %s", [id_])
    assert keys.authenticate(conn, SECRET, token) is None


def test_a_revoked_key_is_over_and_its_first_end_stands(conn: Conn) -> None:
    id_, token = keys.create(conn, SECRET, name="forum", scopes=[Scope.EVALUATE])
    first = keys.revoke(conn, id_)
    assert keys.authenticate(conn, SECRET, token) is None
    assert keys.revoke(conn, id_) == first
    assert keys.list_keys(conn) == [first]
    assert keys.revoke(conn, 10**9) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "needs a name"),
        ({"scopes": []}, "at least one scope"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "has passed"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(conn: Conn, wrong: dict[str, object], message: str) -> None:
    arguments = {"name": "forum", "scopes": [Scope.EVALUATE]} | wrong
    with pytest.raises(ValueError, match=message):
        keys.create(conn, SECRET, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic tf_x_y", "tf_x_y"])
def test_without_a_key_nothing_is_read(server: "Server", header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = server.client.post("/v1/events", content=b"{}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:tenfold:problem:api-key-missing"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_unknown_key_and_a_missing_scope(server: "Server") -> None:
    unknown = {"authorization": "Bearer tf_0123456789_" + "x" * 43}
    answer = server.client.post("/v1/events", content=b"{}", headers=unknown)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tenfold:problem:api-key-not-accepted")
    answer = server.client.post("/v1/events", content=b"{}", headers=server.key(Scope.BANKS_READ))
    assert answer.status_code == 403
    assert "events:write" in answer.json()["detail"]


def test_revocation_reaches_the_running_server(server: "Server", monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr("tenfold.web.auth.time.monotonic", lambda: clock[0])
    headers = server.key(Scope.METRICS_READ)
    assert server.client.get("/metrics", headers=headers).status_code == 200
    with server.runtime.pool.connection() as conn:
        keys.revoke(conn, 1)
    clock[0] += auth.CACHE_SECONDS + 0.1
    assert server.client.get("/metrics", headers=headers).status_code == 401


def test_a_key_that_expires_is_not_saved_by_the_cache() -> None:
    cache = auth.KeyCache(seconds=60)
    now = datetime.now(UTC)
    for expires, found in ((now + timedelta(hours=1), True), (now - timedelta(seconds=1), False)):
        key = keys.ApiKey(
            id=1, prefix="p", name="n", scopes=[], created_at=now, expires_at=expires, revoked_at=None
        )
        cache.keep("tf_token", key)
        assert (cache.find("tf_token") is not None) is found


def test_no_secret_and_no_content_in_the_log(server: "Server", caplog: pytest.LogCaptureFixture) -> None:
    headers = server.key(Scope.EVENTS_WRITE) | {"content-type": "application/x-ndjson"}
    with caplog.at_level("DEBUG", logger="tenfold"):
        server.client.post("/v1/events?results=all", content=b'{"id": "quite-personal"}\n', headers=headers)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("tenfold")]
    assert any("POST /v1/events 422" in line and "key=1" in line for line in lines)
    everything = "\n".join(lines)
    assert headers["authorization"].split()[1] not in everything
    assert "quite-personal" not in everything
