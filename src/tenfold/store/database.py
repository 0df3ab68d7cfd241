"""Connections, and migrations under a lock."""

import logging
from importlib import resources
from typing import Any

import psycopg
import yoyo
from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Conn = Connection[TupleRow]

MIGRATION_LOCK = 0x7E4F01D  # an arbitrary number, the same in every process
PARTITION_MONTHS_AHEAD = 3


def connect(url: str, **options: Any) -> Conn:
    """A plain connection with the settings that every part of Tenfold expects."""
    return psycopg.connect(url, **({"application_name": "tenfold"} | options))


def pool(url: str, size: int, name: str = "tenfold") -> ConnectionPool[Conn]:
    """A pool that checks a connection before it lends it, so a restart of PostgreSQL is survived."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=True,
        check=ConnectionPool.check_connection,
        kwargs={"application_name": name},
    )


def migrations() -> yoyo.migrations.MigrationList:
    """Every migration of this version, in order."""
    return yoyo.read_migrations(str(resources.files("tenfold.store") / "migrations"))


def migrate(url: str) -> list[str]:
    """Apply what is missing and make partitions; returns the names applied.

    Several processes may call this at once: an advisory lock lets one work and the others wait.
    """
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    with connect(url, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        backend = yoyo.get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
        try:
            todo = backend.to_apply(migrations())
            backend.apply_migrations(todo)
        finally:
            backend.connection.close()
        ensure_partitions(lock)
        return [migration.id for migration in todo]


def pending_migrations(url: str) -> list[str]:
    """Names of migrations that this version has and the database has not."""
    backend = yoyo.get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        return [migration.id for migration in backend.to_apply(migrations())]
    finally:
        backend.connection.close()


def ensure_partitions(conn: Conn) -> None:
    """Make the monthly partitions of `events` for this month and the next few."""
    months = conn.execute(
        """
        SELECT to_char(at, 'YYYYMM'), at AT TIME ZONE 'UTC', (at + interval '1 month') AT TIME ZONE 'UTC'
        FROM generate_series(0, %s) AS step, LATERAL (
            SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step)
        ) AS month (at)
        """,
        [PARTITION_MONTHS_AHEAD],
    ).fetchall()
    for name, start, end in months:
        conn.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF events FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(f"events_{name}"), sql.Literal(start), sql.Literal(end)
            )
        )
