"""How many accounts show a shared value: counted whole, also on platforms that had users before."""

from datetime import timedelta

import pytest

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import counted
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of
from tenfold.store import link_keys, links_due
from tenfold.store.tie_counts import MOST, Tie
from tests.helpers import NOON
from tests.linkage.online.platform_of_returns import Platform


@pytest.fixture
def platform(conn):
    return Platform(conn)


def test_a_hub_that_long_standing_accounts_follow_is_as_common_as_it_is(platform):
    """Forty accounts of the years before follow one: sharing it is worth log2(N / 42), not log2(N)."""
    long_ago = (NOON - timedelta(days=900)).isoformat()
    for n in range(100):
        platform.tell("account.created", f"p{n}", created_at=long_ago, handle=f"person{n}x")
    for n in range(40):
        platform.tell("follow.created", f"p{n}", target="p99")
    for hub in ("p98", "p97", "p96", "p95"):
        platform.tell("follow.created", "p0", target=hub)
    platform.propagandist()
    for hub in ("p99", "p98", "p97", "p96", "p95"):
        platform.tell("follow.created", "old", target=hub)
    platform.close("old")
    platform.sign_up("new", handle="zarqun_alfidda2", display_name="زرقون الفضة", device="device:z")
    platform.tell("follow.created", "new", target="p99")
    platform.work()
    key = key_of(KeyKind.FOLLOWS, "p99")
    (hit,) = counted.with_closures(platform.conn, [key], [Fingerprint(account="new", follows=("p99",))])
    assert hit.accounts == 42
    assert hit.others == ["old"]


def shown(conn, ties):
    """How many accounts have each tie, one of which shows its key."""
    asked = dict(enumerate(ties))
    link_keys.add(conn, [("first", key) for key in asked])
    hits = link_keys.with_accounts(conn, asked, MAX_ACCOUNTS, asked)
    return {asked[hit.key]: hit.accounts for hit in hits}


@pytest.mark.parametrize(("told", "accounts"), [(None, 0), (7, 0), (2_000_000, 2_000_000)])
def test_what_nobody_counted_to_the_end_is_as_common_as_the_platform_says_or_counts_nothing(
    conn, told, accounts
):
    conn.execute(
        "INSERT INTO accounts (id, first_seq, updated_at, followers) VALUES ('star', 1, now(), %s)", [told]
    )
    conn.execute(
        "INSERT INTO follows SELECT 'f' || n, 'star', now() FROM generate_series(1, %s) AS n", [MOST + 1]
    )
    assert shown(conn, [Tie("follows", "star")]) == {Tie("follows", "star"): accounts}


def test_each_sort_of_tie_is_counted_where_it_is_kept(conn):
    conn.execute("INSERT INTO follows VALUES ('a', 'x', now()), ('b', 'x', now()), ('a', 'y', now())")
    conn.execute("INSERT INTO memberships VALUES ('g', 'a', 'member', now()), ('g', 'b', 'member', now())")
    conn.execute(
        "INSERT INTO mentions VALUES ('x', 'a', now(), true), ('y', 'a', now(), false),"
        " ('x', 'b', now(), false)"
    )
    ties = {
        Tie("groups", "g"): 2,
        Tie("follows", "x"): 2,
        Tie("followed_by", "a"): 2,
        Tie("mentions", "x"): 2,
        Tie("mentioned_by", "a"): 2,
        Tie("announced_by", "a"): 1,
    }
    assert shown(conn, ties) == ties


def carrier(conn, accounts):
    """A network address behind which so many accounts are, one of them closed and one linked to it."""
    key = key_of(KeyKind.ADDRESS, "address:carrier")
    conn.execute(
        "INSERT INTO account_keys SELECT %s, 'a' || n FROM generate_series(1, %s) AS n", [key, accounts]
    )
    conn.execute("INSERT INTO closure_keys VALUES (%s, 'a1')", [key])
    return key


@pytest.mark.parametrize(("accounts", "thought"), [(300, 300), (link_keys.COUNTED + 1, 0)])
def test_a_common_value_is_counted_at_once_or_counts_nothing_until_it_is(conn, accounts, thought):
    key = carrier(conn, accounts)
    for _ in range(2):
        assert [hit.accounts for hit in counted.with_closures(conn, [key], [])] == [thought]
    assert link_keys.count_common(conn, MAX_ACCOUNTS) == 1
    assert link_keys.with_closures(conn, [key], MAX_ACCOUNTS) == [(key, [], accounts)]


def test_accounts_whose_links_rest_on_a_value_that_turns_out_common_are_looked_at_again(conn):
    key = carrier(conn, link_keys.COUNTED + 1)
    conn.execute(
        """
        INSERT INTO links (account_a, account_b, bits, probability, level, origin, closed, model) VALUES
            ('a1', 'a2', 9, 0.9, 'possible', 'model:1', 'a1', '1'),
            ('a1', 'elsewhere', 9, 0.9, 'possible', 'model:1', 'a1', '1')
        """
    )
    link_keys.with_closures(conn, [key], MAX_ACCOUNTS)
    link_keys.count_common(conn, MAX_ACCOUNTS)
    assert [due.account for due in links_due.claim(conn, "look", 10)] == ["a2"]
    conn.execute("UPDATE common_keys SET counted_at = '-infinity'")
    link_keys.count_common(conn, MAX_ACCOUNTS)
    assert links_due.claim(conn, "look", 10) == [], "nothing new"
