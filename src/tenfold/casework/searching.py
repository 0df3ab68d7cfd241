"""Searching everything that a person may see: posts, accounts, groups, closures, notes and the cases on them.

Words are looked for in the normal form of the detectors, so that an alef is found with and without hamza, a
word with and without harakat, and a name whatever its capitals. Every search is in the audit log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from tenfold.detectors.text.normalise import Normal, normalise, normalise_batch
from tenfold.store import audit, search
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.search import Text

PAGE: Final = 20  # results of one kind
SHORTEST: Final = 3  # letters that a trigram index needs
LONGEST: Final = 200  # characters of a search
BATCH: Final = 1_000  # texts put into search at once
BEFORE, AFTER = 60, 140  # characters shown around the first match
LONGEST_WORD: Final = 60  # characters by which that is widened, so that no word is cut


class Query(msgspec.Struct, frozen=True):
    """What is searched for: as written, and its words in normal form, each once."""

    written: str
    words: tuple[str, ...]

    @property
    def searchable(self) -> bool:
        """Whether a word is long enough for the index."""
        return any(len(word) >= SHORTEST for word in self.words)


class Found(msgspec.Struct, kw_only=True):
    """One result. `text` is a piece of the original with `hits` in it as ranges of code points; `case_id` is
    the case on it (undecided, or else the latest), `closed_at` when its account was closed."""

    kind: str
    id: str
    at: datetime
    text: str
    hits: list[tuple[int, int]]
    title: str = ""
    account: str | None = None
    state: str | None = None
    case_id: int | None = None
    case_state: str | None = None
    closed_at: datetime | None = None


class Results(msgspec.Struct, kw_only=True):
    """Results of one kind, newest first; `before` is where the next window begins, None at the end."""

    kind: str
    found: list[Found]
    before: tuple[datetime, str] | None = None


def read_query(written: str) -> Query:
    """The words of a search; a text between quotes is one of them, spaces and all."""
    written = written[:LONGEST].strip()
    words: list[str] = []
    for number, piece in enumerate(written.split('"')):
        folded = normalise(piece).text.strip()
        words += [folded] if number % 2 and folded else folded.split()
    return Query(written, tuple(dict.fromkeys(words)))


def catch_up(conn: Conn, limit: int = BATCH) -> int:
    """Put texts that are new or changed into search; returns how many there were. The caller commits."""
    due = search.take_due(conn, limit)
    if not due:
        return 0
    texts = [
        text
        for kind in search.KINDS
        for text in search.originals(conn, kind, (id_ for known, id_ in due if known == kind))
    ]
    normal = normalise_batch([text.text for text in texts])
    folded = [
        Text(text.kind, text.id, normal[number].text.strip(), text.at) for number, text in enumerate(texts)
    ]
    search.put(conn, folded, due - {(text.kind, text.id) for text in texts})
    return len(due)


def find(
    conn: Conn, query: Query, kinds: Sequence[str], *, actor: str, before: tuple[datetime, str] | None = None
) -> list[Results]:
    """Results of each kind; a further window of one kind begins at `before`. Audited as `search.made`."""
    catch_up(conn)
    results = [_results(conn, query, kind, before) for kind in kinds]
    counts = {one.kind: len(one.found) for one in results}
    details = {"words": query.written, "found": counts}
    audit.append(conn, [Entry(actor=actor, act="search.made", details=details)])
    return results


def _results(conn: Conn, query: Query, kind: str, before: tuple[datetime, str] | None) -> Results:
    ids = search.matching(conn, kind, query.words, before=before, limit=PAGE + 1) if query.searchable else []
    page = ids[:PAGE]
    texts = {text.id: text for text in search.originals(conn, kind, (id_ for id_, _ in page))}
    named = search.described(conn, kind, [id_ for id_, _ in page])
    found = [_found(texts[id_], query) for id_, _ in page if id_ in texts]
    for one in found:
        for name, value in named.get(one.id, {}).items():
            setattr(one, name, value)
    last = page[-1] if len(ids) > PAGE else None
    return Results(kind=kind, found=found, before=(last[1], last[0]) if last else None)


def _found(text: Text, query: Query) -> Found:
    """A piece of the original around the first match, with all matches in it."""
    spans = sorted(_spans(normalise(text.text), query.words))
    start = max(spans[0][0] - BEFORE, 0) if spans else 0
    start, end = _whole_words(text.text, start, start + BEFORE + AFTER)
    hits = [(first - start, last - start) for first, last in spans if start <= first < end]
    return Found(kind=text.kind, id=text.id, at=text.at, text=text.text[start:end], hits=hits)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The range widened so that it cuts no word, unless the word is very long: half a word may not be told
    for what it is."""
    before = text.rfind(" ", max(start - LONGEST_WORD, 0), start) + 1
    after = text.find(" ", end, end + LONGEST_WORD)
    return before or max(start - LONGEST_WORD, 0), end + LONGEST_WORD if after < 0 else after


def _spans(normal: Normal, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand in the original."""
    spans = []
    for word in words:
        place = normal.text.find(word)
        while place >= 0:
            spans.append(normal.span(place, place + len(word)))
            place = normal.text.find(word, place + len(word))
    return spans
