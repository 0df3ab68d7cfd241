"""Liveness, readiness, metrics; and what holds for every answer: headers, ids, problems."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from litestar import get

from tenfold.store import mails
from tenfold.store.database import Conn
from tenfold.store.keys import Scope
from tenfold.web.problems import Problem, type_uri

if TYPE_CHECKING:
    from tests.conftest import Server


def test_alive_and_ready(server: "Server") -> None:
    for path in ("/livez", "/readyz", "/readyz"):
        answer = server.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_not_ready_without_its_migrations(server: "Server", database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0007%'")
    answer = server.client.get("/readyz")
    assert answer.status_code == 503
    assert "0007_people" in answer.json()["detail"]
    assert server.client.get("/livez").status_code == 200


def test_not_ready_without_its_database(server: "Server") -> None:
    server.runtime.pool.close()
    answer = server.client.get("/readyz")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


def test_metrics_need_their_scope_and_name_no_addresses(server: "Server") -> None:
    assert server.client.get("/metrics").status_code == 401
    server.client.get("/v1/no/such/place-of-jo")
    text = server.client.get("/metrics", headers=server.key(Scope.METRICS_READ)).text
    assert 'route="unmatched",status="404"' in text
    assert "place-of-jo" not in text


def test_metrics_count_what_was_given_up(server: "Server", conn: Conn) -> None:
    mail = mails.NewMail(recipient="amal@example.org", locale="en", subject="x", body="x")
    mails.write(conn, [mail, mail], datetime.now(UTC))
    mails.expire(conn, datetime.max.replace(tzinfo=UTC), "timed out")
    conn.commit()
    text = server.client.get("/metrics", headers=server.key(Scope.METRICS_READ)).text
    assert "tenfold_dead_mails 2.0" in text
    assert "tenfold_dead_deliveries 0.0" in text
    assert "amal" not in text


@pytest.mark.parametrize("path", ["/livez", "/v1/nothing", "/v1/events"])
def test_every_answer_has_the_security_headers(server: "Server", path: str) -> None:
    headers = server.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_requests_have_ids(server: "Server") -> None:
    own = server.client.get("/v1/nothing", headers={"x-request-id": "abc-1"})
    assert own.headers["x-request-id"] == "abc-1"
    assert own.json()["instance"] == "urn:tenfold:request:abc-1"
    hostile = server.client.get("/livez", headers={"x-request-id": "a b\tc" + "x" * 100})
    assert " " not in hostile.headers["x-request-id"]
    assert len(hostile.headers["x-request-id"]) < 65


def test_unknown_addresses_and_methods(server: "Server") -> None:
    answer = server.client.get("/v1/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tenfold:problem:not-found")
    answer = server.client.delete("/v1/events")
    assert (answer.status_code, answer.json()["type"]) == (405, "urn:tenfold:problem:method-not-allowed")
    assert "POST" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    server: "Server", caplog: pytest.LogCaptureFixture
) -> None:
    @get("/fault", sync_to_thread=False)
    def fault() -> None:
        raise ValueError("password of jo is 12345")

    server.client.app.register(fault)
    answer = server.client.get("/fault")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:tenfold:problem:internal-error")
    assert "12345" not in answer.text
    assert "12345" not in caplog.text
    assert "ValueError" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_the_type_of_a_problem_is_made_from_its_title() -> None:
    assert type_uri("Rate limit reached") == "urn:tenfold:problem:rate-limit-reached"
    assert str(Problem(404, "No such case", "case 7")) == "404 No such case: case 7"
