"""The ground truth agrees with the events."""

from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pytest

from tenfold.simulation import (
    AccountTruth,
    Event,
    Ledger,
    SimulationSpec,
    Truth,
    evasions,
    generate,
)
from tenfold.simulation.truth import NETWORK_ROLES, VIOLATING_KINDS
from tests.simulation.observing import OBSERVABLE, Pair, holds, keeps

SPEC = SimulationSpec(events=80_000, seed=2, operators=400)


@cache
def platform() -> tuple[list[Event], Ledger]:
    truths: list[Truth] = []
    told = list(generate(SPEC, truths.append))
    return told, Ledger(truths)


@cache
def seen() -> dict[str, dict[str, Any]]:
    """What an observer of the events knows of each account."""
    accounts: dict[str, dict[str, Any]] = {}
    for event in platform()[0]:
        data, who = event["data"], event["account"]
        if event["type"] == "account.updated" and "handle" in data:
            accounts[who]["profile"] = data  # a bought account in its buyer's looks
        if event["type"] == "account.created":
            accounts[who] = {"profile": data, "created": event["time"], "ips": [], "devices": set()}
            accounts[who] |= {"follows": set(), "closed": None, "posts": [], "wrote": []}
        elif event["type"] == "session.started":
            accounts[who]["ips"].append(data["ip"])
            accounts[who]["devices"].add(data["device"])
        elif event["type"] == "follow.created":
            accounts[who]["follows"].add(data["target"])
        elif event["type"] == "post.created":
            accounts[who]["posts"].append(data)
            accounts[who]["wrote"].append(event["time"])
        elif event["type"] == "account.closed":
            accounts[who]["closed"] = (event["time"], data["reason"])
    return accounts


def returns() -> list[AccountTruth]:
    return [account for account in platform()[1].accounts.values() if account.predecessor]


def test_every_account_group_and_network_post_has_its_truth() -> None:
    told, truth = platform()
    assert set(truth.accounts) == {e["account"] for e in told if e["type"] == "account.created"}
    assert set(truth.groups) == {e["data"]["group"] for e in told if e["type"] == "group.created"}
    network = {
        e["data"]["post"]
        for e in told
        if e["type"] == "post.created" and truth.accounts[e["account"]].of_network
    }
    assert network <= set(truth.posts)
    others = {
        truth.posts[post].kind
        for post in set(truth.posts) - network
        if truth.accounts[truth.posts[post].account].role != "framer"
    }
    assert others == {"reporting", "counterspeech", "research", "parody"}
    kinds = {truth.posts[post].kind for post in network}
    assert kinds == VIOLATING_KINDS | {"ordinary", "repost"}


def test_all_roles_and_languages_appear() -> None:
    accounts = platform()[1].accounts.values()
    assert {account.role for account in accounts} >= NETWORK_ROLES | {
        "member",
        "journalist",
        "counter_speaker",
        "researcher",
        "parody",
        "framer",
    }
    for languages in ({a.language for a in accounts if a.of_network}, {a.language for a in accounts}):
        assert languages == {"ar", "en", "ar-Latn", "mixed"}


def test_closures_are_told_as_they_happen() -> None:
    for id_, account in platform()[1].accounts.items():
        closed = seen()[id_]["closed"]
        assert closed == (None if account.closed_at is None else (account.closed_at, account.closed_for))


def test_every_return_has_a_predecessor_of_the_same_operator_closed_before() -> None:
    accounts = platform()[1].accounts
    assert len(returns()) > 60
    for account in returns():
        before = accounts[account.predecessor or ""]
        assert before.operator == account.operator
        assert before.role == account.role
        assert before.closed_at is not None
        assert before.closed_at < (account.used_from or account.created_at)
        assert account.used_from is None or account.used_from > account.created_at
    once = [account.predecessor for account in returns() if "split" not in account.evasions]
    assert len(set(once)) == len(once)


def test_honest_people_are_no_returns_and_share_no_operator_with_the_network() -> None:
    accounts = platform()[1].accounts.values()
    operators = {account.operator for account in accounts if account.of_network}
    for account in accounts:
        if not account.of_network:
            assert account.predecessor is None
            assert account.evasions == ()
            assert account.operator not in operators


