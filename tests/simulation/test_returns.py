"""The population of accounts: repeatable, consistent with its truth, shaped like life, evasions confirmed."""

from collections import Counter, defaultdict
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import MAX_TEXTS, MAX_TIES, Fingerprint
from tenfold.simulation import AccountTruth, SpecError, evasions, hands
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.returns import Returns, ReturnsSpec, ReturnTruth
from tenfold.simulation.truth import NETWORK_ROLES
from tests.simulation.observing import OBSERVABLE, Pair, Seen, consonants, holds

SIZE = 12_000
IN_THE_LOOK = {*evasions.OF_NAMES, *evasions.OF_PICTURES, *evasions.OF_PROFILES, *evasions.OF_CONTACTS}


@cache
def population() -> Returns:
    return Returns(ReturnsSpec(accounts=SIZE, seed=3))


@cache
def everybody() -> list[tuple[Fingerprint, ReturnTruth]]:
    return list(population())


def network_returns() -> list[tuple[Fingerprint, ReturnTruth]]:
    return [pair for pair in everybody() if pair[1].predecessors and pair[1].role in NETWORK_ROLES]


def with_evasion(name: str) -> list[tuple[int, int]]:
    """(predecessor, return) of those who used it, by number."""
    found = [truth for _, truth in network_returns() if name in truth.evasions]
    return [(number(truth.predecessors[-1]), number(truth.account)) for truth in found]


def number(account: str) -> int:
    return int(account[1:])


def grown(account: int) -> Fingerprint:
    return population().fingerprint(account, 30)


def tokens(fingerprint: Fingerprint, kind: str) -> set[str]:
    return {token for of, token in fingerprint.tokens if of == kind}


def ties(fingerprint: Fingerprint) -> set[str]:
    return {*fingerprint.follows, *fingerprint.followed_by}


def test_equal_specs_are_equal_and_any_account_can_be_asked_for_alone() -> None:
    spec = ReturnsSpec(accounts=2_000, seed=9)
    first, second = list(Returns(spec)), Returns(spec)
    for account in (1_999, 3, 700, 1_204, 3):
        fingerprint, truth = first[account]
        posts = None if fingerprint.closed_us else spec.posts
        assert second.fingerprint(account, posts) == fingerprint
        assert second.truth(account) == truth
        assert second.texts(account, 5) == Returns(spec).texts(account, 5)
    other = next(iter(Returns(ReturnsSpec(accounts=2_000, seed=10))))
    assert other != first[0]


