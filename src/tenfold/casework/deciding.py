"""Deciding cases: the decision, what it orders, what it withdraws, what it lifts.

Locks are taken in the order in which events are folded: subjects, then cases, then actions.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tenfold.casework import orders
from tenfold.casework.carrying_out import Act, By, Wanted
from tenfold.casework.states import ActionState, CaseState
from tenfold.casework.wishes import (
    CaseConflictError,
    CaseVerdict,
    Decided,
    NotFoundError,
    Order,
    Present,
    RefusedError,
    SecondNeededError,
    Verdict,
    free,
    kept_text,
)
from tenfold.store import actions, audit, cases, seconds
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind


def decide(
    conn: Conn, *, case_id: int, verdict: Verdict, actor: str, now: datetime, appeal: int | None = None
) -> Decided:
    """Decide one case, with all effects. Of two who decide at once, one gets CaseConflictError."""
    batch = _Batch(conn, [CaseVerdict(case_id=case_id, verdict=verdict)], By(actor=actor, appeal=appeal), now)
    return batch.decide(as_one=False)[0]


def decide_many(conn: Conn, *, verdicts: Sequence[CaseVerdict], actor: str, now: datetime) -> list[Decided]:
    """Decide several cases, all or none: the caller rolls back on an error."""
    return _Batch(conn, verdicts, By(actor=actor), now).decide(as_one=False)


def decide_as_one(conn: Conn, *, verdicts: Sequence[CaseVerdict], actor: str, now: datetime) -> list[Decided]:
    """Decide several cases, of several accounts even, by one decision: the first leads, the others are
    part of it, and reversing it reopens all."""
    return _Batch(conn, verdicts, By(actor=actor), now).decide(as_one=True)


def decide_those_free(
    conn: Conn, *, verdicts: Sequence[CaseVerdict], actor: str, now: datetime
) -> tuple[list[Decided], dict[int, Present]]:
    """The same, but for the cases that are decided already or in another's hands: how these stand, by id."""
    taken: dict[int, Present] = {}
    return _Batch(conn, verdicts, By(actor=actor), now).decide(as_one=True, taken=taken), taken


def decide_confirmed(
    conn: Conn, *, verdicts: Sequence[CaseVerdict], by: By, as_one: bool, now: datetime
) -> list[Decided]:
    """Decide cases that wait for a second person, now that there is one."""
    return _Batch(conn, verdicts, by, now).decide(as_one=as_one)


