"""Uploads beside the entries of banks that they match: what is kept of either, and where they agree."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from psycopg.types.json import Jsonb

from tenfold.detectors.media import overlay
from tenfold.detectors.media.matches import Lies
from tenfold.detectors.media.overlay import Overlay, Size
from tenfold.evidence import Signal
from tenfold.store import content, signals
from tenfold.store.content import Media
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

MOST: Final = 12  # media of one post that are shown
MATCHES: Final = 6  # of one upload, the surest
SQUARE: Final[Size] = (1, 1)  # where nothing is known of a picture's shape
SMALL: Final = 240.0  # height of a drawing


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an upload's file, or an entry's: its digest, its PDQ hash (64 hexadecimal digits),
    width and height in pixels, length in seconds. Each is None where nobody told it. `stored`: its bytes went
    into the object store."""

    sha256: str | None = None
    pdq: str | None = None
    size: Size | None = None
    seconds: float | None = None
    stored: bool = False


class Origin(msgspec.Struct, frozen=True):
    """The case whose decision brought an entry into its bank, and on what ground it was decided."""

    id: int
    ground: str


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that the upload matches. `details` are those of the signal; `drawing`: both pictures with
    what they have in common, where points of both are known; `strip`: which seconds are which; `case`: the
    earlier one that the entry is of."""

    bank: str
    key: str
    details: dict[str, Any]
    score: float
    entry: Kept
    drawing: Overlay | None = None
    strip: "Strip | None" = None
    case: Origin | None = None


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """Two films below each other, 1,000 units long: the matched part of each as start and end."""

    upload: tuple[float, float]
    entry: tuple[float, float]
    upload_length: float
    entry_length: float


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A media item and what it matches, the surest first."""

    media: Media
    kept: Kept
    matches: list[Match]


def of_subject(conn: Conn, subject: Subject) -> list[Item]:
    """The media that a case is about: the subject itself, or what is attached to the post, in its order."""
    ids: Sequence[str] = [subject.id] if subject.kind is SubjectKind.MEDIA else ()
    if subject.kind is SubjectKind.POST:
        ids = [id_ for post in content.load_posts(conn, [subject.id]).values() for id_ in post.media[:MOST]]
    if not ids:
        return []
    media = content.load_media(conn, ids)
    found = signals.load(conn, (Subject(SubjectKind.MEDIA, id_) for id_ in media), "media")
    entries = _entries(conn, (signal for group in found.values() for signal in group[:MATCHES]))
    cases = _cases(conn, list(entries))
    files = _files(
        conn, {*(item.sha256 for item in media.values()), *(kept.sha256 for kept in entries.values())}
    )
    items = []
    for item in (media[id_] for id_ in dict.fromkeys(ids) if id_ in media):
        kept = _with_file(Kept(sha256=item.sha256, pdq=item.pdq), files)
        own = found.get(Subject(SubjectKind.MEDIA, item.id), [])[:MATCHES]
        matches = [
            _match(signal, kept, _with_file(entries[_entry(signal)], files), cases.get(_entry(signal)))
            for signal in own
        ]
        items.append(Item(media=item, kept=kept, matches=matches))
    return items


def entry_sha256(conn: Conn, bank: str, key: str) -> str | None:
    """The SHA-256 of the file that an entry was made of, if the entry tells it."""
    return _entry_hashes(conn, [(bank, key)]).get((bank, key), Kept()).sha256


def _entry(signal: Signal) -> tuple[str, str]:
    return str(signal.details.get("bank", "")), str(signal.details.get("entry", ""))


def _entries(conn: Conn, found: Iterable[Signal]) -> dict[tuple[str, str], Kept]:
    asked = sorted({_entry(signal) for signal in found})
    known = _entry_hashes(conn, asked) if asked else {}
    return {pair: known.get(pair, Kept()) for pair in asked}


def _entry_hashes(conn: Conn, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Kept]:
    rows = conn.execute(
        """
        SELECT bank, key, max(encode(hash, 'hex')) FILTER (WHERE kind = 'sha256'),
            max(encode(hash, 'hex')) FILTER (WHERE kind = 'pdq' AND form = '')
        FROM media_hashes JOIN unnest(%s::text[], %s::text[]) AS asked (bank, key) USING (bank, key)
        WHERE kind IN ('sha256', 'pdq') GROUP BY bank, key
        """,
        [[bank for bank, _ in pairs], [key for _, key in pairs]],
    )
    return {(bank, key): Kept(sha256=sha256, pdq=pdq) for bank, key, sha256, pdq in rows}


def _cases(conn: Conn, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Origin]:
    """The cases that entries are of, where one was decided."""
    asked = [{"bank": bank, "key": key} for bank, key in pairs]
    rows = conn.execute(
        """
        SELECT entry.bank, entry.key, decisions.case_id, decisions.ground
        FROM jsonb_to_recordset(%s) AS asked (bank text, key text)
        JOIN bank_entries entry USING (bank, key) JOIN decisions ON decisions.id = entry.decision
        """,
        [Jsonb(asked)],
    )
    return {(bank, key): Origin(case_id, ground) for bank, key, case_id, ground in rows}


def _files(conn: Conn, digests: Iterable[str | None]) -> dict[str, tuple[Size | None, float | None]]:
    """Size and length of files whose bytes were looked at."""
    rows = conn.execute(
        """
        SELECT sha256, (seen->>'width')::int, (seen->>'height')::int, (seen->>'seconds')::float8
        FROM media_objects WHERE sha256 = ANY(%s)
        """,
        [sorted({digest for digest in digests if digest})],
    )
    return {
        sha256: ((width, height) if width and height else None, seconds)
        for sha256, width, height, seconds in rows
    }


def _with_file(kept: Kept, files: dict[str, tuple[Size | None, float | None]]) -> Kept:
    size, seconds = files.get(kept.sha256 or "", (None, None))
    return msgspec.structs.replace(kept, size=size, seconds=seconds, stored=kept.sha256 in files)


def _match(signal: Signal, upload: Kept, entry: Kept, case: Origin | None) -> Match:
    bank, key = _entry(signal)
    details = signal.details
    return Match(
        bank=bank,
        key=key,
        details=details,
        score=signal.score,
        entry=entry,
        drawing=_drawing(details.get("lies"), upload, entry),
        strip=_strip(details, upload, entry),
        case=case,
    )


def _drawing(lies: Any, upload: Kept, entry: Kept) -> Overlay | None:
    if not isinstance(lies, dict):
        return None
    read = msgspec.convert(lies, Lies)
    return overlay.side_by_side(read, upload.size or SQUARE, entry.size or SQUARE, height=SMALL)


def _strip(details: dict[str, Any], upload: Kept, entry: Kept) -> Strip | None:
    times = [float(details.get(name, 0)) for name in ("start", "end", "entry_start", "entry_end")]
    start, end, entry_start, entry_end = times
    if entry_end <= entry_start:
        return None
    upload_length = max(upload.seconds or 0, end)
    entry_length = max(entry.seconds or 0, entry_end)
    longest = max(upload_length, entry_length) / 1000
    return Strip(
        upload=(round(start / longest, 1), round(end / longest, 1)),
        entry=(round(entry_start / longest, 1), round(entry_end / longest, 1)),
        upload_length=round(upload_length / longest, 1),
        entry_length=round(entry_length / longest, 1),
    )
