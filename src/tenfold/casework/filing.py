"""From firings to cases and actions: one call for a whole batch of the pipeline."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tenfold.casework import lost_links, orders
from tenfold.casework.states import CASE_STEPS, ActionState, CaseState, CaseStep, after
from tenfold.judgement import Effects, Firing
from tenfold.store import actions, audit, cases, languages, signals
from tenfold.store.actions import NewAction
from tenfold.store.audit import Entry
from tenfold.store.cases import Case, FiringRow, Opening
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Severity

REVIEW_QUEUE = "review"  # where a rule that names no queue asks for a person
LEAD_QUEUE = "lead"
SPEAKERS = (SubjectKind.ACCOUNT, SubjectKind.MEDIA)

# Until when a case is due when its rule does not say; an operator's rules do.
DUE = {
    Severity.CRITICAL: timedelta(hours=1),
    Severity.HIGH: timedelta(hours=4),
    Severity.MEDIUM: timedelta(hours=24),
    Severity.LOW: timedelta(hours=72),
}


class FilingResult(msgspec.Struct, frozen=True, kw_only=True):
    """How much a batch changed; the same batch again gives zeros but for `firings`."""

    firings: int
    cases_opened: int
    cases_merged: int  # open cases that a firing new to them joined
    proposed: int
    ordered: int
    deliveries: int


def file_firings(conn: Conn, firings: Sequence[Firing], now: datetime) -> FilingResult:
    """Keep firings, open or join cases, propose and order actions, queue their deliveries.

    One open case per subject. A subject already decided gets a new case only when a rule that had no
    part in the decided case fires, severity rises, it may be the return of another closed account, or its
    text has changed since. Idempotent.
    The audit entries come last, so call this last in the transaction.
    """
    distinct = {(firing.subject, firing.rule): firing for firing in firings}
    filed = [distinct[key] for key in sorted(distinct)]
    if not filed:
        return FilingResult(firings=0, cases_opened=0, cases_merged=0, proposed=0, ordered=0, deliveries=0)
    targets = _Targets(conn, filed)
    actions.lock_subjects(conn, targets.touched_at_once())
    present = cases.lock_open(conn, (firing.subject for firing in filed))
    closed = _closed(conn, filed)
    asked = ((f.subject, f.rule, f.severity, closed.get((f.subject, f.rule), ())) for f in filed)
    settled = cases.settled(conn, asked)
    fresh = [firing for firing in filed if (firing.subject, firing.rule) not in settled]
    placed = _place(conn, fresh, present, now)
    joined = _joined_anew(conn, fresh, placed)
    _keep(conn, filed, {(f.subject, f.rule): placed.case_of.get(f.subject) for f in fresh}, closed, now)
    added = actions.add(conn, _wanted(fresh, placed.case_of, targets), now)
    ordered = [action for action in added if action.state == ActionState.ORDERED]
    deliveries = orders.carry_out(conn, ordered, now)
    audit.append(conn, [*_case_entries(placed, fresh), *orders.ordered_entries(ordered)])
    return FilingResult(
        firings=len(filed),
        cases_opened=len(placed.opened),
        cases_merged=joined,
        proposed=len(added) - len(ordered),
        ordered=len(ordered),
        deliveries=deliveries,
    )


class _Targets:
    """Whom the actions of firings concern."""

    def __init__(self, conn: Conn, firings: Sequence[Firing]) -> None:
        self._firings = firings
        self._groups = actions.groups_of_posts(
            conn,
            {
                firing.subject.id
                for firing in firings
                if firing.subject.kind is SubjectKind.POST
                and ActionKind.CLOSE_GROUP in (*firing.effects.propose, *firing.effects.act)
            },
        )

    def of(self, kind: ActionKind, firing: Firing) -> Subject | None:
        """The subject of one action of a firing."""
        return orders.target(kind, firing.subject, firing.account, self._groups.get(firing.subject.id))

    def touched_at_once(self) -> set[Subject]:
        """Subjects whose state will change without waiting for a person."""
        found = {self.of(kind, firing) for firing in self._firings for kind, _ in _at_once(firing.effects)}
        return {subject for subject in found if subject is not None}


class _Placed(msgspec.Struct):
    """Where firings went: the case of each subject, which were opened and which brought up to date."""

    case_of: dict[Subject, int]
    opened: dict[int, Opening]
    raised: dict[int, Opening]


def _place(conn: Conn, fresh: Sequence[Firing], present: dict[Subject, Case], now: datetime) -> _Placed:
    """Open cases and join open ones. A case that another transaction opens at the same moment is joined."""
    openings = {subject: _opening(group, now) for subject, group in _by_subject(fresh).items()}
    _tell_languages(conn, [opening for subject, opening in openings.items() if subject not in present])
    placed = _Placed({}, {}, {})
    while openings:
        for subject in [subject for subject in openings if subject in present]:
            case = present[subject]
            opening = openings.pop(subject)
            placed.case_of[subject] = case.id
            update = _update(case, opening)
            if update is not None:
                placed.raised[case.id] = update
        wanted = [opening for opening in openings.values() if opening.queue]
        opened = cases.open_new(conn, wanted, now) if wanted else {}
        for subject, case_id in opened.items():
            placed.case_of[subject] = case_id
            placed.opened[case_id] = openings.pop(subject)
        openings = {subject: opening for subject, opening in openings.items() if opening.queue}
        present = cases.lock_open(conn, openings) if openings else {}
    if placed.raised:
        cases.update_open(conn, placed.raised.items(), now)
    return placed


def _tell_languages(conn: Conn, openings: Iterable[Opening]) -> None:
    """A case about an account or its media, which have no language of their own, is in the account's."""
    lacking = [
        (opening, opening.account)
        for opening in openings
        if opening.subject.kind in SPEAKERS and opening.account and opening.queue and not opening.language
    ]
    known = languages.spoken(conn, [account for _, account in lacking]) if lacking else {}
    for opening, account in lacking:
        opening.language = known.get(account)


