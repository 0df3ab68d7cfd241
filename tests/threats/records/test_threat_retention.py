"""What is closed and old is forgotten but for its numbers; what a legal hold covers is not."""

from datetime import timedelta
from typing import Any

import pytest

from tenfold.store import threat_retention, threats
from tenfold.threats import figures, records, shown, steps
from tests.threats.records.composed import NOON, sighting

TEXT = "I will kill {} at the door of his house on Harbour Street, and nobody will hear it"
LATER = NOON + timedelta(days=400)


def closed(conn, post="p1", whom="Jonas Vale"):
    (taken,) = records.take(conn, [sighting(post, f"by {post}", TEXT.format(whom), whom)], NOON)
    id_ = taken.threat_id
    wish: dict[str, Any] = {"reason": f"about {whom}", "actor": "user:1", "now": NOON}
    steps.correct(conn, id_, factor="where", value="Harbour Street", **wish)
    steps.close(conn, id_, outcome="not_credible", **wish)
    return id_


def test_an_old_closed_record_keeps_its_numbers_and_nothing_else(conn):
    id_ = closed(conn)
    assert threat_retention.forget(conn, 12, LATER) == [id_]
    for table in ("threat_sources", "threat_keys", "threat_corrections"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    left = str(threats.load(conn, [id_])[id_]) + str(
        conn.execute("SELECT details FROM threat_log").fetchall()
    )
    assert "Vale" not in left
    assert "Harbour" not in left
    whole = figures.figures(conn, NOON - timedelta(days=1), NOON + timedelta(days=1)).whole
    assert (whole.threats, whole.sources, whole.by_outcome) == (1, 1, {"not_credible": 1})
    view = shown.view(conn, id_)
    assert view is not None
    assert view.sources == []
    assert threat_retention.forget(conn, 12, LATER) == []
    (again,) = records.take(conn, [sighting("p9", "a9", TEXT.format("Jonas Vale"))], LATER)
    assert again.new


@pytest.mark.parametrize(
    "why", ["open", "young", "held by its number", "held by its source", "lately heard of"]
)
def test_what_is_wanted_stays(conn, why):
    id_ = closed(conn)
    if why == "open":
        steps.reopen(conn, id_, reason="again", actor="user:1", now=NOON)
    if why == "lately heard of":
        records.take(conn, [sighting("p2", "a2", TEXT.format("Jonas Vale"))], LATER - timedelta(days=3))
    if why.startswith("held"):
        other = closed(conn, "p5", "Sara Winter")
        steps.reopen(conn, other, reason="again", actor="user:1", now=NOON)
        hold(conn, *((id_, "p0") if why.endswith("number") else (other, "p1")))
    now = NOON + timedelta(days=60) if why == "young" else LATER
    assert threat_retention.forget(conn, 12, now) == []
    assert conn.execute("SELECT count(*) > 0 FROM threat_sources").fetchone() == (True,)


def hold(conn, threat_id, post):
    conn.execute(
        """
        INSERT INTO referrals (threat_id, language, authority, country, legal_basis, statement, asks,
            callback, drafted_by, drafted_at, changed_by, changed_at)
        VALUES (%s, 'en', 'Police', 'DE', '{dsa_18}', 'a threat', 'desk', '+1', 'user:1', %s, 'user:1', %s)
        """,
        [threat_id, NOON, NOON],
    )
    conn.execute(
        """
        INSERT INTO legal_holds (subject_kind, subject_id, threat_id, referral_id, reason, placed_by,
            placed_at)
        SELECT 'post', %s, %s, id, 'referred', 'user:1', %s FROM referrals
        """,
        [post, threat_id, NOON],
    )


def test_a_lifted_hold_holds_no_longer(conn):
    id_ = closed(conn)
    hold(conn, id_, "p1")
    conn.execute("UPDATE legal_holds SET lifted_by = 'user:1', lifted_at = %s", [NOON])
    assert threat_retention.forget(conn, 12, LATER) == [id_]


def test_reports_of_threats_that_nobody_took_up_go_too(conn):
    news: dict[str, Any] = {"speech_act": "news", "gates": ["news"], "gated": True, "level": "N"}
    (taken,) = records.take(conn, [sighting("p1", "paper", TEXT.format("Jonas Vale"), **news)], NOON)
    assert threat_retention.forget(conn, 12, LATER) == [taken.threat_id]
    assert conn.execute("SELECT status, outcome FROM threats").fetchall() == [("closed", "news")]
