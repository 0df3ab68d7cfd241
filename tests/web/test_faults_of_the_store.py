"""What the database refuses is a problem that tells the client what to do, never a 500."""

from typing import TYPE_CHECKING, Any

import pytest

from tenfold.store.keys import Scope

if TYPE_CHECKING:
    from tests.conftest import Server

COLLISIONS = ["40P01", "40001"]  # deadlock_detected, serialization_failure
ASHEN = {"id": "ashen", "kind": "terms", "title": "The Ashen Banner"}


def refuse(server: "Server", code: str, times: int) -> None:
    """Let PostgreSQL raise the error on the next inserts of banks. Sequences outlive a rollback."""
    with server.runtime.pool.connection() as conn:
        conn.execute("CREATE SEQUENCE refusals")
        conn.execute(
            f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('refusals') <= {times} THEN
                    RAISE EXCEPTION 'refused' USING ERRCODE = '{code}';
                END IF;
                RETURN NEW;
            END $$
            """
        )
        conn.execute("CREATE TRIGGER refuse BEFORE INSERT ON banks FOR EACH ROW EXECUTE FUNCTION refuse()")


def post_bank(server: "Server") -> Any:
    return server.client.post("/v1/banks", json=ASHEN, headers=server.key(Scope.BANKS_WRITE))


@pytest.mark.parametrize("code", COLLISIONS)
def test_one_collision_is_not_seen(server: "Server", code: str) -> None:
    refuse(server, code, times=1)
    assert post_bank(server).status_code == 201
    with server.runtime.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM banks").fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM audit").fetchone() == (1,)


@pytest.mark.parametrize("code", COLLISIONS)
def test_two_collisions_are_to_be_sent_again(server: "Server", code: str) -> None:
    refuse(server, code, times=2)
    answer = post_bank(server)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:tenfold:problem:collision"
    assert post_bank(server).status_code == 201


@pytest.mark.parametrize("code", ["22021", "22P05", "22003"])  # encoding, U+0000 in JSON, out of range
def test_what_cannot_be_stored_is_a_fault_of_the_request(server: "Server", code: str) -> None:
    refuse(server, code, times=1)
    answer = post_bank(server)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:tenfold:problem:invalid-request"
    assert "refused" not in answer.text


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "9000-01-02T00:00:00Z"])
def test_an_expiry_that_no_time_zone_can_show_is_refused(server: "Server", at: str) -> None:
    key = server.key(Scope.BANKS_READ, Scope.BANKS_WRITE)
    server.client.post("/v1/banks", json=ASHEN, headers=key)
    entry = {"value": "the ashen banner", "expires_at": at}
    answer = server.client.post("/v1/banks/ashen/entries", json={"entries": [entry]}, headers=key)
    assert "9000" in answer.json()["refused"][0]["reason"]
    assert server.client.get("/v1/banks/ashen/entries", headers=key).json()["entries"] == []
