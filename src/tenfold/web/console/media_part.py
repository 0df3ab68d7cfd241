"""The media of a case, blurred, small or grey as somebody likes it, beside what they match in a bank."""

from datetime import UTC, datetime
from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import banking, compared, views
from tenfold.casework.compared import Item, Kept, Match
from tenfold.store import care
from tenfold.store.care import Care
from tenfold.store.s3_objects import objects_of
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.playing import PLAYED, play_address
from tenfold.web.console.returns_sides import blocks
from tenfold.web.console.thumbnails import (
    blurred_address,
    blurred_entry_address,
    clear_address,
    clear_entry_address,
)

SIDE: Final = 16  # blocks of a PDQ hash in a row


@get("/cases/{case_id:int}/media", opt={"needs": Permission.READ}, sync_to_thread=True)
def media_part(visit: Visiting, case_id: FromPath[int]) -> Response[str]:
    """The media, blurred unless the person chose otherwise."""
    return _part(visit, case_id, revealed=False)


@post("/cases/{case_id:int}/media", opt={"needs": Permission.READ}, sync_to_thread=True, status_code=200)
def reveal(visit: Visiting, case_id: FromPath[int]) -> Response[str]:
    """The media as they are. Each picture that is then fetched is in the audit log."""
    return _part(visit, case_id, revealed=True)


def _part(visit: Visit, case_id: int, *, revealed: bool) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        found = views.cases_named(conn, case_ids=[case_id], now=datetime.now(UTC))
        if not found:
            raise NotFoundException
        chosen = care.load(conn, visit.person.id)
        items = compared.of_subject(conn, found[0].subject)
        decides = visit.may(Permission.DECIDE)
        takers = banking.takers(conn, case_id, found[0].subject) if decides else []
    clear = revealed or not chosen.media_blurred
    shown = Shown(visit, clear=clear, care=chosen)
    template = "parts/media.html" if visit.fragment else "around.html"
    return pages.render(
        visit, template, section="cases", case=found[0], part="parts/media.html", title="media.title",
        items=items, clear=clear, shown=shown, takers=takers,
    )  # fmt: skip


class Shown:
    """Where the pictures of a page are for this person, and how they look."""

    def __init__(self, visit: Visit, *, clear: bool, care: Care) -> None:
        self._visit = visit
        self._clear = clear
        self._objects = objects_of(visit.runtime.settings)
        self.muted = care.media_muted
        grey, small = " media-grey" * care.media_grey, " media-small" * care.media_small
        self.look = f"media{grey}{small}"

    def _kept(self, kept: Kept) -> bool:
        return bool(kept.sha256) and self._objects.thumbnail(kept.sha256 or "", "blurred") is not None

    def upload(self, item: Item) -> str | None:
        """The address of an upload's picture; None when nothing is kept of it."""
        if not self._kept(item.kept):
            return None
        return clear_address(self._visit, item.media.id) if self._clear else blurred_address(item.media.id)

    def entry(self, match: Match) -> str | None:
        """The same of an entry's."""
        if not self._kept(match.entry):
            return None
        if self._clear:
            return clear_entry_address(self._visit, match.bank, match.key)
        return blurred_entry_address(match.bank, match.key)

    def film(self, item: Item) -> str | None:
        """The address of a film or sound that can be played; None until it is revealed, or when its bytes
        are not kept."""
        playable = self._clear and item.media.mime in PLAYED and item.kept.stored
        return play_address(self._visit, item.media.id) if playable else None

    @staticmethod
    def hash_of(kept: Kept) -> str | None:
        """What a picture's hash looks like, as an SVG path of SIDE x SIDE units; None when there is none."""
        return blocks(int(kept.pdq, 16)) if kept.pdq else None


handlers = [media_part, reveal]
