"""What somebody chose for their own sake: how media are shown, whether slurs are masked, when to rest."""

from datetime import datetime

import msgspec
from psycopg.rows import class_row

from tenfold.store.database import Conn


class Care(msgspec.Struct, frozen=True, kw_only=True):
    """One person's choices. Media: blurred until revealed, without colours, without sound, small. A break is
    suggested after so many minutes at work or cases of severe content (0: never), not before `not_before`."""

    media_blurred: bool = True
    media_grey: bool = False
    media_muted: bool = True
    media_small: bool = True
    mask_slurs: bool = False
    break_minutes: int = 50
    break_severe: int = 15
    not_before: datetime | None = None

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)


def load(conn: Conn, user_id: int) -> Care:
    """What the user chose; the defaults, if they never did."""
    cursor = conn.cursor(row_factory=class_row(Care))
    cursor.execute(
        """
        SELECT media_blurred, media_grey, media_muted, media_small, mask_slurs, break_minutes, break_severe,
            not_before
        FROM care WHERE user_id = %s
        """,
        [user_id],
    )
    return cursor.fetchone() or Care()


def save(conn: Conn, user_id: int, care: Care) -> None:
    """Keep what the user chose."""
    conn.execute(
        """
        INSERT INTO care (user_id, media_blurred, media_grey, media_muted, media_small, mask_slurs,
            break_minutes, break_severe, not_before)
        VALUES (%(user)s, %(media_blurred)s, %(media_grey)s, %(media_muted)s, %(media_small)s,
            %(mask_slurs)s, %(break_minutes)s, %(break_severe)s, %(not_before)s)
        ON CONFLICT (user_id) DO UPDATE SET media_blurred = excluded.media_blurred,
            media_grey = excluded.media_grey, media_muted = excluded.media_muted,
            media_small = excluded.media_small, mask_slurs = excluded.mask_slurs,
            break_minutes = excluded.break_minutes, break_severe = excluded.break_severe,
            not_before = excluded.not_before
        """,
        {"user": user_id, **msgspec.structs.asdict(care)},
    )


def not_before(conn: Conn, user_id: int, until: datetime) -> None:
    """Suggest no break until then."""
    conn.execute(
        """
        INSERT INTO care (user_id, not_before) VALUES (%s, %s)
        ON CONFLICT (user_id) DO UPDATE SET not_before = excluded.not_before
        """,
        [user_id, until],
    )
