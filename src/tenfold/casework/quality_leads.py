"""What leads do about quality: golden cases, and disagreements that they talk about and resolve."""

from datetime import datetime
from typing import Literal

from tenfold.casework.reversing import reverse
from tenfold.casework.states import CaseState
from tenfold.casework.wishes import NotFoundError, RefusedError, Reversed, checked_text
from tenfold.store import audit, cases, quality_results, quality_samples
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.taxonomy import Ground

Outcome = Literal["first", "second", "unclear"]


def mark_golden(
    conn: Conn, *, case_id: int, ground: Ground, explanation: str, actor: str, now: datetime
) -> int:
    """Make a decided case golden, with the right ground and why; returns the golden case's id. RefusedError
    if the case is not decided, or rests on a link: its evidence changes with the link, so that it could not
    be shown as it was."""
    explanation = checked_text("explanation", explanation)
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None:
        raise NotFoundError(f"there is no case {case_id}")
    if case.state != CaseState.DECIDED:
        raise RefusedError("case", "is not decided; a golden case is one on which people are sure")
    if quality_samples.rests_on_link(conn, case_id):
        raise RefusedError("link", "rests on a link, whose evidence changes; it could not be shown as it was")
    golden = quality_results.mark_golden(
        conn, case_id=case_id, ground=ground, explanation=explanation, actor=actor, now=now
    )
    details = {"golden": golden, "ground": ground, "explanation": explanation}
    audit.append(conn, [Entry(actor=actor, act="golden.marked", subject=f"case:{case_id}", details=details)])
    return golden


def end_golden(conn: Conn, *, golden_id: int, actor: str, now: datetime) -> None:
    """Give the case to nobody any more. NotFoundError if it is not golden."""
    case_id = quality_results.end_golden(conn, golden_id, now)
    if case_id is None:
        raise NotFoundError(f"there is no golden case {golden_id} in use")
    audit.append(conn, [Entry(actor=actor, act="golden.ended", subject=f"case:{case_id}")])


def resolve(
    conn: Conn,
    *,
    review_id: int,
    outcome: Outcome,
    words: str,
    actor: str,
    now: datetime,
    take_back: bool = False,
) -> Reversed | None:
    """Conclude a disagreement; with `take_back` the decision is reversed with all its effects.

    RefusedError: somebody else resolved it, the two agree, the actor is one of the two, or the first was
    right and is to be taken back all the same.
    """
    words = checked_text("words", words)
    review = quality_results.load(conn, review_id, lock=True)
    if review is None:
        raise NotFoundError(f"there is no second look {review_id}")
    if review.outcome is not None:
        raise RefusedError("review", f"was resolved already by {review.resolved_by}")
    if review.first_ground == review.second_ground:
        raise RefusedError("review", "has the ground of the first decision; there is nothing to resolve")
    if actor in (review.first_author, review.second_author):
        raise RefusedError("review", "is about a decision of your own; another lead resolves it")
    if take_back and outcome == "first":
        raise RefusedError("outcome", "a decision that was right stays")
    quality_results.resolve(conn, review_id, outcome=outcome, actor=actor, words=words, now=now)
    details = {"review": review_id, "decision": review.decision_id, "outcome": outcome, "words": words}
    entry = Entry(actor=actor, act="disagreement.resolved", subject=f"case:{review.case_id}", details=details)
    audit.append(conn, [entry])
    if not take_back:
        return None
    return reverse(conn, decision_id=review.decision_id, actor=actor, reason=words, now=now)
