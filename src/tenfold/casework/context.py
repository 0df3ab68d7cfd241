"""What stands around the subject of a case: the conversation, the group, what its author wrote around it.

Windows of WINDOW posts to each side; whoever asks for more gets a wider one. Every query reads an index and
stops when the window is full.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from psycopg.rows import class_row

from tenfold.store import content
from tenfold.store.content import Post
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

WINDOW: Final = 4  # posts to each side at first
WIDEST: Final = 25  # windows
POSTS_OF_MEDIA: Final = 500  # latest posts of an uploader among which those with the upload are looked for

Place = Literal["above", "quoted", "beside", "this", "below", "group", "author", "shows"]


class Piece(msgspec.Struct, kw_only=True):
    """One post around. `place`: it is answered (above), quoted, answers the same (beside), is the subject
    (this), answers it (below), stands in the same group, is by the same author, shows the upload. `case_id`:
    the latest case on it."""

    id: str
    account: str
    handle: str | None
    display_name: str | None
    created_at: datetime
    text: str
    language: str | None
    state: str
    case_id: int | None
    case_state: str | None
    place: Place = "this"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around, in the order of time. `thread` holds the subject too, when anything is tied to it;
    `nearby` are posts of the same group (its name in `group`), or else of the author. `missing`: the id of
    the post that is answered, where the platform has not sent it. `more`: a wider window shows more."""

    thread: list[Piece]
    nearby: list[Piece]
    group: str | None
    missing: str | None
    more: bool


def around(conn: Conn, subject: Subject, wide: int = 1) -> Context:
    """What stands around a subject, in windows of WINDOW times `wide`."""
    window = WINDOW * max(1, min(wide, WIDEST))
    if subject.kind is SubjectKind.POST:
        return _around_post(conn, subject.id, window)
    if subject.kind is SubjectKind.MEDIA:
        ids = _showing(conn, subject.id, window + 1)
        shows: dict[str, Place] = dict.fromkeys(ids[:window], "shows")
        return _context(conn, {}, shows, more=len(ids) > window)
    if subject.kind is SubjectKind.GROUP:
        ids = _ids(conn, "group_id = %(of)s ORDER BY created_at DESC", {"of": subject.id, "n": window + 1})
        name = _group_name(conn, subject.id)
        posted: dict[str, Place] = dict.fromkeys(ids[:window], "group")
        return _context(conn, {}, posted, group=name, more=len(ids) > window)
    return Context(thread=[], nearby=[], group=None, missing=None, more=False)


def _around_post(conn: Conn, id_: str, window: int) -> Context:
    post = content.load_posts(conn, [id_]).get(id_)
    if post is None:
        return Context(thread=[], nearby=[], group=None, missing=None, more=False)
    places: dict[str, Place] = dict.fromkeys(_above(conn, id_, window), "above")
    missing = post.reply_to if post.reply_to and post.reply_to not in places else None
    places |= {other: "quoted" for other in (post.quote_of, post.repost_of) if other}
    cut = False
    if post.reply_to:
        beside, cut = _two_sides(conn, "reply_to", post.reply_to, post, window)
        places |= dict.fromkeys(beside, "beside")
    below = _ids(conn, "reply_to = %(of)s ORDER BY created_at, id", {"of": id_, "n": window + 1})
    places |= dict.fromkeys(below[:window], "below")
    near: dict[str, Place] = {}
    column, of = ("group_id", post.group_id) if post.group_id else ("account", post.account)
    if post.group_id or not places:
        nearby, cut_nearby = _two_sides(conn, column, of, post, window)
        near = dict.fromkeys(nearby, "group" if post.group_id else "author")
        cut = cut or cut_nearby
    if places:
        places[id_] = "this"
    if near:
        near[id_] = "this"
    name = _group_name(conn, post.group_id) if post.group_id else None
    more = cut or len(below) > window
    return _context(conn, places, near, group=name, missing=missing, more=more)


