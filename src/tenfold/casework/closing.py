"""Closing all accounts of the same people by one decision, which one reversal takes back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tenfold.casework import notices
from tenfold.casework.clusters import Cluster, cluster
from tenfold.casework.deciding import decide_as_one
from tenfold.casework.filing import DUE
from tenfold.casework.linked import Brief
from tenfold.casework.notices import Language, Notice
from tenfold.casework.states import ActionState, CaseState
from tenfold.casework.wishes import (
    CaseVerdict,
    Order,
    RefusedError,
    SecondNeededError,
    Verdict,
    checked_text,
)
from tenfold.store import actions, audit, cases
from tenfold.store.audit import Entry
from tenfold.store.cases import Opening
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

QUEUE = "returns"


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


def effects(found: Cluster, chosen: Sequence[str]) -> Effects:
    """What closing these members would do; those that cannot be closed are left out."""
    wanted = [m for m in found.members if m.brief.account in set(chosen) and m.closable]
    return Effects(
        closes=len(wanted),
        cases=sum(max(member.open_cases, 1) for member in wanted),
        left_out=len(found.members) - len(wanted),
    )


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How many members would be told in which language, and what the first in each would read."""

    notices: Mapping[Language, int]
    examples: tuple[Notice, ...]


def told(conn: Conn, found: Cluster, chosen: Sequence[str], ground: Ground, reason: str) -> Told:
    """What closing these members with notices would tell them."""
    wanted = [m.brief for m in found.members if m.brief.account in set(chosen) and m.closable]
    spoken = {brief.account: notices.language_for(brief.language) for brief in wanted}
    first = {language: account for account, language in reversed(spoken.items())}
    verdict = Verdict(ground=ground, scope="account", reason=reason)
    return Told(
        notices=Counter(spoken.values()),
        examples=tuple(
            notices.preview_closing(conn, account=account, language=language, verdict=verdict)
            for language, account in first.items()
        ),
    )


def close_cluster(
    conn: Conn,
    *,
    account: str,
    chosen: Sequence[str],
    ground: Ground,
    reason: str,
    actor: str,
    now: datetime,
    notify: bool = False,
) -> Closed:
    """Close the chosen members, each with its other open cases, by one decision; with `notify` each is told.

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
    if notify:
        verdicts = [_with_notice(conn, one) for one in verdicts]
    try:
        made = decide_as_one(conn, verdicts=verdicts, actor=actor, now=now)
    except SecondNeededError as needed:
        needed.family = account  # they are tied now; whoever confirms it later asks again
        raise
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


def _with_notice(conn: Conn, wish: CaseVerdict) -> CaseVerdict:
    """The verdict, with the notice among what it orders."""
    notice = notices.order(conn, case_id=wish.case_id, verdict=wish.verdict)
    if notice is None:
        return wish
    added = (*wish.verdict.add, notice)
    return CaseVerdict(case_id=wish.case_id, verdict=msgspec.structs.replace(wish.verdict, add=added))


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
