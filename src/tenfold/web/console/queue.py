"""The queue: what waits for a person, the worst and most urgent first."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from tenfold.casework import quality_checks, taking, views
from tenfold.casework.together import MOST
from tenfold.store import accounts, content, groups, people, saved_views, skills
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused

LANGUAGES: Final = (
    "ar",
    "ar-Latn",
    "en",
    "de",
    "es",
    "fa",
    "fr",
    "id",
    "ku",
    "ru",
    "so",
    "sw",
    "tr",
    "ur",
)
LOWEST, HIGHEST = 1, 4


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the queue is shown. An empty field is no filter."""

    queue: str = ""
    severity: int | None = None
    language: str = ""
    state: views.CaseStateName | None = None
    search: str = ""
    cursor: str = ""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def query(self, **changed: str) -> str:
        """As the query of an address, with its question mark; empty when nothing is filtered."""
        values = msgspec.structs.asdict(self) | changed
        chosen = {name: value for name, value in values.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def trail(self) -> str:
        """What goes along from the queue to a case and on to the next."""
        return Filter(queue=self.queue, language=self.language).query()

    @property
    def named(self) -> dict[str, Any]:
        """What is filtered for, as lists of cases take it."""
        names = ("queue", "severity", "language", "state", "search")
        return {name: self[name] or None for name in names}

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.query(cursor=""))


def read_filter(values: Any) -> Filter:
    """From a query or a form. What is not one of the choices is no filter."""

    def text(name: str) -> str:
        value = values.get(name, "")
        return value.replace("\0", "").strip()[:512] if isinstance(value, str) else ""

    severity = text("severity")
    known = severity.isascii() and severity.isdigit() and LOWEST <= int(severity[:3]) <= HIGHEST
    state = text("state")
    return Filter(
        queue=text("queue"),
        severity=int(severity) if known else None,
        language=text("language"),
        state=next(
            (name for name in ("open", "claimed", "escalated", "awaiting", "decided") if name == state), None
        ),
        search=text("search"),
        cursor=text("cursor"),
    )


class Toast(msgspec.Struct, frozen=True):
    """The decision just made, which can be undone for a minute. `media`: the case gives media to a bank."""

    decision: int
    case: int
    media: bool = False

    @property
    def query(self) -> str:
        """How an address says it."""
        return f"decided={self.decision}&of={self.case}{'&media=1' * self.media}"