@pytest.mark.parametrize(
    ("values", "named"),
    [({"accounts": 3}, "accounts"), ({"closures_share": 0.9}, "closures_share"), ({"posts": -1}, "posts")],
)
def test_an_impossible_population_says_which_value(values: dict[str, int], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        ReturnsSpec(**values)


def test_accounts_come_in_the_order_of_creation_within_the_bounds_of_fingerprints() -> None:
    told = [fingerprint for fingerprint, _ in everybody()]
    assert [fingerprint.account for fingerprint in told] == [f"a{account}" for account in range(SIZE)]
    times = [fingerprint.created_us or 0 for fingerprint in told]
    assert times == sorted(times)
    for fingerprint in told:
        assert fingerprint.account not in ties(fingerprint)
        assert sum(fingerprint.hours) == fingerprint.posts
        assert len(fingerprint.texts) <= MAX_TEXTS
        assert max(len(fingerprint.follows), len(fingerprint.followed_by)) <= MAX_TIES
        assert fingerprint.closed_us is None or fingerprint.closed_us > (fingerprint.created_us or 0)


def test_what_an_account_shows_grows_with_its_posts() -> None:
    for account in range(0, SIZE, 397):
        young, older = population().fingerprint(account, 3), grown(account)
        assert young.closed_us is None
        assert young.texts == older.texts[-len(young.texts) :]
        assert all(few <= many for few, many in zip(young.hours, older.hours, strict=True))
        for field in ("urls", "media", "mentions", "followed_by", "groups", "tokens", "announced_by"):
            assert set(getattr(young, field)) <= set(getattr(older, field)), field
        assert population().texts(account, 3) == population().texts(account, 30)[:3]


def test_predecessors_are_closed_accounts_of_the_same_person() -> None:
    by_id = {fingerprint.account: (fingerprint, truth) for fingerprint, truth in everybody()}
    for fingerprint, truth in everybody():
        for before in truth.predecessors:
            assert by_id[before][1].operator == truth.operator
            assert by_id[before][0].closed_us is not None
            opened_early = {"sleeper", "aged_account"} & set(truth.evasions)
            assert opened_early or (by_id[before][0].closed_us or 0) <= (fingerprint.created_us or 0)


def test_most_closures_are_not_the_networks_and_returns_are_a_few_percent() -> None:
    closed = [truth for fingerprint, truth in everybody() if fingerprint.closed_us]
    assert 0.08 < len(closed) / SIZE < 0.12
    assert sum(truth.role in NETWORK_ROLES for truth in closed) < 0.5 * len(closed)
    assert 0.02 < len(network_returns()) / SIZE < 0.05
    open_returns = [truth for _, truth in everybody() if truth.honest and truth.predecessors]
    assert {truth.role for truth in open_returns} >= {"rule_breaker", "spammer"}
    assert all(truth.evasions == () for truth in open_returns)


def test_every_evasion_has_its_returns_and_new_everything_is_a_sizeable_part() -> None:
    used = Counter(name for _, truth in network_returns() for name in truth.evasions)
    assert set(used) == set(evasions.NAMES)
    assert 0.12 < used["new_everything_same_friends"] / len(network_returns()) < 0.25
    assert 0.015 < used["nothing_kept"] / len(network_returns()) < 0.08


def as_seen(identity: Identity) -> Seen:
    profile = {"handle": identity.handle, "display_name": identity.display, "bio": identity.bio}
    profile |= {"email": identity.email, "links": list(identity.links), "avatar": identity.avatar}  # type: ignore[dict-item]
    return {"profile": profile | {"phone": identity.phone}}


TRUTH = AccountTruth(account="", role="", language="", community="", operator="", created_at="")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**40), st.floats(0, 1), st.integers(0, 3))
def test_any_chain_of_returns_is_what_it_says(seed: int, opsec: float, language: int) -> None:
    random = Random(seed)
    wardrobe = Wardrobe(random, unique_handles=False)
    before = wardrobe.network_identity(language, random)
    for _ in range(4):
        after, used, kept = evasions.come_back(before, opsec, wardrobe, random)
        pair = Pair(TRUTH, as_seen(before), as_seen(after))
        for name in IN_THE_LOOK & set(used):
            assert holds(name, pair), (name, before, after)
        assert kept == evasions.kept(before, after)
        assert (before.hand != after.hand) == bool({"style_disguise", "nothing_kept"} & set(used))
        assert before.hand & 0xFFFFFFFF == after.hand & 0xFFFFFFFF
        if "other_language" in used:
            assert before.language != after.language
        if "nothing_kept" in used:
            assert kept == ()
        before = after


def test_the_look_s_evasions_are_all_judged() -> None:
    assert IN_THE_LOOK.issubset(OBSERVABLE)


def test_a_disguised_hand_keeps_spelling_and_changes_marks() -> None:
    changed = []
    for seed in range(200):
        plain = Random(seed).getrandbits(62)
        masked = plain & 0xFFFFFFFF | Random(-seed).getrandbits(30) << 32
        assert hands.hand(plain).spellings == hands.hand(masked).spellings
        changed.append(hands.hand(plain).ending != hands.hand(masked).ending)
    assert np.mean(changed) > 0.5


def test_hands_differ_and_a_hand_is_recognised() -> None:
    """The share of one hand's habitual marks in texts on one subject; nothing here rests on language."""
    text, tells = "I think that people are going to the station, and I'm with you.", []
    for seed in range(300):
        hand = hands.hand(Random(seed).getrandbits(62))
        first, second = (
            Counter("".join(hands.written(text, hand, 1, Random(part * 1_000 + post)) for post in range(20)))
            for part in (1, 2)
        )
        tells.append(sum((first - second).values()) / sum(first.values()))
    assert np.mean(tells) < 0.1  # two halves of one hand are nearly the same letters


