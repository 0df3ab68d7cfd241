"""What people decided about links lasts: against the platform's word, races, erasure and further accounts."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tenfold.casework import closing, linking, returns_list
from tenfold.casework.deciding import decide
from tenfold.casework.filing import file_firings
from tenfold.casework.linking import LinkDecided, LinkVerdict, StandingVerdictError
from tenfold.casework.shared_values import SharedWish
from tenfold.casework.wishes import RefusedError
from tenfold.casework.wishes import Verdict as CaseWord
from tenfold.cli import build
from tenfold.judgement import Part
from tenfold.linkage import returns
from tenfold.linkage.ledger import Judged
from tenfold.linkage.online import Linker
from tenfold.store import actions, closures, link_decisions, link_keys, links_due, shared_keys, signals
from tenfold.store.database import Conn, connect
from tenfold.store.link_decisions import Pair, Verdict, ordered
from tenfold.store.signals import Link
from tenfold.taxonomy import Ground
from tests.casework import returning_platform as platform
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    ENGLISH,
    ENGLISH_BACK,
    HONEST,
    database_url,
    linked,
    returning_template,
)
from tests.casework.small_platform import account, firing, rows
from tests.helpers import event

__all__ = ["database_url", "returning_template"]

NOW = datetime.now(UTC)
both = pytest.mark.parametrize("pair", [(CLOSED, BACK), (ENGLISH, ENGLISH_BACK)], ids=["ar", "en"])


def judge(conn: Conn, pair: Pair, verdict: Verdict, **more: Any) -> LinkDecided:
    wish = LinkVerdict(accounts=pair, verdict=verdict, reason="نظرت فيه", **more)
    return linking.decide_link(conn, wish=wish, actor="user:1", now=NOW)


def told(pair: Pair, probability: float = 0.99, level: str = "likely") -> Link:
    first, second = ordered(*pair)
    return Link(
        account_a=first,
        account_b=second,
        bits=5,
        probability=probability,
        level=level,
        evidence=[{"kind": "told", "words": "هما واحد", "bits": 5}],
        origin="key:1",
    )


def returns_of(conn: Conn, new: str) -> list[str]:
    found = rows(conn, "SELECT key FROM signals WHERE name = 'return' AND subject_id = %s ORDER BY 1", new)
    return [key for (key,) in found]


@both
def test_the_platform_cannot_tell_again_what_people_denied(conn: Conn, pair: Pair) -> None:
    judge(conn, pair, "different")
    assert signals.save_links(conn, [told(pair), told(("crowd-1", "crowd-2"))]) == {("crowd-1", "crowd-2")}
    assert ordered(*pair) not in linked(conn)
    conn.execute(
        "INSERT INTO links (account_a, account_b, bits, probability, level, origin)"
        " VALUES (%s, %s, 5, 0.99, 'likely', 'key:1')",
        ordered(*pair),
    )
    found = signals.links_to_closed(conn, [pair[1]])
    assert found.get(pair[1]) is None or found[pair[1]].count < 2, "an older row says nothing to rules either"
    judge(conn, pair, "same")
    assert signals.save_links(conn, [told(pair)]) or linked(conn)[ordered(*pair)] == "likely"


def test_a_told_link_gives_way_to_a_stronger_one_that_was_found(conn: Conn) -> None:
    before = rows(conn, "SELECT * FROM links ORDER BY 1, 2")
    assert signals.save_links(conn, [told((CLOSED, BACK), 0.3, "possible")]) == set()
    assert rows(conn, "SELECT * FROM links ORDER BY 1, 2") == before


def test_a_stronger_told_link_keeps_who_was_closed_and_outlives_linkage(conn: Conn) -> None:
    pair = ordered(CLOSED, BACK)
    conn.execute(
        "UPDATE links SET level = 'possible', probability = 0.5 WHERE account_a = %s AND account_b = %s", pair
    )
    assert signals.save_links(conn, [told(pair, 1.0)]) == {pair}
    assert rows(conn, "SELECT closed, origin FROM links WHERE account_a = %s AND account_b = %s", *pair) == [
        (CLOSED, "key:1")
    ]
    Linker().look(conn, [BACK])
    assert linked(conn)[pair] == "likely"
    assert CLOSED in returns_of(conn, BACK)
    closures.erase(conn, [CLOSED])
    assert rows(conn, "SELECT closed FROM links WHERE account_a = %s AND account_b = %s", *pair) == [(None,)]
    assert CLOSED not in returns_of(conn, BACK), "what linkage found goes with the closure"
    assert rows(conn, "SELECT count(*) FROM signals WHERE name = 'return' AND key = %s", CLOSED) == [(0,)]


@contextmanager
def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Any) -> Iterator[None]:
    """Once linkage has read what people decided and judged otherwise than before, `act`, then go on."""
    real, done = returns.decided, threading.Event()

    def late(one: Judged, decisions: dict[Pair, Any], *more: Any) -> Judged:
        found = real(one, decisions, *more)
        if not done.is_set():
            done.set()
            act()
        return msgspec.structs.replace(found, bits=found.bits + 1) if found.level else found

    with monkeypatch.context() as patch:
        patch.setattr(returns, "decided", late)
        yield
    assert done.is_set()


def test_a_decision_made_while_linkage_judges_stands(
    conn: Conn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide() -> None:
        judge(conn, (CLOSED, BACK), "different")
        conn.commit()

    conn.commit()
    with connect(database_url) as other, meanwhile(monkeypatch, decide):
        looked = Linker().look(other, [BACK])
        other.commit()
    assert ordered(CLOSED, BACK) not in linked(conn)
    assert returns_of(conn, BACK) == []
    assert BACK not in looked.changed


def test_no_link_is_written_to_a_closure_erased_while_linkage_judges(
    conn: Conn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erase() -> None:
        closures.erase(conn, [CLOSED])
        conn.commit()

    conn.commit()
    with connect(database_url) as other, meanwhile(monkeypatch, erase):
        Linker().look(other, [BACK])
        other.commit()
    assert not [pair for pair in linked(conn) if CLOSED in pair]
    assert rows(conn, "SELECT count(*) FROM signals WHERE name = 'return' AND key = %s", CLOSED) == [(0,)]


def test_linkage_does_not_wait_for_who_decides_and_looks_again(
    conn: Conn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.execute("DELETE FROM links_due")
    conn.commit()
    with (
        connect(database_url) as other,
        meanwhile(
            monkeypatch,
            lambda: judge(conn, (CLOSED, BACK), "different"),  # not committed
        ),
    ):
        Linker().look(other, [BACK])
        other.commit()
    assert rows(conn, "SELECT account, step FROM links_due WHERE account = %s", BACK) == [(BACK, "look")]
    conn.commit()
    assert ordered(CLOSED, BACK) not in linked(conn)


def test_who_decides_waits_for_linkage_that_has_written(conn: Conn, database_url: str) -> None:
    """And linkage that then wants the account need not wait for him: no circle."""

    def decide() -> None:
        judge(conn, (CLOSED, BACK), "different")
        conn.commit()

    conn.commit()
    with connect(database_url) as other, connect(database_url) as watching:
        watching.autocommit = True
        other.execute("UPDATE links SET bits = bits + 9, model = 'older'")
        other.commit()
        Linker().look(other, [BACK])
        person = threading.Thread(target=decide)
        person.start()
        while not rows(
            watching,
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        ):
            time.sleep(0.01)
        other.execute("SELECT FROM accounts WHERE id IN (%s, %s) FOR NO KEY UPDATE", [CLOSED, BACK])
        other.commit()
        person.join(60)
    assert ordered(CLOSED, BACK) not in linked(conn)
    assert returns_of(conn, BACK) == []


def proposals(conn: Conn, id_: str) -> list[tuple[str, str]]:
    return rows(conn, "SELECT kind, state FROM actions WHERE subject_id = %s ORDER BY id", id_)


@both
def test_a_reversal_after_an_erasure_brings_nothing_back(conn: Conn, pair: Pair) -> None:
    made = judge(conn, pair, "different")
    closures.erase(conn, [pair[0]])
    linking.reverse_link(conn, link_decision_id=made.link_decision_id, actor="user:1", reason="خطأ", now=NOW)
    assert ordered(*pair) not in linked(conn)
    assert pair[0] not in returns_of(conn, pair[1])


@both
def test_an_erasure_leaves_no_public_values_in_decisions(conn: Conn, pair: Pair) -> None:
    judge(conn, pair, "different")
    before = rows(conn, "SELECT evidence FROM link_decisions")[0][0]
    assert any(item.get("closed") or item.get("new") for item in before)
    closures.erase(conn, [pair[0]])
    ((after, removed),) = rows(conn, "SELECT evidence, removed FROM link_decisions")
    assert removed is None
    kept = ("family", "kind", "level", "bits")
    assert after == [{name: item[name] for name in kept if name in item} for item in before]


@both
def test_restoring_the_closed_account_withdraws_what_was_proposed(conn: Conn, pair: Pair) -> None:
    assert ("close_account", "proposed") in proposals(conn, pair[1])
    case = platform.case_of(conn, pair[1])
    restored = [pair[0]]
    if pair[1] == BACK:  # it is linked to all of its people's accounts
        restored = sorted({end for link in linked(conn) if BACK in link for end in link} - {BACK})
        restored = [id_ for id_ in restored if id_ in closures.load(conn, restored)]
    platform.happen(conn, [event("account.restored", id_, datetime.now(UTC)) for id_ in restored])
    assert ("close_account", "proposed") not in proposals(conn, pair[1])
    assert ("close_account", "withdrawn") in proposals(conn, pair[1])
    assert len(rows(conn, "SELECT 1 FROM case_notes WHERE case_id = %s", case)) == 1
    assert rows(conn, "SELECT 1 FROM audit WHERE act = 'case.link_lost' AND subject = %s", f"case:{case}")


def test_marking_what_a_link_rests_on_withdraws_what_was_proposed(conn: Conn) -> None:
    for key in link_keys.in_common(conn, ENGLISH, ENGLISH_BACK):
        shared_keys.mark(conn, key, kind="x", reason="شائع", marked_by="user:1", until=None)
    platform.happen(conn, [])
    assert ("close_account", "proposed") not in proposals(conn, ENGLISH_BACK)


def test_an_erased_closure_comes_back_only_with_a_later_closing(conn: Conn) -> None:
    before = datetime.now(UTC)
    closures.erase(conn, [CLOSED])
    platform.happen(conn, [event("account.closed", CLOSED, before, reason="again")])
    assert closures.load(conn, [CLOSED]) == {}
    assert not [pair for pair in linked(conn) if CLOSED in pair]
    platform.happen(conn, [event("account.closed", CLOSED, datetime.now(UTC), reason="anew")])
    assert closures.load(conn, [CLOSED])[CLOSED].ground == "anew"


def test_an_account_closed_and_deleted_at_once_leaves_its_closure(conn: Conn) -> None:
    now = datetime.now(UTC)
    told = [event("account.closed", BACK, now, reason="TVEC1"), event("account.deleted", BACK, now)]
    platform.happen(conn, told)
    assert closures.load(conn, [BACK])[BACK].ground == "TVEC1"
    platform.happen(
        conn,
        [
            event("account.closed", ENGLISH_BACK, now, reason="TVEC1"),
            event("account.restored", ENGLISH_BACK, now),
            event("account.deleted", ENGLISH_BACK, now),
        ],
    )
    assert closures.load(conn, [ENGLISH_BACK]) == {}, "who was open when he left was not closed"


def test_a_new_account_that_its_owner_deleted_leaves_nothing(conn: Conn) -> None:
    now = datetime.now(UTC)
    platform.happen(conn, [event("account.deleted", BACK, now)])
    platform.happen(conn, [event("follow.created", "friend-5", now, target=BACK)])
    assert rows(conn, "SELECT key FROM account_keys WHERE account = %s", BACK) == []
    assert returns_of(conn, BACK) == []
    assert not [pair for pair in linked(conn) if BACK in pair]
    links_due.note_look(conn, [BACK], now)
    platform.happen(conn, [])
    assert not [pair for pair in linked(conn) if BACK in pair]


@both
def test_who_was_told_apart_stays_possible_for_the_same_people_s_other_accounts(
    conn: Conn, pair: Pair
) -> None:
    closed, new = pair
    judge(conn, pair, "different")
    other = "a-of-the-same-people"
    conn.execute(
        "INSERT INTO accounts (id, created_at, first_seq, updated_at, state)"
        " SELECT %s, created_at, first_seq, updated_at, state FROM accounts WHERE id = %s",
        [other, closed],
    )
    was = closures.load(conn, [closed])[closed]
    fingerprint = msgspec.structs.replace(was.fingerprint, account=other)
    closures.keep(conn, [msgspec.structs.replace(was, account=other, fingerprint=fingerprint)])
    linker = Linker()
    linker.look(conn, [new])
    assert linked(conn)[ordered(other, new)] == "likely"
    link_decisions.record(conn, (closed, other), "same", author="user:1", now=NOW)
    linker.look(conn, [new])
    assert linked(conn)[ordered(other, new)] == "possible"
    signal = signals.load(conn, [account(new)])[account(new)][0]
    assert (signal.key, signal.details["held_back"]) == (other, "told_apart")


@given(
    said=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(["same", "different"])).filter(
            lambda one: one[0] != one[1]
        ),
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_apart_is_who_stands_on_two_sides_of_a_denial(
    conn: Conn, said: list[tuple[int, int, Verdict]]
) -> None:
    conn.execute("DELETE FROM link_decisions")
    for first, second, verdict in said:
        link_decisions.record(conn, (f"n{first}", f"n{second}"), verdict, author="user:1", now=NOW)
    last = {frozenset((first, second)): verdict for first, second, verdict in said}
    group = {n: {n} for n in range(7)}
    for first, second in (sorted(pair) for pair, verdict in last.items() if verdict == "same"):
        whole = group[first] | group[second]
        group |= dict.fromkeys(whole, whole)
    pairs = [(a, b) for a in range(7) for b in range(7) if a != b]
    apart = {
        (f"n{a}", f"n{b}")
        for a, b in pairs
        if a not in group[b]
        and any(
            verdict == "different" and pair & group[a] and pair & group[b] for pair, verdict in last.items()
        )
    }
    assert link_decisions.told_apart(conn, [(f"n{a}", f"n{b}") for a, b in pairs]) == apart


def test_who_was_cleared_of_one_return_gets_a_case_for_another(conn: Conn) -> None:
    def fire() -> None:
        parts = (Part("links.level == 'likely'", "likely"),)
        one = firing(account(HONEST), rule="return-likely", account=HONEST, parts=parts)
        file_firings(conn, [one], NOW)

    def cases_() -> int:
        return int(rows(conn, "SELECT count(*) FROM cases WHERE subject_id = %s", HONEST)[0][0])

    signals.save_links(conn, [told((CLOSED, HONEST))])
    fire()
    verdict = CaseWord(ground=Ground.NONE, reason="مختلف")
    decide(conn, case_id=platform.case_of(conn, HONEST), verdict=verdict, actor="user:1", now=NOW)
    fire()
    assert cases_() == 1
    signals.save_links(conn, [told((ENGLISH, HONEST), 0.5, "possible")])
    fire()
    assert cases_() == 1, "what is weaker than what was cleared is nothing new"
    signals.save_links(conn, [told((ENGLISH, HONEST), 0.98)])
    fire()
    assert cases_() == 2


@both
def test_a_verdict_taken_back_takes_its_shared_values_back(conn: Conn, pair: Pair) -> None:
    before = linked(conn)
    made = judge(conn, pair, "different", shared=(SharedWish(kind="device", days=365),))
    platform.happen(conn, [])
    assert [one.decision for one in shared_keys.list_all(conn)] == [made.link_decision_id]
    linking.reverse_link(conn, link_decision_id=made.link_decision_id, actor="user:1", reason="خطأ", now=NOW)
    assert shared_keys.list_all(conn) == []
    platform.happen(conn, [])
    assert linked(conn) == before, "others that had rested on the value, too"


def test_another_s_verdict_is_replaced_only_if_asked(conn: Conn) -> None:
    judge(conn, (CLOSED, BACK), "same")
    wish = LinkVerdict(accounts=(CLOSED, BACK), verdict="unsure", reason="x")
    with pytest.raises(StandingVerdictError, match="user:1 decided: same"):
        linking.decide_link(conn, wish=wish, actor="user:2", now=NOW, replace=False)
    linking.decide_link(conn, wish=wish, actor="user:1", now=NOW, replace=False)
    linking.decide_link(conn, wish=wish, actor="user:2", now=NOW)


def test_who_left_the_cluster_meanwhile_is_not_closed(
    conn: Conn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = judge(conn, (CLOSED, BACK), "same")
    judge(conn, (CLOSED, BACK_AGAIN), "same")
    conn.commit()
    real = actions.lock_subjects

    def late(locking: Conn, subjects: Any) -> None:
        monkeypatch.setattr(actions, "lock_subjects", real)
        with connect(database_url) as other:  # a person takes it back between reading and locking
            linking.reverse_link(
                other, link_decision_id=made.link_decision_id, actor="user:2", reason="خطأ", now=NOW
            )
        real(locking, subjects)

    monkeypatch.setattr(actions, "lock_subjects", late)
    with pytest.raises(RefusedError, match="does not belong"):
        closing.close_cluster(
            conn, account=CLOSED, chosen=[BACK], ground=Ground.BRANDED, reason="x", actor="user:1", now=NOW
        )


def test_the_list_puts_the_closed_account_first_whatever_their_age(conn: Conn) -> None:
    conn.execute("UPDATE accounts SET state = 'closed', created_at = '2001-01-01' WHERE id = %s", [BACK])
    shown = [
        (row.closed.account, row.new.account) for row in returns_list.waiting_page(conn, ended=True).rows
    ]
    assert (CLOSED, BACK) in shown
    judge(conn, (CLOSED, BACK), "different")
    shown = [(row.closed.account, row.new.account) for row in returns_list.decided_page(conn).rows]
    assert shown == [(CLOSED, BACK)]


def test_marks_are_listed_and_removed_by_command(conn: Conn, database_url: str) -> None:
    judge(conn, (CLOSED, BACK), "unsure", shared=(SharedWish(kind="device", days=365),))
    conn.commit()
    env = {"TENFOLD_DATABASE_URL": database_url}
    listed = CliRunner().invoke(build(), ["link", "shared", "list"], env=env)
    number, kind, *_ = listed.output.split("\t")
    assert (len(number), kind) == (16, "device"), listed.output
    removing = ["link", "shared", "remove", number, "--reason", "wrong"]
    assert CliRunner().invoke(build(), removing, env=env).exit_code == 0
    assert shared_keys.list_all(conn) == []
    assert rows(conn, "SELECT actor FROM audit WHERE act = 'shared.removed'") == [("cli:link",)]
    assert CliRunner().invoke(build(), removing, env=env).exit_code != 0
