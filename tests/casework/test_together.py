"""Many cases decided together: one decision, each case wholly or not at all, one reversal."""

from datetime import timedelta
from typing import Any

import pytest

from tenfold.casework import notices, service, together
from tenfold.casework.filing import file_firings
from tenfold.casework.together import Effects, Report, Wish
from tenfold.casework.wishes import RefusedError, Verdict
from tenfold.store import audit, webhooks
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.casework.small_platform import NOW, account, add_post, firing, rows

LEASE = timedelta(minutes=20)
PROPOSE = {"propose": (ActionKind.REMOVE, ActionKind.CLOSE_ACCOUNT)}


@pytest.fixture
def filed(platform: Conn) -> dict[str, int]:
    """Cases on three posts of a-1 and one of a-2; removal and closing are proposed on each."""
    add_post(platform, "p-9", "a-2", "The Ashen Banner rises")
    firings = [firing(id_, effects=PROPOSE) for id_ in ("p-1", "p-2", "p-3")]
    file_firings(platform, [*firings, firing("p-9", account="a-2", effects=PROPOSE)], NOW)
    return {name: id_ for id_, name in rows(platform, "SELECT id, subject_id FROM cases")}


def wish(**changes: Any) -> Wish:
    return Wish(**({"ground": Ground.BRANDED, "reason": "one campaign"} | changes))


def effects(conn: Conn, filed: dict[str, int], **changes: Any) -> Effects:
    ids = list(filed.values())
    return together.effects(conn, case_ids=ids, wish=wish(**changes), actor="user:1", now=NOW)


def decide(conn: Conn, filed: dict[str, int], **changes: Any) -> Report:
    ids = list(filed.values())
    return together.decide_together(conn, case_ids=ids, wish=wish(**changes), actor="user:1", now=NOW)


def states(conn: Conn) -> dict[str, str]:
    found = rows(conn, "SELECT id, state FROM posts UNION ALL SELECT id, state FROM accounts")
    return {row[0]: row[1] for row in found}


def undecided(conn: Conn) -> set[str]:
    return {row[0] for row in rows(conn, "SELECT subject_id FROM cases WHERE state <> 'decided'")}


def test_effects_count_each_subject_once(platform: Conn, filed: dict[str, int]) -> None:
    found = effects(platform, filed)
    assert (found.decides, found.clears, found.along) == (4, 0, 0)
    assert dict(found.orders) == {"remove": 4, "close_account": 2}
    assert undecided(platform) == {"p-1", "p-2", "p-3", "p-9"}, "a preview changes nothing"


def test_effects_are_what_deciding_does(platform: Conn, filed: dict[str, int]) -> None:
    expected = effects(platform, filed)
    made = decide(platform, filed)
    assert len(made.decided) == expected.decides
    ordered = dict(rows(platform, "SELECT kind, count(*) FROM actions WHERE state = 'ordered' GROUP BY 1"))
    assert ordered == dict(expected.orders)
    assert states(platform) == {
        **dict.fromkeys(("p-1", "p-2", "p-3", "p-9"), "removed"),
        "a-1": "closed",
        "a-2": "closed",
    }


def test_whoever_is_concerned_is_told_what_one_case_would_tell_when_it_cannot_be_undone(
    platform: Conn, filed: dict[str, int]
) -> None:
    platform.execute("UPDATE accounts SET language = 'ar' WHERE id = 'a-2'")
    webhooks.add(platform, "platform", "https://platform.example/hooks", "sealed")
    changes = {"notify": True, "cleared": frozenset({filed["p-3"]})}
    found = effects(platform, filed, **changes)
    assert dict(found.notices) == {"en": 2, "ar": 1}
    assert found.orders["notify"] == 3
    alone = Verdict(ground=Ground.BRANDED, proposals=None, reason="one campaign")
    single = {
        name: notices.preview(platform, case_id=filed[name], verdict=alone) for name in ("p-1", "p-2", "p-9")
    }
    assert [one for one in found.examples if one not in single.values()] == []
    decide(platform, filed, **changes)
    told = dict(rows(platform, "SELECT subject_id, details->>'text' FROM actions WHERE kind = 'notify'"))
    assert told == {name: notice.text for name, notice in single.items() if notice}
    leave = (
        "SELECT DISTINCT next_at FROM deliveries JOIN actions ON actions.id = action_id WHERE kind = 'notify'"
    )
    assert rows(platform, leave) == [(NOW + service.UNDO_WINDOW,)]