@pytest.mark.parametrize("place", ["network", "carrier"])
def test_a_new_device_in_the_old_place_shows_there(place: str) -> None:
    pairs = with_evasion(f"new_device_same_{place}")
    together = 0
    for before, after in pairs:
        old, new = population().fingerprint(before), grown(after)
        assert not tokens(old, "device") & tokens(new, "device")
        together += bool(tokens(old, "network") & tokens(new, "network"))
    assert together > 0.5 * len(pairs)


def test_who_hides_behind_a_vpn_shows_its_exits_only() -> None:
    for _, after in with_evasion("vpn"):
        assert all(token.startswith("v") for token in tokens(grown(after), "address"))


def test_shifted_hours_move_the_day() -> None:
    moved = []
    for before, after in with_evasion("shifted_hours"):
        old, new = (
            np.array(population().fingerprint(one, 600).hours, dtype=float) for one in (before, after)
        )
        fits = [float(old @ np.roll(new, shift)) for shift in range(24)]
        moved.append(int(np.argmax(fits)) not in (0, 1, 23))
    assert len(moved) > 10
    assert np.mean(moved) > 0.9


@pytest.mark.parametrize("evasion", ["sleeper", "aged_account"])
def test_sleepers_and_bought_accounts_are_older_than_the_closure(evasion: str) -> None:
    for before, after in with_evasion(evasion):
        closed = population().fingerprint(before).closed_us or 0
        assert (population().fingerprint(after).created_us or 0) < closed


def test_who_splits_an_account_has_two_after_it() -> None:
    pairs = with_evasion("split")
    known: defaultdict[str, list[ReturnTruth]] = defaultdict(list)
    for _, truth in network_returns():
        known[truth.operator].append(truth)
    assert pairs
    for _, after in pairs:
        one = population().truth(after)
        assert any(
            set(other.predecessors) - {one.account} == set(one.predecessors) - {other.account}
            for other in known[one.operator]
            if other.account != one.account
        )


def company_kept(pairs: list[tuple[int, int]], posts: int) -> list[int]:
    """How many ties each pair has in common, the newer account after so many posts."""
    told = []
    for before, after in pairs:
        newer = population().fingerprint(after, posts)
        told.append(len(ties(population().fingerprint(before)) & ties(newer)))
    return told


def test_old_friends_betray_who_changes_everything_else_but_not_who_keeps_nothing() -> None:
    renamed, lost = with_evasion("new_everything_same_friends"), with_evasion("nothing_kept")
    others = [(before, (before * 31 + 7) % SIZE) for before, _ in with_evasion("delay")]
    assert np.median(company_kept(renamed, 30)) > 5
    assert np.mean(company_kept(lost, 30)) < 4
    assert np.mean(company_kept(others, 30)) < 3
    # The careful follow few of them at first: no more than any two of one circle have in common.
    assert np.mean([count <= 4 for count in company_kept(renamed, 3)]) > 0.1
    for before, after in with_evasion("new_everything_same_friends"):
        old, new = population().fingerprint(before), grown(after)
        assert not set(old.handles) & set(new.handles)
        assert not set(old.names) & set(new.names)
        assert not set(old.avatars) & set(new.avatars)
        assert not tokens(old, "device") & tokens(new, "device")


def test_some_returns_are_announced_and_honest_people_announce_too() -> None:
    back = [fingerprint for fingerprint, _ in network_returns()]
    assert 0.05 < np.mean([bool(fingerprint.announced_by) for fingerprint in back]) < 0.5
    assert 0.02 < np.mean([bool(fingerprint.announces) for fingerprint in back]) < 0.3
    honest = [fingerprint for fingerprint, truth in everybody() if truth.honest]
    assert sum(bool(fingerprint.announces) for fingerprint in honest) > 50
    for fingerprint, truth in network_returns():
        assert set(fingerprint.announces) <= set(truth.predecessors)


