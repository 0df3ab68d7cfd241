"""Versions of the policy: what becomes of them step by step, who must agree, what workers then do."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.policy import PolicyErrors, load_texts, versions
from tenfold.policy.difference import asks_for_two, changes, definitions
from tenfold.policy.in_force import CurrentPolicy, shadow_of
from tenfold.policy.kinds import KINDS
from tenfold.policy.versions import VersionError
from tenfold.store import audit, policies
from tenfold.store.database import Conn
from tests.lab.lab_world import COUNTER, policy, post, rule, texts, work

NOW = datetime(2026, 3, 2, tzinfo=UTC)
AUTHOR, SECOND = "user:1", "user:2"
GATE = rule("gate", "contains(post.text, 'gate')")
DOOR = rule("gate", "contains(post.text, 'gate') or contains(post.text, 'الباب')")
HOLD = rule("gate", "contains(post.text, 'gate')", then="{hold: true}")
FILES = policy(rule("files", "contains(post.text, 'x')"))


def saved(conn: Conn, *rules: str, head: str = "", actor: str = AUTHOR) -> str:
    return versions.save(conn, texts(*rules, head=head), actor=actor, reason="because")


def live(conn: Conn, version: str, actor: str = AUTHOR) -> None:
    versions.go_live(conn, version, actor=actor, reason="it helps", now=NOW, files=FILES)


def states(conn: Conn) -> dict[str, str]:
    return {one.version: one.state for one in policies.listing(conn)}


def refused(code: str) -> Any:
    return pytest.raises(VersionError, check=lambda error: error.code == code)


def test_the_same_text_is_the_same_version(conn: Conn) -> None:
    first, again = saved(conn, GATE), saved(conn, GATE, actor=SECOND)
    known = policies.get(conn, first)
    assert first == again and known and known.saved_by == AUTHOR
    assert policies.sources(conn, first) == texts(GATE)
    with refused("reason"):
        versions.save(conn, texts(GATE), actor=AUTHOR, reason="  ")
    with pytest.raises(PolicyErrors, match="did you mean"):
        saved(conn, rule("bad", "contains(post.txt, 'gate')"))


def test_a_version_goes_live_and_back_in_one_step(conn: Conn) -> None:
    first, second = saved(conn, GATE), saved(conn, DOOR)
    live(conn, first)
    live(conn, second)
    assert states(conn) == {first: "retired", second: "live"}
    assert versions.roll_back(conn, actor=SECOND, reason="too wide", now=NOW) == first
    assert states(conn) == {first: "live", second: "retired"}
    assert versions.roll_back(conn, actor=SECOND, reason="again", now=NOW, to=second) == second
    acts = [row.act for row in audit.stream(conn)]
    assert acts == ["policy.saved"] * 2 + ["policy.live"] * 2 + ["policy.rolled_back"] * 2
    with refused("never_live"):
        versions.roll_back(conn, actor=SECOND, reason="x", now=NOW, to=saved(conn, HOLD))


def test_with_nothing_before_it_leads_back_to_the_files(conn: Conn) -> None:
    with refused("nothing_live"):
        versions.roll_back(conn, actor=AUTHOR, reason="x", now=NOW)
    first = saved(conn, GATE)
    live(conn, first)
    assert versions.roll_back(conn, actor=AUTHOR, reason="x", now=NOW) == versions.FILES
    assert CurrentPolicy(FILES).get(conn).live is FILES


def test_rules_that_act_need_a_second_person(conn: Conn) -> None:
    version = saved(conn, HOLD)
    with refused("not_approved"):
        live(conn, version)
    with refused("not_asked"):
        versions.approve(conn, version, actor=SECOND, now=NOW)
    versions.ask(conn, version, actor="user:3", now=NOW)
    for own in (AUTHOR, "user:3"):
        with refused("four_eyes"):
            versions.approve(conn, version, actor=own, now=NOW)
    versions.approve(conn, version, actor=SECOND, now=NOW)
    live(conn, version)
    assert states(conn)[version] == "live"
    more = saved(conn, HOLD, rule("more", "post.length > 900"))
    live(conn, more)  # what acts was agreed to, and is as it was


def test_an_approval_falls_with_its_request(conn: Conn) -> None:
    version = saved(conn, HOLD)
    versions.ask(conn, version, actor=AUTHOR, now=NOW)
    versions.approve(conn, version, actor=SECOND, now=NOW)
    versions.withdraw(conn, version, actor=SECOND, now=NOW)
    assert saved(conn, HOLD) == version
    with refused("not_approved"):
        live(conn, version)


def test_counters_and_sets_are_part_of_what_a_rule_does(conn: Conn) -> None:
    held = rule("often", "counters.posts_1h >= 3", then="{hold: true}")
    wider = COUNTER.replace("post.length > 3", "post.length > 2")
    before, after = policy(held, head=COUNTER), policy(held, head=wider)
    assert changes(definitions(before), definitions(after)) == {"often": "changed"}
    assert asks_for_two(before, after) == ["often"] and asks_for_two(before, before) == []
    named = rule("often", "post.language in sets.s")
    one, two = (policy(named, head=f"sets:\n  s: [{value}]") for value in ("a", "b"))
    assert changes(definitions(one), definitions(two)) == {"often": "changed"}
    retitled = load_texts(
        {"r.yaml": texts(held, head=COUNTER)["rules.yaml"].replace("en: often", "en: new")}, KINDS
    )
    assert changes(definitions(before), definitions(retitled)) == {"often": "same"}


def test_a_version_whose_tests_fail_judges_nothing(conn: Conn) -> None:
    failing = GATE + "    tests:\n      - {name: 'بوابة', facts: {post: {text: nothing}}, fires: true}\n"
    version = saved(conn, failing)
    for step in (
        lambda: versions.shadow(conn, version, actor=AUTHOR, now=NOW),
        lambda: versions.ask(conn, version, actor=AUTHOR, now=NOW),
        lambda: live(conn, version),
    ):
        with refused("tests"):
            step()


def test_a_shadow_fires_and_does_nothing(conn: Conn) -> None:
    first, second = saved(conn, GATE), saved(conn, DOOR, rule("long", "post.length > 4", then="{hold: true}"))
    live(conn, first)
    versions.shadow(conn, second, actor=AUTHOR, now=NOW)
    current = CurrentPolicy(FILES)
    in_force = current.get(conn)
    assert in_force.live.version == first and in_force.shadow
    assert set(in_force.shadow.definitions) == {"gate", "long"}
    work(conn, in_force, post(1, "the gate"), post(2, "على الباب"), post(3, "tiny"))
    assert conn.execute("SELECT rule, subject_id FROM firings").fetchall() == [("gate", "p1")]
    hits = conn.execute("SELECT rule, subject_id FROM shadow_hits ORDER BY 1, 2").fetchall()
    assert hits == [("gate", "p1"), ("gate", "p2"), ("long", "p1"), ("long", "p2")]
    assert conn.execute("SELECT count(*) FROM actions").fetchone() == (0,)
    assert conn.execute("SELECT DISTINCT state FROM posts").fetchall() == [("visible",)]


def test_a_shadow_counts_for_itself(conn: Conn) -> None:
    often = rule("often", "counters.posts_1h >= 2")
    strict = COUNTER.replace("post.length > 3", "post.length > 10")
    in_force_now = shadow_of(policy(often, head=COUNTER), policy(often, head=strict))
    assert [one.stored for one in in_force_now.policy.counters] != [one.stored for one in FILES.counters]
    version = saved(conn, often, head=strict)
    versions.shadow(conn, version, actor=AUTHOR, now=NOW)
    in_force = CurrentPolicy(policy(often, head=COUNTER)).get(conn)
    work(conn, in_force, *[post(n, "a word", minute=n) for n in range(3)], post(9, "a longer text", minute=5))
    assert conn.execute("SELECT count(*) FROM firings").fetchone() == (3,)
    assert conn.execute("SELECT count(*) FROM shadow_hits").fetchone() == (0,)
    assert len(in_force.windows()) == 2


def test_workers_see_what_people_changed(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenfold.policy.in_force.LOOK_SECONDS", 0)
    current = CurrentPolicy(FILES)
    assert current.get(conn).live is FILES
    version = saved(conn, GATE)
    live(conn, version)
    assert current.get(conn).live.version == version
    conn.execute("UPDATE policies SET files = %s WHERE version = %s", ['{"r.yaml": "rules: 1"}', version])
    assert current.get(conn).live.version == version
    broken = saved(conn, DOOR)
    live(conn, broken)
    conn.execute("UPDATE policies SET files = %s WHERE version = %s", ['{"r.yaml": "rules: 1"}', broken])
    assert current.get(conn).live.version == version  # what cannot be read is told, and changes nothing
    with pytest.raises(PolicyErrors):
        CurrentPolicy(FILES).get(conn)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["shadow", "withdraw", "ask", "approve", "live", "roll_back", "save"]),
        st.integers(0, 2),
        st.sampled_from(["user:1", "user:2", "user:3"]),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_nothing_acts_without_two(conn: Conn, steps: Any) -> None:
    """Any order of steps by anybody: one version is live at most, and one that acts was agreed to by two."""
    rules = [GATE, HOLD, DOOR]
    with conn.transaction(force_rollback=True):
        made = [saved(conn, one) for one in rules]
        for name, which, who in steps:
            version = made[which]
            try:
                if name == "save":
                    saved(conn, rules[which], actor=who)
                elif name == "roll_back":
                    versions.roll_back(conn, actor=who, reason="r", now=datetime.now(UTC))
                elif name == "live":
                    live(conn, version, who)
                else:
                    getattr(versions, name)(conn, version, actor=who, now=NOW)
            except VersionError:
                pass
            found = [one for one in policies.listing(conn) if one.state in ("live", "shadow")]
            assert len({one.state for one in found}) == len(found)
            for one in found:
                if one.state == "live" and one.version == made[1]:
                    assert one.approved_by not in (None, one.saved_by, one.asked_by)
