"""Posts and media: what accounts put on the platform."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Post(msgspec.Struct, kw_only=True):
    """A post's row; `text` is the original, whole. `links` are in normal form, from text and event."""

    id: str
    account: str
    created_at: datetime
    text: str
    seq: int
    edited_at: datetime | None = None
    language: str | None = None
    script: str | None = None
    reply_to: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    group_id: str | None = None
    media: list[str] = []
    links: list[str] = []
    mentions: list[str] = []
    url: str | None = None
    state: str = "visible"


class Media(msgspec.Struct, kw_only=True):
    """A media item's row; hashes are lower-case hex, `points`, `film` and `sound` Base64. `words`: what is
    written in it, its lines parted by line feeds. `note`: why its bytes could not be read."""

    id: str
    account: str
    created_at: datetime
    kind: str
    seq: int
    mime: str | None = None
    sha256: str | None = None
    md5: str | None = None
    pdq: str | None = None
    pdq_trimmed: str | None = None
    pdq_panels: list[str] = []
    points: str | None = None
    film: str | None = None
    sound: str | None = None
    words: str = ""
    bytes: int | None = None
    url: str | None = None
    note: str = ""
    state: str = "visible"


def load_posts(conn: Conn, ids: Iterable[str]) -> dict[str, Post]:
    """Posts by id; unknown ids are left out."""
    cursor = conn.cursor(row_factory=class_row(Post))
    cursor.execute(
        """
        SELECT id, account, created_at, text, seq, edited_at, language, script, reply_to, repost_of,
               quote_of, group_id, media, links, mentions, url, state
        FROM posts WHERE id = ANY(%s)
        """,
        [list(ids)],
        prepare=True,
    )
    return {post.id: post for post in cursor}


def save_posts(conn: Conn, posts: Iterable[Post]) -> None:
    """Write posts, except `state`. A post id belongs to the account that first used it: another
    account's post of the same id changes nothing.
    """
    rows = sorted(posts, key=lambda post: post.id)
    conn.execute(
        """
        INSERT INTO posts (id, account, created_at, text, seq, edited_at, language, script, reply_to,
            repost_of, quote_of, group_id, media, links, mentions, url)
        SELECT id, account, created_at, text, seq, edited_at, language, script, reply_to, repost_of,
            quote_of, group_id, media, links, mentions, url
        FROM jsonb_to_recordset(%s) AS row (id text, account text, created_at timestamptz, text text,
            seq bigint, edited_at timestamptz, language text, script text, reply_to text, repost_of text,
            quote_of text, group_id text, media text[], links text[], mentions text[], url text)
        ON CONFLICT (id) DO UPDATE SET
            created_at = least(posts.created_at, excluded.created_at),
            text = excluded.text, edited_at = excluded.edited_at, language = excluded.language,
            script = excluded.script, links = excluded.links, mentions = excluded.mentions,
            media = excluded.media, reply_to = excluded.reply_to, repost_of = excluded.repost_of,
            quote_of = excluded.quote_of, group_id = excluded.group_id, url = excluded.url
        WHERE posts.account = excluded.account
        """,
        [as_records(rows)],
        prepare=True,
    )


def set_post_states(conn: Conn, states: dict[tuple[str, str], str]) -> None:
    """Set the state of posts by (id, account): an account can delete only its own."""
    rows = [{"id": id_, "account": who, "state": state} for (id_, who), state in sorted(states.items())]
    conn.execute(
        """
        UPDATE posts SET state = row.state
        FROM jsonb_to_recordset(%s) AS row (id text, account text, state text)
        WHERE posts.id = row.id AND posts.account = row.account
        """,
        [as_records(rows)],
    )


def load_media(conn: Conn, ids: Iterable[str]) -> dict[str, Media]:
    """Media by id; unknown ids are left out."""
    cursor = conn.cursor(row_factory=class_row(Media))
    cursor.execute(
        """
        SELECT id, account, created_at, kind, seq, mime, sha256, md5, pdq, pdq_trimmed, pdq_panels, points,
               film, sound, words, bytes, url, note, state
        FROM media WHERE id = ANY(%s)
        """,
        [list(ids)],
        prepare=True,
    )
    return {item.id: item for item in cursor}


def add_media(conn: Conn, items: Sequence[Media]) -> None:
    """Keep media items; an id that is there already stays as it is."""
    conn.execute(
        """
        INSERT INTO media
            (id, account, created_at, kind, seq, mime, sha256, md5, pdq, pdq_trimmed, pdq_panels, points,
             film, sound, words, bytes, url, note)
        SELECT id, account, created_at, kind, seq, mime, sha256, md5, pdq, pdq_trimmed, pdq_panels, points,
               film, sound, words, bytes, url, note
        FROM jsonb_to_recordset(%s) AS row (id text, account text, created_at timestamptz, kind text,
            seq bigint, mime text, sha256 text, md5 text, pdq text, pdq_trimmed text, pdq_panels text[],
            points text, film text, sound text, words text, bytes bigint, url text, note text)
        ORDER BY id
        ON CONFLICT (id) DO NOTHING
        """,
        [as_records(items)],
        prepare=True,
    )
