"""Four eyes: decisions that need a second person, from the proposal to its end.

Grounds, kinds of actions and queues can ask for a second person. Whoever decides such a case only proposes:
the case waits, and nothing acts. Another person confirms it (then it is decided, in both names), sends it
back with words, or takes the case over. The database refuses such a decision without a second name, whoever
writes it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

import msgspec

from tenfold.casework import clusters, deciding
from tenfold.casework.carrying_out import By
from tenfold.casework.states import CASE_STEPS, CaseState, CaseStep, after
from tenfold.casework.wishes import (
    CaseConflictError,
    CaseVerdict,
    Decided,
    NotFoundError,
    RefusedError,
    SecondNeededError,
    checked_text,
    present,
)
from tenfold.store import actions, audit, cases, inbox, seconds
from tenfold.store.audit import Entry
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.store.seconds import Proposal
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground

LONGEST_QUEUE: Final = 512
Kind = Literal["ground", "action", "queue"]
_T = TypeVar("_T")


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was done yet: a second person has to look. `needs` says what asks for it, as kind:value."""

    proposal_id: int
    cases: tuple[int, ...]
    needs: tuple[str, ...]


def or_propose(conn: Conn, decide: Callable[[], _T], *, actor: str, now: datetime) -> _T | Proposed:
    """What `decide` did; or, where it needs a second person, what is proposed instead."""
    try:
        return decide()
    except SecondNeededError as needed:
        return _propose(conn, needed, actor, now)


def _propose(conn: Conn, needed: SecondNeededError, actor: str, now: datetime) -> Proposed:
    ids = [wish.case_id for wish in needed.verdicts]
    locked = cases.load(conn, ids, lock=True)
    proposal = seconds.add(
        conn,
        case_ids=ids,
        verdicts=msgspec.json.encode(needed.verdicts),
        as_one=needed.as_one,
        needs=needed.needs,
        author=actor,
        family=needed.family,
        now=now,
    )
    entries = []
    for wish in needed.verdicts:
        _move(conn, locked[wish.case_id], CaseStep.PROPOSE, now)
        details = {
            "proposal": proposal,
            "about": str(locked[wish.case_id].subject),
            "ground": wish.verdict.ground,
            "reason": wish.verdict.reason.strip(),
            "needs": needed.needs,
        }
        entries.append(
            Entry(actor=actor, act="decision.proposed", subject=f"case:{wish.case_id}", details=details)
        )
    audit.append(conn, entries)
    return Proposed(proposal_id=proposal, cases=tuple(ids), needs=tuple(needed.needs))


def verdicts_of(proposal: Proposal) -> list[CaseVerdict]:
    """What would be decided."""
    return msgspec.convert(proposal.verdicts, list[CaseVerdict])


def untied(conn: Conn, proposal: Proposal, now: datetime, *, lock: bool = False) -> list[str]:
    """Of a proposal to close all accounts of the same people: who does not belong to them any more. With
    `lock` nobody takes back what ties them together until the end of the transaction."""
    if proposal.family is None:
        return []
    known = cases.load(conn, proposal.case_ids)
    accounts = [known[case_id].subject_id for case_id in proposal.case_ids]
    if lock:
        actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, id_) for id_ in accounts])
    return clusters.no_longer_tied(
        conn, account=proposal.family, chosen=accounts, since=proposal.proposed_at, now=now
    )


def confirm(conn: Conn, *, proposal_id: int, actor: str, now: datetime) -> list[Decided]:
    """Decide as proposed, in the name of who proposed it and of the second person. RefusedError: the second
    person is the first, what was proposed cannot be done any more, or accounts of the same people are not
    tied together any longer: what two people decide is what both of them saw."""
    proposal = _as_second(conn, proposal_id, actor, now)
    if gone := untied(conn, proposal, now, lock=True):
        raise RefusedError("members", f"no longer tied to the others: {', '.join(gone)}; send it back")
    made = deciding.decide_confirmed(
        conn,
        verdicts=verdicts_of(proposal),
        by=By(actor=proposal.author, second=actor),
        as_one=proposal.as_one,
        now=now,
    )
    seconds.end(conn, proposal.id, state="confirmed", second=actor, decision_id=made[0].decision_id, now=now)
    _say(conn, "decision.confirmed", proposal, actor, decision=made[0].decision_id)
    return made


