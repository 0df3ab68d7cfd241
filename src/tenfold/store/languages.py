"""In which languages cases wait, and who is there to read them."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn
from tenfold.taxonomy import Role

DECIDING = (Role.MODERATOR, Role.SECURITY, Role.LEAD)
MOST = 50  # languages
POSTS = 20  # of an account of which the platform told no language
ARABIZI = "ar-Latn"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A language of open cases (None: not known), how many there are, how many of them are overdue, and how
    many people who decide take it: those who named it, and those who named none."""

    language: str | None
    cases: int
    overdue: int
    readers: int


def waiting(conn: Conn, now: datetime) -> list[Waiting]:
    """Languages of open cases, most cases first, at most MOST."""
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        cursor.execute(
            """
            WITH readers AS (
                SELECT coalesce(languages, '{}') AS languages
                FROM users LEFT JOIN skills ON skills.user_id = users.id
                WHERE NOT disabled AND roles && %(deciding)s),
            open_cases AS (
                SELECT language, count(*) AS cases,
                    count(*) FILTER (WHERE due_at < %(now)s AND NOT ended) AS overdue
                FROM cases WHERE state <> 'decided' GROUP BY language)
            SELECT language, cases, overdue, (SELECT count(*) FROM readers
                WHERE open_cases.language IS NULL OR languages = '{}'
                    OR open_cases.language = ANY (languages)) AS readers
            FROM open_cases ORDER BY cases DESC, language LIMIT %(most)s
            """,
            {"deciding": list(DECIDING), "now": now, "most": MOST},
        )
        return cursor.fetchall()


def spoken(conn: Conn, accounts: Iterable[str]) -> dict[str, str]:
    """The language of each of these accounts: as the platform told it, else that of most of its last posts.
    Without a region; accounts of which neither is known are left out."""
    rows = conn.execute(
        """
        SELECT id, COALESCE(language, (
            SELECT mode() WITHIN GROUP (ORDER BY language) FROM (
                SELECT posts.language FROM posts WHERE posts.account = accounts.id
                ORDER BY created_at DESC LIMIT %s) AS last))
        FROM accounts WHERE id = ANY(%s)
        """,
        [POSTS, sorted(set(accounts))],
    )
    return {id_: _without_region(code) for id_, code in rows if code}


def _without_region(code: str) -> str:
    """`ar` of `ar-EG`; Arabic in Latin letters is a language of its own here."""
    return code if code == ARABIZI else code.partition("-")[0].lower()


def of_people(conn: Conn) -> dict[str, int]:
    """How many people who are let in read the console in each of its languages."""
    rows = conn.execute("SELECT locale, count(*) FROM users WHERE NOT disabled GROUP BY locale")
    return dict(rows.fetchall())
