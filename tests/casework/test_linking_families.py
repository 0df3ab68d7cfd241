"""Families of accounts, honest ones for contrast, the list of links, and how right links have been."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.casework import linking, returns, returns_list, track_record
from tenfold.casework.contrast import contrast
from tenfold.casework.deciding import decide
from tenfold.casework.families import family
from tenfold.casework.filing import file_firings
from tenfold.casework.linked import Mark
from tenfold.casework.linking import LinkVerdict
from tenfold.casework.track_record import EDGES, Tried
from tenfold.casework.wishes import Verdict as CaseWord
from tenfold.store import audit, link_decisions, signals
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, Verdict
from tenfold.store.signals import Link
from tenfold.taxonomy import Ground
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    ENGLISH,
    ENGLISH_BACK,
    HONEST,
    case_of,
    database_url,
    returning_template,
)
from tests.casework.small_platform import account, firing, rows

__all__ = ["database_url", "returning_template"]

NOW = datetime.now(UTC)


def judge(conn: Conn, pair: Pair, verdict: Verdict) -> int:
    wish = LinkVerdict(accounts=pair, verdict=verdict, reason="looked at")
    return linking.decide_link(conn, wish=wish, actor="user:1", now=NOW).link_decision_id


# Families


def test_a_family_is_told_in_the_order_in_which_its_accounts_appeared(conn: Conn) -> None:
    judge(conn, (CLOSED, BACK), "same")
    judge(conn, (CLOSED, COPY), "unsure")
    members = family(conn, BACK_AGAIN).members
    assert [(m.brief.account, m.of and m.of.account, m.mark) for m in members] == [
        (CLOSED, None, None),
        (BACK, CLOSED, Mark.CONFIRMED),
        (BACK_AGAIN, CLOSED, Mark.LIKELY),
    ], "nobody is reached through a link of which nobody can tell"
    assert members[0].brief.closed and not members[1].brief.closed
    assert members[1].brief.case_id == case_of(conn, BACK)


def test_an_account_opened_before_the_closed_one_stands_after_it_and_is_called_the_other(conn: Conn) -> None:
    """Slept or bought: it is older than what it is the return of."""
    older = "crowd-3"
    link = Link(
        account_a=CLOSED,
        account_b=older,
        bits=5,
        probability=0.9,
        level="likely",
        evidence=[],
        origin="model:1",
        closed=CLOSED,
        model="1",
    )
    signals.save_links(conn, [link])
    members = {member.brief.account: member for member in family(conn, older).members}
    assert next(iter(members)) == CLOSED, "the oldest of all is not the first"
    assert (members[older].of, members[older].how) == (members[CLOSED].brief, "before")
    assert (members[CLOSED].how, members[BACK].how) == ("first", "of")
    assert returns.strongest_return(conn, older) == (CLOSED, older)
    assert returns.strongest_return(conn, CLOSED) is None
    view = returns.return_view(conn, accounts=(older, CLOSED), viewer="user:1")
    assert view is not None and (view.closed.account, view.opened_before) == (CLOSED, True)
    view = returns.return_view(conn, accounts=(ENGLISH, ENGLISH_BACK), viewer="user:1")
    assert view is not None and not view.opened_before


def test_what_is_only_possible_leads_to_one_account_and_no_further(conn: Conn) -> None:
    """Or a family would be half the platform: who possibly came back may possibly be many others'."""

    def save(first: str, second: str, level: str) -> None:
        link = Link(
            account_a=first,
            account_b=second,
            bits=1,
            probability=0.5,
            level=level,
            evidence=[],
            origin="key:1",
        )
        signals.save_links(conn, [link])

    for near, further in (("possible", "possible"), ("possible", "likely"), ("likely", "possible")):
        save(CLOSED, "crowd-3", near)
        save("crowd-3", "crowd-4", further)
        reached = {member.brief.account for member in family(conn, BACK).members}
        assert {CLOSED, BACK, BACK_AGAIN, COPY, "crowd-3"} <= reached
        assert ("crowd-4" in reached) is (near == "likely")


