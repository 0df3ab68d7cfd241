"""The simulated events: valid, sorted, counted, repeatable, and shaped like a platform's life."""

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold import events as wire
from tenfold.simulation import Event, Ledger, SimulationSpec, SpecError, Truth, generate
from tenfold.simulation.truth import read
from tenfold.simulation.writer import write

SPEC = SimulationSpec(events=60_000, seed=11)


@cache
def platform() -> tuple[list[Event], Ledger]:
    truths: list[Truth] = []
    told = list(generate(SPEC, truths.append))
    return told, Ledger(truths)


def of_type(kind: str) -> list[Event]:
    return [event for event in platform()[0] if event["type"] == kind]


def gini(values: Sequence[float]) -> float:
    """0 when all are equal, towards 1 when one has everything."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    count=st.integers(1_000, 4_000),
    seed=st.integers(0, 2**31),
    days=st.integers(1, 60),
    operators=st.none() | st.integers(0, 8),
)
def test_any_spec_gives_exactly_so_many_valid_sorted_events(
    count: int, seed: int, days: int, operators: int | None
) -> None:
    spec = SimulationSpec(events=count, seed=seed, days=days, operators=operators)
    told = list(generate(spec))
    assert len(told) == count
    times = [event["time"] for event in told]
    assert times == sorted(times)
    for event in told:
        wire.parse(msgspec.json.encode(event))
    assert len({event["id"] for event in told}) == count


def test_every_event_passes_the_wire_format_and_ids_are_unique() -> None:
    told, _ = platform()
    parsed = [wire.parse(msgspec.json.encode(event)) for event in told]
    assert len({event.id for event in parsed}) == SPEC.events
    assert {event.type for event in parsed} >= set(wire.EVENT_TYPES) - {
        "account.restored",
        "group.updated",
        "group.left",
        "group.deleted",
    }


def test_equal_specs_give_equal_bytes_and_other_seeds_other_events(tmp_path: Path) -> None:
    spec = SimulationSpec(events=3_000, seed=5)
    first = write(spec, tmp_path / "a", compress=True)
    second = write(spec, tmp_path / "b", compress=True)
    plain = write(spec, tmp_path / "c")
    other = write(SimulationSpec(events=3_000, seed=6), tmp_path / "d")
    assert first.events_file.read_bytes() == second.events_file.read_bytes()
    assert first.truth_file.read_bytes() == second.truth_file.read_bytes()
    assert gzip.decompress(first.events_file.read_bytes()) == plain.events_file.read_bytes()
    assert plain.events_file.read_bytes() != other.events_file.read_bytes()
    assert len(plain.events_file.read_bytes().splitlines()) == plain.events == 3_000
    assert len(list(read(plain.truth_file))) == plain.truths


def test_an_interrupted_writer_leaves_no_half_file(tmp_path: Path) -> None:
    def stop(told: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(SPEC, tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"events": 10}, "events"),
        ({"events": 5_000, "days": 0}, "days"),
        ({"events": 5_000, "seed": -1}, "seed"),
        ({"events": 5_000, "operators": 4_000}, "operators"),
    ],
)
def test_an_impossible_spec_says_which_value(values: dict[str, int], named: str) -> None:
    with pytest.raises(SpecError, match=named):
        SimulationSpec(**values)  # type: ignore[arg-type]


def test_accounts_act_only_while_they_live() -> None:
    born: set[str] = set()
    ended: set[str] = set()
    for event in platform()[0]:
        who = event["account"]
        if event["type"] == "account.created":
            assert who not in born
            born.add(who)
        assert who in born
        if event["type"] != "group.closed":  # the platform's act, told under the founder's name
            assert who not in ended, event
        if event["type"] in ("account.closed", "account.deleted"):
            ended.add(who)


def test_references_point_to_what_was_there_before() -> None:
    accounts: set[str] = set()
    posts: set[str] = set()
    groups: set[str] = set()
    media: set[str] = set()
    for event in platform()[0]:
        data = event["data"]
        if event["type"] == "account.created":
            accounts.add(event["account"])
        if event["type"] == "group.created":
            groups.add(data["group"])
        if event["type"] == "media.uploaded":
            media.add(data["media"])
        if event["type"] in ("post.updated", "post.deleted"):
            assert data["post"] in posts
        if event["type"] == "post.created":
            assert data["post"] not in posts
            posts.add(data["post"])
            assert {data[key] for key in ("reply_to", "repost_of", "quote_of") if key in data} <= posts
            assert set(data.get("mentions", ())) <= accounts
            assert set(data.get("media", ())) <= media
        if "group" in data:
            assert data["group"] in groups
        if "target" in data:
            assert data["target"] in accounts


def test_activity_and_followers_have_heavy_tails() -> None:
    posts = Counter(event["account"] for event in of_type("post.created"))
    followers = [event["data"]["followers"] for event in of_type("account.created")]
    assert gini(list(posts.values())) > 0.55
    assert gini(followers) > 0.55
    assert max(followers) > 50 * float(np.median(followers))


def test_some_carrier_addresses_serve_very_many_and_most_homes_few() -> None:
    users: defaultdict[str, set[str]] = defaultdict(set)
    for event in of_type("session.started"):
        users[event["data"]["ip"]].add(event["account"])
    carriers = sorted((len(u) for ip, u in users.items() if ip.startswith("100.")), reverse=True)
    homes = [len(u) for ip, u in users.items() if ip.startswith(("10.", "2001:"))]
    assert carriers[0] > 8 * float(np.median(carriers))  # Zipf
    assert np.quantile(homes, 0.95) <= 4
    assert any(count > 1 for count in homes)


def test_devices_are_shared_in_households_and_by_common_fingerprints() -> None:
    users: defaultdict[str, set[str]] = defaultdict(set)
    for event in of_type("session.started"):
        users[event["data"]["device"]].add(event["account"])
    counts = sorted((len(u) for u in users.values()), reverse=True)
    assert counts[0] > 15
    shared = sum(1 for count in counts if 2 <= count <= 4)
    assert 0.02 < shared / len(counts) < 0.35


def test_days_have_a_rhythm_and_it_follows_the_time_zone() -> None:
    _, truth = platform()
    by_hour = {"ar": np.zeros(24), "en": np.zeros(24)}
    for event in of_type("post.created"):
        language = truth.accounts[event["account"]].language
        if language in by_hour:
            by_hour[language][int(event["time"][11:13])] += 1
    night = by_hour["ar"][[0, 1, 2]].sum()  # about 3 to 5 in the morning from Cairo to Baghdad
    evening = by_hour["ar"][[17, 18, 19]].sum()
    assert evening > 4 * night
    shares = {language: hours / hours.sum() for language, hours in by_hour.items()}
    assert int(np.argmin(shares["ar"])) != int(np.argmin(shares["en"]))


def test_pictures_repeat_as_stock_pictures_do() -> None:
    avatars = Counter(e["data"]["avatar"] for e in of_type("account.created") if "avatar" in e["data"])
    assert avatars.most_common(1)[0][1] > 10
    assert sum(1 for count in avatars.values() if count == 1) > len(avatars) / 2


def test_common_names_are_common_in_both_cultures() -> None:
    names = Counter(event["data"]["display_name"].split()[0] for event in of_type("account.created"))
    for name in ("محمد", "Muhammad", "John", "Maria"):
        assert names[name] > np.median(list(names.values()))


def test_addresses_belong_to_nobody_real() -> None:
    """Every URL and e-mail under .example or .test (RFC 2606), every IP address in a reserved range."""
    text = b"\n".join(msgspec.json.encode(event) for event in platform()[0]).decode()
    hosts = re.findall(r"https?://([^/\s\"\\]+)", text)
    hosts += re.findall(r"[\w.+]+@([\w-]+\.[\w.-]+)", text)
    assert len(hosts) > 1_000
    assert {host.rstrip(".").rsplit(".", 1)[-1].lower() for host in hosts} <= {"example", "test"}
    ips = {event["data"]["ip"] for event in of_type("session.started")}
    reserved = re.compile(r"10\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|198\.1[89]\.|2001:db8:")
    assert all(reserved.match(ip) for ip in ips)


def test_the_period_is_the_one_asked_for_and_what_was_before_comes_first() -> None:
    told, _ = platform()
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    times = [datetime.fromisoformat(event["time"]) for event in told]
    assert max(times) < start + timedelta(days=SPEC.days)
    before = {event["type"] for event, time in zip(told, times, strict=True) if time < start}
    assert "account.created" in before
    assert "post.created" not in before


def test_reports_name_the_network_and_sometimes_the_innocent() -> None:
    _, truth = platform()
    accused = [
        truth.accounts[event["data"]["subject"]["id"]].of_network
        for event in of_type("report.filed")
        if event["data"]["subject"]["kind"] == "account"
    ]
    reporters = {truth.accounts[event["account"]].of_network for event in of_type("report.filed")}
    assert set(accused) == {True, False}
    assert reporters == {True, False}
