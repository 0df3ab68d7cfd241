"""What people decide about links: the same people, not the same, or not to be told.

Locks are taken in the same order as everywhere: closures, accounts, cases, then the rest. Nothing here
commits.
"""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from tenfold.casework import lost_links, shared_values
from tenfold.casework.deciding import decide
from tenfold.casework.link_reversing import LinkReversed, reverse_link, take_back, undo_link
from tenfold.casework.linked import direction
from tenfold.casework.seconds import Proposed, or_propose
from tenfold.casework.shared_values import SharedWish
from tenfold.casework.wishes import (
    NotFoundError,
    RefusedError,
    Verdict,
    checked_text,
    free,
)
from tenfold.store import actions, audit, cases, link_decisions, link_effects, locks
from tenfold.store.audit import Entry
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, ordered
from tenfold.store.link_decisions import Verdict as LinkWord
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground

__all__ = [
    "LinkDecided",
    "LinkReversed",
    "LinkVerdict",
    "StandingVerdictError",
    "decide_link",
    "reverse_link",
    "undo_link",
]


class LinkVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was concluded about two accounts. `shared` are values on which they agree that many people
    have in common."""

    accounts: Pair
    verdict: LinkWord
    reason: str
    shared: tuple[SharedWish, ...] = ()


class LinkDecided(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict did. `decision_id`: it also decided the case of the newer account, which rested on
    this link alone; `withdrawn` are proposals, `marked` counts the values now known as shared."""

    link_decision_id: int
    closed: str
    new: str
    case_id: int | None
    decision_id: int | None = None
    withdrawn: tuple[int, ...] = ()
    marked: int = 0


class Shown(msgspec.Struct, kw_only=True):
    """A link as people see it when they decide."""

    probability: float | None = None
    evidence: list[dict[str, Any]] = []
    model: str = ""
    closed: str | None = None


class StandingVerdictError(RefusedError):
    """Another's verdict stands on the link, and the one who decides may not, or will not, replace it."""


def decide_link(
    conn: Conn, *, wish: LinkVerdict, actor: str, now: datetime, replace: bool = True
) -> LinkDecided:
    """Keep a verdict with the evidence as it is shown now, and carry it out.

    `different` takes the link and its signal away for good and withdraws what rules proposed because of
    it; a case that rests on nothing else is decided: no violation. `same` confirms; `unsure` only notes.
    StandingVerdictError: another's verdict stands, and this shall not `replace` it. NotFoundError: nothing
    links these accounts. CaseConflictError: another holds the newer one's case.
    """
    reason = checked_text("reason", wish.reason)
    first, second = _two(wish.accounts)
    locks.lock_closures(conn, [first, second])
    actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, id_) for id_ in (first, second)])
    standing = link_decisions.in_force(conn, [(first, second)]).get((first, second))
    if standing is not None and standing.author != actor and not replace:
        raise StandingVerdictError("verdict", f"{standing.author} decided: {standing.verdict}")
    shown = _shown(conn, (first, second))
    closed, new = direction(conn, (first, second), shown.closed)
    _replace(conn, (first, second), wish, actor, now)
    case = _open_case(conn, new)
    if case is not None:
        free(conn, case, actor, now)
    made = link_decisions.record(
        conn,
        (first, second),
        wish.verdict,
        author=actor,
        reason=reason,
        case_id=case.id if case else None,
        probability=shown.probability,
        evidence=shown.evidence,
        model=shown.model,
        now=now,
    )
    marked = shared_values.mark(
        conn, closed=closed, new=new, wishes=wish.shared, actor=actor, reason=reason, decision=made, now=now
    )
    decision_id: int | None = None
    withdrawn: tuple[int, ...] = ()
    if wish.verdict == "different":
        decision_id, withdrawn = _part(conn, wish, made, new=new, case=case, actor=actor, now=now)
    entry = _entry(wish, shown, made, closed=closed, new=new, actor=actor)
    entry.details.update(decision=decision_id, withdrawn=list(withdrawn))
    audit.append(conn, [entry])
    return LinkDecided(
        link_decision_id=made,
        closed=closed,
        new=new,
        case_id=case.id if case else None,
        decision_id=decision_id,
        withdrawn=withdrawn,
        marked=marked,
    )


def _entry(wish: LinkVerdict, shown: Shown, made: int, *, closed: str, new: str, actor: str) -> Entry:
    """What the audit chain says of a verdict."""
    return Entry(
        actor=actor,
        act="link.decided",
        subject=f"account:{new}",
        details={
            "link_decision": made,
            "closed": closed,
            "verdict": wish.verdict,
            "probability": shown.probability,
            "model": shown.model,
            "reason": wish.reason.strip(),
            "shared": [{"kind": shared.kind, "why": shared.why} for shared in wish.shared],
        },
    )


def _two(accounts: Pair) -> Pair:
    try:
        return ordered(*accounts)
    except ValueError as error:
        raise RefusedError("accounts", str(error)) from None


def _shown(conn: Conn, accounts: Pair) -> Shown:
    """The link now, or as the last decision saw it; NotFoundError when there never was one."""
    reader = conn.cursor(row_factory=class_row(Shown))
    reader.execute(
        """
        SELECT probability::float8, evidence, COALESCE(NULLIF(model, ''), origin) AS model, closed
        FROM links WHERE account_a = %s AND account_b = %s
        """,
        accounts,
    )
    found = reader.fetchone()
    if found is None:
        reader.execute(
            """
            SELECT probability::float8, evidence, model FROM link_decisions
            WHERE account_a = %s AND account_b = %s ORDER BY id DESC LIMIT 1
            """,
            accounts,
        )
        found = reader.fetchone()
    if found is None:
        raise NotFoundError(f"nothing links the accounts {accounts[0]!r} and {accounts[1]!r}")
    return found


def _open_case(conn: Conn, account: str) -> Case | None:
    subject = Subject(SubjectKind.ACCOUNT, account)
    return cases.lock_open(conn, [subject]).get(subject)


def _replace(conn: Conn, accounts: Pair, wish: LinkVerdict, actor: str, now: datetime) -> None:
    """A verdict that says otherwise than `different` takes that back first, with all its effects, however
    often it was said."""
    while wish.verdict != "different":
        standing = link_decisions.in_force(conn, [accounts]).get(accounts)
        if standing is None or standing.verdict != "different":
            return
        take_back(conn, standing.id, actor, wish.reason, now)


def _part(
    conn: Conn, wish: LinkVerdict, made: int, *, new: str, case: Case | None, actor: str, now: datetime
) -> tuple[int | None, tuple[int, ...]]:
    """The effects of `different`: the decision on the case if it made one, and the proposals withdrawn."""
    link_effects.take_away(conn, wish.accounts, made)
    if case is None or link_effects.may_be_return(conn, new):
        return None, ()
    rules = lost_links.rules_of(conn, case.id)
    about_returns = [rule for rule, about in rules.items() if about]
    if not about_returns:
        return None, ()
    if len(about_returns) < len(rules):
        return None, tuple(link_effects.withdraw(conn, case.id, about_returns, made, now))
    clear = Verdict(ground=Ground.NONE, reason=wish.reason)
    decided = or_propose(
        conn,
        lambda: decide(conn, case_id=case.id, verdict=clear, actor=actor, now=now),
        actor=actor,
        now=now,
    )
    if isinstance(decided, Proposed):
        return None, ()
    link_effects.decided_with(conn, made, decided.decision_id)
    return decided.decision_id, decided.withdrawn
