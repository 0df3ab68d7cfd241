"""Where slurs stand in a text, for people who would rather not read them.

Which words these are, the operator says: the entries of the bank of terms called `slurs`. They are found as
the detectors find terms, however they are spelt. A bank that is disabled gives no signals and still counts.
"""

from collections.abc import Sequence
from typing import Final

from tenfold.banks import Bank, BankEntry
from tenfold.detectors.base import TextItem
from tenfold.detectors.text.terms import TermsDetector
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

BANK: Final = "slurs"
MOST: Final = 5_000  # entries

_NOBODY: Final = Subject(SubjectKind.POST, "")


class Slurs:
    """The words of the bank at one of its revisions."""

    def __init__(self, revision: int, words: Sequence[tuple[str, str]]) -> None:
        self.revision = revision
        entries = [BankEntry(key=key, value=value) for key, value in words]
        bank = Bank(id=BANK, kind="terms", title=BANK, entries=entries)
        self._detector = TermsDetector([bank])

    def find(self, text: str) -> list[tuple[int, int]]:
        """Ranges [start, end) of code points."""
        (found,) = self._detector.detect([TextItem(_NOBODY, {"text": text})]) if text else ([],)
        return sorted({(span.start, span.end) for signal in found for span in signal.spans})


class Loaded:
    """The words that a process holds, read again only when the bank has changed."""

    def __init__(self) -> None:
        self._last = Slurs(0, [])

    def get(self, conn: Conn) -> Slurs:
        """The words as they are now; none without such a bank."""
        row = conn.execute("SELECT revision FROM banks WHERE id = %s AND kind = 'terms'", [BANK]).fetchone()
        revision = row[0] if row else 0
        if revision != self._last.revision:
            words = conn.execute(
                """
                SELECT key, value FROM bank_entries
                WHERE bank = %s AND (expires_at IS NULL OR expires_at > now()) ORDER BY key LIMIT %s
                """,
                [BANK, MOST],
            )
            self._last = Slurs(revision, words.fetchall())
        return self._last


LOADED: Final = Loaded()