def _by_subject(firings: Iterable[Firing]) -> dict[Subject, list[Firing]]:
    groups: dict[Subject, list[Firing]] = {}
    for firing in firings:
        groups.setdefault(firing.subject, []).append(firing)
    return groups


def _opening(firings: Sequence[Firing], now: datetime) -> Opening:
    """One case out of the firings on one subject. Its queue is empty if no rule asks for a person."""
    worst_first = sorted(firings, key=lambda firing: (-firing.severity, _due(firing, now), firing.rule))
    asking = [firing for firing in worst_first if _queue(firing.effects)]
    escalate = any(firing.effects.escalate for firing in firings)
    return Opening(
        subject=worst_first[0].subject,
        account=next((firing.account for firing in worst_first if firing.account is not None), None),
        queue=_queue(asking[0].effects) if asking else "",
        severity=int(worst_first[0].severity),
        ground=worst_first[0].ground,
        language=next((firing.language for firing in worst_first if firing.language), None),
        state=CaseState.ESCALATED if escalate else CaseState.OPEN,
        due_at=min(_due(firing, now) for firing in firings),
    )


def _queue(effects: Effects) -> str:
    """Where a person shall look at it; empty if none need."""
    if effects.queue:
        return effects.queue
    if effects.escalate:
        return LEAD_QUEUE
    return REVIEW_QUEUE if effects.hold or effects.propose else ""


def _due(firing: Firing, now: datetime) -> datetime:
    return now + (firing.effects.due if firing.effects.due is not None else DUE[firing.severity])


def _update(case: Case, opening: Opening) -> Opening | None:
    """What an open case becomes when firings join it; None if it stays as it is.

    Severity is the maximum, the due time the earliest, queue and ground those of the worst firing; but
    what was escalated stays where the leads look.
    """
    worse = opening.severity > case.severity
    state = CaseState(case.state)
    step = CaseStep.ESCALATE if opening.state == CaseState.ESCALATED else CaseStep.MERGE
    moves = worse and opening.queue != "" and state is not CaseState.ESCALATED
    merged = Opening(
        subject=case.subject,
        account=case.account if case.account is not None else opening.account,
        queue=opening.queue if moves else case.queue,
        severity=max(case.severity, opening.severity),
        ground=opening.ground if worse else case.ground,
        language=case.language or opening.language,
        state=after(CASE_STEPS, state, step),
        due_at=min(case.due_at, opening.due_at),
    )
    same = all(getattr(merged, name) == getattr(case, name) for name in Opening.__struct_fields__)
    return None if same else merged


