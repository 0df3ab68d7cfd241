"""What the store knows of how the authors of threats go on: what raises records, with its numbers."""

from collections.abc import Iterable, Mapping
from typing import Any

from tenfold.store import threat_hands, threat_keys, threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_hands import Hand
from tenfold.threats import campaigns, escalation, fixation
from tenfold.threats.fixation import Written

MOST_ACCOUNTS = 500  # of a record whose links are looked at
MOST_READ = 20  # of a record whose posts are read for fixation: those that threatened most
MOST_HANDS = 2_000

Findings = dict[int, dict[str, dict[str, Any]]]


def findings(conn: Conn, records: Iterable[int]) -> Findings:
    """For each record what raises it, by `cadence`, `fixation` and `return`, each with an account and
    numbers."""
    asked = sorted(set(records))
    targets = threats.targets(conn, asked)
    found: Findings = {}
    if targets:
        _cadences(conn, targets, found)
        _fixations(conn, targets, found)
        _returns(conn, targets, found)
    return found


def _cadences(conn: Conn, targets: Mapping[int, list[str]], found: Findings) -> None:
    """The fastest of each record's accounts."""
    for threat_id, account, times in threat_sources.times(conn, targets, escalation.LEAST_SOURCES):
        numbers = escalation.cadence(times)
        known = found.get(threat_id, {}).get("cadence")
        if numbers and (known is None or numbers["now"] > known["now"]):
            found.setdefault(threat_id, {})["cadence"] = {"account": account, **numbers}


def _fixations(conn: Conn, targets: Mapping[int, list[str]], found: Findings) -> None:
    """The most fixed of each record's accounts."""
    aims = {id_: fixation.target(names) for id_, names in targets.items()}
    aims = {id_: aim for id_, aim in aims.items() if aim.accounts or aim.words}
    authors = threat_sources.busiest(conn, aims, fixation.LEAST_POSTS, MOST_READ)
    if not authors:
        return
    posts: dict[str, list[Written]] = {}
    for row in threat_hands.latest_posts(conn, {account for _, account in authors}, fixation.LATEST):
        posts.setdefault(row[0], []).append(Written(*row))
    sample = [Written(*row) for row in threat_hands.sample_of_posts(conn, fixation.SAMPLE)]
    for threat_id, account in authors:
        others = [one for one in sample if one.account != account]
        numbers = fixation.found(posts.get(account, []), others, aims[threat_id])
        known = found.get(threat_id, {}).get("fixation")
        if numbers and (
            known is None or numbers["about"] * known["posts"] > known["about"] * numbers["posts"]
        ):
            found.setdefault(threat_id, {})["fixation"] = {"account": account, **numbers}


def _returns(conn: Conn, targets: Mapping[int, list[str]], found: Findings) -> None:
    """Accounts that go on with what another account of the same hands began, which is closed or gone."""
    speakers = threat_sources.speakers(conn, targets, MOST_ACCOUNTS)
    by_account: dict[str, list[Hand]] = {}
    everybody = {account for first_said in speakers.values() for account in first_said}
    for hand in threat_hands.of_accounts(conn, everybody, limit=MOST_HANDS):
        if hand.certain and hand.ended:
            by_account.setdefault(hand.account, []).append(hand)
    asked: dict[int, list[tuple[int, Hand]]] = {}
    for id_, first_said in speakers.items():
        for hand in (one for account in first_said for one in by_account.get(account, ())):
            for name in targets[id_]:
                key = campaigns.of_account(name, hand.other, information=False)
                asked.setdefault(key, []).append((id_, hand))
    if not asked:
        return
    records = threat_keys.records_of(conn, asked)
    began = threat_sources.first_times(
        conn, {(record, hand.other) for key, record in records.items() for _, hand in asked[key]}
    )
    for key, record in sorted(records.items()):
        for id_, hand in asked[key]:
            at = began.get((record, hand.other))
            known = found.get(id_, {}).get("return", {"probability": -1.0})
            earlier = at is not None and at < speakers[id_][hand.account]
            if earlier and hand.probability > known["probability"]:
                found.setdefault(id_, {})["return"] = _numbers(hand, record)


def _numbers(hand: Hand, earlier_threat: int) -> dict[str, Any]:
    return {
        "account": hand.account,
        "earlier_account": hand.other,
        "earlier_threat": earlier_threat,
        "probability": hand.probability,
        "confirmed": hand.verdict == "same",
    }
