"""Which case a person gets next, so that its page can be there before it is asked for."""

from datetime import datetime

from tenfold.store.database import Conn

# When what a case's page shows was last changed: the case, its notes and findings, its subject, its account.
_VERSION = """
    greatest(cases.updated_at,
        (SELECT max(at) FROM case_notes WHERE case_notes.case_id = cases.id),
        (SELECT max(found_at) FROM signals
         WHERE signals.subject_kind = cases.subject_kind AND signals.subject_id = cases.subject_id),
        (SELECT edited_at FROM posts WHERE cases.subject_kind = 'post' AND posts.id = cases.subject_id),
        (SELECT updated_at FROM accounts WHERE accounts.id = cases.account))
"""


def keep(conn: Conn, *, actor: str, case_id: int, until: datetime) -> None:
    """Write which case the actor gets next, in place of another that was kept."""
    conn.execute(
        f"""
        INSERT INTO cases_ahead (actor, case_id, until, version)
        SELECT %(actor)s, id, %(until)s, {_VERSION} FROM cases WHERE id = %(case)s
        ON CONFLICT (actor) DO UPDATE SET
            case_id = excluded.case_id, until = excluded.until, version = excluded.version
        """,
        {"actor": actor, "case": case_id, "until": until},
    )


def unchanged(conn: Conn, actor: str) -> int | None:
    """The case that is kept for the actor, if it is as it was when it was read."""
    row = conn.execute(
        f"""
        SELECT cases.id FROM cases_ahead JOIN cases ON cases.id = cases_ahead.case_id
        WHERE cases_ahead.actor = %s AND cases_ahead.version = {_VERSION}
        """,
        [actor],
    ).fetchone()
    return int(row[0]) if row else None


def forget(conn: Conn, actor: str) -> None:
    """Keep nothing for the actor."""
    conn.execute("DELETE FROM cases_ahead WHERE actor = %s", [actor])
