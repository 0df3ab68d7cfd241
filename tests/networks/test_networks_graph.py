"""Networks around accounts, groups and values: what is shown, what is left out, and how much is read."""

from typing import ClassVar

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.linkage.keys import KeyKind, key_of
from tenfold.networks import ranking
from tenfold.networks.building import MOST_OPENED, build
from tenfold.networks.graph import (
    Ask,
    EdgeKind,
    NodeKind,
    Sort,
    account_id,
    group_id,
    parse,
    value_id,
)
from tenfold.store import link_decisions
from tests.networks.small_network import (
    BACK,
    CHANNEL,
    CLOSED,
    DEVICE,
    DOMAIN,
    FAR,
    GROUP,
    MAYBE,
    NOW,
    READER,
    add_account,
    fill,
    follow,
    link,
    show,
)

START = [account_id(CLOSED)]
DOMAIN_NODE = value_id(key_of(KeyKind.DOMAIN, DOMAIN))
DEVICE_NODE = value_id(key_of(KeyKind.DEVICE, DEVICE))


@pytest.fixture
def small(conn):
    fill(conn)
    return conn


def ties(network, kind):
    return {(edge.source, edge.target) for edge in network.edges if edge.kind is kind}


def node(network, id_):
    return next(node for node in network.nodes if node.id == id_)


def names(network):
    return {node.id for node in network.nodes}


def test_one_step_finds_links_groups_values_and_company(small):
    found = build(small, START, Ask())
    assert found.nodes[0].id == account_id(CLOSED)
    first = found.nodes[0].account
    assert first
    assert first.closed
    assert {account.id for account in found.accounts} == {CLOSED, BACK, MAYBE, READER}
    assert ties(found, EdgeKind.LINK) == {
        (account_id(CLOSED), account_id(BACK)),
        (account_id(CLOSED), account_id(MAYBE)),
    }
    likely = next(e for e in found.edges if e.kind is EdgeKind.LINK and e.mark == "likely")
    assert likely.bits == 5.25
    assert likely.probability == pytest.approx(0.97)
    assert likely.kinds == (("device", 6.0), ("handle", 3.5))
    assert ties(found, EdgeKind.MEMBER) == {(account_id(one), group_id(GROUP)) for one in (CLOSED, MAYBE)}
    assert {s for s, t in ties(found, EdgeKind.SHOWS) if t == DOMAIN_NODE} == {
        account_id(one) for one in (CLOSED, BACK, READER)
    }
    assert ties(found, EdgeKind.ANNOUNCES) == {(account_id(CLOSED), account_id(BACK))}
    mutual = [edge for edge in found.edges if edge.kind is EdgeKind.FOLLOWS and edge.both]
    assert len(mutual) == 1
    assert (found.left_out, found.at_least, found.common) == (0, False, 0)


def test_values_read_what_they_are_and_tokens_never(small):
    found = build(small, START, Ask())
    assert node(found, DOMAIN_NODE).value == DOMAIN
    assert node(found, DOMAIN_NODE).holders == 3
    assert node(found, value_id(key_of(KeyKind.URL, CHANNEL))).value == CHANNEL
    assert node(found, DEVICE_NODE).kind is NodeKind.DEVICE
    assert node(found, DEVICE_NODE).value is None
    assert DEVICE not in msgspec.json.encode(found).decode()


def test_a_value_of_open_accounts_reads_what_their_profile_lists(conn):
    for account in ("one", "two"):
        add_account(conn, account)
        conn.execute("UPDATE accounts SET links = %s WHERE id = %s", [[CHANNEL], account])
        conn.execute(
            "INSERT INTO account_profiles (account, seq, at, links) VALUES (%s, 1, %s, %s)",
            [account, NOW, [CHANNEL]],
        )
    show(conn, KeyKind.DOMAIN, DOMAIN, "one", "two")
    found = build(conn, [account_id("one")], Ask())
    assert node(found, DOMAIN_NODE).value == DOMAIN


def test_each_step_goes_one_account_further(small):
    assert names(build(small, START, Ask(depth=0))) == {account_id(CLOSED)}
    assert account_id(FAR) not in names(build(small, START, Ask(depth=1)))
    assert account_id(FAR) in names(build(small, START, Ask(depth=2)))


