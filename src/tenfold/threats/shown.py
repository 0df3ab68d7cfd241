"""Everything about one threat, in the shape in which console and API show it."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.detectors.threat import levels
from tenfold.store import threat_corrections, threat_hands, threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_corrections import Correction
from tenfold.store.threat_hands import Hand
from tenfold.store.threat_sources import Source
from tenfold.store.threats import Threat
from tenfold.threats import corrections

SOURCES, ACCOUNTS, HANDS, SIMILAR, EARLIER = 100, 50, 100, 10, 50  # shown at most
BY_HOUR = 72  # hours up to which sources are counted by the hour, by the day beyond


class FactorView(msgspec.Struct, kw_only=True):
    """A factor in effect. `span`: [start, end) in the text of the first source shown, None where it stands
    nowhere. `read`: what the machine had; differs from `value` where a person corrected it."""

    factor: str
    value: Any
    read: Any
    corrected: bool
    span: tuple[int, int] | None = None


class SourceView(msgspec.Struct, kw_only=True):
    """A text that carried the threat. `spans`: [start, end, factor] in code points of `text`; `state`: what
    the subject is on the platform now, None where it is not known. `url` as the platform gave it."""

    subject_kind: str
    subject_id: str
    field: str
    account: str | None
    at: datetime
    seen_at: datetime
    gone_at: datetime | None
    level: str
    language: str | None
    text: str
    text_sha256: str
    spans: list[tuple[int, int, str]]
    details: dict[str, Any]
    state: str | None
    url: str | None


class AccountView(msgspec.Struct, kw_only=True):
    """An account of the threat. `hands`: accounts that the same people run (links that are likely or that
    people confirmed) and closed accounts that this one may be a return of."""

    id: str
    handle: str | None
    display_name: str | None
    state: str | None
    created_at: datetime | None
    posts: int
    sources: int
    first_at: datetime
    last_at: datetime
    level: str
    hands: list[Hand]


class EarlierView(msgspec.Struct, kw_only=True):
    """Another threat by an account of this one, or by one that the same people run. `through`: the account of
    this threat that it is linked to, None for its own."""

    threat_id: int
    account: str
    through: str | None
    level: str
    status: str
    outcome: str | None
    target_kind: str
    target: str
    last_at: datetime


class SimilarView(msgspec.Struct, kw_only=True):
    """How similar threats were decided: those of the same act and target kind that people closed, by
    outcome."""

    outcome: str
    count: int
    latest: list[int]


class SpreadView(msgspec.Struct, kw_only=True):
    """Sources over time: by `hour` or `day` (UTC); each (when, sources, accounts that spoke first then)."""

    unit: str
    counts: list[tuple[datetime, int, int]]


class LogView(msgspec.Struct, kw_only=True):
    """One line of the log."""

    at: datetime
    actor: str
    act: str
    details: dict[str, Any]


class ProtecteeView(msgspec.Struct, kw_only=True):
    """A match with somebody who is watched over. Only the role security may see which one it is."""

    protectee: int
    how: str
    strength: float
    spans: list[dict[str, Any]]


class ThreatView(msgspec.Struct, kw_only=True):
    """Everything about one threat. `sources` are the gravest first, `more_sources` how many are not shown.
    `ungated`: the level if nothing took the words out of the author's mouth. `parts`: records that have
    become part of this one."""

    threat: Threat
    factors: list[FactorView]
    ungated: str | None
    imminence_hours: float | None
    reported_against: list[str]
    sources: list[SourceView]
    more_sources: int
    accounts: list[AccountView]
    earlier: list[EarlierView]
    spread: SpreadView
    similar: list[SimilarView]
    corrections: list[Correction]
    protectees: list[ProtecteeView]
    log: list[LogView]
    parts: list[int]


def view(conn: Conn, threat_id: int) -> ThreatView | None:
    """A threat with everything that is known of it; None if there is none."""
    threat = threats.load(conn, [threat_id]).get(threat_id)
    if threat is None:
        return None
    found = threat_sources.page(conn, threat_id, limit=SOURCES)
    lead = found[0].details if found else {}
    effective = corrections.applied(lead, threat.corrected) if threat.corrected and lead else lead
    accounts = _accounts(conn, threat_id)
    total = threat_sources.count(conn, threat_id)
    parts = threat_hands.parts(conn, threat_id)
    return ThreatView(
        threat=threat,
        factors=_factors(lead, threat.corrected),
        ungated=corrections.assess(effective).ungated if lead else None,
        imminence_hours=effective.get("imminence_hours"),
        reported_against=list(effective.get("reported_against", [])),
        sources=_sources(conn, found),
        more_sources=max(0, total - len(found)),
        accounts=accounts,
        earlier=_earlier(conn, threat_id, accounts),
        spread=_spread(conn, threat),
        similar=_similar(conn, threat),
        corrections=threat_corrections.page(conn, threat_id=threat_id),
        protectees=_protectees(conn, threat_id),
        log=_log(conn, [threat_id, *parts]),
        parts=parts,
    )


def _factors(details: dict[str, Any], corrected: dict[str, Any]) -> list[FactorView]:
    """All factors that were read or corrected, those of the whole first."""
    if not details:
        return []
    spans = {row["factor"]: tuple(row["span"]) for row in reversed(details.get("factors", ())) if row["span"]}
    shown = []
    for factor in corrections.FACTORS:
        read = corrections.value_of(details, factor)
        value = corrected.get(factor, read)
        if value is None and read is None:
            continue
        place = spans.get("target" if factor == "target" else "act" if factor == "act" else factor)
        shown.append(
            FactorView(factor=factor, value=value, read=read, corrected=factor in corrected, span=place)
        )
    return shown


def _sources(conn: Conn, found: list[Source]) -> list[SourceView]:
    about = threat_hands.about_subjects(conn, [(one.subject_kind, one.subject_id) for one in found])
    views = []
    for one in found:
        state, url = about.get((one.subject_kind, one.subject_id), (None, None))
        spans = [
            (row["span"][0], row["span"][1], row["factor"])
            for row in one.details.get("factors", ())
            if row["span"]
        ]
        fields = {name: getattr(one, name) for name in Source.__struct_fields__ if name != "threat_id"}
        views.append(SourceView(**fields, spans=spans, state=state, url=url))
    return views


def _accounts(conn: Conn, threat_id: int) -> list[AccountView]:
    found = threat_sources.accounts(conn, threat_id, limit=ACCOUNTS)
    ids = [row[0] for row in found]
    known = threat_hands.profiles(conn, ids)
    hands: dict[str, list[Hand]] = {}
    for hand in threat_hands.of_accounts(conn, ids, limit=HANDS):
        hands.setdefault(hand.account, []).append(hand)
    return [
        AccountView(
            id=id_,
            **known.get(id_, threat_hands.UNKNOWN),
            sources=sources,
            first_at=first,
            last_at=last,
            level=level,
            hands=hands.get(id_, []),
        )
        for id_, sources, first, last, level in found
    ]


def _earlier(conn: Conn, threat_id: int, accounts: list[AccountView]) -> list[EarlierView]:
    through = {hand.other: account.id for account in accounts for hand in account.hands if hand.certain}
    own = {account.id for account in accounts}
    found = threat_sources.earlier_of(conn, sorted(own | through.keys()), threat_id, limit=EARLIER)
    records = threats.load(conn, {threat for _, threat, _ in found})
    return [
        EarlierView(
            threat_id=id_,
            account=account,
            through=None if account in own else through[account],
            level=records[id_].level,
            status=records[id_].status,
            outcome=records[id_].outcome,
            target_kind=records[id_].target_kind,
            target=records[id_].target,
            last_at=at,
        )
        for account, id_, at in found
    ]


def _spread(conn: Conn, threat: Threat) -> SpreadView:
    hours = (threat.last_at - threat.first_at).total_seconds() / 3600
    unit = "hour" if hours <= BY_HOUR else "day"
    return SpreadView(unit=unit, counts=threat_sources.spread(conn, threat.id, unit))


def _similar(conn: Conn, threat: Threat) -> list[SimilarView]:
    rows = conn.execute(
        """
        SELECT outcome, count(*)::int, (array_agg(id ORDER BY closed_at DESC))[1:3]
        FROM (SELECT id, outcome, closed_at FROM threats
              WHERE status = 'closed' AND target_kind = %s AND act = %s AND id <> %s AND merged_into IS NULL
                AND outcome IS NOT NULL
              ORDER BY closed_at DESC LIMIT 500) AS latest
        GROUP BY outcome ORDER BY count(*) DESC, outcome LIMIT %s
        """,
        [threat.target_kind, threat.act, threat.id, SIMILAR],
    )
    return [SimilarView(outcome=outcome, count=count, latest=latest) for outcome, count, latest in rows]


def _protectees(conn: Conn, threat_id: int) -> list[ProtecteeView]:
    cursor = conn.cursor(row_factory=class_row(ProtecteeView))
    cursor.execute(
        """
        SELECT protectee_id AS protectee, how, strength, spans FROM threat_protectees
        WHERE threat_id = %s ORDER BY strength DESC, protectee_id
        """,
        [threat_id],
    )
    return cursor.fetchall()


def _log(conn: Conn, threat_ids: list[int]) -> list[LogView]:
    cursor = conn.cursor(row_factory=class_row(LogView))
    cursor.execute(
        "SELECT at, actor, act, details FROM threat_log WHERE threat_id = ANY(%s) ORDER BY id", [threat_ids]
    )
    return cursor.fetchall()


def reasons_in_words(threat: Threat) -> list[str]:
    """The reasons of a level in English; the console has its own words in both languages."""
    return [levels.REASONS.get(reason, reason) for reason in threat.reasons]
