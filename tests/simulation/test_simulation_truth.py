"""The ground truth agrees with the events."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from tenfold.simulation import (
    AccountTruth,
    Event,
    Ledger,
    SimulationSpec,
    Truth,
    addresses,
    evasions,
    generate,
    lookalikes,
    pictures,
)
from tenfold.simulation.grammar import lexicon
from tenfold.simulation.truth import NETWORK_ROLES, VIOLATING_KINDS

SPEC = SimulationSpec(events=80_000, seed=2, operators=150)


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
        if event["type"] == "account.created":
            accounts[who] = {"profile": data, "created": event["time"], "ips": [], "devices": set()}
            accounts[who] |= {"follows": set(), "closed": None}
        elif event["type"] == "session.started":
            accounts[who]["ips"].append(data["ip"])
            accounts[who]["devices"].add(data["device"])
        elif event["type"] == "follow.created":
            accounts[who]["follows"].add(data["target"])
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
    others = {truth.posts[post].kind for post in set(truth.posts) - network}
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
        assert before.closed_at < account.created_at
    assert len({account.predecessor for account in returns()}) == len(returns())


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


def undigited(handle: str) -> str:
    return handle.rstrip("0123456789")


def untagged(email: str) -> str:
    local, _, host = email.partition("@")
    return f"{local.partition('+')[0]}@{host}"


def one_name(first: str, second: str) -> bool:
    """Whether the two are spellings of one name in the lists."""
    lists = lexicon("names")
    people = lists["arabic_men"] + lists["arabic_women"]
    whole = lists["brands"] + people
    whole += [
        [f"{given} {family}" for given, family in zip(person, surname, strict=True)]
        for person in people
        for surname in lists["arabic_families"]
    ]
    return any(first in spellings and second in spellings for spellings in whole)


def holds(evasion: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the observer can confirm an evasion from the events alone."""
    old, new = before["profile"], after["profile"]
    if evasion == "suffix_digits":
        return old["handle"] != new["handle"] and undigited(old["handle"]) == undigited(new["handle"])
    if evasion == "homoglyph":
        shown = old["display_name"], new["display_name"]
        return shown[0] != shown[1] and lookalikes.fold(shown[0]) == lookalikes.fold(shown[1])
    if evasion == "transliteration":
        return old["display_name"] != new["display_name"] and one_name(
            old["display_name"], new["display_name"]
        )
    if evasion == "new_bio_same_links":
        return old["bio"] != new["bio"] and bool(old["links"]) and old["links"] == new["links"]
    if evasion == "cropped_avatar":
        return 4 <= pictures.distance(old["avatar"], new["avatar"]) <= 40
    if evasion == "delay":
        gap = datetime.fromisoformat(after["created"]) - datetime.fromisoformat(before["closed"][0])
        return gap >= timedelta(days=5)
    if evasion == "new_device_same_network":
        networks = [{addresses.network_of(ip) for ip in account["ips"]} for account in (before, after)]
        return not before["devices"] & after["devices"] and bool(networks[0] & networks[1])
    if evasion == "email_tag":
        return old["email"] != new["email"] and untagged(old["email"]) == untagged(new["email"])
    assert evasion == "new_everything_same_friends"
    same = [key for key in ("handle", "display_name", "avatar", "email", "links") if key in old]
    changed = all(old[key] != new.get(key) for key in same)
    return (
        changed
        and not before["devices"] & after["devices"]
        and len(before["follows"] & after["follows"]) >= 3
    )


@pytest.mark.parametrize("evasion", evasions.NAMES)
def test_every_evasion_named_can_be_confirmed_from_the_events(evasion: str) -> None:
    used = [account for account in returns() if evasion in account.evasions]
    assert used, f"no return used {evasion}"
    for account in used:
        before, after = seen()[account.predecessor or ""], seen()[account.account]
        assert holds(evasion, before, after), (account, before, after)


KEPT = {"display_name": "display_name", "avatar": "avatar", "bio": "bio", "links": "links"}


def test_what_is_said_to_be_kept_is_kept() -> None:
    kinds = set()
    for account in returns():
        before, after = seen()[account.predecessor or ""], seen()[account.account]
        for trait in account.kept:
            kinds.add(trait)
            if trait in KEPT:
                assert before["profile"][trait] == after["profile"][trait]
            elif trait == "device":
                assert before["devices"] == after["devices"]
            else:
                networks = [{addresses.network_of(ip) for ip in a["ips"]} for a in (before, after)]
                assert networks[0] & networks[1]
    assert kinds == set(evasions.KEPT)


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
