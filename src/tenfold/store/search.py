"""What search looks through: normal forms of texts under a trigram index, and what is still to go there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tenfold.store.database import Conn

KINDS: Final = ("post", "account", "group", "closure", "note")
PATIENCE: Final = timedelta(seconds=4)  # a search that takes longer is given up: its words are everywhere
MOST: Final = 5_000  # matches of one kind that are looked at to find the newest

# Of each kind its id, the text that is searched for, and the time that orders it.
_SOURCES: Final[Mapping[str, str]] = {
    "post": "SELECT id, text, created_at AS at FROM posts",
    "account": "SELECT id, concat_ws(E'\\n', display_name, handle, bio, location) AS text,"
    " COALESCE(created_at, updated_at) AS at FROM accounts",
    "group": "SELECT id, concat_ws(E'\\n', name, description) AS text, created_at AS at FROM groups",
    # What the fingerprint keeps of profiles; the account itself may be gone, or another platform's.
    "closure": "SELECT account AS id, (SELECT string_agg(shown, E'\\n') FROM"
    " (VALUES ('names'), ('handles'), ('bios'), ('urls')) AS sorts (sort),"
    " json_array_elements_text(fingerprint -> sort) AS shown) AS text, closed_at AS at FROM closures",
    "note": "SELECT id::text AS id, text, at FROM case_notes",
}


class Text(msgspec.Struct, frozen=True):
    """One text to be searched: of what it is, the words, and when it was written."""

    kind: str
    id: str
    text: str
    at: datetime


def take_due(conn: Conn, limit: int) -> set[tuple[str, str]]:
    """Take what is still to be put into search, at most so much; others may take at the same time."""
    rows = conn.execute(
        """
        DELETE FROM search_due WHERE seq IN (
            SELECT seq FROM search_due ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING kind, id
        """,
        [limit],
    )
    return {(kind, id_) for kind, id_ in rows}


def originals(conn: Conn, kind: str, ids: Iterable[str]) -> list[Text]:
    """The texts of one kind as they were written; what is gone is left out."""
    rows = conn.execute(
        f"SELECT id, text, at FROM ({_SOURCES[kind]}) AS source WHERE id = ANY(%s)", [sorted(set(ids))]
    )
    return [Text(kind, id_, text or "", at) for id_, text, at in rows]


def put(conn: Conn, texts: Sequence[Text], gone: Iterable[tuple[str, str]]) -> None:
    """Write normal forms, and take out what is gone."""
    rows = [msgspec.structs.asdict(text) for text in sorted(texts, key=lambda text: (text.kind, text.id))]
    conn.execute(
        """
        INSERT INTO search_texts (kind, id, text, at)
        SELECT kind, id, text, at
        FROM jsonb_to_recordset(%s::jsonb) AS row (kind text, id text, text text, at timestamptz)
        ORDER BY kind, id
        ON CONFLICT (kind, id) DO UPDATE SET text = excluded.text, at = excluded.at
        """,
        [msgspec.json.encode(rows).decode()],
    )
    lost = [{"kind": kind, "id": id_} for kind, id_ in sorted(gone)]
    conn.execute(
        """
        DELETE FROM search_texts USING jsonb_to_recordset(%s::jsonb) AS row (kind text, id text)
        WHERE search_texts.kind = row.kind AND search_texts.id = row.id
        """,
        [msgspec.json.encode(lost).decode()],
    )


def matching(
    conn: Conn, kind: str, words: Sequence[str], *, before: tuple[datetime, str] | None, limit: int
) -> list[tuple[str, datetime]]:
    """Ids and times of texts that hold all these pieces of normal form, newest first, from `before` on.

    Of more than MOST matches, MOST are looked at. Raises psycopg.errors.QueryCanceled after PATIENCE.
    """
    conn.execute(f"SET LOCAL statement_timeout = {int(PATIENCE.total_seconds() * 1000)}")
    values = {f"word{number}": f"%{_literal(word)}%" for number, word in enumerate(words)}
    holds = " AND ".join(f"text LIKE %({name})s" for name in values)
    # Materialised, so that the index finds the matches before they are put in order.
    rows = conn.execute(
        f"""
        WITH found AS MATERIALIZED (
            SELECT id, at FROM search_texts WHERE kind = %(kind)s AND {holds} LIMIT {MOST})
        SELECT id, at FROM found
        WHERE %(at)s::timestamptz IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s)
        ORDER BY at DESC, id DESC LIMIT %(limit)s
        """,
        values
        | {"kind": kind, "limit": limit}
        | {"at": before[0] if before else None, "id": before[1] if before else ""},
    )
    found = [(id_, at) for id_, at in rows]
    conn.execute("SET LOCAL statement_timeout = 0")
    return found


def _literal(word: str) -> str:
    """A word as LIKE takes it to the letter."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_DESCRIBED: Final[Mapping[str, str]] = {
    "post": "SELECT id, account, state, NULL AS title, NULL::timestamptz AS closed_at,"
    " 'post' AS about, id AS of FROM posts",
    "account": "SELECT accounts.id, accounts.id AS account, state, handle AS title, closed_at,"
    " 'account' AS about, accounts.id AS of FROM accounts LEFT JOIN closures ON account = accounts.id",
    "group": "SELECT id, creator AS account, state, name AS title, NULL::timestamptz AS closed_at,"
    " 'group' AS about, id AS of FROM groups",
    "closure": "SELECT closures.account AS id, closures.account, COALESCE(accounts.state, 'closed') AS state,"
    " fingerprint #>> '{handles,0}' AS title, closed_at, 'account' AS about, closures.account AS of"
    " FROM closures LEFT JOIN accounts ON accounts.id = closures.account",
    "note": "SELECT case_notes.id::text AS id, cases.account, NULL AS state, author AS title,"
    " NULL::timestamptz AS closed_at, subject_kind AS about, subject_id AS of"
    " FROM case_notes JOIN cases ON cases.id = case_id",
}


