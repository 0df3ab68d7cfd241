"""Deciding many cases together: chosen in the queue, looked through with what it would do, decided."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import seconds, service, together, views
from tenfold.casework.seconds import Proposed
from tenfold.casework.service import RefusedError
from tenfold.casework.together import MOST, Effects
from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting
from tenfold.web.console.decision_form import ADDABLE, GROUNDS, PURPOSES
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import Filter, excerpts, queue_of, read_filter, user_ids

KINDS: Final = tuple(dict.fromkeys(kind for kinds in ADDABLE.values() for kind in kinds))
EXCEPTIONS: Final = ("with", "leave", "clear")  # what is done with one case, apart from the rest


class Form(msgspec.Struct, kw_only=True):
    """The form as filled in, so that an error gives it back as it was."""

    cases: list[int]
    apart: dict[int, str]
    ground: str = ""
    purpose: str = ""
    as_proposed: bool = True
    add: set[str] = set()
    whole_account: bool = False
    notify: bool = True
    reason: str = ""

    @property
    def wish(self) -> together.Wish:
        """As casework takes it. A protected purpose makes of any violation the exception; until a ground is
        picked, what would be done is that of a violation."""
        ground, reason = Ground(self.ground or Ground.BRANDED), self.reason
        if ground.is_violation and self.purpose not in ("", "none"):
            ground, reason = Ground.EXCEPTION, f"{self.purpose}: {reason}"
        return together.Wish(
            ground=ground,
            reason=reason,
            as_proposed=self.as_proposed,
            add=tuple(ActionKind(kind) for kind in sorted(self.add)),
            whole_account=self.whole_account,
            notify=self.notify,
            but=frozenset(case for case, do in self.apart.items() if do == "leave"),
            cleared=frozenset(case for case, do in self.apart.items() if do == "clear"),
        )

    @property
    def missing(self) -> str | None:
        """What is still to be filled in, as the message that says so."""
        if not self.ground:
            return "decide.missing_ground"
        if Ground(self.ground).is_violation and not self.purpose:
            return "decide.missing_purpose"
        return None if self.reason else "decide.missing_reason"


def _numbers(values: Sequence[str]) -> list[int]:
    known = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
    return list(dict.fromkeys(known))[: MOST + 1]


def _read_form(visit: Visit) -> Form:
    """The form. Values that it does not offer are left out."""
    cases = _numbers(visit.fields("case"))
    apart = {case: visit.field(f"do-{case}") for case in cases}
    return Form(
        cases=cases,
        apart={case: do for case, do in apart.items() if do in EXCEPTIONS},
        ground=visit.field("ground") if any(visit.field("ground") == code for code, _ in GROUNDS) else "",
        purpose=visit.field("purpose") if visit.field("purpose") in PURPOSES else "",
        as_proposed=visit.field("as_proposed") == "on",
        add={value for value in visit.fields("add") if any(value == kind for kind in KINDS)},
        whole_account=visit.field("whole_account") == "on",
        notify=visit.field("notify") == "on",
        reason=visit.field("reason"),
    )


def _page(
    visit: Visit,
    form: Form,
    *,
    status: int = 200,
    failure: str | None = None,
    template: str = "together.html",
) -> Response[str]:
    actor, now = visit.person.actor, datetime.now(UTC)
    with acting(visit) as conn:
        rows = views.cases_named(conn, case_ids=form.cases, now=now)
        found = together.effects(conn, case_ids=form.cases, wish=form.wish, actor=actor, now=now)
        texts = excerpts(conn, rows)
        names = people.names(conn, user_ids(_actors(found)))
    return pages.render(
        visit,
        template,
        status,
        section="cases",
        rows=rows,
        form=form,
        effects=found,
        excerpts=texts,
        people=names,
        filter=read_filter(visit.form),
        grounds=GROUNDS,
        purposes=PURPOSES,
        kinds=[kind.value for kind in KINDS],
        exceptions=EXCEPTIONS,
        failure=failure,
    )


def _actors(found: Effects) -> list[str | None]:
    return [actor for how in found.taken.values() for actor in (how.claimed_by, how.decided_by)]


def _all_that_match(conn: Conn, filter_: Filter) -> list[int]:
    return [case.id for case in queue_of(conn, filter_, datetime.now(UTC), limit=MOST).cases]


@post("/cases/together", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def look_through(visit: Visiting) -> Response[str]:
    """The chosen cases (or all that the queue's filters leave, up to MOST), and the form to decide them."""
    chosen = _numbers(visit.fields("case"))
    if visit.field("all") == "on":
        with visit.runtime.pool.connection() as conn:
            chosen = _all_that_match(conn, read_filter(visit.form))
    if not chosen:
        raise Refused(422, "error.nothing_chosen")
    return page_of(visit, chosen)


def page_of(visit: Visit, chosen: Sequence[int]) -> Response[str]:
    """The page on which these cases are decided together."""
    return _page(visit, Form(cases=list(chosen), apart={}))


@post("/cases/together/preview", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def preview(visit: Visiting) -> Response[str]:
    """What the form as it is would do; htmx gets the effects alone."""
    template = "parts/together_effects.html" if visit.fragment else "together.html"
    return _page(visit, _read_form(visit), template=template)


@post("/cases/together/decide", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def decide(visit: Visiting) -> Response[Any]:
    """Decide them by one decision, then tell what was done and what could not be."""
    form = _read_form(visit)
    if form.missing:
        return _page(visit, form, status=422, failure=form.missing)
    try:
        with acting(visit) as conn:
            actor, now = visit.person.actor, datetime.now(UTC)
            made = seconds.or_propose(
                conn,
                lambda: together.decide_together(
                    conn, case_ids=form.cases, wish=form.wish, actor=actor, now=now
                ),
                actor=actor,
                now=now,
            )
    except RefusedError:
        return _page(visit, form, status=422, failure="decide.together_refused")
    if isinstance(made, Proposed):
        return pages.redirect(f"/seconds/{made.proposal_id}?fresh=true")
    left = "".join(f"&left={case}" for case in sorted(made.taken))
    return pages.redirect(f"/decisions/{made.decision_id}?fresh=true{left}")


@get("/decisions/{decision_id:int}", opt={"needs": Permission.READ}, sync_to_thread=True)
def decision_page(
    visit: Visiting, request: Request[Any, Any, Any], decision_id: FromPath[int]
) -> Response[str]:
    """One decision with all cases that it decided; `left` are cases that it could not decide."""
    left, now = _numbers(request.query_params.getall("left", [])), datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        made = views.decision_with_parts(conn, decision_id)
        if not made or made[0].part_of is not None:
            raise NotFoundException
        rows = views.cases_named(conn, case_ids=[*(one.case_id for one in made), *left], now=now)
        texts = excerpts(conn, rows)
        names = people.names(
            conn, user_ids([made[0].author, made[0].confirmed_by, *(row.claimed_by for row in rows)])
        )
    known = {row.id: row for row in rows}
    lead = made[0]
    return pages.render(
        visit,
        "decision.html",
        section="cases",
        lead=lead,
        made=made,
        known=known,
        left=[known[case] for case in left if case in known],
        excerpts=texts,
        people=names,
        standing=any(one.state == "in_force" for one in made),
        undoable=lead.state == "in_force"
        and (lead.confirmed_by or lead.author) == visit.person.actor
        and now - lead.decided_at < service.UNDO_WINDOW,
        fresh="fresh" in request.query_params,
    )


handlers = [look_through, preview, decide, decision_page]
