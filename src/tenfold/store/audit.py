"""The audit chain: who did what, in rows that cannot be changed unnoticed.

The hash of a row is the SHA-256 of its canonical JSON: the object of `seq`, `at` (UTC, microseconds, `Z`),
`actor`, `act`, `subject`, `details` and `previous` (lower-case hex of the hash before it, 64 zeros at the
start), keys sorted, no spaces, UTF-8. A checkpoint is one row's number and hash with an HMAC-SHA-256
under the installation's secret; kept elsewhere, it also shows that the end was cut off or that the
whole chain was written anew.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg.rows import TupleRow

from tenfold.store.database import Conn

AUDIT_LOCK = 0x7E4F0A1  # an arbitrary number, the same in every process
GENESIS = "0" * 64
STREAM_ROWS = 2_000  # fetched at a time while verifying or exporting


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What to append. `actor`: user:3, key:1, system, cli:NAME; `subject`: case:7, post:p-1, ..."""

    actor: str
    act: str
    subject: str = ""
    details: dict[str, Any] = {}


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Who changes something and why; `reason` may be empty on the command line."""

    actor: str
    reason: str = ""

    def entry(self, act: str, subject: str, **details: Any) -> Entry:
        """What the log says of it."""
        why = {"reason": self.reason} if self.reason else {}
        return Entry(actor=self.actor, act=act, subject=subject, details={**details, **why})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the chain; `previous` and `hash` are lower-case hex."""

    seq: int
    at: str
    actor: str
    act: str
    subject: str
    details: dict[str, Any]
    previous: str
    hash: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """That the chain held `hash` at row `seq`; `mac` proves that this installation said so."""

    seq: int
    hash: str
    mac: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the chain holds; if not, `broken` is the first row at fault and `reason` says what is wrong."""

    rows: int
    last_hash: str
    broken: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether no row is at fault and none is missing."""
        return not self.reason


def append(conn: Conn, entries: Sequence[Entry]) -> None:
    """Append entries in their order. Call it last in a transaction: from here until the commit no other
    transaction can append."""
    if not entries:
        return
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [AUDIT_LOCK])
    seq, previous = _tail(conn)
    at = _instant(datetime.now(UTC))
    rows = []
    for entry in entries:
        seq += 1
        body = {"seq": seq, "at": at, **msgspec.structs.asdict(entry), "previous": previous}
        previous = _hash(body)
        rows.append(body | {"details": _canonical(entry.details).decode(), "hash": previous})
    conn.execute(
        """
        INSERT INTO audit (seq, at, actor, act, subject, details, previous, hash)
        SELECT seq, at, actor, act, subject, details::json, decode(previous, 'hex'), decode(hash, 'hex')
        FROM jsonb_to_recordset(%s::jsonb) AS row (seq bigint, at timestamptz, actor text, act text,
            subject text, details text, previous text, hash text)
        ORDER BY seq
        """,
        [msgspec.json.encode(rows).decode()],
    )


def stream(conn: Conn, *, subject: str | None = None, actor: str | None = None) -> Iterator[Row]:
    """Rows in their order, at a constant memory; all, or those of one subject or one actor."""
    with conn.cursor(name="audit_stream") as cursor:
        cursor.itersize = STREAM_ROWS
        cursor.execute(
            """
            SELECT seq, at, actor, act, subject, details::text, previous, hash FROM audit
            WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)
              AND (%(actor)s::text IS NULL OR actor = %(actor)s)
            ORDER BY seq
            """,
            {"subject": subject, "actor": actor},
        )
        yield from map(_read, cursor)


def latest(conn: Conn, *, subject: str | None = None, actor: str | None = None, limit: int) -> list[Row]:
    """The last rows, oldest of them first; all, or those of one subject or one actor."""
    cursor = conn.execute(
        """
        SELECT seq, at, actor, act, subject, details::text, previous, hash FROM audit
        WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)
          AND (%(actor)s::text IS NULL OR actor = %(actor)s)
        ORDER BY seq DESC LIMIT %(limit)s
        """,
        {"subject": subject, "actor": actor, "limit": limit},
    )
    return [_read(row) for row in cursor][::-1]


def _read(row: TupleRow) -> Row:
    seq, at, actor, act, subject, details, previous, hashed = row
    return Row(
        seq=seq,
        at=_instant(at),
        actor=actor,
        act=act,
        subject=subject,
        details=msgspec.json.decode(details),
        previous=bytes(previous).hex(),
        hash=bytes(hashed).hex(),
    )


def verify(conn: Conn, checkpoint: Checkpoint | None = None) -> Verification:
    """Walk the whole chain; stops at the first row that is not what it was when it was written."""
    return verify_rows(stream(conn), checkpoint)


def verify_rows(rows: Iterable[Row], checkpoint: Checkpoint | None = None) -> Verification:
    """The same over exported rows: needs neither a database nor a secret."""
    seq, previous = 0, GENESIS
    for row in rows:
        reason = _fault(row, seq + 1, previous)
        if not reason and checkpoint and row.seq == checkpoint.seq and row.hash != checkpoint.hash:
            reason = "its hash is not that of the checkpoint: the chain was written anew"
        if reason:
            return Verification(rows=seq, last_hash=previous, broken=row.seq, reason=reason)
        seq, previous = row.seq, row.hash
    if checkpoint and seq < checkpoint.seq:
        reason = f"the chain ends at {seq}, the checkpoint is of row {checkpoint.seq}: rows were cut off"
        return Verification(rows=seq, last_hash=previous, broken=seq + 1, reason=reason)
    return Verification(rows=seq, last_hash=previous)


def checkpoint(conn: Conn, secret: bytes) -> Checkpoint:
    """The present end of the chain, to be kept where whoever can write the database cannot."""
    seq, hashed = _tail(conn)
    return Checkpoint(seq=seq, hash=hashed, mac=_mac(seq, hashed, secret))


def is_ours(mark: Checkpoint, secret: bytes) -> bool:
    """Whether this installation made the checkpoint."""
    return hmac.compare_digest(mark.mac, _mac(mark.seq, mark.hash, secret))


def _fault(row: Row, expected: int, previous: str) -> str:
    """What is wrong with a row that should follow; empty if nothing."""
    if row.seq != expected:
        return f"row {expected} should stand here: a row was deleted, inserted or moved"
    if row.previous != previous:
        return "it does not follow the row before it"
    body = msgspec.structs.asdict(row)
    return "" if body.pop("hash") == _hash(body) else "it was changed after it was written"


def _tail(conn: Conn) -> tuple[int, str]:
    row = conn.execute("SELECT seq, encode(hash, 'hex') FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _hash(body: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(body)).hexdigest()


def _mac(seq: int, hashed: str, secret: bytes) -> str:
    return hmac.new(secret, f"tenfold audit checkpoint {seq} {hashed}".encode(), hashlib.sha256).hexdigest()
