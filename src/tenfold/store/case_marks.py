"""What cases have in common, as marks of 64 bits: the writes, and who shares a mark with a case."""

from collections.abc import Iterable, Mapping

from psycopg.types.json import Jsonb

from tenfold.store.database import Conn

LOCK = 0x7E4FCA5E  # an arbitrary number: one of all marks cases


def take_due(conn: Conn, limit: int) -> list[int]:
    """Take cases whose marks are still to be made, at most so many; none while somebody else makes some, as
    two who marked the same case could wait for each other."""
    mine = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()
    if not (mine and mine[0]):
        return []
    rows = conn.execute(
        """
        DELETE FROM case_marks_due
        WHERE seq IN (SELECT seq FROM case_marks_due ORDER BY seq LIMIT %s) RETURNING case_id
        """,
        [limit],
    )
    return sorted({case_id for (case_id,) in rows})


def put(conn: Conn, marks: Mapping[int, Iterable[int]]) -> None:
    """Make these all the marks of these cases. A case that is gone is left out."""
    rows = [{"case_id": case, "marks": sorted(set(marks[case]))} for case in sorted(marks)]
    conn.execute("DELETE FROM case_marks WHERE case_id = ANY(%s)", [sorted(marks)])
    conn.execute(
        """
        INSERT INTO case_marks (mark, judged, case_id)
        SELECT mark, EXISTS (SELECT FROM decisions WHERE decisions.case_id = row.case_id), row.case_id
        FROM jsonb_to_recordset(%s) AS row (case_id bigint, marks bigint[]), unnest(marks) AS mark
        WHERE EXISTS (SELECT FROM cases WHERE cases.id = row.case_id)
        ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING
        """,
        [Jsonb(rows)],
    )


def sharing(conn: Conn, marks: Iterable[int], *, judged: bool, but: int, limit: int) -> list[tuple[int, int]]:
    """Pairs (mark, case) of other cases that show one of these marks, of each mark the newest `limit`: of
    those that were judged, or that never were. However common a mark is, no more is read."""
    return conn.execute(
        """
        SELECT asked.mark, found.case_id
        FROM unnest(%s::bigint[]) AS asked (mark) CROSS JOIN LATERAL (
            SELECT case_id FROM case_marks
            WHERE case_marks.mark = asked.mark AND case_marks.judged = %s AND case_id <> %s
            ORDER BY case_id DESC LIMIT %s) AS found
        """,
        [sorted(set(marks)), judged, but, limit],
    ).fetchall()