def test_some_innocent_people_share_home_and_device_with_the_network() -> None:
    accounts = platform()[1].accounts
    for trait, least in (("ips", 3), ("devices", 1)):
        network: set[str] = set()
        honest: set[str] = set()
        for id_, what in seen().items():
            values = {value for value in what[trait] if value.startswith(("10.", "2001:", "d"))}
            (network if accounts[id_].of_network else honest).update(values)
        assert len(network & honest) >= least


def test_every_evasion_is_confirmed_somewhere() -> None:
    elsewhere = {"style_disguise", "shifted_hours", "split"}  # here below and in test_returns.py
    assert set(OBSERVABLE) | elsewhere == set(evasions.NAMES)


@pytest.mark.parametrize("evasion", OBSERVABLE)
def test_every_evasion_named_can_be_confirmed_from_the_events(evasion: str) -> None:
    used = [account for account in returns() if evasion in account.evasions]
    assert used, f"no return used {evasion}"
    for account in used:
        before, after = seen()[account.predecessor or ""], seen()[account.account]
        assert holds(evasion, Pair(account, before, after)), (account, before, after)


def test_who_splits_an_account_comes_back_with_two() -> None:
    back = Counter(account.predecessor for account in returns())
    split = [account for account in returns() if "split" in account.evasions]
    assert split
    assert all(back[account.predecessor] == 2 for account in split)


def test_friends_find_the_return_again_and_some_tell_others_of_it() -> None:
    """Careful operators are found by few; those who keep nothing by nobody."""
    told = platform()[0]
    followers: defaultdict[str, set[str]] = defaultdict(set)
    named: Counter[str] = Counter()
    for event in told:
        if event["type"] == "follow.created":
            followers[event["data"]["target"]].add(event["account"])
        elif event["type"] == "post.created" and "reply_to" not in event["data"]:
            named.update(event["data"].get("mentions", ()))
    old_friends = [
        len(followers[account.account] & seen()[account.predecessor or ""]["follows"])
        for account in returns()
        if "nothing_kept" not in account.evasions
    ]
    assert 1 < sum(old_friends) / len(old_friends) < 6
    assert 0.1 < sum(count == 0 for count in old_friends) / len(old_friends) < 0.6
    assert sum(named[account.account] > 0 for account in returns()) > len(returns()) / 20
    assert sum(named[account.predecessor or ""] > 0 for account in returns()) > 3  # "I was once @..."


def test_framers_copy_all_that_is_public_and_are_nobody_s_return() -> None:
    accounts = platform()[1].accounts
    framers = [account for account in accounts.values() if account.role == "framer"]
    assert framers
    word_for_word = 0
    for framer in framers:
        copied, mine = seen()[framer.copies or ""], seen()[framer.account]
        assert not framer.honest
        assert framer.predecessor is None
        assert copied["profile"]["bio"] == mine["profile"]["bio"]
        assert copied["profile"].get("links", []) == mine["profile"].get("links", [])
        assert len(copied["follows"] & mine["follows"]) >= 2
        assert not copied["devices"] & mine["devices"]
        texts = {post["text"] for post in copied["posts"] if post["text"]}
        word_for_word += sum(post["text"] in texts for post in mine["posts"])
    assert word_for_word > 0


@pytest.mark.parametrize("trait", evasions.KEPT)
def test_what_is_said_to_be_kept_is_kept(trait: str) -> None:
    kept = [account for account in returns() if trait in account.kept]
    assert kept, f"no return kept its {trait}"
    for account in kept:
        assert keeps(trait, seen()[account.predecessor or ""], seen()[account.account]), account


def test_parodies_wear_the_look_of_a_closed_account_without_being_it() -> None:
    accounts = platform()[1].accounts
    parodies = [account for account in accounts.values() if account.role == "parody"]
    assert parodies
    for parody in parodies:
        copied = seen()[parody.copies or ""]
        assert copied["profile"]["display_name"] == seen()[parody.account]["profile"]["display_name"]
        assert accounts[parody.copies or ""].of_network
        assert copied["closed"][0] < parody.created_at
        assert not copied["devices"] & seen()[parody.account]["devices"]


def test_groups_of_the_network_close_and_come_back() -> None:
    groups = platform()[1].groups
    again = [group for group in groups.values() if group.predecessor]
    assert again
    for group in again:
        closed = groups[group.predecessor or ""].closed_at
        assert closed is not None
        assert closed < group.created_at
