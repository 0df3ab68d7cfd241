"""Days and times as people write them in forms: year-month-day, in digits of any script, UTC.

They are fields of text: a browser shows its own fields for dates in the order of the machine's language,
whatever the page's, so that March the fourth may stand there as the third of April.
"""

import unicodedata
from datetime import UTC, date, datetime


def _latin(text: str) -> str:
    return "".join(str(unicodedata.decimal(character, character)) for character in text.strip())


def read_day(text: str) -> date:
    """A day such as 2026-03-04 or ٢٠٢٦-٠٣-٠٤; ValueError if it is none."""
    return datetime.strptime(_latin(text), "%Y-%m-%d").replace(tzinfo=UTC).date()


def read_moment(text: str) -> datetime:
    """A moment such as 2026-03-04 09:30, or the beginning of a day; ValueError if it is none."""
    written = _latin(text).replace("T", " ")
    form = "%Y-%m-%d %H:%M" if " " in written else "%Y-%m-%d"
    return datetime.strptime(written, form).replace(tzinfo=UTC)
