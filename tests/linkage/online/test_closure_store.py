"""Closures, decisions on pairs, models and keys as the store keeps them."""

import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tenfold.fingerprint import Fingerprint
from tenfold.store import closures, link_decisions, link_keys, link_models, links_due, shared_keys
from tenfold.store.closures import Closure
from tenfold.store.database import connect

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def closure(account: str, **more) -> Closure:
    fingerprint = Fingerprint(account=account, handles=("رماد_1",), style=b"\x00\xff", texts=(2**63, 7))
    fields = {"created_at": None, "closed_at": NOON, "origin": "platform", "ground": ""}
    return Closure(account=account, fingerprint=fingerprint, **{**fields, **more})


def test_a_closure_comes_back_as_it_was_kept(conn):
    closures.keep(conn, [closure("b", keys=[1, -2]), closure("a", keys=[1])])
    found = closures.load(conn, ["a", "b", "c"])
    assert sorted(found) == ["a", "b"]
    assert found["b"].fingerprint == closure("b").fingerprint
    assert found["b"].keys == [1, -2]
    assert link_keys.of_account(conn, "b", closed=True) == {1, -2}


def test_a_closure_of_the_usual_size_is_not_compressed_and_lies_with_its_keys(conn):
    shown = Fingerprint(account="a", handles=("رماد_1",), style=b"\x07" * 1_000, mentions=("others",) * 64)
    closures.keep(conn, [msgspec.structs.replace(closure("a", keys=range(200)), fingerprint=shown)])
    rows = conn.execute(
        """
        SELECT pg_column_size(fingerprint) + pg_column_size(keys), pg_column_compression(fingerprint),
            pg_relation_size(reltoastrelid)
        FROM closures, pg_class WHERE pg_class.oid = 'closures'::regclass
        """
    )
    ((size, compressed, outside),) = rows.fetchall()
    assert size > 2_500
    assert compressed is None
    assert outside == 0


def test_keeping_again_replaces_keys_and_fingerprint(conn):
    closures.keep(conn, [closure("a", keys=[1, 2])])
    closures.keep(conn, [closure("a", keys=[2, 3], ground="TVEC1")])
    assert link_keys.of_account(conn, "a", closed=True) == {2, 3}
    assert closures.load(conn, ["a"])["a"].ground == "TVEC1"
    assert closures.count(conn) == 1


def test_erasing_takes_keys_along_and_leaves_others(conn):
    closures.keep(conn, [closure("a", keys=[1]), closure("b", keys=[1])])
    assert closures.erase(conn, ["a", "x"]) == ["a"]
    assert link_keys.of_account(conn, "a", closed=True) == set()
    assert link_keys.of_account(conn, "b", closed=True) == {1}


def test_pages_lead_through_all_closures_the_latest_first(conn):
    for n in range(5):
        closures.keep(conn, [closure(f"c{n}", closed_at=NOON + timedelta(hours=n // 2))])
    seen, before = [], None
    while found := closures.page(conn, before=before, limit=2):
        seen += [one.account for one in found]
        before = (found[-1].closed_at, found[-1].account)
    assert seen == ["c4", "c3", "c2", "c1", "c0"]


def test_closures_expire_by_their_date_and_by_their_age(conn):
    closures.keep(
        conn,
        [
            closure("old", closed_at=NOON - timedelta(days=100)),
            closure("dated", expires_at=NOON - timedelta(minutes=1)),
            closure("young", expires_at=NOON + timedelta(minutes=1)),
        ],
    )
    assert closures.expire(conn, NOON, days=0) == ["dated"]
    assert closures.expire(conn, NOON, days=99) == ["old"]
    assert closures.count(conn) == 1


def test_the_latest_decision_on_a_pair_counts_until_it_is_reversed(conn):
    first = link_decisions.record(conn, ("b", "a"), "same", author="user:1", now=NOON)
    second = link_decisions.record(conn, ("a", "b"), "different", author="user:2", now=NOON)
    assert link_decisions.in_force(conn, [("b", "a"), ("a", "c")])["a", "b"].verdict == "different"
    assert [one.id for one in link_decisions.all_in_force(conn)] == [second]
    assert link_decisions.reverse(conn, ids=[second], now=NOON) == [("a", "b")]
    assert link_decisions.of_accounts(conn, ["b"])["a", "b"].id == first
    with pytest.raises(ValueError, match="not linked to itself"):
        link_decisions.record(conn, ("a", "a"), "same", author="user:1", now=NOON)


def test_one_model_at_most_is_in_use(conn):
    assert link_models.current(conn) is None
    assert link_models.add(conn, "v1", {"w": 1}, report={}, made_by="user:1")
    assert not link_models.add(conn, "v1", {"w": 2}, report={}, made_by="user:1")
    link_models.add(conn, "v2", {"w": 2}, report={}, made_by="user:1")
    link_models.use(conn, "v1")
    link_models.use(conn, "v2")
    current = link_models.current(conn)
    assert current is not None and current.version == "v2" == link_models.current_version(conn)
    with pytest.raises(link_models.UnknownModelError):
        link_models.use(conn, "v3")
    link_models.use(conn, None)
    assert link_models.current(conn) is None
    assert {one.version for one in link_models.list_all(conn)} == {"v1", "v2"}


def test_only_keys_that_were_not_known_come_back(conn):
    assert sorted(link_keys.add(conn, [("a", 1), ("a", 2), ("a", 1)])) == [("a", 1), ("a", 2)]
    assert link_keys.add(conn, [("a", 2), ("b", 2)]) == [("b", 2)]
    assert link_keys.erase(conn, ["a"]) == 2


def test_shared_values_end(conn):
    shared_keys.mark(conn, 1, kind="device", reason="library", marked_by="user:1", until=None)
    past = datetime.now(UTC) - timedelta(minutes=1)
    shared_keys.mark(conn, 2, kind="device", reason="school", marked_by="user:1", until=past)
    assert shared_keys.all_in_force(conn) == {1}
    assert shared_keys.unmark(conn, 1) and not shared_keys.unmark(conn, 1)


def test_a_hunt_waits_for_whoever_worked_beside_the_closing(database_url):
    with (
        connect(database_url) as closing,
        connect(database_url) as linking,
        connect(database_url) as hunting,
    ):
        linking.execute("SELECT pg_current_xact_id()")
        links_due.note_hunt(closing, ["a"], datetime.now(UTC))
        closing.commit()
        assert links_due.claim(hunting, "hunt", 10) == []
        hunting.commit()
        linking.commit()
        claimed = links_due.claim(hunting, "hunt", 10)
        for _ in range(100):  # transactions of other databases of the server are waited for, too
            if claimed:
                break
            hunting.rollback()
            time.sleep(0.1)
            claimed = links_due.claim(hunting, "hunt", 10)
        assert [due.account for due in claimed] == ["a"]
        hunting.rollback()
        assert links_due.any_due(hunting)


def test_one_transaction_at_a_time_settles(database_url):
    with connect(database_url) as one, connect(database_url) as other:
        links_due.note(one, ["a"], NOON, "spam")
        one.commit()
        (due,) = links_due.claim(one, "settle", 10)
        assert (due.account, due.reason) == ("a", "spam")
        assert links_due.claim(other, "settle", 10) == []