def test_of_two_open_accounts_none_is_called_closed(conn: Conn) -> None:
    link = Link(
        account_a=HONEST,
        account_b="crowd-3",
        bits=5,
        probability=0.9,
        level="likely",
        evidence=[],
        origin="key:1",
    )
    signals.save_links(conn, [link])
    assert [(m.brief.account, m.how) for m in family(conn, HONEST).members] == [
        ("crowd-3", "first"),
        (HONEST, "beside"),
    ]
    (row,) = [row for row in returns_list.waiting_page(conn).rows if row.new.account == HONEST]
    assert not row.closed.closed


def test_who_was_told_apart_is_not_reached_and_still_named(conn: Conn) -> None:
    judge(conn, (CLOSED, COPY), "different")
    assert COPY not in [member.brief.account for member in family(conn, BACK).members]
    told = Link(
        account_a=COPY, account_b=BACK, bits=5, probability=0.9, level="possible", evidence=[], origin="key:1"
    )
    signals.save_links(conn, [told])
    by_account = {member.brief.account: member for member in family(conn, BACK).members}
    assert [brief.account for brief in by_account[CLOSED].denied] == [COPY]


def test_an_account_alone_is_a_family_of_one(conn: Conn) -> None:
    (only,) = family(conn, HONEST).members
    assert (only.brief.account, only.of) == (HONEST, None)


# Contrast


def test_honest_accounts_that_look_alike_are_shown_with_what_tells_them_apart(conn: Conn) -> None:
    found = contrast(conn, closed=CLOSED, new=BACK)
    honest = next(each for each in found if each.brief.account == HONEST)
    assert "name" in honest.shares
    assert {"device", "avatar"} <= set(honest.lacks)
    assert not {CLOSED, BACK, BACK_AGAIN, COPY} & {each.brief.account for each in found}


def test_who_is_suspected_of_something_else_is_no_honest_account_for_contrast(conn: Conn) -> None:
    def shown() -> bool:
        return HONEST in [each.brief.account for each in contrast(conn, closed=CLOSED, new=BACK)]

    assert shown()
    file_firings(conn, [firing(account(HONEST), account=HONEST)], NOW)
    assert not shown(), "a case waits"
    made = decide(
        conn,
        case_id=case_of(conn, HONEST),
        verdict=CaseWord(ground=Ground.NONE, reason="harmless"),
        actor="user:1",
        now=NOW,
    )
    assert made and shown()
    link = Link(
        account_a=HONEST,
        account_b=ENGLISH,
        bits=1,
        probability=0.95,
        level="likely",
        evidence=[],
        origin="key:1",
    )
    signals.save_links(conn, [link])
    assert not shown(), "may be another's return"


def test_who_was_decided_to_be_somebody_else_comes_first(conn: Conn) -> None:
    judge(conn, (CLOSED, COPY), "different")
    first = contrast(conn, closed=CLOSED, new=BACK)[0]
    assert (first.brief.account, first.denied) == (COPY, True)
    assert "device" in first.lacks


# One link


def test_a_link_is_read_with_everything_about_it(conn: Conn) -> None:
    view = returns.return_view(conn, accounts=(BACK, CLOSED), viewer="user:1")
    assert view is not None
    assert (view.closed.account, view.new.account) == (CLOSED, BACK)
    assert view.closed_print.names == view.new_print.names == ("صوت الراية",)
    assert view.link.bits == pytest.approx(view.link.prior_bits + sum(i.bits for i in view.link.evidence))
    assert {"device", "avatar", "url"} <= set(view.shareable)
    assert not {"style", "followed_by"} & set(view.shareable)
    last = list(audit.stream(conn))[-1]
    assert (last.act, last.subject) == ("link.viewed", f"account:{BACK}")


def test_a_link_that_was_taken_away_is_shown_as_it_was(conn: Conn) -> None:
    before = returns.return_view(conn, accounts=(CLOSED, COPY), viewer="user:1")
    judge(conn, (CLOSED, COPY), "different")
    after = returns.return_view(conn, accounts=(CLOSED, COPY), viewer="user:1")
    assert before is not None and after is not None
    assert (before.link.standing, after.link.standing) == (True, False)
    assert (after.link.evidence, after.link.held_back) == (before.link.evidence, "copyable")
    assert after.verdict is not None and after.verdict.verdict == "different"