def described(conn: Conn, kind: str, ids: Sequence[str]) -> dict[str, dict[str, object]]:
    """By id: the account, state, title and closing time of what was found, and the case on it, an undecided
    one before decided ones."""
    rows = conn.execute(
        f"""
        SELECT found.id, found.account, found.state, found.title, found.closed_at, here.id, here.state
        FROM ({_DESCRIBED[kind]}) AS found LEFT JOIN LATERAL (
            SELECT id, state FROM cases WHERE subject_kind = found.about AND subject_id = found.of
            ORDER BY (state = 'decided'), id DESC LIMIT 1) AS here ON true
        WHERE found.id = ANY(%s)
        """,
        [list(ids)],
    )
    names = ("account", "state", "title", "closed_at", "case_id", "case_state")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def by_id(conn: Conn, written: str, limit: int) -> list[tuple[str, str]]:
    """Kinds and ids of posts, accounts, groups, media and closures whose id begins so."""
    rows = conn.execute(
        """
        (SELECT 'post', id FROM posts WHERE id >= %(from)s AND id < %(to)s ORDER BY id LIMIT %(limit)s)
        UNION ALL
        (SELECT 'account', id FROM accounts WHERE id >= %(from)s AND id < %(to)s ORDER BY id LIMIT %(limit)s)
        UNION ALL
        (SELECT 'group', id FROM groups WHERE id >= %(from)s AND id < %(to)s ORDER BY id LIMIT %(limit)s)
        UNION ALL
        (SELECT 'media', id FROM media WHERE id >= %(from)s AND id < %(to)s ORDER BY id LIMIT %(limit)s)
        UNION ALL
        (SELECT 'closure', account FROM closures WHERE account >= %(from)s AND account < %(to)s
         ORDER BY account LIMIT %(limit)s)
        """,
        {"from": written, "to": written + "\U0010ffff", "limit": limit},
    )
    return [(kind, id_) for kind, id_ in rows]


def cases_on(conn: Conn, found: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The case on each of these subjects (a closure's is that of its account), an undecided one first."""
    rows = conn.execute(
        """
        SELECT DISTINCT ON (row.kind, row.id) row.kind, row.id, cases.id
        FROM jsonb_to_recordset(%s::jsonb) AS row (kind text, id text)
        JOIN cases ON cases.subject_id = row.id
            AND cases.subject_kind = CASE row.kind WHEN 'closure' THEN 'account' ELSE row.kind END
        ORDER BY row.kind, row.id, (cases.state = 'decided'), cases.id DESC
        """,
        [msgspec.json.encode([{"kind": kind, "id": id_} for kind, id_ in found]).decode()],
    )
    return {(kind, id_): case for kind, id_, case in rows}
