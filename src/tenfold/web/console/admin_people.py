"""Administration of people: who there is, their roles, shutting out, login links, lost second factors."""

from collections.abc import Iterable

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.store import audit, people, people_changes, web_sessions
from tenfold.store.database import Conn
from tenfold.store.people import PeopleError, User
from tenfold.taxonomy import Role
from tenfold.web.console import administration, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.administration import CHANGE, SEE
from tenfold.web.console.errors import Refused
from tenfold.web.console.i18n import LOCALES

HISTORY = 20  # rows of the audit log on a person's page
DONE = ("added", "roles", "disabled", "enabled", "reset", "invited")


@get("/admin", opt=SEE, sync_to_thread=False)
def admin_home(visit: Visiting) -> Redirect:
    """The first of the pages."""
    return pages.redirect("/admin/people")


@get("/admin/people", opt=SEE, sync_to_thread=True)
def list_page(visit: Visiting, done: FromQuery[str] = "") -> Response[str]:
    """Everybody, and the form for one more."""
    return _list(visit, done=done)


def _list(visit: Visit, status: int = 200, *, failure: str = "", done: str = "") -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        found = people.users(conn)
    return administration.render(
        visit,
        "people",
        "admin_people.html",
        status,
        rows=found,
        roles=tuple(Role),
        required=visit.runtime.settings.second_factor_roles,
        provider=bool(visit.runtime.settings.oidc_issuer),
        failure=failure,
        given=visit.form,
        default=visit.runtime.settings.locale,
        done=done if done in DONE else "",
    )


def _roles(values: Iterable[str]) -> list[Role]:
    return [role for role in Role if role in set(values)]


@post("/admin/people", opt=CHANGE, sync_to_thread=True, status_code=200)
def add(visit: Visiting) -> Response[str]:
    """Add somebody; the page that follows shows their one-time link."""
    locale = next(
        (known for known in LOCALES if known == visit.field("locale")), visit.runtime.settings.locale
    )
    try:
        with visit.runtime.pool.connection() as conn:
            user, token = people_changes.add(
                conn,
                administration.by(visit),
                visit.field("name"),
                _roles(visit.fields("role")),
                locale=locale,
                name_there=visit.field("name_there"),
            )
    except PeopleError as error:
        return _list(visit, 422, failure=str(error))
    return _person(visit, user.id, link=_link(visit, token), done="added")


def _link(visit: Visit, token: str) -> str:
    return f"{visit.runtime.settings.url}/login/{token}" if token else ""


@get("/admin/people/{person:str}", opt=SEE, sync_to_thread=True)
def person_page(visit: Visiting, person: FromPath[str], done: FromQuery[str] = "") -> Response[str]:
    """One person: what they may, what was changed, and what can be."""
    return _person(visit, administration.number(person), done=done)


def _person(
    visit: Visit, number: int, status: int = 200, *, failure: str = "", link: str = "", done: str = ""
) -> Response[str]:
    _, idle = visit.runtime.settings.session_lifetimes
    with visit.runtime.pool.connection() as conn:
        user = _found(conn, number)
        history = audit.latest(conn, subject=user.actor, limit=HISTORY)[::-1]
        actors = (row.actor.removeprefix("user:") for row in history if row.actor.startswith("user:"))
        return administration.render(
            visit,
            "people",
            "admin_person.html",
            status,
            person=user,
            roles=tuple(Role),
            sessions=len(web_sessions.listing(conn, user.id, idle=idle)),
            claimed=people.claimed_cases(conn, user),
            by_groups=user.provider and bool(visit.runtime.settings.oidc_roles),
            provider=bool(visit.runtime.settings.oidc_issuer),
            history=history,
            people=people.names(conn, [int(one) for one in actors]),
            failure=failure,
            link=link,
            done=done if done in DONE else "",
        )


def _found(conn: Conn, number: int) -> User:
    user = people.user(conn, number)
    if user is None:
        raise NotFoundException
    return user


@post("/admin/people/{person:str}/{act:str}", opt=CHANGE, sync_to_thread=True, status_code=303)
def change(visit: Visiting, person: FromPath[str], act: FromPath[str]) -> Response[str] | Redirect:
    """Change something about one person."""
    number, why, link = administration.number(person), administration.by(visit), ""
    try:
        with visit.runtime.pool.connection() as conn:
            user = _found(conn, number)
            if act == "roles":
                people_changes.set_roles(conn, why, user, _roles(visit.fields("role")))
            elif act in ("disabled", "enabled"):
                people_changes.set_disabled(conn, why, user, act == "disabled")
            elif act == "reset":
                people_changes.reset_second_factor(conn, why, user)
            elif act == "invited":
                people_changes.invite(conn, why, user, visit.field("name_there"))
            elif act == "link":
                link = _link(visit, people_changes.login_link(conn, why, user))
            else:
                raise Refused(404, "error.404")
    except PeopleError as error:
        return _person(visit, number, 409, failure=str(error))
    if link:
        return _person(visit, number, 200, link=link)
    return pages.redirect(f"/admin/people/{number}?done={act}")


handlers = [admin_home, list_page, add, person_page, change]
