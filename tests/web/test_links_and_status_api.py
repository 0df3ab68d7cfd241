"""Links that the platform knows itself; the status for programs."""

from datetime import UTC, datetime

from tenfold.store import accounts, events, link_decisions, signals
from tenfold.store.keys import Scope
from tests.helpers import event

LINK = {
    "accounts": ["new", "closed"],
    "probability": 0.97,
    "level": "likely",
    "evidence": [{"kind": "device", "words": "the same device", "bits": 9.5}, {"kind": "avatar", "bits": 4}],
}


def send(server, *links):
    return server.client.post("/v1/links", json=list(links), headers=server.key(Scope.LINKS_WRITE))


def closed_account(conn):
    conn.execute(
        "INSERT INTO accounts (id, created_at, first_seq, updated_at, state)"
        " VALUES ('closed', now(), 1, now(), 'closed')"
    )


def test_a_link_to_a_closed_account_is_seen_from_the_other_side(server, conn):
    assert send(server, LINK).json() == {"kept": 1, "refused": []}
    assert signals.links_to_closed(conn, ["new"]) == {}  # not closed yet
    closed_account(conn)
    found = signals.links_to_closed(conn, ["new"])["new"]
    assert (found.count, found.level) == (1, "likely")
    assert conn.execute("SELECT bits FROM links").fetchone() == (13.5,)


def test_telling_again_replaces_whichever_way_round(server, conn):
    send(server, LINK)
    send(server, {**LINK, "accounts": ["closed", "new"], "probability": 0.2, "level": "possible"})
    assert conn.execute("SELECT account_a, account_b, level FROM links").fetchall() == [
        ("closed", "new", "possible")
    ]


def test_what_people_denied_is_refused_and_the_rest_is_kept(server, conn):
    now = datetime.now(UTC)
    link_decisions.record(conn, ("new", "closed"), "different", author="user:1", reason="هما اثنان", now=now)
    conn.commit()
    answer = send(server, LINK, {**LINK, "accounts": ["new", "other"]})
    assert answer.json() == {
        "kept": 1,
        "refused": [{"accounts": ["closed", "new"], "reason": "different"}],
    }
    conn.execute("UPDATE links SET model = 'm', level = 'likely', probability = 0.99")
    conn.commit()
    answer = send(server, {**LINK, "accounts": ["other", "new"]})
    assert answer.json() == {"kept": 0, "refused": [{"accounts": ["new", "other"], "reason": "weaker"}]}


def test_an_account_is_not_linked_to_itself_and_nothing_is_kept(server, conn):
    answer = send(server, LINK, {**LINK, "accounts": ["a", "a"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "[1].accounts"
    assert conn.execute("SELECT count(*) FROM links").fetchone() == (0,)


def test_status_tells_what_waits_and_what_was_set_aside(server, conn):
    events.insert_events(conn, [event("post.deleted", post="p", id_="odd"), event("post.deleted", post="q")])
    conn.commit()
    lanes = events.announce_claim(conn, 64)
    waiting = events.fetch(conn, lanes, 100)
    events.set_aside(conn, waiting[0], "ValueError: odd")
    conn.commit()
    status = server.client.get("/v1/status", headers=server.key(Scope.STATUS_READ)).json()
    assert (status["queue"], status["poisoned"]) == (1, 1)
    assert status["poisoned_latest"][0]["error"] == "ValueError: odd"
    assert status["oldest_waiting"] is not None
    assert accounts.load(conn, ["amal"]) == {}