def _context(
    conn: Conn,
    thread: dict[str, Place],
    nearby: dict[str, Place],
    *,
    group: str | None = None,
    missing: str | None = None,
    more: bool,
) -> Context:
    pieces = _pieces(conn, {*thread, *nearby})
    return Context(
        thread=_placed(pieces, thread),
        nearby=_placed(pieces, nearby),
        group=group,
        missing=missing,
        more=more,
    )


def _placed(pieces: dict[str, Piece], places: dict[str, Place]) -> list[Piece]:
    found = [
        msgspec.structs.replace(pieces[id_], place=place) for id_, place in places.items() if id_ in pieces
    ]
    return sorted(found, key=lambda piece: (piece.created_at, piece.id))


def _above(conn: Conn, id_: str, most: int) -> list[str]:
    """The posts that are answered, the nearest first."""
    rows = conn.execute(
        """
        WITH RECURSIVE up AS (
            SELECT id, reply_to, 0 AS steps FROM posts WHERE id = %s
            UNION ALL
            SELECT posts.id, posts.reply_to, steps + 1 FROM up JOIN posts ON posts.id = up.reply_to
            WHERE steps < %s)
        SELECT DISTINCT id FROM up WHERE steps > 0 AND id <> %s
        """,
        [id_, most, id_],
    )
    return [above for (above,) in rows]


def _two_sides(conn: Conn, column: str, of: str, post: Post, window: int) -> tuple[list[str], bool]:
    """The posts before and after one, of those with the same value in a column of ours; whether there are
    more."""
    values = {"of": of, "at": post.created_at, "id": post.id, "n": window + 1}
    before = _ids(
        conn, f"{column} = %(of)s AND created_at <= %(at)s AND id <> %(id)s ORDER BY created_at DESC", values
    )
    after = _ids(conn, f"{column} = %(of)s AND created_at > %(at)s ORDER BY created_at", values)
    return [*before[:window], *after[:window]], max(len(before), len(after)) > window


def _ids(conn: Conn, where: str, values: dict[str, Any]) -> list[str]:
    """Ids of posts by a condition and order of ours."""
    rows = conn.execute(f"SELECT id FROM posts WHERE {where} LIMIT %(n)s", values)
    return [id_ for (id_,) in rows]


def _showing(conn: Conn, media: str, most: int) -> list[str]:
    """The uploader's latest posts that show a media item."""
    rows = conn.execute(
        """
        SELECT id FROM (
            SELECT posts.id, posts.media, posts.created_at FROM media JOIN posts USING (account)
            WHERE media.id = %(media)s ORDER BY posts.created_at DESC LIMIT %(looked_at)s) AS latest
        WHERE %(media)s = ANY(media) ORDER BY created_at DESC LIMIT %(n)s
        """,
        {"media": media, "looked_at": POSTS_OF_MEDIA, "n": most},
    )
    return [id_ for (id_,) in rows]


def _group_name(conn: Conn, id_: str) -> str:
    row = conn.execute("SELECT name FROM groups WHERE id = %s", [id_]).fetchone()
    return row[0] if row and row[0] else id_


def _pieces(conn: Conn, ids: Iterable[str]) -> dict[str, Piece]:
    cursor = conn.cursor(row_factory=class_row(Piece))
    cursor.execute(
        """
        SELECT posts.id, account, handle, display_name, posts.created_at, text, posts.language, posts.state,
            latest.id AS case_id, latest.state AS case_state
        FROM posts LEFT JOIN accounts ON accounts.id = posts.account
        LEFT JOIN LATERAL (
            SELECT cases.id, cases.state FROM cases
            WHERE subject_kind = 'post' AND subject_id = posts.id ORDER BY cases.id DESC LIMIT 1
        ) AS latest ON true
        WHERE posts.id = ANY(%s)
        """,
        [sorted(ids)],
    )
    return {piece.id: piece for piece in cursor}