@pytest.mark.parametrize(
    ("sort", "kinds"),
    [
        (Sort.LINKS, {EdgeKind.LINK}),
        (Sort.TOKENS, {EdgeKind.SHOWS}),
        (Sort.MATERIAL, {EdgeKind.SHOWS}),
        (Sort.GROUPS, {EdgeKind.MEMBER}),
        (Sort.MENTIONS, {EdgeKind.ANNOUNCES}),
        (Sort.FOLLOWS, {EdgeKind.FOLLOWS}),
    ],
)
def test_only_ties_that_are_asked_for_are_shown(small, sort, kinds):
    found = build(small, START, Ask(sorts=frozenset({sort})))
    assert {edge.kind for edge in found.edges} == kinds
    values = {node.kind for node in found.nodes} - {NodeKind.ACCOUNT, NodeKind.GROUP}
    assert values == {Sort.TOKENS: {NodeKind.DEVICE}, Sort.MATERIAL: {NodeKind.URL, NodeKind.DOMAIN}}.get(
        sort, set()
    )


def test_only_open_or_closed_accounts_are_shown_beside_the_start(small):
    add_account(small, "raya-0", state="closed")
    link(small, "raya-0", CLOSED, closed="raya-0")
    closed = build(small, START, Ask(standing="closed"))
    assert {account.id for account in closed.accounts} == {CLOSED, "raya-0"}
    open_ = build(small, START, Ask(standing="open"))
    assert {account.id for account in open_.accounts} == {CLOSED, BACK, MAYBE, READER}


def test_a_denied_link_leads_to_nobody_and_is_shown_between_those_that_are_there(small):
    link_decisions.record(small, (CLOSED, MAYBE), "different", author="user:1", now=NOW)
    small.execute("DELETE FROM links WHERE account_b = %s", [MAYBE])
    small.execute("DELETE FROM memberships")
    assert account_id(MAYBE) not in names(build(small, START, Ask()))
    follow(small, MAYBE, CLOSED)
    found = build(small, START, Ask())
    (denied,) = [edge for edge in found.edges if edge.mark == "denied"]
    assert {denied.source, denied.target} == {account_id(CLOSED), account_id(MAYBE)}


def test_what_people_confirmed_is_surer_than_what_was_found(small):
    link_decisions.record(small, (CLOSED, MAYBE), "same", author="user:1", now=NOW)
    found = build(small, START, Ask(limit=2))
    assert names(found) == {account_id(CLOSED), account_id(MAYBE)}
    assert found.left_out > 0
    assert found.nodes[0].hidden == found.left_out, "and says how many more it has"


def test_links_between_accounts_that_nobody_opened_are_shown(small):
    link(small, BACK, MAYBE, closed=None)
    assert (account_id(BACK), account_id(MAYBE)) in ties(build(small, START, Ask()), EdgeKind.LINK)


def test_groups_and_values_can_be_opened_themselves(small):
    found = build(small, [group_id(GROUP)], Ask())
    assert {account.id for account in found.accounts} == {CLOSED, MAYBE}
    assert node(found, group_id(GROUP)).group.name == "Ashes"
    found = build(small, [DOMAIN_NODE], Ask())
    assert {account.id for account in found.accounts} == {CLOSED, BACK, READER}
    assert node(found, DOMAIN_NODE).value == DOMAIN


def test_a_value_marked_as_shared_by_many_ties_nobody(small):
    key = key_of(KeyKind.DOMAIN, DOMAIN)
    small.execute("INSERT INTO shared_keys (key, kind, marked_by) VALUES (%s, 'domain', 'user:1')", [key])
    found = build(small, START, Ask())
    assert DOMAIN_NODE not in names(found)
    assert found.common == 1
    shown = build(small, START, Ask(common=True))
    assert node(shown, DOMAIN_NODE).common
    assert ties(shown, EdgeKind.SHOWS) & {(account_id(READER), DOMAIN_NODE)} == set()


def test_an_account_that_nobody_told_of_is_shown_as_unknown(conn):
    found = build(conn, [account_id("nobody")], Ask())
    (only,) = found.nodes
    assert only.account
    assert not only.account.known


@pytest.mark.parametrize("ask", [Ask(limit=0), Ask(limit=2_001), Ask(depth=4), Ask(depth=-1)])
def test_more_than_can_be_shown_is_refused(conn, ask):
    with pytest.raises(ValueError, match="1 to 2000 nodes"):
        build(conn, START, ask)


@given(st.text() | st.builds("value:{}".format, st.integers()) | st.builds("account:{}".format, st.text()))
def test_ids_are_read_or_refused(text):
    try:
        kind, own = parse(text)
    except ValueError:
        return
    assert text in (f"{kind}:{own}", f"value:{own}")
    assert own


# What is large


