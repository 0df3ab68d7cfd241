"""What is usual in the writing of the platform, in the store: maintenance makes it, linkers read it."""

from datetime import datetime, timedelta

from tenfold.linkage import style, usual
from tenfold.linkage.style import LEAST_CHARS, Background
from tenfold.store import population, style_background
from tenfold.store.database import Conn
from tenfold.store.style_background import Kept

READ = 2 * usual.MOST_ACCOUNTS  # accounts whose texts are read: some have written too little
RENEWED = timedelta(days=1)  # habits of a platform change slowly ...
GROWING = timedelta(minutes=10)  # ... but while it is made of few accounts, more make it better
_AT_ONCE = 500  # accounts whose texts are sketched at once


def renew(conn: Conn, now: datetime) -> bool:
    """Make it anew if it is time to; tells whether it did. Some seconds' work, once a day."""
    before = style_background.load(conn)
    if before and now - before.made_at < (RENEWED if before.accounts >= usual.MOST_ACCOUNTS else GROWING):
        return False
    written = style_background.texts(conn, READ, population.count(conn))
    accounts = sorted(written)
    sketches: dict[str, bytes] = {}
    for start in range(0, len(accounts), _AT_ONCE):
        some = accounts[start : start + _AT_ONCE]
        made = style.sketches([written[account] for account in some])
        sketches |= {id_: one for id_, (one, chars) in zip(some, made, strict=True) if chars >= LEAST_CHARS}
    long = list(sketches)
    chosen = [sketches[long[place]] for place in usual.sample(long).tolist()]
    found = usual.of_sketches(chosen)
    style_background.keep(conn, Kept(usual.to_bytes(found), len(chosen), now))
    return True


class InUse:
    """The one that the store keeps, read again when there is another. One a process or thread."""

    def __init__(self) -> None:
        self.background: Background | None = None
        self._made_at: datetime | None = None

    def refresh(self, conn: Conn) -> None:
        """Take the one that is kept by now."""
        if style_background.made_at(conn) != self._made_at:
            kept = style_background.load(conn)
            self._made_at = kept.made_at if kept else None
            self.background = usual.from_bytes(kept.usual) if kept else None
