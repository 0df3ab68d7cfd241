"""Deciding many cases together: what it would do, doing it, and what could not be done.

It is one decision, which one reversal takes back. Each case is decided wholly or not at all: those that
another holds or has decided meanwhile are left as they are, and named.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tenfold.casework import notices, orders
from tenfold.casework.deciding import decide_those_free
from tenfold.casework.notices import Language, Notice
from tenfold.casework.states import ActionState
from tenfold.casework.wishes import (
    CaseConflictError,
    CaseVerdict,
    Order,
    Present,
    RefusedError,
    Verdict,
    checked_text,
    free,
)
from tenfold.store import actions, audit, cases, seconds
from tenfold.store.actions import STANDING, Action
from tenfold.store.audit import Entry
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground

MOST = 500  # cases of one decision


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be done with cases. `as_proposed`: order what rules proposed on each; `add` is ordered where
    it can be done. `whole_account` decides the accounts' other open cases too. `notify`: whoever a violation
    concerns is told. `but` are left as they are, `cleared` are decided as no violation."""

    ground: Ground
    reason: str = ""
    as_proposed: bool = True
    add: tuple[ActionKind, ...] = ()
    whole_account: bool = False
    notify: bool = False
    but: frozenset[int] = frozenset()
    cleared: frozenset[int] = frozenset()


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What a wish would do: how many cases it decides and clears, subjects by what is ordered for them,
    how many things that rules did end, other cases decided along, and for how many an added action cannot
    be done. `notices` counts what is written to whom by language, `examples` is the first in each. `needs` is
    what asks for a second person, as kind:value. `taken` is how those stand that cannot be decided."""

    decides: int
    clears: int
    orders: Mapping[str, int]
    lifts: int
    along: int
    unfit: Mapping[str, int]
    notices: Mapping[Language, int]
    examples: tuple[Notice, ...]
    needs: tuple[str, ...]
    taken: Mapping[int, Present]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. `taken` is how those stand that could not be decided."""

    decision_id: int
    case_id: int
    decided: tuple[int, ...]
    along: tuple[int, ...]
    taken: Mapping[int, Present]


def effects(conn: Conn, *, case_ids: Sequence[int], wish: Wish, actor: str, now: datetime) -> Effects:
    """What deciding these cases so would do now."""
    plan = _Plan(conn, case_ids, wish, actor, now)
    accounts = {
        known.account for known, verdict in plan.wanted if verdict.scope == "account" and known.account
    }
    cleared = [known.id for known, verdict in plan.wanted if not verdict.ground.is_violation]
    spoken = notices.languages(conn, (known for known, _ in plan.wanted if known.id in plan.told))
    first = {language: case_id for case_id, language in reversed(spoken.items())}
    examples = (notices.preview(conn, case_id=id_, verdict=plan.told[id_]) for id_ in first.values())
    return Effects(
        decides=len(plan.wanted),
        clears=len(cleared),
        orders=plan.ordered,
        lifts=_by_rules(plan.of_cases, cleared),
        along=_others(conn, accounts, [known.id for known, _ in plan.wanted], now),
        unfit=plan.unfit,
        notices=Counter(spoken.values()),
        examples=tuple(one for one in examples if one),
        needs=tuple(seconds.asked(conn, plan.named)),
        taken=plan.taken,
    )


def decide_together(conn: Conn, *, case_ids: Sequence[int], wish: Wish, actor: str, now: datetime) -> Report:
    """Decide by one decision. RefusedError: no case is left to decide, or there are more than MOST."""
    checked_text("reason", wish.reason)
    plan = _Plan(conn, case_ids, wish, actor, now)
    verdicts = [
        CaseVerdict(case_id=known.id, verdict=plan.with_notice(known.id, verdict))
        for known, verdict in plan.wanted
    ]
    made, late = decide_those_free(conn, verdicts=verdicts, actor=actor, now=now)
    if not made:
        raise RefusedError("case", "none of these cases can be decided now")
    report = Report(
        decision_id=made[0].decision_id,
        case_id=made[0].case_id,
        decided=tuple(one.case_id for one in made),
        along=tuple(other for one in made for other in one.also_decided),
        taken=plan.taken | late,
    )
    details = {
        "decision": report.decision_id,
        "ground": wish.ground,
        "decided": report.decided,
        "cleared": sorted(wish.cleared),
        "left": sorted(wish.but),
        "taken": sorted(report.taken),
    }
    entry = Entry(
        actor=actor, act="cases.decided_together", subject=f"case:{report.case_id}", details=details
    )
    audit.append(conn, [entry])
    return report