@pytest.fixture(scope="module")
def crowd_sql():
    return """
    INSERT INTO accounts (id, handle, created_at, first_seq, updated_at, followers)
        SELECT 'f' || n, 'f' || n, now(), n, now(), 3 FROM generate_series(1, 100000) n;
    INSERT INTO follows SELECT 'f' || n, 'raya-1', now() FROM generate_series(1, 100000) n;
    INSERT INTO follows SELECT 'reader', 'f' || n, now() FROM generate_series(1, 10000) n;
    INSERT INTO memberships SELECT 'g-ashen', 'f' || n, 'member', now() FROM generate_series(1, 10000) n;
    INSERT INTO mentions SELECT 'f' || n, 'raya-1', now() FROM generate_series(1, 10000) n;
    """


LARGE = {"accounts", "follows", "memberships", "mentions", "account_keys"}


class Measuring(psycopg.Cursor):
    """A cursor that keeps the most rows that any part of a statement's plan has read, and scans of tables."""

    most: ClassVar[list[int]] = []
    scans: ClassVar[list[str]] = []

    def execute(self, query, params=None, **options):
        if str(query).lstrip().split()[0].upper() in {"SELECT", "WITH"}:
            plain = psycopg.Cursor(self.connection)
            ((plan,),) = plain.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query, params).fetchall()
            self._collect(plan[0]["Plan"])
        super().execute(query, params, **options)
        return self

    def _collect(self, plan):
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        self.most.append(round(read * plan["Actual Loops"]))
        if plan["Node Type"] == "Seq Scan" and not plan["Relation Name"].startswith("pg_"):
            self.scans.append(plan["Relation Name"])
        for child in plan.get("Plans", ()):
            self._collect(child)


def test_crowds_are_told_as_numbers_and_little_is_read(small, crowd_sql):
    small.execute(crowd_sql)
    key = key_of(KeyKind.DOMAIN, DOMAIN)
    small.execute("INSERT INTO account_keys SELECT %s, 'f' || n FROM generate_series(1, 50000) n", [key])
    small.execute("UPDATE accounts SET followers = 100003 WHERE id = 'raya-1'")
    small.commit()
    small.autocommit = True
    small.execute("VACUUM ANALYZE")
    small.autocommit = False
    small.cursor_factory = Measuring
    Measuring.most, Measuring.scans = [], []
    found = build(small, [*START, account_id(READER), group_id(GROUP)], Ask(depth=2))
    assert max(Measuring.most) <= 20_000, "of 180,000 rows"
    assert LARGE.isdisjoint(Measuring.scans)
    start = node(found, account_id(CLOSED))
    assert start.crowds["followed_by"] == 100_003
    assert start.at_least
    assert node(found, account_id(READER)).crowds["follows"] > 100
    assert node(found, group_id(GROUP)).crowds == {"members": 201}
    assert len(found.nodes) <= 2_000
    assert DOMAIN_NODE not in names(found)
    assert found.common >= 1
    assert account_id(BACK) in names(found), "links are there all the same"
    assert (account_id(CLOSED), account_id(BACK)) in ties(found, EdgeKind.FOLLOWS)
    assert len([node for node in found.nodes if node.opened]) <= 2 * MOST_OPENED


def test_a_large_network_stops_at_the_limit_and_says_so(conn):
    add_account(conn, "hub")
    for n in range(90):
        add_account(conn, f"n{n}")
        follow(conn, "hub", f"n{n}")
        follow(conn, f"n{n}", *(f"m{n}-{k}" for k in range(30)))
    found = build(conn, [account_id("hub")], Ask(depth=2))
    assert len(found.nodes) == 2_000
    assert found.left_out == 1 + 90 + 90 * 30 - 2_000
    few = build(conn, [account_id("hub")], Ask(depth=2, limit=50))
    assert len(few.nodes) == 50


# Association


def test_accounts_are_ranked_by_what_they_share_with_closed_ones(small):
    found = ranking.rank(build(small, START, Ask(depth=2)), 10_000)
    assert found.closed == 1
    first, *_ = found.ranked
    assert first.account in (BACK, READER)
    assert [one.place for one in found.ranked] == list(range(1, len(found.ranked) + 1))
    assert {thing.node for thing in first.shared} >= {DOMAIN_NODE}
    assert all(thing.kind is not EdgeKind.LINK for one in found.ranked for thing in one.shared)
    assert all(thing.node != DEVICE_NODE for one in found.ranked for thing in one.shared)


def test_what_the_whole_platform_has_says_little(small):
    network = build(small, START, Ask(depth=2))
    rare = ranking.rank(network, 1_000_000).ranked[0].shared[0].bits
    common = ranking.rank(network, 8).ranked[0].shared[0].bits
    assert rare > common


def test_without_closed_accounts_nobody_is_ranked(small):
    found = ranking.rank(build(small, [account_id(FAR)], Ask()), 1_000)
    assert found.closed == 0
    assert found.ranked == ()