def number_of(values: Mapping[str, Any], name: str) -> int | None:
    """A row's number from a query or form; None when it is missing or none."""
    text = str(values.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def read_toast(query: Mapping[str, str]) -> Toast | None:
    """From the address that a decision leads to."""
    decision, case = number_of(query, "decided"), number_of(query, "of")
    return None if decision is None or case is None else Toast(decision, case, "media" in query)


def excerpts(conn: Conn, cases: Iterable[views.CaseRow]) -> dict[int, str]:
    """What each case is about in words, by case: a post's text, a profile's or group's name."""
    by_kind: dict[SubjectKind, dict[str, int]] = {kind: {} for kind in SubjectKind}
    for case in cases:
        by_kind[case.subject.kind][case.subject.id] = case.id
    found: dict[int, str] = dict.fromkeys((id_ for ids in by_kind.values() for id_ in ids.values()), "")
    ids = by_kind[SubjectKind.POST]
    for post_ in content.load_posts(conn, ids).values() if ids else ():
        found[ids[post_.id]] = post_.text
    ids = by_kind[SubjectKind.ACCOUNT]
    for account in accounts.load(conn, ids).values() if ids else ():
        found[ids[account.id]] = " · ".join(filter(None, (account.display_name, account.handle, account.bio)))
    ids = by_kind[SubjectKind.GROUP]
    for group in groups.load(conn, ids).values() if ids else ():
        found[ids[group.id]] = " · ".join(filter(None, (group.name, group.description)))
    return found


def queue_of(conn: Conn, filter_: Filter, now: datetime, limit: int = views.PAGE) -> views.QueuePage:
    """The cases that a filter leaves, one window of them."""
    try:
        return views.queue_page(conn, now=now, **filter_.named, cursor=filter_.cursor or None, limit=limit)
    except ValueError:
        raise Refused(400, "error.400") from None


@get("/cases", opt={"needs": Permission.READ}, sync_to_thread=True)
def queue_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """One window of the queue, with the filters and how full the queues are."""
    filter_, now = read_filter(request.query_params), datetime.now(UTC)
    with visit.runtime.pool.connection() as conn:
        page = queue_of(conn, filter_, now)
        counts = views.queue_counts(conn, now=now)
        listed = views.queue_size(conn, now=now, **filter_.named) if filter_.narrowed else None
        texts = excerpts(conn, page.cases)
        owners = accounts.load(conn, {case.account for case in page.cases if case.account})
        names = people.names(conn, user_ids(case.claimed_by for case in page.cases))
        kept = saved_views.of(conn, visit.person.id)
        newcomer = visit.may(Permission.DECIDE) and not views.decisions_by(
            conn, actor=visit.person.actor, limit=1
        )
    return pages.render(
        visit,
        "queue.html",
        section="cases",
        filter=filter_,
        narrowed=filter_.narrowed,
        languages=LANGUAGES,
        total=sum(count.total for count in counts),
        listed=listed,
        overdue=sum(count.overdue for count in counts),
        awaiting=sum(count.awaiting for count in counts),
        trail=filter_.trail,
        first=f"/cases{filter_.query(cursor='')}",
        further=f"/cases{filter_.query(cursor=page.next or '')}",
        decided=read_toast(request.query_params),
        reopened=number_of(request.query_params, "reopened"),
        most=MOST,
        views=kept,
        here=filter_.query(cursor=""),
        none_left="none" in request.query_params,
        newcomer=newcomer,
        page=page,
        counts=counts,
        excerpts=texts,
        handles={id_: owner.handle for id_, owner in owners.items()},
        people=names,
    )


def user_ids(actors: Iterable[str | None]) -> set[int]:
    """The ids of users among actors such as `user:3` and `key:1`."""
    numbers = (actor.removeprefix("user:") for actor in actors if actor and actor.startswith("user:"))
    return {int(number) for number in numbers if number.isascii() and number.isdigit()}


def wanted_by(conn: Conn, visit: Visit, filter_: Filter) -> taking.Wanted:
    """Which cases the person takes, within what the queue is filtered for: a queue or language that is asked
    for by name counts more than what the person takes otherwise."""
    takes = skills.load(conn, visit.person.id)
    return taking.Wanted(
        queues=[filter_.queue] if filter_.queue else None,
        languages=[filter_.language] if filter_.language else None,
        escalated=visit.may(Permission.REVERSE),
        reads=() if filter_.language else takes.languages,
        without_grounds=takes.without_grounds,
        without_queues=() if filter_.queue else takes.without_queues,
    )


def next_place(conn: Conn, visit: Visit, filter_: Filter, then: str = "") -> tuple[str, int | None]:
    """Take the next case of the same queue and language: where it is (the queue if there is none), and its
    number if it was kept ready and is as it was. Now and then it is a check instead."""
    actor, now, wanted = visit.person.actor, datetime.now(UTC), wanted_by(conn, visit, filter_)
    lease = timedelta(minutes=visit.runtime.settings.lease_minutes)
    check = quality_checks.instead(conn, actor=actor, wanted=wanted, lease=lease, now=now)
    taken = None if check else taking.take(conn, actor=actor, wanted=wanted, lease=lease, now=now)
    number = check or (taken.case_id if taken else None)
    place = f"/cases/{number}" if number else "/cases"
    parts = (filter_.trail.removeprefix("?"), then, "" if number else "none=true")
    joined = "&".join(filter(None, parts))
    return f"{place}?{joined}" if joined else place, taken.case_id if taken and taken.ready else None


def go_to_next(conn: Conn, visit: Visit, filter_: Filter, then: str = "") -> Redirect:
    """Take the next case and go there."""
    return pages.redirect(next_place(conn, visit, filter_, then)[0])


@post("/cases/next", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def take_next(visit: Visiting) -> Redirect:
    """Claim the worst, most urgent case that nobody holds."""
    with visit.runtime.pool.connection() as conn:
        return go_to_next(conn, visit, read_filter(visit.form))


handlers = [queue_page, take_next]
