"""`POST /v1/media/look-up`: which entries of banks hashes match, many in one request, without an event."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from anyio import to_thread
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from tenfold.detectors.media import hashes
from tenfold.detectors.media.bands import codes_of
from tenfold.detectors.media.hashes import DIGITS, Hash, HashError
from tenfold.store import media_hashes
from tenfold.store.database import Conn
from tenfold.store.media_hashes import Matched
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.hma.lookup import Lookup
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

MOST_HASHES: Final = 1_000  # in one request
MOST_MATCHES: Final = 100  # of one hash, the nearest
LONGEST_HASH: Final = 80  # characters

Auth = Request[None, ApiKey, State]


class LookUpWish(msgspec.Struct, kw_only=True):
    """Hashes as `tenfold hash` prints them: `pdq:...`, `sha256:...` or `md5:...`."""

    hashes: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_HASH)]], Meta(min_length=1, max_length=MOST_HASHES)
    ]


class EntryNear(msgspec.Struct, kw_only=True):
    """An entry that matches. `distance`: how many of 256 bits differ, 0 of the very file.

    `form`: which of the entry's hashes it is: `` of the picture itself, `mirrored`, `trimmed` ...
    `at`: where it stands in the entry's film, in seconds.
    """

    bank: str
    entry: str
    label: str
    confidence: float
    distance: int
    form: str
    at: float | None = None


class HashFound(msgspec.Struct, kw_only=True):
    """A hash as it was sent, and what it matches, the nearest first."""

    hash: str
    matches: list[EntryNear]


class LookUpAnswer(msgspec.Struct, kw_only=True):
    """In the order of the request."""

    results: list[HashFound]


@post(
    "/v1/media/look-up",
    summary="Look up hashes of media",
    tags=["banks"],
    guards=[requires(Scope.BANKS_READ)],
    status_code=200,
)
async def look_up(request: Auth, runtime: Running, data: JSONBody[LookUpWish]) -> Response[LookUpAnswer]:
    """What is known of these hashes; nothing is kept of the question.

    Banks that are asked of a share of uploads answer always here.
    """
    given = [_read(number, text) for number, text in enumerate(data.hashes)]
    found = await to_thread.run_sync(_found, runtime, request.app.state.lookup, given)
    results = [
        HashFound(hash=text, matches=matches) for text, matches in zip(data.hashes, found, strict=True)
    ]
    return Response(LookUpAnswer(results=results))


def _read(number: int, text: str) -> Hash:
    try:
        (hash_,) = hashes.read(text)
    except (HashError, ValueError) as error:
        raise _refused(number, str(error)) from None
    if hash_.kind not in DIGITS or str(hash_.form):
        raise _refused(number, f"write one hash of the file itself: {', '.join(DIGITS)}")
    return hash_


def _refused(number: int, why: str) -> Problem:
    errors = [FieldProblem(field=f"hashes[{number}]", reason=why)]
    return Problem(422, "Invalid request", "A hash cannot be read.", errors=errors)


def _found(runtime: Runtime, lookup: Lookup, given: Sequence[Hash]) -> list[list[EntryNear]]:
    pictures = [number for number, one in enumerate(given) if one.kind == "pdq"]
    files = [number for number, one in enumerate(given) if one.kind != "pdq"]
    codes = codes_of(b"".join(bytes.fromhex(given[number].digits) for number in pictures))
    near = list(zip(*(column.tolist() for column in lookup.all_near(codes)), strict=True)) if pictures else []
    found: list[dict[tuple[str, str], EntryNear]] = [{} for _ in given]
    if near or files:
        with runtime.pool.connection() as conn:
            _pictures(conn, [(pictures[row], number, apart) for row, number, apart in near], found)
            _files(conn, [(number, given[number]) for number in files], found)
    return [
        sorted(entries.values(), key=lambda one: (one.distance, one.bank, one.entry))[:MOST_MATCHES]
        for entries in found
    ]


def _pictures(conn: Conn, near: Sequence[tuple[int, int, int]], found: list[dict[Any, EntryNear]]) -> None:
    """Of every entry the nearest hash."""
    known = media_hashes.by_number(conn, [number for _, number, _ in near]) if near else {}
    for row, number, apart in sorted(near, key=lambda one: one[2]):
        if number in known:
            found[row].setdefault((known[number].bank, known[number].key), _entry(known[number], apart))


def _files(conn: Conn, given: Sequence[tuple[int, Hash]], found: list[dict[Any, EntryNear]]) -> None:
    known = media_hashes.by_digest(conn, [one.digits for _, one in given]) if given else {}
    for row, one in given:
        for entry in known.get((one.kind, one.digits), ()):
            found[row].setdefault((entry.bank, entry.key), _entry(entry, 0))


def _entry(entry: Matched, apart: int) -> EntryNear:
    return EntryNear(
        bank=entry.bank,
        entry=entry.key,
        label=entry.label,
        confidence=round(entry.confidence, 3),
        distance=apart,
        form=entry.form,
        at=entry.at,
    )


handlers = [look_up]
