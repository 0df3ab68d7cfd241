"""The desk: the list of threats, the most urgent first, and the page on which one is looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.detectors.threat.levels import GATES, ORDER, OWN_ACTS
from tenfold.store import audit, on_call, people, protectees, referrals, threat_pages
from tenfold.store.database import Conn
from tenfold.threats import corrections, lists, shown, steps
from tenfold.threats.lists import ThreatRow
from tenfold.threats.shown import ThreatView
from tenfold.threats.transitions import OUTCOMES, STEPS, Status, Step, UnknownThreatError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import LANGUAGES, user_ids
from tenfold.web.console.sparing import Spared, spare
from tenfold.web.console.threats_words import columns, factor_rows, line_words, marked, named, told

STATUSES: Final = tuple(status.value for status in Status)
TARGET_KINDS: Final = tuple(sorted(corrections.TARGET_KINDS))
CLOSABLE: Final = tuple(outcome for outcome in OUTCOMES if outcome != "duplicate")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the list is shown. An empty field is no filter; `owner`: mine, none."""

    level: str = ""
    status: str = ""
    owner: str = ""
    language: str = ""
    target_kind: str = ""
    protected: str = ""
    information: str = ""
    cursor: str = ""

    def query(self, cursor: str = "") -> str:
        """As the query of an address, with its question mark; empty when nothing is filtered."""
        values = msgspec.structs.asdict(self) | {"cursor": cursor}
        chosen = {name: value for name, value in values.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    def wanted(self, visit: Visit) -> lists.Filter:
        """As the list takes it."""
        return lists.Filter(
            level=self.level or None,
            status=self.status or None,
            owner=visit.person.actor if self.owner == "mine" else None,
            language=self.language or None,
            target_kind=self.target_kind or None,
            protected=True if self.protected else None,
            information=bool(self.information),
        )


_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "level": ORDER,
    "status": STATUSES,
    "owner": ("mine",),
    "language": LANGUAGES,
    "target_kind": TARGET_KINDS,
    "protected": ("true",),
    "information": ("true",),
}


def read_filter(values: Mapping[str, Any]) -> Filter:
    """From a query. What is not one of the choices is no filter."""
    chosen = {
        name: value for name, known in _CHOICES.items() if (value := str(values.get(name, ""))) in known
    }
    return Filter(**chosen, cursor=str(values.get("cursor", "")).replace("\0", "")[:2_000])


@get("/threats", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def threats_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One window of the list."""
    filter_ = read_filter(request.query_params)
    with visit.runtime.pool.connection() as conn:
        try:
            page = lists.page(conn, filter_.wanted(visit), filter_.cursor or None)
        except ValueError:
            raise Refused(400, "error.400") from None
        counts = lists.counts(conn)
        names = people.names(conn, user_ids(row.owner for row in page.rows))
        called = bool(on_call.load_all(conn))
    return pages.render(
        visit,
        "threats.html",
        section="threats",
        filter=filter_,
        page=page,
        counts=counts,
        levels=ORDER,
        level_of=_listed,
        statuses=STATUSES,
        languages=LANGUAGES,
        target_kinds=TARGET_KINDS,
        people=names,
        tell=named(visit.translator),
        called=called,
        first=f"/threats{filter_.query()}",
        further=f"/threats{filter_.query(page.next or '')}",
    )


def _listed(row: ThreatRow) -> str:
    return ORDER[row.urgency]


def read_threat(conn: Conn, threat_id: int) -> ThreatView:
    """A threat with everything about it; NotFoundException if there is none."""
    view = shown.view(conn, threat_id)
    if view is None:
        raise NotFoundException
    return view


def threat_page(
    visit: Visit,
    threat_id: int,
    *,
    revealed: bool = False,
    status: int = 200,
    failure: str = "",
    form: str = "",
) -> Response[str]:
    """The page of one threat. Looking ends the calls about it. `failure`: what was wrong with `form`."""
    now = datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        try:
            steps.look(conn, threat_id, visit.person.actor, now)
        except UnknownThreatError:
            raise NotFoundException from None
        if revealed:
            entry = audit.Entry(actor=visit.person.actor, act="text.revealed", subject=f"threat:{threat_id}")
            audit.append(conn, [entry])
    with visit.runtime.pool.connection() as conn:
        view = read_threat(conn, threat_id)
        spared = spare(conn, visit, revealed=revealed)
        values = _values(conn, visit, view, spared)
    return pages.render(
        visit,
        "threat.html",
        status,
        section="threats",
        spared=spared,
        masked=spared.masked,
        failure=failure,
        failed_form=form,
        **values,
    )


def _values(conn: Conn, visit: Visit, view: ThreatView, spared: Spared) -> dict[str, Any]:
    """What the template of one threat needs."""
    words, threat = visit.translator, view.threat
    actors = [threat.owner, threat.assessed_by, *(line.actor for line in view.log)]
    watched = {}
    if visit.may(Permission.PROTECT):
        watched = protectees.many(conn, [match.protectee for match in view.protectees])
    return {
        "view": view,
        "threat": threat,
        "listed": min(threat.level, threat.read_level, key=ORDER.index) if threat.asks else threat.level,
        "tell": named(words),
        "told": told(words),
        "line_words": lambda line: line_words(words, line),
        "texts": [marked(source, view, spared) for source in view.sources],
        "factors": factor_rows(words, view),
        "columns": columns(words, view.spread),
        "people": people.names(conn, user_ids(actors)),
        "watched": watched,
        "paging": threat_pages.load(conn, threat.id),
        "referrals": referrals.of_threat(conn, threat.id),
        "levels": ORDER,
        "outcomes": CLOSABLE,
        "allowed": {step.value for step in Step if (Status(threat.status), step) in STEPS},
        "correctable": corrections.FACTORS,
        "speech_acts": (*OWN_ACTS, *GATES),
        "acts": sorted(corrections.ACTS),
        "target_kinds": TARGET_KINDS,
    }


@get("/threats/{threat_id:int}", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def one_threat(visit: Visiting, threat_id: FromPath[int]) -> Response[str]:
    """One threat."""
    return threat_page(visit, threat_id)


@post(
    "/threats/{threat_id:int}/reveal",
    opt={"needs": Permission.THREATS},
    sync_to_thread=True,
    status_code=200,
)
def reveal(visit: Visiting, threat_id: FromPath[int]) -> Response[str]:
    """The same page with its texts readable, and a line in the audit log that they were shown."""
    return threat_page(visit, threat_id, revealed=True)


handlers = [threats_page, one_threat, reveal]
