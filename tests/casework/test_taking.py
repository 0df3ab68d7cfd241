"""Taking the next case, and keeping it ready for one person before it is asked for."""

from datetime import timedelta
from typing import Any

from tenfold.casework import service, taking
from tenfold.casework.filing import file_firings
from tenfold.casework.taking import READY_FOR, Taken, Wanted
from tenfold.store import cases
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground, Severity
from tests.casework.small_platform import NOW, firing, rows

LEASE = timedelta(minutes=20)
ANY = Wanted()


def open_cases(conn: Conn, **severities: Severity) -> dict[str, int]:
    file_firings(conn, [firing(name, severity=severity) for name, severity in severities.items()], NOW)
    return {name: id_ for id_, name in rows(conn, "SELECT id, subject_id FROM cases")}


def take(conn: Conn, actor: str, now: Any = NOW) -> Taken | None:
    return taking.take(conn, actor=actor, wanted=ANY, lease=LEASE, now=now)


def keep_ready(conn: Conn, actor: str, now: Any = NOW) -> int | None:
    return taking.keep_ready(conn, actor=actor, wanted=ANY, now=now)


def test_what_stands_ready_for_one_is_given_to_nobody_else(platform: Conn) -> None:
    known = open_cases(platform, worst=Severity.CRITICAL, second=Severity.HIGH)
    assert keep_ready(platform, "user:1") == known["worst"]
    assert keep_ready(platform, "user:1") == known["worst"], "asking again changes nothing"
    assert keep_ready(platform, "user:2") == known["second"]
    assert take(platform, "user:2") == Taken(known["second"], True)
    assert take(platform, "user:3") is None
    assert take(platform, "user:1") == Taken(known["worst"], True)


def test_it_stands_ready_for_a_while_only(platform: Conn) -> None:
    known = open_cases(platform, worst=Severity.CRITICAL)
    keep_ready(platform, "user:1")
    assert take(platform, "user:2", NOW + READY_FOR) == Taken(known["worst"], False)
    assert take(platform, "user:1", NOW + READY_FOR) is None


def test_whoever_opens_it_by_hand_may_claim_it(platform: Conn) -> None:
    known = open_cases(platform, worst=Severity.CRITICAL)
    keep_ready(platform, "user:1")
    service.claim(platform, case_id=known["worst"], actor="user:2", lease=LEASE, now=NOW)
    assert take(platform, "user:1") is None


def test_a_worse_case_that_comes_meanwhile_goes_first(platform: Conn) -> None:
    mild = open_cases(platform, mild=Severity.LOW)["mild"]
    assert keep_ready(platform, "user:1") == mild
    worst = open_cases(platform, worst=Severity.CRITICAL)["worst"]
    assert take(platform, "user:1") == Taken(worst, False)
    assert take(platform, "user:2") == Taken(mild, False), "nothing is kept back for user:1 any more"


def test_a_case_that_changed_since_it_was_read_is_not_ready(platform: Conn) -> None:
    known = open_cases(platform, worst=Severity.CRITICAL)
    keep_ready(platform, "user:1")
    cases.add_note(platform, known["worst"], "user:2", "look at its links", NOW + timedelta(minutes=1))
    assert take(platform, "user:1", NOW + timedelta(minutes=2)) == Taken(known["worst"], False)


def test_only_what_somebody_takes_is_given(platform: Conn) -> None:
    firings = [
        firing("p-1", language="ar", severity=Severity.CRITICAL),
        firing("p-2", language=None, severity=Severity.HIGH, ground=Ground.THREAT),
        firing("p-3", language="en", effects={"queue": "gore"}),
    ]
    file_firings(platform, firings, NOW)
    known = {name: id_ for id_, name in rows(platform, "SELECT id, subject_id FROM cases")}

    def first(**wanted: Any) -> int | None:
        return taking.keep_ready(platform, actor="user:1", wanted=Wanted(**wanted), now=NOW)

    assert first() == known["p-1"]
    assert first(reads=("en",)) == known["p-2"], "no known language is for everybody"
    assert first(reads=("en",), without_grounds=("TVEC2",)) == known["p-3"]
    assert first(reads=("en",), without_grounds=("TVEC2",), without_queues=("gore",)) is None
