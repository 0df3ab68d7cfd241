"""Returns: how right were we. What people decided, by the probability that was shown to them."""

from typing import Final

import msgspec
from litestar import Response, get

from tenfold.casework import track_record
from tenfold.casework.track_record import Record
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.returns_words import chance

SIDE: Final = 200  # units of the chart in both directions


class Dot(msgspec.Struct, frozen=True):
    """A band in the chart: shown probability to the side, share of right ones upwards; a larger dot for more
    decisions, hollow while they are few."""

    x: int
    y: int
    radius: float
    enough: bool


def dots(record: Record) -> list[Dot]:
    """The bands of which anything was decided."""
    found = []
    for band in record.bands:
        count = band.count
        if count.right is None or count.expected is None:
            continue
        radius = min(4 + count.decided**0.5 / 2, 14)
        found.append(Dot(round(count.expected * SIDE), round((1 - count.right) * SIDE), radius, count.enough))
    return found


@get("/returns/record", opt={"needs": Permission.READ}, sync_to_thread=True)
def record_page(visit: Visiting) -> Response[str]:
    """Shares with their denominators: by band, language, culture of names; and the model's own trial."""
    with visit.runtime.pool.connection() as conn:
        record, tried = track_record.record(conn), track_record.tried(conn)
    return pages.render(
        visit,
        "returns_record.html",
        section="returns",
        record=record,
        dots=dots(record),
        tried=tried,
        side=SIDE,
        chance=lambda probability: chance(visit.translator, probability),
        ENOUGH=track_record.ENOUGH,
    )


handlers = [record_page]
