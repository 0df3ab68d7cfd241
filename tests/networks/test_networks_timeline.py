"""The timeline of a network: who came back from whom, in which order, within which time."""

from datetime import timedelta

import pytest

from tenfold.networks.building import build
from tenfold.networks.graph import Ask, account_id
from tenfold.networks.timeline import MOST_LANES, timeline
from tenfold.store import link_decisions
from tests.networks.small_network import BACK, CLOSED, MAYBE, NOW, READER, add_account, fill, follow, link

DAY = timedelta(days=1)


@pytest.fixture
def small(conn):
    fill(conn)
    return conn


def lanes(conn, begin=None, end=None, depth=1):
    network = build(conn, [account_id(CLOSED)], Ask(depth=depth))
    return timeline(network, begin, end, NOW)


def by_account(found):
    return {lane.account.id: lane for lane in found.lanes}


def test_returns_stand_after_whom_they_came_back_from(small):
    found = lanes(small)
    assert found.lanes[0].account.id == CLOSED
    shown = by_account(found)
    assert shown[BACK].of.id == CLOSED
    assert (shown[BACK].mark, shown[BACK].probability) == ("likely", pytest.approx(0.97))
    assert shown[MAYBE].mark == "possible"
    assert shown[CLOSED].of is None
    assert (found.begin, found.end) == (NOW - 90 * DAY, NOW)


def test_the_surest_of_several_is_the_predecessor_and_a_denied_one_never(small):
    add_account(small, "raya-0", state="closed", days=200)
    small.execute(
        "INSERT INTO closures (account, created_at, closed_at, origin, fingerprint)"
        " VALUES ('raya-0', %s, %s, 'platform', '{\"account\": \"raya-0\"}')",
        [NOW - 200 * DAY, NOW - 100 * DAY],
    )
    link(small, "raya-0", BACK, level="possible", closed="raya-0")
    link_decisions.record(small, (min("raya-0", BACK), max("raya-0", BACK)), "same", author="user:1", now=NOW)
    shown = by_account(lanes(small, depth=2))
    assert (shown[BACK].of.id, shown[BACK].mark) == ("raya-0", "confirmed")
    link_decisions.record(small, (CLOSED, MAYBE), "different", author="user:1", now=NOW)
    assert by_account(lanes(small))[MAYBE].of is None, "they share a group, and no link"


def test_who_was_opened_before_the_closed_one_comes_back_from_it_all_the_same(small):
    add_account(small, "bought", days=300)
    link(small, CLOSED, "bought")
    shown = by_account(lanes(small))
    assert (shown["bought"].of.id, shown[CLOSED].of) == (CLOSED, None)
    small.execute("UPDATE accounts SET state = 'closed' WHERE id = 'bought'")
    small.execute(
        "INSERT INTO closures (account, created_at, closed_at, origin, fingerprint)"
        " VALUES ('bought', %s, %s, 'platform', '{\"account\": \"bought\"}')",
        [NOW - 300 * DAY, NOW - 1 * DAY],
    )
    shown = by_account(lanes(small))
    assert (shown["bought"].of.id, shown[CLOSED].of) == (CLOSED, None), "it was closed later"


def test_who_only_moves_around_them_is_shown_where_it_signed_up(small):
    assert READER not in by_account(lanes(small, NOW - 5 * DAY))
    around = by_account(lanes(small, NOW - 20 * DAY))[READER]
    assert not around.kin
    assert BACK in by_account(lanes(small, NOW - 5 * DAY)), "kin is shown as long as it is there"


def test_what_was_over_before_or_began_after_is_not_shown(small):
    assert CLOSED not in by_account(lanes(small, NOW - 20 * DAY))
    assert set(by_account(lanes(small, NOW - 90 * DAY, NOW - 40 * DAY))) == {CLOSED}
    assert lanes(small, NOW - 400 * DAY, NOW - 300 * DAY).lanes == ()


def test_too_many_are_counted(small):
    for n in range(95):
        add_account(small, f"s{n}")
        add_account(small, f"t{n}")
        add_account(small, f"u{n}")
        follow(small, f"s{n}", CLOSED)
        follow(small, f"t{n}", BACK)
        follow(small, f"u{n}", MAYBE)
    found = lanes(small, NOW - 100 * DAY, depth=2)
    assert len(found.lanes) == MOST_LANES
    assert found.left_out == 95 * 3 + 5 - MOST_LANES
    assert {BACK, MAYBE, CLOSED} <= by_account(found).keys(), "kin comes first"