def send_back(conn: Conn, *, proposal_id: int, words: str, actor: str, now: datetime) -> None:
    """Not so: the cases are open again, and the words stand as a note, which whoever proposed it is sent."""
    words = checked_text("words", words)
    proposal = _as_second(conn, proposal_id, actor, now)
    seconds.end(conn, proposal.id, state="sent_back", second=actor, words=words, now=now)
    for case in _locked(conn, proposal):
        _move(conn, case, CaseStep.RETURN, now)
        note_id = cases.add_note(conn, case.id, actor, words, now)
        if case.id == proposal.case_ids[0] and proposal.author.startswith("user:"):
            first = int(proposal.author.removeprefix("user:"))
            inbox.send(
                conn, [first], case_id=case.id, kind="sent_back", author=actor, note_id=note_id, now=now
            )
    _say(conn, "decision.sent_back", proposal, actor, words=words)


def take_over(conn: Conn, *, proposal_id: int, actor: str, lease: timedelta, now: datetime) -> list[int]:
    """The second person goes on with the cases and holds them; returns which. What they decide then needs
    another second person."""
    proposal = _as_second(conn, proposal_id, actor, now)
    seconds.end(conn, proposal.id, state="taken_over", second=actor, now=now)
    for case in _locked(conn, proposal):
        state = after(CASE_STEPS, CaseState(case.state), CaseStep.TAKE_OVER)
        cases.hold(conn, case.id, state=state, holder=actor, until=now + lease, now=now)
    _say(conn, "decision.taken_over", proposal, actor)
    return proposal.case_ids


def withdraw(conn: Conn, *, proposal_id: int, actor: str, now: datetime) -> list[int]:
    """Whoever proposed it takes it back, while nobody has looked; for a key the command line can, too.
    Returns the cases, open again."""
    proposal = _waiting(conn, proposal_id, now)
    for_key = actor.startswith("cli:") and proposal.author.startswith("key:")
    if proposal.author != actor and not for_key:
        raise RefusedError("proposal", f"was made by {proposal.author}; send it back instead")
    seconds.end(conn, proposal.id, state="withdrawn", second=None, now=now)
    for case in _locked(conn, proposal):
        _move(conn, case, CaseStep.RETURN, now)
    _say(conn, "decision.proposal_withdrawn", proposal, actor)
    return proposal.case_ids


def set_rule(conn: Conn, *, kind: Kind, value: str, needed: bool, actor: str, now: datetime) -> bool:
    """Ask for a second person for a ground, a kind of action or a queue, or ask no longer; whether that
    changed anything. RefusedError: there is no such ground or action, or the queue's name is none."""
    known = {"ground": {ground.value for ground in Ground}, "action": {kind.value for kind in ActionKind}}
    value = value.strip()
    if kind in known and value not in known[kind]:
        raise RefusedError("value", f"{value!r} is no {kind}; one of {', '.join(sorted(known[kind]))}")
    if not value or len(value) > LONGEST_QUEUE or "\0" in value:
        raise RefusedError("value", f"the name of a queue has 1 to {LONGEST_QUEUE} characters")
    changed = (
        seconds.add_rule(conn, kind, value, actor, now) if needed else seconds.remove_rule(conn, kind, value)
    )
    if changed:
        act = "second.asked_for" if needed else "second.no_longer"
        audit.append(conn, [Entry(actor=actor, act=act, details={"kind": kind, "value": value})])
    return changed


def _waiting(conn: Conn, proposal_id: int, now: datetime) -> Proposal:
    """The proposal, locked, while it waits; CaseConflictError when somebody was first."""
    proposal = seconds.load(conn, proposal_id, lock=True)
    if proposal is None:
        raise NotFoundError(f"there is no proposal {proposal_id}")
    if proposal.state != "waiting":
        case = cases.load(conn, proposal.case_ids[:1])[proposal.case_ids[0]]
        by = f" by {proposal.second}" if proposal.second else ""
        ended = proposal.state.replace("_", " ")
        raise CaseConflictError(f"proposal {proposal_id} was {ended}{by} already", present(conn, case, now))
    return proposal


def _as_second(conn: Conn, proposal_id: int, actor: str, now: datetime) -> Proposal:
    proposal = _waiting(conn, proposal_id, now)
    if actor == proposal.author or not actor.startswith("user:"):
        raise RefusedError("second", "another person than who proposed it has to look at it")
    return proposal


def _locked(conn: Conn, proposal: Proposal) -> Sequence[Case]:
    locked = cases.load(conn, proposal.case_ids, lock=True)
    return [locked[case_id] for case_id in proposal.case_ids]


def _move(conn: Conn, case: Case, step: CaseStep, now: datetime) -> None:
    cases.let_go(conn, case.id, after(CASE_STEPS, CaseState(case.state), step), now)


def _say(conn: Conn, act: str, proposal: Proposal, actor: str, **more: object) -> None:
    """One entry for each case, with both names."""
    details = {"proposal": proposal.id, "author": proposal.author, **more}
    audit.append(
        conn,
        [Entry(actor=actor, act=act, subject=f"case:{id_}", details=details) for id_ in proposal.case_ids],
    )
