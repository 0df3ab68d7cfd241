"""From an ordered action to its effects: the subject's state, and a message to every webhook."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tenfold.casework.states import ACTION_STEPS, ActionState, ActionStep, after, before
from tenfold.store import actions, deliveries, links_due, webhooks
from tenfold.store.actions import Action, NewAction
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.deliveries import Message
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind

UNDO_WINDOW = timedelta(minutes=1)  # in which an author takes a decision back without a reason
IRREVERSIBLE = frozenset({ActionKind.NOTIFY, ActionKind.ESCALATE})  # what was said was said


def target(kind: ActionKind, subject: Subject, account: str | None, group: str | None) -> Subject | None:
    """Whom an action of this kind concerns when the case is about `subject`; None when unknown.

    Closing an account concerns the author of a post, closing a group the group that it stands in.
    """
    if kind is ActionKind.CLOSE_ACCOUNT:
        return Subject(SubjectKind.ACCOUNT, account) if account is not None else None
    if kind is ActionKind.CLOSE_GROUP and subject.kind is not SubjectKind.GROUP:
        return Subject(SubjectKind.GROUP, group) if group is not None else None
    return subject


def applies(kind: ActionKind, subject: Subject) -> bool:
    """Whether the action can be done to such a subject at all."""
    return kind in actions.STATELESS or actions.effect(kind, subject) is not None


def carry_out(conn: Conn, ordered: Sequence[Action], now: datetime, reason: str = "") -> int:
    """Bring subjects in line with newly ordered actions and queue the messages; returns how many. What tells
    people something cannot be unsaid: it leaves when the decision can no longer be undone."""
    actions.settle(conn, (action.subject for action in ordered if action.effect is not None))
    links_due.note(conn, (action.subject_id for action in ordered if _opens_or_closes(action)), now)
    if not ordered or not webhooks.any_enabled(conn, webhooks.ACTION_ORDERED):
        return 0
    messages = [
        Message(
            type=webhooks.ACTION_ORDERED,
            body=payload(action, now, reason),
            action_id=action.id,
            wait_s=UNDO_WINDOW.total_seconds() if action.kind == ActionKind.NOTIFY else 0.0,
        )
        for action in ordered
    ]
    return len(deliveries.enqueue(conn, messages, now))


def _opens_or_closes(action: Action) -> bool:
    """Whether it may close an account or open it again; then its closure has to be settled."""
    return action.subject_kind == SubjectKind.ACCOUNT and action.kind in (
        ActionKind.CLOSE_ACCOUNT,
        ActionKind.RESTORE,
    )


def payload(action: Action, now: datetime, reason: str = "") -> dict[str, Any]:
    """The message about an ordered action; docs/casework.md describes its members."""
    return {
        "type": "action.ordered",
        "timestamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "action": action.id,
            "kind": action.kind,
            "label": action.label or None,
            "subject": {"kind": action.subject_kind, "id": action.subject_id},
            "account": action.account,
            "ground": action.ground,
            "reason": reason,
            "origin": action.origin,
            "case": action.case_id,
            "decision": action.decision_id,
            "reversible": action.kind not in IRREVERSIBLE,
            "reverses": action.reverses,
            "details": action.details,
        },
    }


def take_back(
    conn: Conn,
    originals: Sequence[Action],
    *,
    origin: str,
    decision_id: int | None,
    now: datetime,
) -> list[Action]:
    """Reverse actions: mark them, cancel what was not delivered yet, order the opposite of each.

    The opposite is RESTORE; of a RESTORE that reversed something it is that something again, with its old
    origin. Originals that are reversed already are left alone. Returns the actions now ordered, which
    the caller has to carry out.
    """
    gone = set(
        actions.move(
            conn,
            [action.id for action in originals],
            before(ACTION_STEPS, ActionStep.REVERSE),
            after(ACTION_STEPS, ActionState.ORDERED, ActionStep.REVERSE),
            now,
        )
    )
    deliveries.cancel(conn, sorted(gone))
    taken = [action for action in originals if action.id in gone]
    # Settled first: what is ordered again must remember the state without what was just taken back.
    actions.settle(conn, (action.subject for action in taken if action.effect is not None))
    undone = {a.id: a for a in actions.load(conn, (a.reverses for a in taken if a.reverses is not None))}
    return actions.add(
        conn, [_opposite(action, undone, origin=origin, decision_id=decision_id) for action in taken], now
    )


def _opposite(
    action: Action, undone: Mapping[int, Action], *, origin: str, decision_id: int | None
) -> NewAction:
    again = undone.get(action.reverses) if action.reverses is not None else None
    if action.kind != ActionKind.RESTORE:
        again = None
    return NewAction(
        kind=ActionKind(again.kind) if again else ActionKind.RESTORE,
        label=again.label if again else "",
        subject=action.subject,
        state=ActionState.ORDERED,
        ground=action.ground,
        origin=again.origin if again else origin,
        account=action.account,
        case_id=action.case_id,
        decision_id=again.decision_id if again else decision_id,
        reverses=action.id,
        details={"reverses_kind": action.kind},
    )


def ordered_entries(ordered: Iterable[Action], actor: str | None = None) -> list[Entry]:
    """What the audit chain says of ordered actions; without `actor` each is its origin's act."""
    return [
        Entry(
            actor=actor or action.origin,
            act="action.ordered",
            subject=str(action.subject),
            details={
                "action": action.id,
                "kind": action.kind,
                "ground": action.ground,
                "origin": action.origin,
                "case": action.case_id,
                "reverses": action.reverses,
            },
        )
        for action in ordered
    ]
