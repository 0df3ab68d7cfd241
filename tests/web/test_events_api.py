"""`POST /v1/events`: every form of body, every kind of error, nothing lost."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from tenfold.store.keys import Scope

if TYPE_CHECKING:
    from tests.conftest import Server

NDJSON = {"content-type": "application/x-ndjson"}


def event(number: int | str = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "type": "post.created",
        "time": "2026-03-01T12:00:00Z",
        "account": "a-9",
        "data": {"post": f"p-{number}", "text": "Good morning. صباح الخير"},
    } | changes


def lines(*events: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in events)


def bodies(server: "Server") -> list[dict[str, Any]]:
    with server.runtime.pool.connection() as conn:
        return [row[0] for row in conn.execute("SELECT body FROM events ORDER BY seq").fetchall()]


def post(server: "Server", content: bytes, headers: dict[str, str] | None = None, query: str = "") -> Any:
    key = server.key(Scope.EVENTS_WRITE)
    default = {"content-type": "application/json"}
    return server.client.post(f"/v1/events{query}", content=content, headers=default | key | (headers or {}))


def test_one_event_is_kept_as_it_came_and_queued(server: "Server") -> None:
    sent = event(unknown={"kept": [1, 2.5, None]})
    answer = post(server, json.dumps(sent).encode())
    assert answer.status_code == 200
    assert answer.json() == {
        "accepted": 1,
        "duplicates": 0,
        "refused": 0,
        "results": [{"index": 0, "status": "accepted", "id": "e-1"}],
    }
    assert bodies(server) == [sent]
    with server.runtime.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM event_queue").fetchone() == (1,)


def test_sending_again_does_nothing(server: "Server") -> None:
    post(server, json.dumps(event()).encode())
    answer = post(server, json.dumps([event(), event(2), event(2)]).encode())
    assert [result["status"] for result in answer.json()["results"]] == ["duplicate", "accepted", "duplicate"]
    assert [body["id"] for body in bodies(server)] == ["e-1", "e-2"]


def test_the_same_id_from_another_source_is_another_event(server: "Server") -> None:
    answer = post(server, json.dumps([event(), event(source="forum")]).encode())
    assert answer.json()["accepted"] == 2


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n  \n"])
def test_ndjson_with_any_line_end_and_a_bom(server: "Server", ending: bytes) -> None:
    content = b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(event(n)).encode() for n in range(3)) + ending
    assert post(server, content, NDJSON).json()["accepted"] == 3


def test_a_large_stream_is_stored_in_order_and_lists_only_problems(server: "Server") -> None:
    content = lines(*(event(n) for n in range(2_500)), event(7), event(9_999, type="nonsense"))
    answer = post(server, content, NDJSON)
    assert answer.status_code == 207
    body = answer.json()
    assert (body["accepted"], body["duplicates"], body["refused"]) == (2_500, 1, 1)
    assert [(r["index"], r["status"]) for r in body["results"]] == [(2500, "duplicate"), (2501, "refused")]
    assert [stored["id"] for stored in bodies(server)] == [f"e-{n}" for n in range(2_500)]


def test_results_are_listed_as_asked(server: "Server") -> None:
    content = lines(*(event(n) for n in range(150)))
    assert len(post(server, content, NDJSON, "?results=all").json()["results"]) == 150
    assert post(server, lines(event(200)), NDJSON, "?results=problems").json()["results"] == []
    answer = post(server, content, NDJSON, "?results=some")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "results"


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("zstd", zstandard.compress), ("identity", bytes), ("GZIP", gzip.compress)],
)
def test_compressed_bodies(server: "Server", encoding: str, compress: Callable[[bytes], bytes]) -> None:
    content = compress(lines(event(1), event(2)))
    assert post(server, content, NDJSON | {"content-encoding": encoding}).json()["accepted"] == 2


def test_compressed_members_may_follow_each_other(server: "Server") -> None:
    for encoding, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        content = compress(lines(event(f"{encoding}1"))) + compress(lines(event(f"{encoding}2")))
        answer = post(server, content, NDJSON | {"content-encoding": encoding})
        assert answer.json()["accepted"] == 2, answer.text


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_truncated_or_damaged_body_is_told(
    server: "Server", encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(lines(*(event(n) for n in range(50))))
    for content, word in ((whole[:-9], "cut off"), (b"\0\1\2 no such thing", "not valid")):
        answer = post(server, content, NDJSON | {"content-encoding": encoding})
        assert answer.status_code == 400
        assert word in answer.json()["detail"]
        assert answer.headers["content-type"] == "application/problem+json"
    again = post(server, whole, NDJSON | {"content-encoding": encoding})
    assert again.json()["accepted"] + again.json()["duplicates"] == 50


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_bomb_is_stopped_by_what_it_holds(
    serve: "Callable[..., Server]", encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    server = serve(max_body=1_000_000)
    bomb = compress(b" " * 300_000_000)
    assert len(bomb) < 1_000_000
    answer = post(server, bomb, NDJSON | {"content-encoding": encoding})
    assert answer.status_code == 413
    assert "1,000,000" in answer.json()["detail"]


def test_a_body_too_large_on_the_wire(serve: "Callable[..., Server]") -> None:
    server = serve(max_body=10_000)
    answer = post(server, lines(*(event(n) for n in range(500))), NDJSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:tenfold:problem:body-too-large"


def test_too_many_events_tells_what_was_stored(serve: "Callable[..., Server]") -> None:
    server = serve(max_events=1_500)
    answer = post(server, lines(*(event(n) for n in range(2_000))), NDJSON)
    assert answer.status_code == 413
    assert answer.json()["accepted"] == 1_000 == len(bodies(server))


def test_an_event_too_large_is_refused_alone(serve: "Callable[..., Server]") -> None:
    server = serve(max_event=1_000)
    content = lines(event(1), event(2, padding="x" * 5_000), event(3))
    answer = post(server, content, NDJSON).json()
    assert (answer["accepted"], answer["refused"]) == (2, 1)
    refused = answer["results"][1]
    assert refused["index"] == 1
    assert refused["problem"]["reason"] == "larger than 1,000 bytes"


BAD_EVENTS = [
    (b'{"id": "x"', "event", "not valid JSON"),
    (b"[]", "event", "expected `object`"),
    (b"\xff\xfe{\x00", "event", "not valid JSON"),
    (json.dumps(event(type="post.vanished")).encode(), "type", "is no event type"),
    (json.dumps(event(time="2026-03-01T12:00:00")).encode(), "time", "has no time zone"),
    (json.dumps(event(time="1812-01-01T00:00:00Z")).encode(), "time", "is before 1970-01-01"),
    (json.dumps(event(time="9999-01-01T00:00:00Z")).encode(), "time", "more than a day in the future"),
    (json.dumps(event(id="i" * 10_000)).encode(), "id", "length <= 255"),
    (json.dumps(event(data={"post": "p", "text": 7})).encode(), "data.text", "expected `str`"),
    (json.dumps(event(data={"text": "no id"})).encode(), "data.post", "missing required field"),
    (json.dumps(event(data={"post": "p", "text": "a\0b"})).encode(), "data.text", "U+0000"),
    (json.dumps(event(data={"post": "p", "text": "\ud800"})).encode(), "event", "not valid JSON"),
    (json.dumps(event(extra="\ud800")).encode(), "event", "not valid JSON"),
    (json.dumps(event()).replace("}}", '}, "n": 1e999999}').encode(), "event", "cannot be stored"),
    (json.dumps(event()).replace("}}", '}, "n": ' + "[" * 9000 + "]" * 9000 + "}").encode(), "event", ""),
    (json.dumps(event()).replace("}}", '}, "n": "\xff"}').encode("latin-1"), "event", ""),
]


@pytest.mark.parametrize(("bad", "field", "reason"), BAD_EVENTS)
def test_a_bad_event_is_refused_alone(server: "Server", bad: bytes, field: str, reason: str) -> None:
    content = lines(event(11)) + bad + b"\n" + lines(event(12))
    answer = post(server, content, NDJSON)
    assert answer.status_code == 207, answer.text
    refused = [result for result in answer.json()["results"] if result["status"] == "refused"]
    assert [result["index"] for result in refused] == [1]
    assert refused[0]["problem"]["field"] == field
    assert reason in refused[0]["problem"]["reason"]
    assert [body["id"] for body in bodies(server)] == ["e-11", "e-12"]


def test_when_all_are_refused_the_answer_is_a_problem(server: "Server") -> None:
    answer = post(server, b'{"id": "e-1", "type": "post.created"}')
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:tenfold:problem:no-event-accepted"
    assert body["results"][0]["problem"]["field"] == "time"


@pytest.mark.parametrize("content", [b"", b"   ", b"\xef\xbb\xbf"])
def test_an_empty_body(server: "Server", content: bytes) -> None:
    for headers in ({}, NDJSON):
        answer = post(server, content, headers)
        assert answer.status_code == 400
        assert answer.json()["title"] == "Empty body"


def test_an_empty_array_is_no_mistake(server: "Server") -> None:
    assert post(server, b"[]").json() == {"accepted": 0, "duplicates": 0, "refused": 0, "results": []}


@pytest.mark.parametrize("content", [b"[1, 2", b"[" * 100_000, b'[{"a": tru}]'])
def test_a_broken_array_is_a_malformed_body(server: "Server", content: bytes) -> None:
    answer = post(server, content)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Malformed body"


@pytest.mark.parametrize("type_", ["text/plain", "", "application/json; charset=utf-16", "application/xml"])
def test_other_media_types_are_not_read(server: "Server", type_: str) -> None:
    answer = post(server, b"{}", {"content-type": type_})
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["detail"]


def test_other_encodings_are_not_read(server: "Server") -> None:
    answer = post(server, b"{}", {"content-encoding": "br"})
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, zstd"


def test_time_just_within_the_tolerance(server: "Server") -> None:
    soon = (datetime.now(UTC) + timedelta(hours=23)).isoformat()
    assert post(server, json.dumps(event(time=soon)).encode()).json()["accepted"] == 1


def test_personal_data_never_reach_the_database(server: "Server") -> None:
    profile = {"handle": "h", "email": "Jo.Doe+x@gmail.com", "phone": "+49 170 1234567"}
    session = {"ip": "192.0.2.17", "device": "D-1", "user_agent": "Browser 1"}
    events = [
        event(1, type="account.created", data=profile),
        event(2, type="session.started", data=session),
        event(3, data={"post": "p", "text": "x", "ip": "192.0.2.99"}, email="top@level.example"),
    ]
    assert post(server, lines(*events), NDJSON).json()["accepted"] == 3
    stored = bodies(server)
    text = json.dumps(stored)
    for secret in ("Doe", "1701234567", "1234567", "192.0.2", "D-1", "Browser", "top@level"):
        assert secret not in text
    assert stored[0]["data"]["handle"] == "h"
    assert stored[0]["data"]["email"].startswith("email:")
    assert stored[1]["data"]["network"].startswith("network:")


def test_structured_and_batched_cloudevents(server: "Server") -> None:
    cloud = event(1, type="org.tenfold.post.created.v1", specversion="1.0", source="/forum", subject="p-1")
    answer = post(server, json.dumps(cloud).encode(), {"content-type": "application/cloudevents+json"})
    assert answer.status_code == 200, answer.text
    batch = json.dumps([cloud, cloud | {"id": "e-2"}]).encode()
    answer = post(server, batch, {"content-type": "application/cloudevents-batch+json; charset=utf-8"})
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (1, 1)
    stored = bodies(server)
    assert stored[0] == cloud | {"type": "post.created"}


def test_binary_cloudevents(server: "Server") -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "e-%C3%A9",
        "ce-type": "org.tenfold.post.created.v1",
        "ce-source": "/forum",
        "ce-time": "2026-03-01T12:00:00Z",
        "ce-account": "a-9",
    }
    answer = post(server, json.dumps({"post": "p-1", "text": "x"}).encode(), headers)
    assert answer.status_code == 200, answer.text
    assert bodies(server)[0]["id"] == "e-é"
    assert bodies(server)[0]["data"] == {"post": "p-1", "text": "x"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "com.example.thing"}, "type"),
        ({"type": 7}, "type"),
        ({"data_base64": "!!"}, "data_base64"),
        ({"data_base64": "e30"}, "data_base64"),
    ],
)
def test_bad_cloudevents(server: "Server", changes: dict[str, Any], field: str) -> None:
    cloud = event(1, type="org.tenfold.post.created.v1", specversion="1.0", source="/forum") | changes
    answer = post(server, json.dumps(cloud).encode(), {"content-type": "application/cloudevents+json"})
    assert answer.status_code == 422
    assert answer.json()["results"][0]["problem"]["field"] == field


def test_data_in_base64(server: "Server") -> None:
    cloud = event(1, specversion="1.0", source="/forum", data_base64="eyJwb3N0IjogInAifQ==")
    del cloud["data"]
    answer = post(server, json.dumps(cloud).encode(), {"content-type": "application/cloudevents+json"})
    assert answer.status_code == 200, answer.text
    assert bodies(server)[0]["data"] == {"post": "p"}


def test_a_key_in_debt_waits(serve: "Callable[..., Server]") -> None:
    server = serve(events_per_second=10)
    key = server.key(Scope.EVENTS_WRITE)
    content = lines(*(event(n) for n in range(100)))
    assert server.client.post("/v1/events", content=content, headers=NDJSON | key).status_code == 200
    answer = server.client.post("/v1/events", content=lines(event(1)), headers=NDJSON | key)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 9
    assert post(server, lines(event(1)), NDJSON).status_code == 200  # another key is not held up


def test_outcomes_are_counted(server: "Server") -> None:
    post(server, lines(event(1), event(1), event(2, type="x")), NDJSON)
    text = server.client.get("/metrics", headers=server.key(Scope.METRICS_READ)).text
    for outcome in ("accepted", "duplicate", "refused"):
        assert f'tenfold_events_total{{outcome="{outcome}"}} 1.0' in text
    assert "tenfold_queue_events 1.0" in text


def test_a_database_that_is_down_is_no_internal_error(server: "Server") -> None:
    key = server.key(Scope.EVENTS_WRITE)
    content = lines(event(1))
    server.client.post("/v1/events", content=content, headers=NDJSON | key)
    server.runtime.pool.close()
    answer = server.client.post("/v1/events", content=content, headers=NDJSON | key)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
