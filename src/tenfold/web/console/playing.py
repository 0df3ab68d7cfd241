"""Films and sounds of cases, played from the object store for whoever asked to see them."""

import hmac
import re
from typing import IO, Any, Final
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.params import FromQuery

from tenfold.store import audit, content
from tenfold.store.s3_objects import objects_of
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.thumbnails import CLEAR_FRESH

# What browsers play; anything else is never sent under its own type.
PLAYED: Final = frozenset(
    {"video/mp4", "video/webm", "video/ogg"}
    | {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm", "audio/wav", "audio/flac"}
)
PIECE: Final = 4 << 20  # bytes of one answer; a browser asks for the next itself

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


def play_address(visit: Visit, media: str) -> str:
    """Where a film is, for this session."""
    return f"/media/play?media={quote(media, safe='')}&token={_token(visit, media)}"


@get("/media/play", opt={"needs": Permission.READ}, sync_to_thread=True)
def play(
    visit: Visiting,
    request: Request[Any, Any, Any],
    media: FromQuery[str],
    token: FromQuery[str] = "",
) -> Response[bytes]:
    """A piece of the film. That it was begun is in the audit log."""
    if not hmac.compare_digest(token.encode(), _token(visit, media).encode()):
        raise PermissionDeniedException("csrf")
    with visit.runtime.pool.connection() as conn:
        item = content.load_media(conn, [media]).get(media)
        if item is None or item.mime not in PLAYED or not item.sha256:
            raise NotFoundException
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        try:
            with objects_of(visit.runtime.settings).open(item.sha256) as file:
                answer = _piece(file, start, int(asked[2]) if asked and asked[2] else None, item.mime)
        except FileNotFoundError:
            raise NotFoundException from None
        if not start:
            entry = audit.Entry(actor=visit.person.actor, act="media.revealed", subject=f"media:{media}")
            audit.append(conn, [entry])
    return answer


def _piece(file: IO[bytes], start: int, end: int | None, mime: str) -> Response[bytes]:
    """The bytes from `start` to `end` inclusive, at most PIECE of them."""
    size = file.seek(0, 2)
    if start >= size:
        raise HTTPException(status_code=416, headers={"content-range": f"bytes */{size}"})
    last = min(size - 1, start + PIECE - 1, size if end is None else max(end, start))
    file.seek(start)
    headers = {"accept-ranges": "bytes", "content-range": f"bytes {start}-{last}/{size}"}
    return Response(
        file.read(last - start + 1), media_type=mime, status_code=206, headers=CLEAR_FRESH | headers
    )


def _token(visit: Visit, media: str) -> str:
    return hmac.new(visit.runtime.secret, f"play\0{visit.anchor}\0{media}".encode(), "sha256").hexdigest()


handlers = [play]