class _Batch:
    """Verdicts that are carried out together, all or none."""

    def __init__(self, conn: Conn, verdicts: Sequence[CaseVerdict], by: By, now: datetime) -> None:
        self._conn = conn
        self._by = by
        self._now = now
        self._wishes = {wish.case_id: wish.verdict for wish in verdicts}
        if len(self._wishes) < len(verdicts):
            raise RefusedError("case_id", "names a case twice")
        known = cases.load(conn, self._wishes)
        for case_id in self._wishes:
            if case_id not in known:
                raise NotFoundError(f"there is no case {case_id}")
        self._along = {
            case_id: _along(conn, known[case_id], self._wishes, now)
            for case_id, verdict in self._wishes.items()
            if verdict.scope == "account"
        }
        self._added = {id_: _resolve(conn, known[id_], verdict) for id_, verdict in self._wishes.items()}
        everything = [*self._wishes, *(other for others in self._along.values() for other in others)]
        _lock_subjects(conn, everything, (order.subject for group in self._added.values() for order in group))
        self._locked = cases.load(conn, everything, lock=True)

    def decide(self, *, as_one: bool, taken: dict[int, Present] | None = None) -> list[Decided]:
        """`taken` gathers what cannot be decided; without it, the first such case is an error."""
        ready = self._ready(taken)
        if self._by.alone and (needs := self._needs(ready)):
            verdicts = [CaseVerdict(case_id=case_id, verdict=self._wishes[case_id]) for case_id in ready]
            raise SecondNeededError(needs, verdicts, as_one=as_one)
        results: list[Decided] = []
        gone_along: set[int] = set()
        entries = []
        for case_id in ready:
            act = Act(self._conn, self._wishes[case_id], self._by, self._now)
            lead = results[0].decision_id if as_one and results else None
            # Of two verdicts on one account the first decides its other cases.
            others = [self._locked[id_] for id_ in self._along.get(case_id, []) if id_ not in gone_along]
            results.append(act.decide(self._locked[case_id], self._added[case_id], others, lead))
            gone_along.update(results[-1].also_decided)
            entries += act.entries
        audit.append(self._conn, entries)
        return results

    def _ready(self, taken: dict[int, Present] | None) -> list[int]:
        """The cases that can be decided now, in their order."""
        ready = []
        for case_id in self._wishes:
            case = self._locked[case_id]
            try:
                if self._by.second is None or case.state != CaseState.AWAITING:
                    free(self._conn, case, self._by.actor, self._now)
            except CaseConflictError as conflict:
                if taken is None:
                    raise
                taken[case_id] = conflict.present
            else:
                ready.append(case_id)
        return ready

    def _needs(self, ready: Sequence[int]) -> list[str]:
        """What asks for a second person, as kind:value."""
        proposed = {
            action.id: action
            for action in actions.of_cases(self._conn, ready)
            if action.state == ActionState.PROPOSED
        }
        named: set[tuple[str, str]] = set()
        for case_id in ready:
            verdict = self._wishes[case_id]
            named |= {("ground", verdict.ground.value)}
            named |= {("queue", self._locked[id_].queue) for id_ in (case_id, *self._along.get(case_id, []))}
            named |= {("action", order.kind.value) for order in self._added[case_id]}
            if verdict.ground.is_violation:
                named |= {
                    ("action", action.kind)
                    for action in proposed.values()
                    if action.case_id == case_id
                    and (verdict.proposals is None or action.id in verdict.proposals)
                }
        return seconds.asked(self._conn, named)


def _along(conn: Conn, case: Case, named: Iterable[int], now: datetime) -> list[int]:
    if case.account is None:
        raise RefusedError("scope", f"the account of case {case.id} is not known; decide the subject only")
    return cases.others_of_account(conn, case.account, named, now)


def _resolve(conn: Conn, case: Case, verdict: Verdict) -> list[Wanted]:
    """Check what is added before anything is locked."""
    kept_text("reason", verdict.reason)
    if not verdict.ground.is_violation and (verdict.add or verdict.proposals):
        raise RefusedError("ground", f"{verdict.ground} is no violation, so nothing can be ordered with it")
    return [_resolve_order(conn, case, order) for order in verdict.add]


def _resolve_order(conn: Conn, case: Case, order: Order) -> Wanted:
    subject = order.subject
    if subject is None:
        group = None
        if case.subject.kind is SubjectKind.POST and order.kind is ActionKind.CLOSE_GROUP:
            group = actions.groups_of_posts(conn, [case.subject_id]).get(case.subject_id)
        subject = orders.target(order.kind, case.subject, case.account, group)
    if subject is None:
        raise RefusedError("add", f"{order.kind}: whom it concerns is not known; name the subject")
    if not orders.applies(order.kind, subject):
        raise RefusedError("add", f"{order.kind} cannot be done to the {subject.kind} {subject.id!r}")
    if (order.kind is ActionKind.LABEL) != bool(order.label):
        raise RefusedError("add", "a label has a name, and nothing else has one")
    for field, text in (("label", order.label), ("subject", subject.id)):
        kept_text(field, text)
    return Wanted(order.kind, subject, order.label, order.details)


def _lock_subjects(conn: Conn, case_ids: Sequence[int], more: Iterable[Subject]) -> None:
    concerned = {action.subject for action in actions.of_cases(conn, case_ids) if action.effect is not None}
    actions.lock_subjects(conn, concerned | set(more))
