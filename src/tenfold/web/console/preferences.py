"""What a person chooses for their own console: language, masking, single-key commands."""

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from tenfold.store import people
from tenfold.web.console import access, pages
from tenfold.web.console.access import Visiting
from tenfold.web.console.i18n import LOCALES


@get("/preferences", sync_to_thread=False)
def preferences_page(visit: Visiting, saved: FromQuery[bool] = False) -> Response[str]:
    """The form, and what the person's roles allow."""
    return pages.render(visit, "preferences.html", section="preferences", saved=saved)


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


handlers = [preferences_page, save_preferences]
