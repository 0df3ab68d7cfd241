"""Carrying out one verdict on locked cases: what it orders, withdraws, lifts and writes down."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tenfold.casework import orders
from tenfold.casework.states import CASE_STEPS, ActionState, CaseState, CaseStep, after
from tenfold.casework.wishes import Decided, RefusedError, Verdict
from tenfold.store import actions, cases
from tenfold.store.actions import LADDERS, STANDING, Action, NewAction
from tenfold.store.audit import Entry
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides: `second` is who confirmed it, `appeal` the appeal of another's decision on which it is
    made. With neither, SecondNeededError where policy asks for a second person."""

    actor: str
    second: str | None = None
    appeal: int | None = None

    @property
    def alone(self) -> bool:
        """Whether nobody else had part in it."""
        return self.second is None and self.appeal is None


class Wanted(msgspec.Struct, frozen=True):
    """An added order with its subject found."""

    kind: ActionKind
    subject: Subject
    label: str
    details: dict[str, object]


class Act:
    """One verdict being carried out on locked cases."""

    def __init__(self, conn: Conn, verdict: Verdict, by: By, now: datetime) -> None:
        self._conn = conn
        self._verdict = verdict
        self._by = by
        self._actor = by.actor
        self._now = now
        self.entries: list[Entry] = []

    def decide(
        self, case: Case, added: Sequence[Wanted], others: Sequence[Case], lead: int | None
    ) -> Decided:
        """Decide the case itself, then the account's other cases as parts of the same decision; of `lead`,
        if the case itself is part of that."""
        of_case = actions.of_cases(self._conn, [case.id])
        proposals = self._proposals(of_case)
        decision_id = self._keep(case, lead)
        ordered = actions.order_proposed(self._conn, proposals, decision_id, self._now)
        withdrawn = actions.withdraw_proposed(self._conn, case.id, decision_id, proposals, self._now)
        ordered += self._add(case, decision_id, added)
        ordered += self._take_back(self._to_lift(of_case, ordered), decision_id)
        also = []
        for other in others:
            in_hand = other.state in (CaseState.DECIDED, CaseState.AWAITING)
            if in_hand or other.holder(self._now) is not None:
                continue  # somebody took it since it was found; it is theirs
            also.append(other.id)
            gone, restores = self._part(other, decision_id if lead is None else lead)
            withdrawn += gone
            ordered += restores
        orders.carry_out(self._conn, ordered, self._now, self._verdict.reason)
        self.entries += orders.ordered_entries(ordered, self._actor)
        return Decided(
            case_id=case.id,
            decision_id=decision_id,
            ordered=tuple(action.id for action in ordered),
            withdrawn=tuple(withdrawn),
            also_decided=tuple(also),
        )

    def _part(self, case: Case, lead: int) -> tuple[list[int], list[Action]]:
        """Decide another case of the account along with the lead; what was withdrawn and restored.

        On a violation the posts of the account stay held as they are.
        """
        of_case = actions.of_cases(self._conn, [case.id])
        part = self._keep(case, lead)
        withdrawn = actions.withdraw_proposed(self._conn, case.id, part, [], self._now)
        if self._verdict.ground.is_violation:
            return withdrawn, []
        return withdrawn, self._take_back(self._to_lift(of_case, []), part)

    def _proposals(self, all_actions: Sequence[Action]) -> list[int]:
        """The proposals to order; RefusedError for one that is not among the case's."""
        open_ids = [action.id for action in all_actions if action.state == ActionState.PROPOSED]
        if not self._verdict.ground.is_violation:
            return []
        if self._verdict.proposals is None:
            return open_ids
        for proposal in self._verdict.proposals:
            if proposal not in open_ids:
                raise RefusedError("proposals", f"action {proposal} is not proposed on this case")
        return list(self._verdict.proposals)

    def _keep(self, case: Case, part_of: int | None) -> int:
        waits = case.state == CaseState.AWAITING
        after(CASE_STEPS, CaseState(case.state), CaseStep.CONFIRM if waits else CaseStep.DECIDE)
        decision_id = cases.add_decision(
            self._conn,
            case.id,
            ground=self._verdict.ground,
            scope=self._verdict.scope,
            author=self._actor,
            reason=self._verdict.reason.strip(),
            part_of=part_of,
            confirmed_by=self._by.second,
            appeal_id=self._by.appeal,
            now=self._now,
        )
        details = {
            "decision": decision_id,
            "about": str(case.subject),
            "ground": self._verdict.ground,
            "scope": self._verdict.scope,
            "reason": self._verdict.reason.strip(),
            "part_of": part_of,
        }
        if self._by.second is not None:
            details["confirmed_by"] = self._by.second
        if self._by.appeal is not None:
            details["appeal"] = self._by.appeal
        self.entries.append(
            Entry(actor=self._actor, act="case.decided", subject=f"case:{case.id}", details=details)
        )
        return decision_id

    def _add(self, case: Case, decision_id: int, added: Sequence[Wanted]) -> list[Action]:
        """Order what the decider adds; RESTORE lifts each action that stands on its subject."""
        new, restores = [], []
        for wanted in added:
            if wanted.kind is ActionKind.RESTORE:
                standing = actions.standing_on(self._conn, wanted.subject)
                if standing:
                    restores += self._take_back(standing, decision_id)
                    continue
            account = wanted.subject.id if wanted.subject.kind is SubjectKind.ACCOUNT else case.account
            new.append(
                NewAction(
                    kind=wanted.kind,
                    subject=wanted.subject,
                    label=wanted.label,
                    state=ActionState.ORDERED,
                    ground=self._verdict.ground,
                    origin=f"decision:{decision_id}",
                    account=account,
                    case_id=case.id,
                    decision_id=decision_id,
                    details=wanted.details,
                )
            )
        return restores + actions.add(self._conn, new, self._now)

    def _to_lift(self, of_case: Sequence[Action], ordered: Sequence[Action]) -> list[Action]:
        """What rules did that ends now: everything if there is no violation; with one the holds, which were
        for the time of review, unless something at least as strong now stands in their place."""
        by_rules = [
            action for action in of_case if action.origin.startswith("rule:") and action.state in STANDING
        ]
        if not self._verdict.ground.is_violation:
            return by_rules
        return [a for a in by_rules if a.kind == ActionKind.HOLD and not _outweighed(a, ordered)]

    def _take_back(self, originals: Sequence[Action], decision_id: int) -> list[Action]:
        return orders.take_back(
            self._conn,
            originals,
            origin=f"decision:{decision_id}",
            decision_id=decision_id,
            now=self._now,
        )


def _outweighed(hold: Action, ordered: Iterable[Action]) -> bool:
    """Whether what is ordered now keeps the subject away at least as well as the hold did."""
    ladder = LADDERS[hold.subject.kind][1]
    held = ladder.index(hold.effect or ladder[0])
    return any(
        (action.subject == hold.subject and action.effect and ladder.index(action.effect) >= held)
        or (action.kind == ActionKind.CLOSE_ACCOUNT and action.subject_id == hold.account)
        for action in ordered
    )
