"""The case page: everything known about one case, and what can be done with it short of deciding."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from tenfold.casework import returns, service, ties, views
from tenfold.casework.ties import Ties
from tenfold.store import audit, cases, inbox, people
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console import pages
from tenfold.web.console import returns as returns_pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Conflict
from tenfold.web.console.highlight import Hit
from tenfold.web.console.queue import number_of, read_filter, read_toast, user_ids
from tenfold.web.console.readings import Reading, readings
from tenfold.web.console.sparing import Spared, shown_token, spare

MAX_QUOTES: Final = 8  # of one finding; the text above shows them all
QUOTE: Final = 200  # code points

# Grounds in the order of the picker, each with the key that picks it.
GROUNDS: Final = (
    *((ground.value, ground.value[-1]) for ground in Ground if ground.is_violation),
    (Ground.EXCEPTION.value, "9"),
    (Ground.NONE.value, "0"),
)
FEW_PARTS: Final = 3  # of a rule's condition are shown at once; more are folded away
LONGEST_VALUE: Final = 60  # characters of what a part saw; the whole text stands above
# Facts that the page's head or the part about the account tells already.
SHOWN_ELSEWHERE: Final = {"language", "script", "account", "verified"}
# Details of findings that stand first, or that the waterfall of a link tells.
TOLD_ELSEWHERE: Final = (
    "bank",
    "entry",
    "label",
    "items",
    "prior_bits",
    "model",
    "closed",
    "held_back",
    "boxes",
    "moments_read",
    "factors",
    "match",
    "distance",
    "points",
    "covered",
    "lies",
    "turn",
    "negative",
    "border",
)
PURPOSES: Final = ("none", "news", "research", "art", "counter_speech")
ADDABLE: Final[dict[SubjectKind, tuple[ActionKind, ...]]] = {
    SubjectKind.POST: (ActionKind.REMOVE, ActionKind.HIDE, ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.MEDIA: (ActionKind.REMOVE, ActionKind.HIDE, ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.ACCOUNT: (ActionKind.RESTRICT, ActionKind.CLOSE_ACCOUNT),
    SubjectKind.GROUP: (ActionKind.RESTRICT, ActionKind.CLOSE_GROUP),
}


class Finding(msgspec.Struct):
    """A signal as shown: with the pieces of text that it rests on, and how hidden words were read."""

    signal: views.SignalView
    quotes: list[Markup]
    readings: list[Reading]


class Wish(msgspec.Struct, kw_only=True):
    """The decision form as filled in, so that an error gives it back as it was."""

    ground: str = ""
    purpose: str = ""
    scope: str = "subject"
    proposals: set[int] = set()
    add: set[str] = set()
    notify: bool = True
    reason: str = ""


class Read(msgspec.Struct):
    """A case as read for its page, with the names of the people on it. `spared`: what of its texts is not
    sent. `tied`: whom its account is tied to. `returned`: what the parts of the page about a return need;
    empty where nothing links the account to one that came before."""

    view: views.CaseView
    names: dict[int, str]
    spared: Spared
    tied: Ties | None
    returned: dict[str, Any]


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


def _shown(value: Any) -> str:
    """A detail or fact of any shape as text. Values are shown as rules see them, in Latin digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()


def _findings(view: views.CaseView, spared: Spared) -> list[Finding]:
    found = []
    for number, signal in enumerate(view.signals, start=1):
        texts = {
            span: view.subject.fields.get(span.field, "")[span.start : span.end] for span in signal.spans
        }
        distinct = list(dict.fromkeys(text[:QUOTE] for text in texts.values() if text))
        quotes = [spared.told(text) for text in distinct[:MAX_QUOTES]]
        read_as = readings(signal, view.subject.fields, spared, number)
        found.append(Finding(signal, quotes, read_as))
    return found


def marked_fields(view: views.CaseView, spared: Spared) -> list[tuple[str, Markup]]:
    """The texts of the subject, the evidence of every finding marked with the finding's number."""
    hits: dict[str, list[Hit]] = {}
    for number, signal in enumerate(view.signals, start=1):
        for span in signal.spans:
            hits.setdefault(span.field, []).append(Hit(span.start, span.end, number))
    return [
        (field, spared.told(text, hits.get(field, ()))) for field, text in view.subject.fields.items() if text
    ]


def _seen(value: str, masked: bool) -> str:
    """What a part of a rule saw, cut; a value long enough to be the text itself is masked with it."""
    if len(value) <= LONGEST_VALUE:
        return value
    return "…" if masked else value[:LONGEST_VALUE].rstrip() + "…"


def _facts(view: views.CaseView) -> list[tuple[str, Any]]:
    return [
        (key, value)
        for key, value in view.subject.facts.items()
        if value not in (None, "", [], {}) and key not in SHOWN_ELSEWHERE
    ]


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
        pair_page=returns_pages.place,
        part=f"?{urlencode({'shown': shown_token(visit, case.id)})}" if spared.revealed else "",
        fields=marked_fields(view, spared),
        facts=_facts(view),
        findings=_findings(view, spared),
        shown=_shown,
        seen=_seen,
        FEW_PARTS=FEW_PARTS,
        TOLD_ELSEWHERE=TOLD_ELSEWHERE,
        people=found.names,
        filter=filter_,
        trail=filter_.trail,
        grounds=GROUNDS,
        purposes=PURPOSES,
        scopes=_scopes(case),
        proposed=proposed,
        addable=[kind.value for kind in ADDABLE[case.subject.kind] if kind not in kinds],
        wish=wish or Wish(proposals={action.id for action in proposed}),
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
    returned = _returned(conn, visit, view, spared.masked)
    actors = [*_actors(view), *(made.author for made in returned["verdicts_made"])]
    names = people.names(conn, user_ids(actors))
    audit.append(conn, also)
    tied = ties.of_account(conn, view.account.id) if view.account else None
    return Read(view, names, spared, tied, returned)


def _returned(conn: Conn, visit: Visit, view: views.CaseView, masked: bool) -> dict[str, Any]:
    """The strongest link of a case about an account to one that came before."""
    pair = None
    if view.case.subject.kind is SubjectKind.ACCOUNT:
        pair = returns.strongest_return(conn, view.case.subject.id)
    if pair is None:
        return {"returned": None, "verdicts_made": ()}
    shown = returns_pages.shown(conn, visit, returns_pages.read_pair(conn, visit, *pair), masked=masked)
    return shown | {"link_wish": returns_pages.Wish(), "link_failure": None, "origin_case": view.case.id}


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
        proposals={action.id for action in view.actions if action.state == "proposed"},
        reason=decision.reason,
    )


@post("/cases/{case_id:int}/reveal", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def reveal(visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]) -> Response[str]:
    """The same page with its texts readable, and a line in the audit log that they were shown."""
    entry = audit.Entry(actor=visit.person.actor, act="text.revealed", subject=f"case:{case_id}")
    with visit.runtime.pool.connection() as conn:
        found = read(conn, visit, case_id, [entry], revealed=True)
    return show(visit, request, found)


handlers = [case_page, reveal]
