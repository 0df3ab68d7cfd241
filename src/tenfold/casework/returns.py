"""One link with everything that helps to decide about it. Each reading is audited."""

import math
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.casework import shared_values, track_record
from tenfold.casework.contrast import contrast
from tenfold.casework.families import family
from tenfold.casework.linked import Mark, briefs, came_first, direction, ties
from tenfold.casework.returns_shown import LinkView, ReturnView, VerdictView, evidence
from tenfold.fingerprint import Fingerprint
from tenfold.linkage import gather
from tenfold.store import audit, closures
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, ordered

HISTORY = 10  # verdicts on one link that are shown
LEAST = 1e-6  # a probability that was shown as 0 or 1 still has odds


class _Link(msgspec.Struct):
    bits: float | None
    probability: float
    level: str | None
    evidence: list[dict[str, Any]]
    model: str
    held_back: str | None
    closed: str | None
    found_at: datetime


def return_view(conn: Conn, *, accounts: Pair, viewer: str) -> ReturnView | None:
    """The link between two accounts, or what the last decision about it saw; None if there never was one.
    ValueError when both are one. The viewing is audited as `link.viewed`."""
    pair = ordered(*accounts)
    verdicts = _verdicts(conn, pair)
    found = _link(conn, pair)
    link = found or _last_seen(conn, pair)
    if link is None:
        return None
    closed, new = direction(conn, pair, link.closed)
    known = briefs(conn, pair)
    prints = _prints(conn, pair)
    view = ReturnView(
        closed=known[closed],
        new=known[new],
        closed_print=prints[closed],
        new_print=prints[new],
        link=_link_view(link, standing=found is not None),
        verdicts=verdicts,
        record=track_record.band_of(conn, link.probability),
        family=family(conn, closed),
        contrasts=tuple(contrast(conn, closed=closed, new=new)),
        others=tuple(briefs(conn, _others(conn, new, closed)).values()),
        shareable=tuple(shared_values.shareable(link.evidence)),
    )
    entry = Entry(actor=viewer, act="link.viewed", subject=f"account:{new}", details={"closed": closed})
    audit.append(conn, [entry])
    return view


def strongest_return(conn: Conn, account: str) -> Pair | None:
    """The closed account that this one is most probably the return of, and itself; a link that people
    denied only when there is no other. None: nothing links it to a closed account."""
    around = ties(conn, [account])
    known = briefs(conn, {end for tie in around for end in tie.ends})
    back = [tie for tie in around if came_first(known, tie) == tie.other(account)]
    if not back:
        return None
    best = min(back, key=lambda tie: (tie.mark is Mark.DENIED, -(tie.probability or 0)))
    return best.other(account), account


def _link(conn: Conn, pair: Pair) -> _Link | None:
    reader = conn.cursor(row_factory=class_row(_Link))
    reader.execute(
        """
        SELECT bits::float8, probability::float8, level, evidence, held_back, closed, found_at,
            COALESCE(NULLIF(model, ''), origin) AS model
        FROM links WHERE account_a = %s AND account_b = %s
        """,
        pair,
    )
    return reader.fetchone()


def _last_seen(conn: Conn, pair: Pair) -> _Link | None:
    """The link as the latest decision saw it."""
    reader = conn.cursor(row_factory=class_row(_Link))
    reader.execute(
        """
        SELECT (removed #>> '{links,0,bits}')::float8 AS bits, probability::float8,
            removed #>> '{links,0,level}' AS level, evidence, model,
            removed #>> '{links,0,held_back}' AS held_back, removed #>> '{links,0,closed}' AS closed,
            decided_at AS found_at
        FROM link_decisions WHERE account_a = %s AND account_b = %s AND probability IS NOT NULL
        ORDER BY id DESC LIMIT 1
        """,
        pair,
    )
    return reader.fetchone()


def _link_view(link: _Link, *, standing: bool) -> LinkView:
    items = evidence(link.evidence)
    likely = min(max(link.probability, LEAST), 1 - LEAST)
    bits = link.bits if link.bits is not None else math.log2(likely / (1 - likely))
    return LinkView(
        probability=link.probability,
        bits=bits,
        prior_bits=bits - sum(item.bits for item in items),
        level=link.level,
        held_back=link.held_back,
        model=link.model,
        found_at=link.found_at,
        evidence=items,
        standing=standing,
    )


def _verdicts(conn: Conn, pair: Pair) -> tuple[VerdictView, ...]:
    reader = conn.cursor(row_factory=class_row(VerdictView))
    reader.execute(
        """
        SELECT id, verdict, author, reason, probability::float8, decided_at, reversed_at
        FROM link_decisions WHERE account_a = %s AND account_b = %s ORDER BY id DESC LIMIT %s
        """,
        [*pair, HISTORY],
    )
    return tuple(reader)


def _prints(conn: Conn, pair: Pair) -> dict[str, Fingerprint]:
    """What is known of both: as it was kept for a closed account, else as it is now."""
    kept = {account: closure.fingerprint for account, closure in closures.load(conn, pair).items()}
    now = gather.fingerprints(conn, [account for account in pair if account not in kept])
    return {account: (kept | now).get(account) or Fingerprint(account=account) for account in pair}


def _others(conn: Conn, new: str, closed: str) -> list[str]:
    """Further accounts that came before this one and are linked to it."""
    found = [tie.other(new) for tie in ties(conn, [new]) if tie.mark is not Mark.DENIED]
    known = briefs(conn, [*found, new])
    return [other for other in found if other != closed and known[other].closed]
