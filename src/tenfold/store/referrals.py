"""Referrals of threats to law enforcement: their rows, and the log of what was done with each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

State = Literal["draft", "approved", "sent", "withdrawn"]
Basis = Literal["dsa_18", "tco_14_5", "national"]


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """A translation of one text, and whether a human or a machine made it."""

    language: str
    text: str
    by: Literal["human", "machine"]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What people write in a referral. `translations` by the text's SHA-256. `protectees`: whether it
    names who is watched over."""

    language: Literal["en", "ar"]
    authority: str
    country: str
    legal_basis: tuple[Basis, ...]
    legal_note: str = ""
    statement: str
    unknown: tuple[str, ...] = ()
    translations: dict[str, Translation] = {}
    asks: str
    callback: str
    protectees: bool = True


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """A referral. `packet` are the very bytes that were approved, as text."""

    id: int
    threat_id: int
    state: State
    language: Literal["en", "ar"]
    authority: str
    country: str
    legal_basis: tuple[Basis, ...]
    legal_note: str
    statement: str
    unknown: tuple[str, ...]
    translations: dict[str, Translation]
    asks: str
    callback: str
    protectees: bool
    drafted_by: str
    drafted_at: datetime
    changed_by: str
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    sent_at: datetime | None
    packet: str | None
    packet_sha256: str | None

    @property
    def wish(self) -> Wish:
        """What people wrote in it."""
        return Wish(**{name: getattr(self, name) for name in Wish.__struct_fields__})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a referral's log."""

    at: datetime
    actor: str
    act: str
    details: dict[str, Any]


_COLUMNS = ", ".join(Referral.__struct_fields__)


def _referral(row: dict[str, Any]) -> Referral:
    return msgspec.convert(row, Referral)


def add(conn: Conn, threat_id: int, wish: Wish, actor: str, now: datetime) -> int:
    """A new draft; returns its id."""
    values = _values(wish) | {"threat_id": threat_id, "actor": actor, "now": now}
    row = conn.execute(
        f"""
        INSERT INTO referrals (threat_id, {", ".join(_values(wish))}, drafted_by, drafted_at, changed_by,
            changed_at)
        VALUES (%(threat_id)s, {", ".join(f"%({name})s" for name in _values(wish))}, %(actor)s, %(now)s,
            %(actor)s, %(now)s)
        RETURNING id
        """,
        values,
    ).fetchone()
    assert row is not None
    return int(row[0])


def _values(wish: Wish) -> dict[str, Any]:
    values = {name: getattr(wish, name) for name in Wish.__struct_fields__}
    return values | {
        "legal_basis": list(wish.legal_basis),
        "unknown": list(wish.unknown),
        "translations": Jsonb(msgspec.to_builtins(wish.translations)),
    }


def load(conn: Conn, referral_id: int, *, lock: bool = False) -> Referral | None:
    """One referral; with `lock` held until the end of the transaction."""
    ending = " FOR UPDATE" if lock else ""
    found = _rows(conn, f"WHERE id = %s{ending}", [referral_id])
    return found[0] if found else None


def of_threat(conn: Conn, threat_id: int) -> list[Referral]:
    """The referrals of a threat, the newest first."""
    return _rows(conn, "WHERE threat_id = %s ORDER BY id DESC", [threat_id])


def page(
    conn: Conn, *, state: str | None = None, before: int | None = None, limit: int = 50
) -> list[Referral]:
    """Referrals, the newest first; `before` is the last id of the page before."""
    return _rows(
        conn,
        "WHERE (%s::text IS NULL OR state = %s) AND id < coalesce(%s, 9223372036854775807)"
        " ORDER BY id DESC LIMIT %s",
        [state, state, before, limit],
    )


def latest_of(conn: Conn, actor: str) -> Referral | None:
    """The referral that a person drafted last: who asks and where to call back is mostly the same."""
    found = _rows(conn, "WHERE drafted_by = %s ORDER BY id DESC LIMIT 1", [actor])
    return found[0] if found else None


def _rows(conn: Conn, where: str, values: list[Any]) -> list[Referral]:
    rows = conn.execute(f"SELECT {_COLUMNS} FROM referrals {where}", values).fetchall()
    names = Referral.__struct_fields__
    return [_referral(dict(zip(names, row, strict=True))) for row in rows]


def names_anybody(conn: Conn, threat_id: int) -> bool:
    """Whether a threat names somebody who is watched over."""
    row = conn.execute(
        "SELECT EXISTS (SELECT FROM threat_protectees WHERE threat_id = %s)", [threat_id]
    ).fetchone()
    return bool(row and row[0])


def change(conn: Conn, referral_id: int, wish: Wish, actor: str, now: datetime) -> None:
    """Write it anew: a draft, approved by nobody."""
    values = _values(wish)
    conn.execute(
        f"""
        UPDATE referrals SET {", ".join(f"{name} = %({name})s" for name in values)}, state = 'draft',
            changed_by = %(actor)s, changed_at = %(now)s, approved_by = NULL, approved_at = NULL,
            packet = NULL, packet_sha256 = NULL
        WHERE id = %(id)s
        """,
        values | {"id": referral_id, "actor": actor, "now": now},
    )


def approve(conn: Conn, referral_id: int, *, actor: str, packet: str, sha256: str, now: datetime) -> None:
    """Keep the packet as it was approved."""
    conn.execute(
        """
        UPDATE referrals SET state = 'approved', approved_by = %s, approved_at = %s, packet = %s,
            packet_sha256 = %s
        WHERE id = %s
        """,
        [actor, now, packet, sha256, referral_id],
    )


def set_state(conn: Conn, referral_id: int, state: State, now: datetime) -> None:
    """Sent or withdrawn."""
    conn.execute(
        """
        UPDATE referrals SET state = %(state)s,
            sent_at = CASE WHEN %(state)s = 'sent' THEN coalesce(sent_at, %(now)s) ELSE sent_at END
        WHERE id = %(id)s
        """,
        {"state": state, "now": now, "id": referral_id},
    )


def note(
    conn: Conn, referral_id: int, *, actor: str, act: str, details: dict[str, Any], now: datetime
) -> None:
    """Write a line of the log."""
    conn.execute(
        "INSERT INTO referral_log (referral_id, at, actor, act, details) VALUES (%s, %s, %s, %s, %s)",
        [referral_id, now, actor, act, Jsonb(details)],
    )


def log(conn: Conn, referral_ids: Iterable[int]) -> dict[int, list[Line]]:
    """The logs of referrals, the oldest line first."""
    lines: dict[int, list[Line]] = {id_: [] for id_ in referral_ids}
    rows = conn.execute(
        "SELECT referral_id, at, actor, act, details FROM referral_log"
        " WHERE referral_id = ANY(%s) ORDER BY id",
        [list(lines)],
    )
    for id_, at, actor, act, details in rows:
        lines[id_].append(Line(at=at, actor=actor, act=act, details=details))
    return lines
