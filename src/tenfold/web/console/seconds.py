"""Confirmations: what waits for a second person, one proposal with what it would do, what asks for two."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.casework import seconds, views
from tenfold.casework.service import RefusedError
from tenfold.store import actions, people
from tenfold.store import seconds as store
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.case import acting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import excerpts, user_ids

ASKING: Final = tuple(
    kind.value for kind in ActionKind if kind not in (ActionKind.RESTORE, ActionKind.ESCALATE)
)


@get("/seconds", opt={"needs": Permission.READ}, sync_to_thread=True)
def seconds_page(visit: Visiting) -> Response[str]:
    """What waits for a second person, the most urgent first, and what asks for one."""
    now = datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        waiting = views.queue_page(conn, now=now, state="awaiting").cases
        proposals = {case.id: store.waiting_on(conn, case.id) for case in waiting}
        texts = excerpts(conn, waiting)
        rules = store.rules(conn)
        queues = [count.queue for count in views.queue_counts(conn, now=now)]
        authors = [one.author for one in proposals.values() if one]
        names = people.names(conn, user_ids([*authors, *(rule.added_by for rule in rules)]))
    return pages.render(
        visit,
        "seconds.html",
        section="cases",
        waiting=waiting,
        proposals=proposals,
        excerpts=texts,
        rules=rules,
        grounds=[ground.value for ground in Ground],
        kinds=ASKING,
        queues=queues,
        people=names,
    )


@post("/seconds/rules", opt={"needs": Permission.POLICY}, sync_to_thread=True, status_code=303)
def change_rule(visit: Visiting) -> Redirect:
    """Ask for a second person, or no longer. The choice is written KIND:VALUE."""
    kind, _, value = visit.field("rule").partition(":")
    known = next((one for one in get_args(seconds.Kind) if one == kind), None)
    if known is None:
        raise Refused(422, "error.refused")
    with visit.runtime.pool.connection() as conn:
        seconds.set_rule(
            conn,
            kind=known,
            value=value,
            needed=visit.field("needed") == "on",
            actor=visit.person.actor,
            now=datetime.now(UTC),
        )
    return pages.redirect("/seconds#rules")


@get("/seconds/{proposal_id:int}", opt={"needs": Permission.READ}, sync_to_thread=True)
def proposal_page(
    visit: Visiting, proposal_id: FromPath[int], fresh: FromQuery[bool] = False
) -> Response[str]:
    """One proposal: the cases, what would be decided about them, and what the second person can do."""
    return _shown(visit, proposal_id, fresh=fresh)


def _shown(
    visit: Visit, proposal_id: int, *, fresh: bool = False, failure: str | None = None, status: int = 200
) -> Response[str]:
    now = datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        proposal = store.load(conn, proposal_id)
        if proposal is None:
            raise NotFoundException
        verdicts = seconds.verdicts_of(proposal)
        rows = {row.id: row for row in views.cases_named(conn, case_ids=proposal.case_ids, now=now)}
        texts = excerpts(conn, rows.values())
        ordered = _ordered(conn, verdicts)
        untied = seconds.untied(conn, proposal, now) if proposal.state == "waiting" else []
        names = people.names(conn, user_ids([proposal.author, proposal.second]))
    return pages.render(
        visit,
        "second.html",
        status,
        section="cases",
        proposal=proposal,
        verdicts=verdicts,
        rows=rows,
        ordered=ordered,
        excerpts=texts,
        people=names,
        untied=untied,
        mine=proposal.author == visit.person.actor,
        fresh=fresh,
        failure=failure,
    )


def _ordered(conn: Conn, verdicts: list[Any]) -> dict[int, list[str]]:
    """The kinds of actions that each verdict would order, by case."""
    proposed = actions.of_cases(conn, [one.case_id for one in verdicts])
    found: dict[int, list[str]] = {}
    for one in verdicts:
        chosen = one.verdict.proposals
        kinds = [
            action.kind
            for action in proposed
            if action.case_id == one.case_id
            and (action.id in chosen if chosen is not None else action.state == "proposed")
        ]
        found[one.case_id] = list(dict.fromkeys([*kinds, *(order.kind.value for order in one.verdict.add)]))
    return found


def _act(visit: Visit, proposal_id: int, act: Callable[[Conn, str, datetime], str]) -> Response[Any]:
    """One step, then the page to which it leads; the proposal's page again when it is refused."""
    try:
        with acting(visit) as conn:
            place = act(conn, visit.person.actor, datetime.now(UTC))
    except RefusedError as error:
        key = "seconds.four_eyes" if error.field == "second" else "seconds.cannot"
        return _shown(visit, proposal_id, failure=key, status=409)
    return pages.redirect(place)


@post(
    "/seconds/{proposal_id:int}/confirm",
    opt={"needs": Permission.DECIDE},
    sync_to_thread=True,
    status_code=303,
)
def confirm(visit: Visiting, proposal_id: FromPath[int]) -> Response[Any]:
    """Decide it, in both names."""

    def act(conn: Conn, actor: str, now: datetime) -> str:
        made = seconds.confirm(conn, proposal_id=proposal_id, actor=actor, now=now)
        return f"/decisions/{made[0].decision_id}?fresh=true"

    return _act(visit, proposal_id, act)


@post(
    "/seconds/{proposal_id:int}/return",
    opt={"needs": Permission.DECIDE},
    sync_to_thread=True,
    status_code=303,
)
def send_back(visit: Visiting, proposal_id: FromPath[int]) -> Response[Any]:
    """Send it back, with words."""
    words = visit.field("words")
    if not words:
        return _shown(visit, proposal_id, failure="seconds.words_missing", status=422)

    def act(conn: Conn, actor: str, now: datetime) -> str:
        seconds.send_back(conn, proposal_id=proposal_id, words=words, actor=actor, now=now)
        return "/seconds"

    return _act(visit, proposal_id, act)


@post(
    "/seconds/{proposal_id:int}/take", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303
)
def take_over(visit: Visiting, proposal_id: FromPath[int]) -> Response[Any]:
    """Go on with it oneself."""
    lease = timedelta(minutes=visit.runtime.settings.lease_minutes)

    def act(conn: Conn, actor: str, now: datetime) -> str:
        cases = seconds.take_over(conn, proposal_id=proposal_id, actor=actor, lease=lease, now=now)
        return f"/cases/{cases[0]}"

    return _act(visit, proposal_id, act)


@post(
    "/seconds/{proposal_id:int}/withdraw",
    opt={"needs": Permission.DECIDE},
    sync_to_thread=True,
    status_code=303,
)
def withdraw(visit: Visiting, proposal_id: FromPath[int]) -> Response[Any]:
    """Take one's own proposal back."""

    def act(conn: Conn, actor: str, now: datetime) -> str:
        return f"/cases/{seconds.withdraw(conn, proposal_id=proposal_id, actor=actor, now=now)[0]}"

    return _act(visit, proposal_id, act)


handlers = [seconds_page, change_rule, proposal_page, confirm, send_back, take_over, withdraw]
