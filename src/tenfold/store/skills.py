"""What people take when they ask for the next case: their languages, and what they would rather not see."""

from collections.abc import Sequence

import msgspec

from tenfold.store.database import Conn


class Skills(msgspec.Struct, frozen=True, kw_only=True):
    """Languages somebody reads (none: all of them), grounds and queues that are not for them."""

    languages: tuple[str, ...] = ()
    without_grounds: tuple[str, ...] = ()
    without_queues: tuple[str, ...] = ()


def load(conn: Conn, user_id: int) -> Skills:
    """What the user takes; everything, if they have never said."""
    row = conn.execute(
        "SELECT languages, without_grounds, without_queues FROM skills WHERE user_id = %s", [user_id]
    ).fetchone()
    if row is None:
        return Skills()
    return Skills(languages=tuple(row[0]), without_grounds=tuple(row[1]), without_queues=tuple(row[2]))


def save(conn: Conn, user_id: int, skills: Skills) -> None:
    """Keep what the user takes."""
    values: list[int | Sequence[str]] = [
        user_id,
        sorted(skills.languages),
        sorted(skills.without_grounds),
        sorted(skills.without_queues),
    ]
    conn.execute(
        """
        INSERT INTO skills (user_id, languages, without_grounds, without_queues) VALUES (%s, %s, %s, %s)
        ON CONFLICT (user_id) DO UPDATE SET languages = excluded.languages,
            without_grounds = excluded.without_grounds, without_queues = excluded.without_queues
        """,
        values,
    )
