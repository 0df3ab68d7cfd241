"""Models of linkage: every set of parameters that ever scored, and which one is in use."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.store.database import Conn


class LinkModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model's row. `parameters` are those of linkage.model; `report` says what it was trained on, `fault`
    why it cannot be used, if it is in use all the same: then the shipped one scores."""

    version: str
    parameters: dict[str, Any]
    report: dict[str, Any]
    made_by: str
    made_at: datetime
    in_use: bool
    fault: str | None = None


class UnknownModelError(LookupError):
    """There is no model of this version."""


_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in LinkModel.__struct_fields__)


def current(conn: Conn) -> LinkModel | None:
    """The model in use; None means the one that is shipped."""
    cursor = conn.cursor(row_factory=class_row(LinkModel))
    cursor.execute(sql.SQL("SELECT {} FROM link_models WHERE in_use").format(_COLUMNS))
    return cursor.fetchone()


def current_version(conn: Conn) -> str | None:
    """The version of the model in use, read often and cheaply; None means the one that is shipped."""
    row = conn.execute("SELECT version FROM link_models WHERE in_use", prepare=True).fetchone()
    return row[0] if row else None


def add(
    conn: Conn, version: str, parameters: dict[str, Any], *, report: dict[str, Any], made_by: str
) -> bool:
    """Keep a model, not in use yet; False when this version is there already, which then stays as it is."""
    found = conn.execute(
        """
        INSERT INTO link_models (version, parameters, report, made_by)
        VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        [
            version,
            Jsonb(parameters, dumps=msgspec.json.encode),
            Jsonb(report, dumps=msgspec.json.encode),
            made_by,
        ],
    )
    return found.rowcount == 1


def use(conn: Conn, version: str | None) -> None:
    """Score with this model from now on; None goes back to the shipped one. Raises UnknownModelError."""
    conn.execute(
        "UPDATE link_models SET in_use = false WHERE in_use AND version IS DISTINCT FROM %s", [version]
    )
    if version is None:
        return
    found = conn.execute("UPDATE link_models SET in_use = true, fault = NULL WHERE version = %s", [version])
    if not found.rowcount:
        raise UnknownModelError(f"there is no model {version!r}; `tenfold link models` lists them")


def note_fault(conn: Conn, version: str, fault: str) -> None:
    """This model cannot be used; the status tells why."""
    conn.execute(
        "UPDATE link_models SET fault = %s WHERE version = %s AND fault IS DISTINCT FROM %s",
        [fault, version, fault],
    )


def list_all(conn: Conn) -> list[LinkModel]:
    """Every model, the newest first."""
    cursor = conn.cursor(row_factory=class_row(LinkModel))
    cursor.execute(sql.SQL("SELECT {} FROM link_models ORDER BY made_at DESC, version").format(_COLUMNS))
    return cursor.fetchall()
