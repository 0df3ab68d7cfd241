"""How far earlier uploads were looked through for entries that came later. One worker at a time does it."""

from collections.abc import Sequence

import msgspec
from psycopg.rows import class_row

from tenfold.store import content
from tenfold.store.content import Media
from tenfold.store.database import Conn


class Lookback(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: entries whose hashes, sounds and points have numbers above these.

    `below`: media of a lower seq are still to be looked at; None: it has not begun.
    """

    hashes: int
    sounds: int
    points: int
    below: int | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Whether earlier uploads are being looked through, how many ever were, how many matched, and how many
    of this pass are left, about: removed ones and those without anything to be known by are counted, too."""

    under_way: bool
    looked: int
    found: int
    left: int


def begin(conn: Conn) -> None:
    """If banks have new entries and nothing is looked for, look for these."""
    conn.execute(
        """
        UPDATE media_lookback SET to_hashes = new.hashes, to_sounds = new.sounds, to_points = new.points,
            waits_for = pg_current_xact_id(), below = NULL
        FROM (SELECT coalesce((SELECT max(number) FROM media_hashes), 0) AS hashes,
                     coalesce((SELECT max(number) FROM media_sounds), 0) AS sounds,
                     coalesce((SELECT max(number) FROM media_points), 0) AS points) AS new
        WHERE to_hashes IS NULL AND (new.hashes > media_lookback.hashes OR new.sounds > media_lookback.sounds
                                     OR new.points > media_lookback.points)
        """,
        prepare=True,
    )


def claim(conn: Conn) -> Lookback | None:
    """What is looked for, locked. None while there is nothing, another worker has it, or older transactions
    may still add uploads that did not see the entries."""
    cursor = conn.cursor(row_factory=class_row(Lookback))
    return cursor.execute(
        """
        SELECT hashes, sounds, points, below FROM media_lookback
        WHERE to_hashes IS NOT NULL AND (waits_for < pg_snapshot_xmin(pg_current_snapshot())
            OR waits_for >= pg_snapshot_xmax(pg_current_snapshot()))  -- of the server that a backup came from
        FOR UPDATE SKIP LOCKED
        """,
        prepare=True,
    ).fetchone()


def next_media(conn: Conn, below: int | None, most: int) -> list[Media]:
    """The next earlier uploads with anything to be known by, the newest first."""
    rows = conn.execute(
        """
        SELECT id FROM media
        WHERE seq < coalesce(%s, 9223372036854775807) AND state NOT IN ('removed', 'deleted')
          AND coalesce(sha256, md5, pdq, film, sound, points) IS NOT NULL
        ORDER BY seq DESC LIMIT %s
        """,
        [below, most],
    ).fetchall()
    return sorted(content.load_media(conn, [id_ for (id_,) in rows]).values(), key=lambda one: -one.seq)


def advance(conn: Conn, looked: Sequence[Media], found: int) -> None:
    """So far everything was looked at; an empty page ends it."""
    if looked:
        conn.execute(
            "UPDATE media_lookback SET below = %s, looked = looked + %s, found = found + %s",
            [looked[-1].seq, len(looked), found],
        )
        return
    conn.execute(
        """
        UPDATE media_lookback SET hashes = to_hashes, sounds = to_sounds, points = to_points,
            to_hashes = NULL, to_sounds = NULL, to_points = NULL, waits_for = NULL, below = NULL
        """
    )


def progress(conn: Conn) -> Progress:
    """How far it is."""
    cursor = conn.cursor(row_factory=class_row(Progress))
    found = cursor.execute(
        """
        SELECT to_hashes IS NOT NULL AS under_way, looked, found,
            CASE WHEN to_hashes IS NULL THEN 0
                 ELSE (SELECT count(*) FROM media WHERE below IS NULL OR seq < below) END AS left
        FROM media_lookback
        """
    ).fetchone()
    assert found is not None
    return found