def test_one_undo_takes_all_of_it_back(platform: Conn, filed: dict[str, int]) -> None:
    before = states(platform)
    made = decide(platform, filed)
    reversal = service.undo(platform, decision_id=made.decision_id, actor="user:1", now=NOW)
    assert sorted(reversal.open_cases) == sorted(filed.values())
    assert states(platform) == before
    assert undecided(platform) == set(filed)


def test_exceptions_are_left_or_cleared(platform: Conn, filed: dict[str, int]) -> None:
    changes = {"but": frozenset({filed["p-1"]}), "cleared": frozenset({filed["p-2"]})}
    found = effects(platform, filed, **changes)
    assert (found.decides, found.clears) == (3, 1)
    decide(platform, filed, **changes)
    assert undecided(platform) == {"p-1"}
    grounds = dict(
        rows(platform, "SELECT subject_id, d.ground FROM decisions d JOIN cases ON cases.id = case_id")
    )
    assert grounds == {"p-2": "TVEC0", "p-3": "TVEC1", "p-9": "TVEC1"}
    assert states(platform)["p-2"] == "visible"


def test_cases_in_other_hands_are_named_and_the_rest_is_decided(
    platform: Conn, filed: dict[str, int]
) -> None:
    service.claim(platform, case_id=filed["p-1"], actor="user:2", lease=LEASE, now=NOW)
    other = service.Verdict(ground=Ground.NONE, reason="nothing")
    service.decide(platform, case_id=filed["p-9"], verdict=other, actor="user:3", now=NOW)
    assert set(effects(platform, filed).taken) == {filed["p-1"], filed["p-9"]}
    made = decide(platform, filed)
    assert set(made.decided) == {filed["p-2"], filed["p-3"]}
    assert made.taken[filed["p-1"]].claimed_by == "user:2"
    assert made.taken[filed["p-9"]].decided_by == "user:3"
    assert undecided(platform) == {"p-1"}


def test_a_whole_account_is_decided_once(platform: Conn, filed: dict[str, int]) -> None:
    file_firings(platform, [firing(account("a-1"), severity=Severity.LOW)], NOW)
    found = effects(platform, filed, whole_account=True)
    assert found.along == 1
    made = decide(platform, filed, whole_account=True)
    assert len(made.along) == 1
    assert undecided(platform) == set()
    assert rows(platform, "SELECT count(*) FROM decisions") == [(5,)]


def test_what_is_added_goes_where_it_can_be_done(platform: Conn, filed: dict[str, int]) -> None:
    changes = {"as_proposed": False, "add": (ActionKind.CLOSE_GROUP, ActionKind.CLOSE_ACCOUNT)}
    found = effects(platform, filed, **changes)
    assert dict(found.orders) == {"close_group": 1, "close_account": 2}
    assert dict(found.unfit) == {"close_group": 3}, "three posts stand in no group"
    decide(platform, filed, **changes)
    assert rows(platform, "SELECT kind, subject_id FROM actions WHERE state = 'ordered' ORDER BY 1, 2") == [
        ("close_account", "a-1"),
        ("close_account", "a-2"),
        ("close_group", "g-1"),
    ]


def test_clearing_all_restores_what_rules_did(platform: Conn, filed: dict[str, int]) -> None:
    file_firings(platform, [firing("p-1", rule="holds", effects={"hold": True})], NOW)
    assert states(platform)["p-1"] == "held"
    assert effects(platform, filed, ground=Ground.NONE).lifts == 1
    decide(platform, filed, ground=Ground.NONE)
    assert states(platform)["p-1"] == "visible"


def test_nothing_left_to_decide_is_refused(platform: Conn, filed: dict[str, int]) -> None:
    with pytest.raises(RefusedError, match="none of these"):
        decide(platform, filed, but=frozenset(filed.values()))
    with pytest.raises(RefusedError, match="reason"):
        decide(platform, filed, reason=" ")
    with pytest.raises(RefusedError, match="more than 500"):
        together.effects(platform, case_ids=range(501), wish=wish(), actor="user:1", now=NOW)


def test_it_is_in_the_audit_log(platform: Conn, filed: dict[str, int]) -> None:
    made = decide(platform, filed)
    (entry,) = [row for row in audit.stream(platform) if row.act == "cases.decided_together"]
    assert (entry.actor, entry.details["decision"]) == ("user:1", made.decision_id)
