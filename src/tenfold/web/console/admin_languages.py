"""Administration of languages: those that the console speaks, and those that cases wait in for a reader."""

from datetime import UTC, datetime

from litestar import Response, get

from tenfold.store import languages
from tenfold.web.console import administration
from tenfold.web.console.access import Visiting
from tenfold.web.console.administration import SEE
from tenfold.web.console.i18n import LOCALES, TRANSLATORS


@get("/admin/languages", opt=SEE, sync_to_thread=True)
def languages_page(visit: Visiting) -> Response[str]:
    """Both, with counts; a language that cases wait in and nobody reads is said."""
    with visit.runtime.pool.connection() as conn:
        waiting = languages.waiting(conn, datetime.now(UTC))
        people = languages.of_people(conn)
    return administration.render(
        visit,
        "languages",
        "admin_languages.html",
        locales=[(locale, len(TRANSLATORS[locale].messages), people.get(locale, 0)) for locale in LOCALES],
        default=visit.runtime.settings.locale,
        waiting=waiting,
    )


handlers = [languages_page]