def test_there_is_no_page_about_accounts_that_nothing_links(conn: Conn) -> None:
    assert returns.return_view(conn, accounts=(CLOSED, HONEST), viewer="user:1") is None
    with pytest.raises(ValueError, match="itself"):
        returns.return_view(conn, accounts=(CLOSED, CLOSED), viewer="user:1")


def test_the_strongest_link_of_an_account_leads_to_the_one_that_came_before(conn: Conn) -> None:
    assert returns.strongest_return(conn, ENGLISH_BACK) == (ENGLISH, ENGLISH_BACK)
    assert returns.strongest_return(conn, HONEST) is None
    assert returns.strongest_return(conn, CLOSED) is None, "the first is nobody's return"


# The list


def fill_links(conn: Conn, count: int) -> None:
    signals.save_links(
        conn,
        [
            Link(
                account_a=CLOSED,
                account_b=f"crowd-{n}",
                bits=3,
                probability=0.5 + n % 5 / 10,
                level="likely" if n % 3 == 0 else "possible",
                evidence=[{"kind": "device", "bits": 4}, {"kind": "name", "bits": -1}],
                origin="key:1",
            )
            for n in range(count)
        ],
    )


def test_windows_of_the_list_give_each_link_once_in_order(conn: Conn) -> None:
    fill_links(conn, 119)
    seen: list[tuple[str, float, str]] = []
    cursor: str | None = None
    while True:
        page = returns_list.waiting_page(conn, cursor=cursor)
        seen += [(row.level or "", -(row.probability or 0), row.new.account) for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
        assert len(page.rows) == returns_list.PAGE
    assert len(seen) == 119 + 4
    assert [each[:2] for each in seen] == sorted(each[:2] for each in seen)
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("ended", [False, True])
def test_a_window_is_read_in_the_order_of_its_index(
    conn: Conn, monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    """Of however many links no more are looked at than it takes to fill it."""
    fill_links(conn, 119)
    plans: list[str] = []

    def explain(conn: Conn, query: str, values: dict[str, Any]) -> list[Any]:
        plans.extend(line for (line,) in conn.execute(f"EXPLAIN {query}".encode(), values))
        return []

    monkeypatch.setattr(returns_list, "_read", explain)
    conn.execute("SET LOCAL enable_seqscan = off")
    returns_list.waiting_page(conn, ended=ended)
    assert any("links_shown" in line for line in plans) and not any("Sort" in line for line in plans), plans


def test_the_list_is_filtered_by_level_and_by_what_was_decided(conn: Conn) -> None:
    assert [row.new.account for row in returns_list.waiting_page(conn, level="possible").rows] == [COPY]
    judge(conn, (CLOSED, BACK), "same")
    judge(conn, (ENGLISH, ENGLISH_BACK), "different")
    waiting = {row.new.account for row in returns_list.waiting_page(conn).rows}
    assert waiting == {BACK_AGAIN, COPY}
    decided = returns_list.decided_page(conn).rows
    assert [(row.new.account, row.mark, row.author) for row in decided] == [
        (ENGLISH_BACK, Mark.DENIED, "user:1"),
        (BACK, Mark.CONFIRMED, "user:1"),
    ]
    assert "email" in decided[0].kinds
    assert [row.new.account for row in returns_list.decided_page(conn, verdict="same").rows] == [BACK]
    counts = returns_list.waiting_counts(conn)
    assert (counts.likely, counts.possible) == (1, 1)


def test_links_of_accounts_that_were_closed_meanwhile_stand_in_a_list_of_their_own(conn: Conn) -> None:
    def listed(*, ended: bool) -> set[str]:
        return {row.new.account for row in returns_list.waiting_page(conn, ended=ended).rows}

    assert (listed(ended=False), listed(ended=True)) == ({BACK, BACK_AGAIN, COPY, ENGLISH_BACK}, set())
    conn.execute("UPDATE accounts SET state = 'closed' WHERE id = ANY(%s)", [[BACK, COPY]])
    assert (listed(ended=False), listed(ended=True)) == ({BACK_AGAIN, ENGLISH_BACK}, {BACK, COPY})
    counts = returns_list.waiting_counts(conn)
    assert (counts.likely, counts.possible) == (2, 0)


def test_decided_links_come_in_windows_too(conn: Conn) -> None:
    for n in range(7):
        link_decisions.record(conn, (CLOSED, f"crowd-{n}"), "same", author="user:1", now=NOW)
    first = returns_list.decided_page(conn, limit=5)
    second = returns_list.decided_page(conn, limit=5, cursor=first.next)
    found = [row.new.account for row in (*first.rows, *second.rows)]
    assert found == [f"crowd-{n}" for n in reversed(range(7))]
    assert second.next is None


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "é"])
def test_a_cursor_that_no_window_gave_is_refused(conn: Conn, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        returns_list.waiting_page(conn, cursor=cursor)


# How right links have been


def record(conn: Conn, n: int, verdict: Verdict, probability: float) -> int:
    return link_decisions.record(
        conn, (CLOSED, f"crowd-{n}"), verdict, author="user:1", probability=probability, now=NOW
    )


def test_decisions_are_counted_by_the_probability_that_was_shown(conn: Conn) -> None:
    for n in range(24):
        record(conn, n, "same" if n < 18 else "different", 0.75)
    record(conn, 30, "unsure", 0.75)
    record(conn, 31, "same", 0.95)
    link_decisions.reverse(conn, ids=[record(conn, 32, "different", 0.95)], now=NOW)
    record(conn, 31, "different", 0.96)  # the latest on this pair
    found = track_record.record(conn)
    by_low = {band.low: band.count for band in found.bands}
    assert (by_low[0.7].same, by_low[0.7].different, by_low[0.7].unsure) == (18, 6, 1)
    assert by_low[0.7].right == 0.75
    assert by_low[0.7].expected == pytest.approx(0.75)
    assert (by_low[0.9].same, by_low[0.9].different) == (0, 1)
    assert (by_low[0.7].enough, by_low[0.9].enough) == (True, False)
    assert (found.whole.decided, found.whole.unsure) == (25, 1)
    assert track_record.band_of(conn, 0.72).count == by_low[0.7]


def test_decisions_are_counted_by_language_and_culture_of_the_newer_account(conn: Conn) -> None:
    for pair in ((CLOSED, BACK), (CLOSED, BACK_AGAIN)):
        judge(conn, pair, "same")
    judge(conn, (ENGLISH, ENGLISH_BACK), "different")
    conn.execute("UPDATE accounts SET language = NULL WHERE id = %s", [BACK])  # but it wrote Arabic
    found = track_record.record(conn)
    assert {code: (c.same, c.different) for code, c in found.languages.items()} == {
        "ar": (2, 0),
        "en": (0, 1),
    }
    assert {code: (c.same, c.different) for code, c in found.cultures.items()} == {
        "Arab": (2, 0),
        "Latn": (0, 1),
    }


@given(st.floats(min_value=0, max_value=1))
def test_every_probability_has_its_band(probability: float) -> None:
    number = track_record.place(probability)
    assert EDGES[number] <= probability <= EDGES[number + 1]
    assert probability < EDGES[number + 1] or probability == 1


def test_the_models_own_trial_is_read_and_nothing_else(conn: Conn) -> None:
    def use(report: str) -> list[Tried]:
        conn.execute("DELETE FROM link_models")
        conn.execute(
            "INSERT INTO link_models (version, parameters, report, made_by, in_use)"
            " VALUES ('v1', '{}', %s::jsonb, 'test', true)",
            [report],
        )
        return track_record.tried(conn)

    assert use('{"reliability": [[0.94, 0.96, 100]]}') == [Tried(0.94, 0.96, 100)]
    assert use('{"reliability": "good"}') == []
    assert use("{}") == []
    assert rows(conn, "SELECT count(*) FROM link_models") == [(1,)]