def _joined_anew(conn: Conn, fresh: Sequence[Firing], placed: _Placed) -> int:
    """How many cases that were open already a rule has joined that had no part in them."""
    old = {case_id for case_id in placed.case_of.values() if case_id not in placed.opened}
    if not old:
        return 0
    known = cases.rules_joined(conn, old)
    pairs = ((placed.case_of.get(firing.subject), firing.rule) for firing in fresh)
    return len({case_id for case_id, rule in pairs if case_id in old and (case_id, rule) not in known})


def _closed(conn: Conn, filed: Sequence[Firing]) -> dict[tuple[Subject, str], list[str]]:
    """The closed accounts behind firings that rest on a return, by subject and rule."""
    account_of = {
        (firing.subject, firing.rule): firing.account
        for firing in filed
        if firing.account is not None and lost_links.about_returns(part.text for part in firing.parts)
    }
    found = signals.strongest_closed(conn, account_of.values()) if account_of else {}
    return {key: found[account] for key, account in account_of.items() if account in found}


def _keep(
    conn: Conn,
    filed: Sequence[Firing],
    case_of: Mapping[tuple[Subject, str], int | None],
    closed: Mapping[tuple[Subject, str], Sequence[str]],
    now: datetime,
) -> None:
    rows = [
        FiringRow(
            subject=firing.subject,
            rule=firing.rule,
            titles=firing.titles,
            policy=firing.policy,
            ground=firing.ground,
            severity=int(firing.severity),
            parts=[{"text": part.text, "value": part.value} for part in firing.parts],
            case_id=case_of.get((firing.subject, firing.rule)),
            closed=closed.get((firing.subject, firing.rule), ()),
        )
        for firing in filed
    ]
    cases.save_firings(conn, rows, now)


def _at_once(effects: Effects) -> list[tuple[ActionKind, str]]:
    """What reaches the platform without a person: (kind, label)."""
    kinds = dict.fromkeys([*effects.act, *([ActionKind.HOLD] if effects.hold else [])])
    return [(kind, "") for kind in kinds] + [(ActionKind.LABEL, label) for label in effects.labels]


def _wanted(fresh: Sequence[Firing], case_of: Mapping[Subject, int], targets: _Targets) -> list[NewAction]:
    """The actions that firings ask for; one whose target is not known is left out."""
    wanted = []
    for firing in fresh:
        asked = [(kind, label, ActionState.ORDERED) for kind, label in _at_once(firing.effects)]
        asked += [(kind, "", ActionState.PROPOSED) for kind in firing.effects.propose]
        for kind, label, state in asked:
            subject = targets.of(kind, firing)
            if subject is not None:
                wanted.append(
                    NewAction(
                        kind=kind,
                        label=label,
                        subject=subject,
                        state=state,
                        ground=firing.ground,
                        origin=f"rule:{firing.rule}@{firing.policy}",
                        account=firing.account,
                        case_id=case_of.get(firing.subject),
                    )
                )
    return wanted


def _case_entries(placed: _Placed, fresh: Sequence[Firing]) -> list[Entry]:
    """What the audit chain says of cases opened and of cases that became worse."""
    rules: dict[Subject, list[str]] = {}
    for firing in fresh:
        rules.setdefault(firing.subject, []).append(f"{firing.rule}@{firing.policy}")
    return [
        Entry(
            actor="system",
            act=act,
            subject=f"case:{case_id}",
            details={
                "about": str(opening.subject),
                "severity": opening.severity,
                "ground": opening.ground,
                "queue": opening.queue,
                "state": opening.state,
                "rules": rules[opening.subject],
            },
        )
        for act, group in (("case.opened", placed.opened), ("case.updated", placed.raised))
        for case_id, opening in group.items()
    ]