class _Plan:
    """A verdict for each case that can be decided, each subject told each thing once."""

    def __init__(self, conn: Conn, case_ids: Sequence[int], wish: Wish, actor: str, now: datetime) -> None:
        if len(set(case_ids)) > MOST:
            raise RefusedError("case", f"more than {MOST} cases; choose fewer")
        self._conn = conn
        self._wish = wish
        self._told: set[tuple[str, Subject, str]] = set()
        self._accounts: set[str] = set()
        self.ordered: Counter[str] = Counter()
        self.unfit: Counter[str] = Counter()
        self.taken: dict[int, Present] = {}
        self.told: dict[int, Verdict] = {}  # what those who are told of a case are told about
        known = cases.load(conn, set(case_ids) - wish.but)
        self.of_cases = actions.of_cases(conn, known)
        posts = (case.subject_id for case in known.values() if case.subject.kind is SubjectKind.POST)
        self._groups = actions.groups_of_posts(conn, posts) if ActionKind.CLOSE_GROUP in wish.add else {}
        proposed: dict[int | None, list[Action]] = {}
        for action in self.of_cases:
            if action.state == ActionState.PROPOSED:
                proposed.setdefault(action.case_id, []).append(action)
        self.wanted: list[tuple[Case, Verdict]] = []
        for case in sorted(known.values(), key=lambda case: (-case.severity, case.due_at, case.id)):
            try:
                free(conn, case, actor, now)
            except CaseConflictError as conflict:
                self.taken[case.id] = conflict.present
            else:
                self.wanted.append((case, self._verdict(case, proposed.get(case.id, []))))

    @property
    def named(self) -> set[tuple[str, str]]:
        """What can ask for a second person: grounds, kinds of actions, queues."""
        named = {("ground", verdict.ground.value) for _, verdict in self.wanted}
        named |= {("queue", case.queue) for case, _ in self.wanted}
        return named | {("action", kind) for kind, count in self.ordered.items() if count}

    def with_notice(self, case_id: int, verdict: Verdict) -> Verdict:
        """The verdict, with the notice among what it orders if somebody is told."""
        if case_id not in self.told:
            return verdict
        notice = notices.order(self._conn, case_id=case_id, verdict=self.told[case_id])
        return verdict if notice is None else msgspec.structs.replace(verdict, add=(*verdict.add, notice))

    def _verdict(self, case: Case, proposed: Sequence[Action]) -> Verdict:
        wish = self._wish
        if case.id in wish.cleared or not wish.ground.is_violation:
            ground = Ground.NONE if case.id in wish.cleared else wish.ground
            return Verdict(ground=ground, reason=wish.reason)
        # What people are told is the form's choice alone, as with one case.
        asked = [
            action
            for action in proposed
            if (wish.as_proposed or action.kind in wish.add)
            and action.kind != ActionKind.NOTIFY
            # Nobody is closed twice.
            and not (
                case.ended and action.kind == ActionKind.CLOSE_ACCOUNT and action.subject == case.subject
            )
        ]
        chosen = [action.id for action in asked if self._tell(action.kind, action.subject, action.label)]
        fit = [order for kind in wish.add for order in self._order(kind, case)]
        added = [order for order in fit if order.subject and self._tell(order.kind, order.subject, "")]
        whole = wish.whole_account and case.account is not None and case.account not in self._accounts
        if whole and case.account is not None:
            self._accounts.add(case.account)
        verdict = Verdict(
            ground=wish.ground,
            scope="account" if whole else "subject",
            proposals=tuple(chosen),
            add=tuple(added),
            reason=wish.reason,
        )
        if wish.notify and case.account is not None:
            self.ordered[ActionKind.NOTIFY] += 1
            # All that is done about the case, whichever case of the batch orders it.
            everything = tuple(action.id for action in asked)
            self.told[case.id] = msgspec.structs.replace(verdict, proposals=everything, add=tuple(fit))
        return verdict

    def _order(self, kind: ActionKind, case: Case) -> Iterable[Order]:
        subject = orders.target(kind, case.subject, case.account, self._groups.get(case.subject_id))
        if subject is None or not orders.applies(kind, subject):
            self.unfit[kind] += 1
        else:
            yield Order(kind=kind, subject=subject)

    def _tell(self, kind: str, subject: Subject, label: str) -> bool:
        """Whether the subject was not told so yet by another case of the batch."""
        new = (kind, subject, label) not in self._told
        self._told.add((kind, subject, label))
        self.ordered[kind] += new
        return new


def _by_rules(of_cases: Iterable[Action], case_ids: Sequence[int]) -> int:
    """How many things that rules did on these cases stand."""
    return sum(
        action.case_id in case_ids and action.state in STANDING and action.origin.startswith("rule:")
        for action in of_cases
    )


def _others(conn: Conn, accounts: Iterable[str], but: Sequence[int], now: datetime) -> int:
    """How many other cases of these accounts wait and are held by nobody."""
    row = conn.execute(
        """
        SELECT count(*) FROM cases
        WHERE account = ANY(%s) AND state NOT IN ('decided', 'awaiting') AND id <> ALL(%s)
          AND (lease_until IS NULL OR lease_until <= %s)
        """,
        [sorted(accounts), list(but), now],
    ).fetchone()
    return int(row[0]) if row else 0
