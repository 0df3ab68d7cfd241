"""Handing a case over, asking who reads its language, who else is here, and a person's own page."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from tenfold.casework import colleagues, service, views
from tenfold.store import inbox, people, skills
from tenfold.store.database import Conn
from tenfold.store.people import User
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting, may
from tenfold.web.console.case import acting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import LANGUAGES, number_of, read_filter, user_ids

DECISIONS = 20  # of one's own that are shown


def _deciders(conn: Conn, visit: Visit) -> list[User]:
    others = (user for user in people.users(conn) if user.id != visit.person.id and not user.disabled)
    return [user for user in others if may(user, Permission.DECIDE)]


@get("/cases/{case_id:int}/colleagues", opt={"needs": Permission.DECIDE}, sync_to_thread=True)
def colleagues_page(
    visit: Visiting, request: Request[Any, Any, Any], case_id: FromPath[int]
) -> Response[str]:
    """Whom the case could be handed to, and whose language could be asked for."""
    with visit.runtime.pool.connection() as conn:
        deciders = _deciders(conn, visit)
    return pages.render(
        visit,
        "colleagues.html",
        section="cases",
        case_id=case_id,
        deciders=deciders,
        languages=LANGUAGES,
        filter=read_filter(request.query_params),
    )


@post(
    "/cases/{case_id:int}/hand-over", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303
)
def hand_over(visit: Visiting, case_id: FromPath[int]) -> Redirect:
    """To the person who is chosen, or back to the queue."""
    chosen, reason = number_of(visit.form, "to"), visit.field("reason")
    if not reason:
        raise Refused(422, "error.reason")
    with acting(visit) as conn:
        to = next((user for user in _deciders(conn, visit) if user.id == chosen), None)
        if chosen is not None and to is None:
            raise Refused(422, "error.refused")
        colleagues.hand_over(
            conn, case_id=case_id, actor=visit.person.actor, to=to, reason=reason, now=datetime.now(UTC)
        )
    return pages.redirect(f"/cases{read_filter(visit.form).trail}")


@post("/cases/{case_id:int}/readers", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def ask_readers(visit: Visiting, case_id: FromPath[int]) -> Redirect:
    """Ask who reads a language to look at the case."""
    language, question = visit.field("language"), visit.field("reason")
    if not question or language not in LANGUAGES:
        raise Refused(422, "error.reason")
    with acting(visit) as conn:
        readers = [
            user for user in _deciders(conn, visit) if language in skills.load(conn, user.id).languages
        ]
        if not readers:
            raise Refused(422, "error.no_reader")
        colleagues.ask_readers(
            conn,
            case_id=case_id,
            actor=visit.person.actor,
            language=language,
            readers=readers,
            question=question,
            now=datetime.now(UTC),
        )
    return pages.redirect(f"/cases/{case_id}#notes")


@post("/cases/{case_id:int}/here", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def here(visit: Visiting, case_id: FromPath[int]) -> Response[str]:
    """Said by an open page now and then; answers who else has the case open."""
    with visit.runtime.pool.connection() as conn:
        others = inbox.here(conn, case_id, visit.person.id, datetime.now(UTC))
        names = people.names(conn, others)
    return pages.render(visit, "parts/here.html", others=list(names.values()))


@get("/mine", opt={"needs": Permission.READ}, sync_to_thread=True)
def mine(visit: Visiting) -> Response[str]:
    """What waits for the person, what they hold, and their last decisions, to be undone while they can be."""
    actor, now = visit.person.actor, datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        messages = inbox.of(conn, visit.person.id)
        held = views.cases_held(conn, actor=actor, now=now)
        made = views.decisions_by(conn, actor=actor, limit=DECISIONS)
        names = people.names(conn, user_ids(message.author for message in messages))
    return pages.render(
        visit,
        "mine.html",
        section="mine",
        messages=messages,
        held=held,
        made=made,
        undoable=lambda one: one.state == "in_force" and now - one.decided_at < service.UNDO_WINDOW,
        people=names,
    )


@post("/mine/seen", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=303)
def seen(visit: Visiting) -> Redirect:
    """All messages are seen."""
    with visit.runtime.pool.connection() as conn:
        inbox.saw(conn, visit.person.id, None, datetime.now(UTC))
    return pages.redirect("/mine")


handlers = [colleagues_page, hand_over, ask_readers, here, mine, seen]
