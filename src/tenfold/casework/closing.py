"""Closing all accounts of the same people by one decision, which one reversal takes back."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tenfold.casework.deciding import decide_as_one
from tenfold.casework.filing import DUE
from tenfold.casework.linked import Brief, Mark, briefs, walk
from tenfold.casework.returns_list import strongest_kinds
from tenfold.casework.states import ActionState, CaseState
from tenfold.casework.wishes import CaseVerdict, NotFoundError, Order, RefusedError, Verdict, checked_text
from tenfold.store import actions, audit, cases, link_decisions
from tenfold.store.audit import Entry
from tenfold.store.cases import Opening
from tenfold.store.database import Conn
from tenfold.store.link_decisions import LinkDecision
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

QUEUE = "returns"
MOST = 500  # accounts of one cluster


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account belongs: with whom a person said it is the same, and on what evidence."""

    other: Brief
    author: str
    reason: str
    decided_at: datetime
    probability: float | None
    kinds: list[str]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a cluster. `denied` are members that a person said it is not the same as; `holder` has
    its case in hand; `open_cases` counts what waits about the account and what it wrote."""

    brief: Brief
    evidence: tuple[Confirmed, ...]
    denied: tuple[Brief, ...]
    open_cases: int
    holder: str | None

    @property
    def closable(self) -> bool:
        """Whether a decision can close it now."""
        return not self.brief.closed and self.brief.state not in (None, "deleted") and self.holder is None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in force that closed members, and how many."""

    decision_id: int
    case_id: int
    author: str
    decided_at: datetime
    accounts: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts that people said are the same people's, in the order in which they appeared."""

    members: tuple[Member, ...]
    closings: tuple[Standing, ...]


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What closing chosen members would do: accounts closed, cases decided with them, members left out."""

    closes: int
    cases: int
    left_out: int


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: the decision that leads, its case, the accounts closed and the cases decided."""

    decision_id: int
    case_id: int
    accounts: tuple[str, ...]
    cases: tuple[int, ...]


def cluster(conn: Conn, account: str, now: datetime) -> Cluster:
    """The accounts that decisions in force tie to this one, and to each other. NotFoundError: nobody said
    that it is the same as another."""
    reached, found = walk(conn, [account], [Mark.CONFIRMED], MOST)
    if len(reached) < 2:
        raise NotFoundError(f"nobody decided that {account!r} is the same people's as another account")
    known = briefs(conn, reached)
    decided = link_decisions.of_accounts(conn, reached)
    denied = [tie.ends for tie in found if tie.mark is Mark.DENIED]
    waiting = _waiting(conn, reached, now)
    members = tuple(
        Member(
            brief=brief,
            evidence=_evidence(brief.account, decided, known),
            denied=tuple(known[b if a == brief.account else a] for a, b in denied if brief.account in (a, b)),
            open_cases=waiting.get(brief.account, (0, None))[0],
            holder=waiting.get(brief.account, (0, None))[1],
        )
        for brief in sorted(known.values(), key=lambda brief: brief.since)
    )
    return Cluster(members=members, closings=_closings(conn, reached))


def effects(found: Cluster, chosen: Sequence[str]) -> Effects:
    """What closing these members would do; those that cannot be closed are left out."""
    wanted = [m for m in found.members if m.brief.account in set(chosen) and m.closable]
    return Effects(
        closes=len(wanted),
        cases=sum(max(member.open_cases, 1) for member in wanted),
        left_out=len(found.members) - len(wanted),
    )


def close_cluster(
    conn: Conn, *, account: str, chosen: Sequence[str], ground: Ground, reason: str, actor: str, now: datetime
) -> Closed:
    """Close the chosen members, each with its other open cases, by one decision.

    RefusedError: nobody is chosen, somebody is no member or closed already, the ground is no violation.
    CaseConflictError: another holds one of the cases.
    """
    reason = checked_text("reason", reason)
    if not ground.is_violation:
        raise RefusedError("ground", f"{ground} is no violation, so nobody can be closed with it")
    seen = [member.brief.account for member in cluster(conn, account, now).members]
    # Whoever takes back what ties any of them together waits now; what was taken back before counts.
    actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, id_) for id_ in seen])
    members = {member.brief.account: member.brief for member in cluster(conn, account, now).members}
    wanted = _wanted({id_: members[id_] for id_ in seen if id_ in members}, chosen)
    subjects = [Subject(SubjectKind.ACCOUNT, id_) for id_ in wanted]
    opened = _cases(conn, subjects, members, ground, now)
    verdicts = _verdicts(conn, [opened[subject] for subject in subjects], ground, reason)
    made = decide_as_one(conn, verdicts=verdicts, actor=actor, now=now)
    entry = Entry(
        actor=actor,
        act="cluster.closed",
        subject=f"account:{account}",
        details={
            "decision": made[0].decision_id,
            "closed": wanted,
            "left_out": sorted(set(members) - set(wanted)),
            "ground": ground,
            "reason": reason,
        },
    )
    audit.append(conn, [entry])
    decided = [case for each in made for case in (each.case_id, *each.also_decided)]
    return Closed(
        decision_id=made[0].decision_id,
        case_id=made[0].case_id,
        accounts=tuple(wanted),
        cases=tuple(decided),
    )


