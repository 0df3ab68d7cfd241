"""What the pages of administration share: who acts and why, what a form gave."""

from typing import Final

from litestar import Response

from tenfold.store.audit import By
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit
from tenfold.web.console.errors import Refused

SEE: Final = {"needs": Permission.INSPECT}
CHANGE: Final = {"needs": Permission.ADMINISTER}
MAX_REASON: Final = 500  # characters
PAGES: Final = ("people", "keys", "webhooks", "banks", "retention", "languages")


def by(visit: Visit) -> By:
    """Who changes something and why; without a reason nothing is changed."""
    reason = visit.field("reason")
    if not reason or len(reason) > MAX_REASON:
        raise Refused(422, "admin.no_reason")
    return By(actor=visit.person.actor, reason=reason)


def number(text: str) -> int:
    """A number of an address or a form, at most 18 digits."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(400, "error.400")
    return int(text)


def render(visit: Visit, page: str, template: str, status: int = 200, **values: object) -> Response[str]:
    """A page of administration, under the tab `page`."""
    return pages.render(visit, template, status, section="admin", tab=page, tabs=PAGES, **values)
