"""Small pictures of media: blurred for whoever may read cases, clear for whoever asked to see.

A page that shows what a person asked to see puts `clear_address` into an `<img>`. The token in it is worth
something in this person's session only, and each look is in the audit log.
"""

import hmac
from typing import Final
from urllib.parse import quote

from litestar import Response, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromQuery

from tenfold.store import audit, uploads
from tenfold.store.objects import Objects
from tenfold.web.console.access import Permission, Visit, Visiting

BLURRED_FRESH: Final = {"cache-control": "private, max-age=3600"}
CLEAR_FRESH: Final = {"cache-control": "no-store"}


def blurred_address(media: str) -> str:
    """Where the blurred picture of a media item is; nothing is there when none was made."""
    return f"/thumbnails?media={quote(media, safe='')}"


def clear_address(visit: Visit, media: str) -> str:
    """Where the clear one is, for this session."""
    return f"/thumbnails/clear?media={quote(media, safe='')}&token={_token(visit, media)}"


@get("/thumbnails", opt={"needs": Permission.READ}, sync_to_thread=True)
def blurred(visit: Visiting, media: FromQuery[str]) -> Response[bytes]:
    """The blurred picture."""
    return _picture(visit, media, "blurred", BLURRED_FRESH)


@get("/thumbnails/clear", opt={"needs": Permission.READ}, sync_to_thread=True)
def clear(visit: Visiting, media: FromQuery[str], token: FromQuery[str] = "") -> Response[bytes]:
    """The clear picture, and a line in the audit log that it was shown."""
    if not hmac.compare_digest(token.encode(), _token(visit, media).encode()):
        raise PermissionDeniedException("csrf")
    shown = _picture(visit, media, "clear", CLEAR_FRESH)
    entry = audit.Entry(actor=visit.person.actor, act="media.revealed", subject=f"media:{media}")
    with visit.runtime.pool.connection() as conn:
        audit.append(conn, [entry])
    return shown


def _picture(visit: Visit, media: str, which: str, fresh: dict[str, str]) -> Response[bytes]:
    with visit.runtime.pool.connection() as conn:
        sha256 = uploads.sha256_of(conn, media)
    data = Objects(visit.runtime.settings.objects).thumbnail(sha256, which) if sha256 else None
    if data is None:
        raise NotFoundException(media)
    return Response(data, media_type="image/jpeg", headers=fresh)


def _token(visit: Visit, media: str) -> str:
    key = visit.runtime.secret
    return hmac.new(key, f"reveal\0{visit.anchor}\0{media}".encode(), "sha256").hexdigest()


handlers = [blurred, clear]
