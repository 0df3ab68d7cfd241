"""Who is called when a threat is urgent, in which order, and where their mail goes."""

from collections.abc import Sequence

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.store.people import Locale
from tenfold.taxonomy import Role

STEPS = range(1, 10)  # in which people are called


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is called. `step` 1 is called first; each round that nobody answers adds the next."""

    user_id: int
    name: str
    email: str
    locale: Locale
    step: int


def add(conn: Conn, user_id: int, email: str, step: int, added_by: str) -> None:
    """Put a person on the list, or change where and in which step they are called."""
    conn.execute(
        """
        INSERT INTO on_call (user_id, email, step, added_by) VALUES (%s, %s, %s, %s)
        ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, step = excluded.step,
            added_by = excluded.added_by, added_at = now()
        """,
        [user_id, email, step, added_by],
    )


def remove(conn: Conn, user_id: int) -> bool:
    """Take a person off the list; False if they were not on it."""
    return conn.execute("DELETE FROM on_call WHERE user_id = %s", [user_id]).rowcount == 1


def load_all(conn: Conn) -> list[OnCall]:
    """Everybody on the list who is called: by step, then name. Disabled people and those who may not see
    threats any more are left out, though they stay on it."""
    cursor = conn.cursor(row_factory=class_row(OnCall))
    cursor.execute(
        """
        SELECT user_id, name, email, locale, step FROM on_call JOIN users ON users.id = user_id
        WHERE NOT disabled AND roles && %s ORDER BY step, lower(name)
        """,
        [[Role.SECURITY, Role.LEAD]],
    )
    return cursor.fetchall()


def called_in(people: Sequence[OnCall], round_: int) -> list[OnCall]:
    """Whom round `round_` (from 1) calls: the first `round_` of the steps that anybody is in."""
    steps = sorted({person.step for person in people})[:round_]
    return [person for person in people if person.step in steps]