def test_framers_share_all_that_is_public_and_nothing_that_is_not() -> None:
    framers = [pair for pair in everybody() if pair[1].role == "framer"]
    assert len(framers) > 10
    texts = follows = 0
    for fingerprint, truth in framers:
        assert truth.framer
        assert not truth.honest
        assert truth.predecessors == ()
        copied = population().fingerprint(number(truth.framed or ""))
        assert copied.closed_us is not None
        assert copied.names == fingerprint.names
        for kind in ("email", "phone"):
            assert not tokens(copied, kind) & tokens(fingerprint, kind)
        mine = grown(number(truth.account))
        texts += bool(set(population().fingerprint(number(truth.framed or ""), 20).texts) & set(mine.texts))
        follows += bool(set(copied.follows) & set(mine.follows))
    assert texts > 0.8 * len(framers)
    assert follows > 0.5 * len(framers)


def test_fakes_copy_one_honest_person_who_may_open_a_second_account() -> None:
    fakes = [(fingerprint, truth) for fingerprint, truth in everybody() if truth.role == "fake"]
    victims = Counter(truth.framed for _, truth in fakes)
    assert max(victims.values()) >= 5
    assert any(fingerprint.closed_us for fingerprint, _ in fakes)
    for victim in victims:
        assert population().truth(number(victim or "")).honest


def test_verbatim_texts_are_verbatim() -> None:
    """Equal hashes stand for equal texts, different ones nearly always for different texts."""
    said: dict[int, str] = {}
    for account in range(0, SIZE, 31):
        fingerprint = grown(account)
        for text_hash, text in zip(reversed(fingerprint.texts), population().texts(account, 30), strict=True):
            assert said.setdefault(text_hash, text) == text
    assert len(set(said.values())) > 0.9 * len(said)


def test_addresses_and_devices_are_shared_as_in_life() -> None:
    users: Counter[tuple[str, str]] = Counter()
    for fingerprint, _ in everybody():
        users.update(fingerprint.tokens)
    addresses = sorted((count for (kind, _), count in users.items() if kind == "address"), reverse=True)
    devices = sorted((count for (kind, _), count in users.items() if kind == "device"), reverse=True)
    assert addresses[0] > 0.004 * SIZE  # a carrier's
    assert np.median(addresses) <= 2
    assert devices[0] > 0.01 * SIZE  # a common fingerprint
    assert 0.02 < sum(2 <= count <= 5 for count in devices) / len(devices) < 0.2
    mails = [count for (kind, _), count in users.items() if kind == "email"]
    assert np.mean([count == 1 for count in mails]) > 0.95


def test_arabic_names_repeat_more_and_are_romanised_in_many_ways() -> None:
    names: dict[str, Counter[str]] = {"Arab": Counter(), "Latn": Counter()}
    for fingerprint, truth in everybody():
        if truth.honest:
            names[truth.culture][fingerprint.names[0]] += 1
    repeated = {
        culture: sum(count for count in told.values() if count > 2) / told.total()
        for culture, told in names.items()
    }
    assert repeated["Arab"] > repeated["Latn"]
    firsts = {name.split()[0].lower() for name in names["Arab"] if name.isascii()}
    assert len({first for first in firsts if consonants(first) == consonants("محمد")}) >= 5
    assert sum(names["Arab"].values()) > 0.3 * SIZE


def test_handles_are_given_twice_to_few() -> None:
    handles = Counter(fingerprint.handles[0] for fingerprint, _ in everybody())
    assert sum(count - 1 for count in handles.values()) < 0.01 * SIZE


def test_some_housemates_of_closed_accounts_are_innocent_newcomers() -> None:
    """Who shares home, and now and then device and friends, with somebody closed, and is another."""
    homes: defaultdict[str, list[ReturnTruth]] = defaultdict(list)
    for fingerprint, truth in everybody():
        for device in tokens(fingerprint, "device"):
            homes[device].append(truth)
    shared = [
        home for home in homes.values() if 1 < len(home) < 6 and len({one.operator for one in home}) > 1
    ]
    mixed = [home for home in shared if {one.honest for one in home} == {True, False}]
    assert len(shared) > 100
    assert len(mixed) >= 3
