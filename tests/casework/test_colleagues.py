"""Naming colleagues, handing cases over, asking who reads a language."""

from datetime import timedelta
from typing import Any

import pytest

from tenfold.casework import colleagues, service, taking
from tenfold.casework.colleagues import HANDED_FOR
from tenfold.casework.filing import file_firings
from tenfold.casework.wishes import CaseConflictError, RefusedError
from tenfold.store import inbox, people
from tenfold.store.database import Conn
from tenfold.store.people import User
from tenfold.taxonomy import Role
from tests.casework.small_platform import NOW, firing, rows

LEASE = timedelta(minutes=20)


@pytest.fixture
def case(platform: Conn) -> int:
    file_firings(platform, [firing()], NOW)
    return int(rows(platform, "SELECT id FROM cases")[0][0])


@pytest.fixture
def team(platform: Conn) -> dict[str, User]:
    names = ("Nadia", "Nadia Haddad", "مريم", "Samir")
    return {name: people.add_user(platform, name, [Role.MODERATOR]) for name in names}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@nadia haddad look", {"Nadia Haddad"}),
        ("@Nadia, look at @مريم", {"Nadia", "مريم"}),
        ("ask (@Samir) or @NADIA HADDAD and @Nadia", {"Samir", "Nadia Haddad", "Nadia"}),
        ("mail a@Samir or @Samira", set()),
        ("@", set()),
    ],
)
def test_who_is_named(team: dict[str, User], text: str, named: set[str]) -> None:
    assert {user.name for user in colleagues.named_in(text, team.values())} == named


def test_a_note_reaches_who_is_named_until_they_see_it(
    platform: Conn, case: int, team: dict[str, User]
) -> None:
    samir, mariam = team["Samir"], team["مريم"]
    people.set_disabled(platform, team["Nadia"].id, True)
    text = "@مريم @Samir @Nadia what is this?"
    service.note(platform, case_id=case, actor=samir.actor, text=text, now=NOW)
    (message,) = inbox.of(platform, mariam.id)
    assert (message.kind, message.case_id, message.text) == ("mention", case, text)
    assert [inbox.unseen(platform, user.id) for user in (mariam, samir, team["Nadia"])] == [1, 0, 0]
    inbox.saw(platform, mariam.id, case, NOW)
    assert inbox.unseen(platform, mariam.id) == 0


def test_a_case_handed_over_is_theirs_for_a_while(platform: Conn, case: int, team: dict[str, User]) -> None:
    samir, mariam = team["Samir"], team["مريم"]
    service.claim(platform, case_id=case, actor=samir.actor, lease=LEASE, now=NOW)
    with pytest.raises(CaseConflictError):
        colleagues.hand_over(platform, case_id=case, actor=mariam.actor, to=samir, reason="x", now=NOW)
    colleagues.hand_over(platform, case_id=case, actor=samir.actor, to=mariam, reason="in Arabic", now=NOW)
    assert [message.kind for message in inbox.of(platform, mariam.id)] == ["hand_over"]
    with pytest.raises(CaseConflictError, match=f"held by {mariam.actor}"):
        service.claim(platform, case_id=case, actor=samir.actor, lease=LEASE, now=NOW)
    service.claim(platform, case_id=case, actor=samir.actor, lease=LEASE, now=NOW + HANDED_FOR)


def test_a_case_goes_back_to_the_queue_with_a_note(platform: Conn, case: int, team: dict[str, User]) -> None:
    samir = team["Samir"]
    service.claim(platform, case_id=case, actor=samir.actor, lease=LEASE, now=NOW)
    colleagues.hand_over(platform, case_id=case, actor=samir.actor, to=None, reason="not sure", now=NOW)
    assert rows(platform, "SELECT text FROM case_notes") == [("not sure",)]
    taken = taking.take(platform, actor="user:99", wanted=taking.Wanted(), lease=LEASE, now=NOW)
    assert taken is not None
    assert taken.case_id == case


def test_readers_are_asked_and_nobody_is_refused(platform: Conn, case: int, team: dict[str, User]) -> None:
    ask: dict[str, Any] = {"case_id": case, "actor": team["Samir"].actor, "language": "ar", "now": NOW}
    colleagues.ask_readers(platform, readers=[team["مريم"]], question="what does it say?", **ask)
    assert [message.kind for message in inbox.of(platform, team["مريم"].id)] == ["language"]
    with pytest.raises(RefusedError, match="nobody else"):
        colleagues.ask_readers(platform, readers=[], question="what does it say?", **ask)
    with pytest.raises(RefusedError, match="reason"):
        colleagues.ask_readers(platform, readers=[team["مريم"]], question=" ", **ask)


def test_who_is_here(platform: Conn, case: int, team: dict[str, User]) -> None:
    samir, mariam = team["Samir"].id, team["مريم"].id
    assert inbox.here(platform, case, samir, NOW) == []
    assert inbox.here(platform, case, mariam, NOW) == [samir]
    assert inbox.here(platform, case, samir, NOW + inbox.HERE_FOR) == [mariam]
    assert inbox.here(platform, case, samir, NOW + 2 * inbox.HERE_FOR) == []
