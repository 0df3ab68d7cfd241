"""The case page: everything known about one case, and what can be done with it short of deciding."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import returns, service, ties, views
from tenfold.casework.linked import briefs
from tenfold.casework.ties import Ties
from tenfold.store import appeals, audit, cases, inbox, people
from tenfold.store.appeals import Appeal
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console import case_findings, pages
from tenfold.web.console import returns as returns_pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.decision_form import ADDABLE, GROUNDS, PURPOSES, Wish
from tenfold.web.console.errors import Conflict
from tenfold.web.console.queue import number_of, read_filter, read_toast, user_ids
from tenfold.web.console.returns_words import chance
from tenfold.web.console.sparing import Spared, shown_token, spare
from tenfold.web.console.threats_words import named, told


class Read(msgspec.Struct):
    """A case as read for its page, with the names of the people on it. `spared`: what of its texts is not
    sent. `tied`: whom its account is tied to. `returned`: what the parts of the page about a return need;
    next to nothing where nothing links the account to one that came before. `appeals`: those that wait on
    the case."""

    view: views.CaseView
    names: dict[int, str]
    spared: Spared
    tied: Ties | None
    returned: dict[str, Any]
    appeals: Sequence[Appeal] = ()


@contextlib.contextmanager
def acting(visit: Visit) -> Iterator[Conn]:
    """A transaction for one act on a case; what casework refuses becomes a page that explains it."""
    try:
        with visit.runtime.pool.connection() as conn:
            yield conn
    except service.NotFoundError:
        raise NotFoundException from None
    except service.CaseConflictError as conflict:
        present = conflict.present
        with visit.runtime.pool.connection() as conn:
            names = people.names(conn, user_ids((present.claimed_by, present.decided_by)))
        raise Conflict(present, names) from None


def _actors(view: views.CaseView) -> list[str | None]:
    decisions = [*view.decisions, *(view.account.decisions if view.account else ())]
    return [
        view.case.claimed_by,
        view.proposal.author if view.proposal else None,
        *(note.author for note in view.notes),
        *(decision.author for decision in decisions),
        *(decision.confirmed_by for decision in decisions),
        *(decision.reversed_by for decision in decisions),
    ]


def _scopes(case: views.CaseRow) -> list[tuple[str, str]]:
    kind = "case" if case.subject.kind is SubjectKind.ACCOUNT else case.subject.kind.value
    alone = [("subject", f"decide.scope.{kind}")]
    return [*alone, ("account", "decide.scope.account")] if case.account else alone


def show(
    visit: Visit,
    request: Request[Any, Any, Any],
    found: Read,
    *,
    template: str = "case.html",
    status: int = 200,
    wish: Wish | None = None,
    failure: str | None = None,
    failure_detail: str = "",
) -> Response[str]:
    """The page of a case, or the part of it that `template` is."""
    view, case, spared = found.view, found.view.case, found.spared
    # What the author is told is a choice of its own: the text of a notice depends on the whole form.
    proposed = [
        action for action in view.actions if action.state == "proposed" and action.kind != ActionKind.NOTIFY
    ]
    kinds = {action.kind for action in proposed}
    filter_ = read_filter(request.query_params if request.method == "GET" else visit.form)
    return pages.render(
        visit,
        template,
        status,
        section="cases",
        view=view,
        case=case,
        mine=case.claimed_by == visit.person.actor,
        masked=spared.masked,
        spared=spared,
        tied=found.tied,
        appeals=found.appeals,
        pair_page=returns_pages.place,
        part=f"?{urlencode({'shown': shown_token(visit, case.id)})}" if spared.revealed else "",
        fields=case_findings.marked_fields(view, spared),
        facts=case_findings.facts(view),
        findings=case_findings.findings(view, spared),
        shown=case_findings.shown,
        tell=named(visit.translator),
        told=told(visit.translator),
        subjects_of=partial(case_findings.subjects_of, words=visit.translator),
        TOLD_ELSEWHERE=case_findings.TOLD_ELSEWHERE,
        people=found.names,
        filter=filter_,
        trail=filter_.trail,
        grounds=GROUNDS,
        purposes=PURPOSES,
        scopes=_scopes(case),
        proposed=proposed,
        addable=[kind.value for kind in ADDABLE[case.subject.kind] if kind not in kinds],
        wish=wish or Wish(proposals=_ticked(view)),
        failure=failure,
        failure_detail=failure_detail,
        decided=read_toast(request.query_params),
        undone="undone" in request.query_params,
        judged=number_of(request.query_params, "judged"),
        **found.returned,
    )


def read(
    conn: Conn,
    visit: Visit,
    case_id: int,
    also: Sequence[audit.Entry] = (),
    *,
    revealed: bool = False,
    act: str = "case.viewed",
) -> Read:
    """A case, `revealed` or masked as the person likes it; audited as `act`. NotFoundException if there is
    none."""
    now = datetime.now(UTC)
    view = views.case_view(conn, case_id=case_id, viewer=visit.person.actor, now=now, act=act)
    if view is None:
        raise NotFoundException
    spared = spare(conn, visit, revealed=revealed)
    returned = _returned(conn, visit, view, spared)
    actors = [*_actors(view), *(made.author for made in returned["verdicts_made"])]
    names = people.names(conn, user_ids(actors))
    audit.append(conn, also)
    tied = ties.of_account(conn, view.account.id) if view.account else None
    return Read(view, names, spared, tied, returned, appeals.waiting_on(conn, case_id))


def _returned(conn: Conn, visit: Visit, view: views.CaseView, spared: Spared) -> dict[str, Any]:
    """The strongest link of a case about an account to one that came before, and whom each finding of a
    return is about."""
    pair, before = None, {signal.key for signal in view.signals if signal.name == "return"}
    if view.case.subject.kind is SubjectKind.ACCOUNT:
        pair = returns.strongest_return(conn, view.case.subject.id)
    always = {"chance": partial(chance, visit.translator), "came_before": briefs(conn, before)}
    if pair is None:
        return always | {"returned": None, "verdicts_made": ()}
    shown = returns_pages.shown(conn, visit, returns_pages.read_pair(conn, visit, *pair), spared)
    wish = {"link_wish": returns_pages.Wish(), "link_failure": None, "origin_case": view.case.id}
    return always | shown | wish


@get("/cases/{case_id:int}", opt={"needs": Permission.READ}, sync_to_thread=True)
def case_page(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[str]:
    """One case. That it was looked at is in the audit log."""
    like = number_of(request.query_params, "like")
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, case_id)
        inbox.saw(conn, visit.person.id, case_id, datetime.now(UTC))
        pattern = cases.load_decision(conn, like) if like is not None else []
    return show(visit, request, found, wish=_like(pattern[0], found.view) if pattern else None)


def _like(decision: cases.Decision, view: views.CaseView) -> Wish:
    """The form filled in as somebody decided another case."""
    return Wish(
        ground=decision.ground,
        purpose="none" if Ground(decision.ground).is_violation else "",
        proposals=_ticked(view),
        reason=decision.reason,
    )


def _ticked(view: views.CaseView) -> set[int]:
    """The proposals that a decision orders unless they are unticked: not to close who is closed."""
    gone = view.subject.subject if view.case.ended else None
    return {
        action.id
        for action in view.actions
        if action.state == "proposed"
        and not (action.kind == ActionKind.CLOSE_ACCOUNT and action.subject == gone)
    }


@post("/cases/{case_id:int}/reveal", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def reveal(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[str]:
    """The same page with its texts readable, and a line in the audit log that they were shown."""
    entry = audit.Entry(actor=visit.person.actor, act="text.revealed", subject=f"case:{case_id}")
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, case_id, [entry], revealed=True)
    return show(visit, request, found)


handlers = [case_page, reveal]
