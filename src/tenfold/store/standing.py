"""What stands against accounts: decisions in force and cases that wait."""

from collections.abc import Sequence

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.taxonomy import Ground

NO_VIOLATION = [ground.value for ground in Ground if not ground.is_violation]


class Standing(msgspec.Struct, frozen=True):
    """`strikes`: decisions in force whose ground is a violation, one with all its parts counting once.
    `open_cases`: cases not decided."""

    account: str
    strikes: int
    open_cases: int


def load(conn: Conn, accounts: Sequence[str]) -> dict[str, Standing]:
    """Of each account that ever had a case."""
    cursor = conn.cursor(row_factory=class_row(Standing))
    cursor.execute(
        """
        SELECT cases.account,
               count(DISTINCT COALESCE(decisions.part_of, decisions.id))::int AS strikes,
               count(DISTINCT cases.id) FILTER (WHERE cases.state <> 'decided')::int AS open_cases
        FROM unnest(%s::text[]) AS asked (account)
        JOIN cases ON cases.account = asked.account
        LEFT JOIN decisions ON decisions.case_id = cases.id AND decisions.state = 'in_force'
            AND decisions.ground <> ALL(%s)
        GROUP BY cases.account
        """,
        [list(accounts), NO_VIOLATION],
        prepare=True,
    )
    return {standing.account: standing for standing in cursor}
