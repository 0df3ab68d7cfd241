"""Small pictures of media: blurred for whoever may read cases, clear for whoever asked to see.

A page that shows what a person asked to see puts `clear_address` into an `<img>`. The token in it is worth
something in this person's session only, and each look is in the audit log.
"""

import hmac
from typing import Final
from urllib.parse import quote, urlencode

from litestar import Response, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromQuery

from tenfold.casework import compared
from tenfold.store import audit, uploads
from tenfold.store.s3_objects import objects_of
from tenfold.web.console.access import Permission, Visit, Visiting

BLURRED_FRESH: Final = {"cache-control": "private, max-age=3600"}
CLEAR_FRESH: Final = {"cache-control": "no-store"}


def blurred_address(media: str) -> str:
    """Where the blurred picture of a media item is; nothing is there when none was made."""
    return f"/thumbnails?media={quote(media, safe='')}"


def clear_address(visit: Visit, media: str) -> str:
    """Where the clear one is, for this session."""
    return f"/thumbnails/clear?media={quote(media, safe='')}&token={_token(visit, media)}"


def blurred_entry_address(bank: str, key: str) -> str:
    """Where the blurred picture of a bank's entry is; nothing is there when its file is not kept."""
    return f"/thumbnails/entry?{urlencode({'bank': bank, 'key': key})}"


def clear_entry_address(visit: Visit, bank: str, key: str) -> str:
    """Where the clear one is, for this session."""
    token = _token(visit, _entry_name(bank, key))
    return f"/thumbnails/entry/clear?{urlencode({'bank': bank, 'key': key, 'token': token})}"


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
    _note(visit, f"media:{media}")
    return shown


@get("/thumbnails/entry", opt={"needs": Permission.READ}, sync_to_thread=True)
def blurred_entry(visit: Visiting, bank: FromQuery[str], key: FromQuery[str]) -> Response[bytes]:
    """The blurred picture of a bank's entry."""
    return _entry_picture(visit, bank, key, "blurred", BLURRED_FRESH)


@get("/thumbnails/entry/clear", opt={"needs": Permission.READ}, sync_to_thread=True)
def clear_entry(
    visit: Visiting, bank: FromQuery[str], key: FromQuery[str], token: FromQuery[str] = ""
) -> Response[bytes]:
    """The clear one, and a line in the audit log that it was shown."""
    if not hmac.compare_digest(token.encode(), _token(visit, _entry_name(bank, key)).encode()):
        raise PermissionDeniedException("csrf")
    shown = _entry_picture(visit, bank, key, "clear", CLEAR_FRESH)
    _note(visit, f"entry:{bank}/{key}")
    return shown


def _note(visit: Visit, subject: str) -> None:
    entry = audit.Entry(actor=visit.person.actor, act="media.revealed", subject=subject)
    with visit.runtime.pool.connection() as conn:
        audit.append(conn, [entry])


def _picture(visit: Visit, media: str, which: str, fresh: dict[str, str]) -> Response[bytes]:
    with visit.runtime.pool.connection() as conn:
        sha256 = uploads.sha256_of(conn, media)
    return _thumbnail(visit, sha256, which, fresh)


def _entry_picture(visit: Visit, bank: str, key: str, which: str, fresh: dict[str, str]) -> Response[bytes]:
    with visit.runtime.pool.connection() as conn:
        sha256 = compared.entry_sha256(conn, bank, key)
    return _thumbnail(visit, sha256, which, fresh)


def _thumbnail(visit: Visit, sha256: str | None, which: str, fresh: dict[str, str]) -> Response[bytes]:
    data = objects_of(visit.runtime.settings).thumbnail(sha256, which) if sha256 else None
    if data is None:
        raise NotFoundException
    return Response(data, media_type="image/jpeg", headers=fresh)


def _entry_name(bank: str, key: str) -> str:
    """What the token of an entry's picture covers; no media id begins so."""
    return f"\0{bank}\0{key}"


def _token(visit: Visit, media: str) -> str:
    key = visit.runtime.secret
    return hmac.new(key, f"reveal\0{visit.anchor}\0{media}".encode(), "sha256").hexdigest()


handlers = [blurred, clear, blurred_entry, clear_entry]
