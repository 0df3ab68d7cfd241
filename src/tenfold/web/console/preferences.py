"""What a person chooses for their own console: language, masking, keys, and which cases they take."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tenfold.casework import views
from tenfold.store import care, people, skills
from tenfold.taxonomy import Ground
from tenfold.web.console import access, keys, pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.i18n import LOCALES
from tenfold.web.console.keys import KeysError
from tenfold.web.console.queue import LANGUAGES

SPARING = ("media_blurred", "media_grey", "media_muted", "media_small", "mask_slurs")
MOST_MINUTES, MOST_SEVERE = 600, 1_000  # before a break is suggested; 0: never
VIOLATIONS = tuple(ground.value for ground in Ground if ground.is_violation)


@get("/preferences", sync_to_thread=True)
def preferences_page(visit: Visiting, saved: FromQuery[bool] = False) -> Response[str]:
    """The forms, and what the person's roles allow."""
    return _shown(visit, saved=saved)


def _shown(
    visit: Visit,
    *,
    saved: bool = False,
    wishes: dict[str, str] | None = None,
    failure: str | None = None,
    status: int = 200,
) -> Response[str]:
    """`wishes` are keys as they were sent, `failure` why they cannot be kept."""
    with visit.runtime.pool.connection() as conn:
        takes = skills.load(conn, visit.person.id)
        cares = care.load(conn, visit.person.id)
        queues = [count.queue for count in views.queue_counts(conn, now=datetime.now(UTC))]
    return pages.render(
        visit,
        "preferences.html",
        status,
        section="preferences",
        saved=saved,
        takes=takes,
        cares=cares,
        languages=LANGUAGES,
        grounds=VIOLATIONS,
        sparing=SPARING,
        most={"break_minutes": MOST_MINUTES, "break_severe": MOST_SEVERE},
        queues=sorted({*queues, *takes.without_queues}),
        commands=keys.COMMANDS,
        own_keys=wishes or {command: visit.person.keys.get(command, command) for command in keys.COMMANDS},
        failure=failure,
    )


@post("/preferences", sync_to_thread=True, status_code=303)
def save_preferences(visit: Visiting) -> Redirect:
    """Keep them."""
    chosen = visit.field("locale")
    locale = next((known for known in LOCALES if known == chosen), visit.person.locale)
    with visit.runtime.pool.connection() as conn:
        people.set_preferences(
            conn,
            visit.person.id,
            locale=locale,
            blur=visit.field("blur") == "on",
            shortcuts=visit.field("shortcuts") == "on",
        )
    response = pages.redirect("/preferences?saved=true")
    response.set_cookie(access.cookie(visit.runtime, access.LOCALE_COOKIE, locale, access.YEAR))
    return response


@post("/preferences/keys", sync_to_thread=True, status_code=303)
def save_keys(visit: Visiting) -> Response[Any]:
    """Keep the person's own keys, or everybody's again; the page with what is wrong if two would collide."""
    wishes = {command: visit.field(f"key-{command}") for command in keys.COMMANDS}
    try:
        own = {} if visit.field("reset") else keys.chosen(wishes)
    except KeysError as error:
        return _shown(visit, wishes=wishes, failure=keys.told(error, visit.translator), status=422)
    with visit.runtime.pool.connection() as conn:
        people.set_keys(conn, visit.person.id, own)
    return pages.redirect("/preferences?saved=true#keys")


@post("/preferences/skills", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=303)
def save_skills(visit: Visiting) -> Redirect:
    """Keep what the person takes when they ask for the next case."""
    chosen = skills.Skills(
        languages=tuple(code for code in LANGUAGES if code in visit.fields("takes_language")),
        without_grounds=tuple(code for code in VIOLATIONS if code in visit.fields("without_ground")),
        without_queues=tuple(name.replace("\0", "")[:512] for name in visit.fields("without_queue")[:100]),
    )
    with visit.runtime.pool.connection() as conn:
        skills.save(conn, visit.person.id, chosen)
    return pages.redirect("/preferences?saved=true")


@post("/preferences/care", sync_to_thread=True, status_code=303)
def save_care(visit: Visiting) -> Redirect:
    """Keep how the person wants to be spared, and when to be reminded of a rest."""
    with visit.runtime.pool.connection() as conn:
        before = care.load(conn, visit.person.id)
        chosen = msgspec.structs.replace(
            before,
            **{name: visit.field(name) == "on" for name in SPARING},
            break_minutes=_within(visit.field("break_minutes"), MOST_MINUTES, before.break_minutes),
            break_severe=_within(visit.field("break_severe"), MOST_SEVERE, before.break_severe),
        )
        care.save(conn, visit.person.id, chosen)
    return pages.redirect("/preferences?saved=true#care")


def _within(text: str, most: int, otherwise: int) -> int:
    """A whole number from 0 to `most`."""
    known = text.isascii() and text.isdigit() and len(text) < 6
    return min(int(text), most) if known else otherwise


handlers = [preferences_page, save_preferences, save_keys, save_skills, save_care]
