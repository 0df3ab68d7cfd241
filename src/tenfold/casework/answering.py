"""A link and the case that rests on it, answered at once: one reason, one transaction, undone together."""

from datetime import datetime

from tenfold.casework.deciding import decide
from tenfold.casework.linking import LinkVerdict, decide_link
from tenfold.casework.seconds import Proposed, or_propose
from tenfold.casework.wishes import Decided, NotFoundError, RefusedError, Verdict, free
from tenfold.store import actions, cases, link_effects, locks, seconds
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind


class NothingDecidedError(RefusedError):
    """The verdict on the link leaves the case open, and nothing was said of the case."""


def answer(
    conn: Conn,
    *,
    link: LinkVerdict,
    case_id: int,
    verdict: Verdict | None,
    actor: str,
    now: datetime,
    replace: bool = True,
) -> Decided | Proposed:
    """Keep a verdict on the link and decide the case of the account; reversing the decision takes both back.

    `different` decides by itself a case that rests on the link alone, and may come without a `verdict`.
    NothingDecidedError: it rests on more, and there is none. Else as `decide_link` and `decide` refuse.
    """
    whole = verdict is not None and verdict.scope == "account"
    free(conn, _hold(conn, link, case_id, now, whole=whole), actor, now)
    made = decide_link(conn, wish=link, actor=actor, now=now, replace=replace)
    if made.decision_id is not None:
        return Decided(decision_id=made.decision_id, case_id=case_id, ordered=(), withdrawn=made.withdrawn)
    if (proposal := seconds.waiting_on(conn, case_id)) is not None:
        return Proposed(proposal_id=proposal.id, cases=tuple(proposal.case_ids), needs=tuple(proposal.needs))
    if verdict is None:
        raise NothingDecidedError("ground", "the case rests on more than the link; say what it is")
    decided = or_propose(
        conn,
        lambda: decide(conn, case_id=case_id, verdict=verdict, actor=actor, now=now),
        actor=actor,
        now=now,
    )
    if not isinstance(decided, Proposed):
        link_effects.decided_with(conn, made.link_decision_id, decided.decision_id)
    return decided


def _hold(conn: Conn, link: LinkVerdict, case_id: int, now: datetime, *, whole: bool) -> Case:
    """Lock all that both need in the usual order: closures, accounts and other subjects (of all cases of the
    account, if `whole`), the case. It has to be about one of the two accounts."""
    locks.lock_closures(conn, link.accounts)
    known = cases.load(conn, [case_id]).get(case_id)
    if known is None:
        raise NotFoundError(f"there is no case {case_id}")
    if known.account not in link.accounts:
        raise RefusedError("accounts", f"case {case_id} is about neither of them")
    others = cases.others_of_account(conn, known.account, [case_id], now) if whole else []
    concerned = actions.of_cases(conn, [case_id, *others])
    subjects = {action.subject for action in concerned if action.effect is not None}
    subjects |= {Subject(SubjectKind.ACCOUNT, id_) for id_ in link.accounts}
    actions.lock_subjects(conn, subjects)
    return cases.load(conn, [case_id], lock=True)[case_id]