def _wanted(members: dict[str, Brief], chosen: Sequence[str]) -> list[str]:
    """Those chosen, each once, if all of them can be closed."""
    if not chosen:
        raise RefusedError("members", "nobody is chosen")
    for id_ in chosen:
        if id_ not in members:
            raise RefusedError("members", f"{id_!r} does not belong to these accounts")
        if members[id_].closed or members[id_].state in (None, "deleted"):
            raise RefusedError("members", f"{id_!r} is closed already")
    return list(dict.fromkeys(chosen))


def _evidence(
    account: str, decided: dict[tuple[str, str], LinkDecision], known: dict[str, Brief]
) -> tuple[Confirmed, ...]:
    return tuple(
        Confirmed(
            other=known[b if a == account else a],
            author=decision.author,
            reason=decision.reason,
            decided_at=decision.decided_at,
            probability=decision.probability,
            kinds=strongest_kinds(decision.evidence),
        )
        for (a, b), decision in sorted(decided.items())
        if account in (a, b) and decision.verdict == "same" and a in known and b in known
    )


def _waiting(conn: Conn, accounts: set[str], now: datetime) -> dict[str, tuple[int, str | None]]:
    """Of each account: how many cases wait, and who holds the one about the account itself."""
    rows = conn.execute(
        """
        SELECT account, count(*),
            max(claimed_by) FILTER (WHERE subject_kind = 'account' AND lease_until > %s)
        FROM cases WHERE account = ANY(%s) AND state <> 'decided' GROUP BY account
        """,
        [now, sorted(accounts)],
    )
    return {account: (count, holder) for account, count, holder in rows}


def _closings(conn: Conn, accounts: set[str]) -> tuple[Standing, ...]:
    rows = conn.execute(
        """
        SELECT lead.id, lead.case_id, lead.author, lead.decided_at, count(DISTINCT actions.subject_id)
        FROM actions JOIN decisions ON decisions.id = actions.decision_id
        JOIN decisions lead ON lead.id = COALESCE(decisions.part_of, decisions.id)
        WHERE actions.kind = 'close_account' AND actions.subject_kind = 'account'
          AND actions.subject_id = ANY(%s) AND actions.state = ANY(%s) AND decisions.state = 'in_force'
        GROUP BY lead.id ORDER BY lead.id DESC
        """,
        [sorted(accounts), actions.STANDING],
    )
    return tuple(
        Standing(decision_id=id_, case_id=case, author=author, decided_at=at, accounts=count)
        for id_, case, author, at, count in rows
    )


def _cases(
    conn: Conn, subjects: Sequence[Subject], known: dict[str, Brief], ground: Ground, now: datetime
) -> dict[Subject, int]:
    """The open case of each account; one is opened where there is none."""
    present = {subject: case.id for subject, case in cases.lock_open(conn, subjects).items()}
    missing = [
        Opening(
            subject=subject,
            account=subject.id,
            queue=QUEUE,
            severity=int(Severity.HIGH),
            ground=ground,
            language=known[subject.id].language,
            state=CaseState.OPEN,
            due_at=now + DUE[Severity.HIGH],
        )
        for subject in subjects
        if subject not in present
    ]
    opened = present | cases.open_new(conn, missing, now)
    late = [subject for subject in subjects if subject not in opened]  # another opened these just now
    return opened | {subject: case.id for subject, case in cases.lock_open(conn, late).items()}


def _verdicts(conn: Conn, case_ids: Sequence[int], ground: Ground, reason: str) -> list[CaseVerdict]:
    """Each case's account is closed: by what a rule proposed, or else by an order of its own."""
    proposed: dict[int, int] = {
        action.case_id: action.id
        for action in actions.of_cases(conn, case_ids)
        if action.case_id and action.kind == ActionKind.CLOSE_ACCOUNT and action.state == ActionState.PROPOSED
    }
    return [
        CaseVerdict(
            case_id=case_id,
            verdict=Verdict(
                ground=ground,
                scope="account",
                proposals=(proposed[case_id],) if case_id in proposed else (),
                add=() if case_id in proposed else (Order(kind=ActionKind.CLOSE_ACCOUNT),),
                reason=reason,
            ),
        )
        for case_id in case_ids
    ]
