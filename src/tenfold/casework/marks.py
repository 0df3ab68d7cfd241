"""By what cases are known to be alike: near copies of texts and pictures, files, entries of banks, rules.

Each is a number of 64 bits. Texts have bands of MinHash over their shingles: BANDS of ROWS each, so that a
copy which shares 0.7 of its shingles has a band in common with probability 1 - (1 - 0.7 ** 3) ** 12 = 0.99,
one that shares half of them with 0.80 (A. Broder, "On the resemblance and containment of documents", 1997).
Pictures have the sixteen words of their PDQ hash: whatever differs in fewer than 16 of 256 bits shares one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.shingles import Hashes, shingles
from tenfold.store import case_marks, cases, content
from tenfold.store.cases import Case
from tenfold.store.content import Post
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

Sort = Literal["text", "picture", "file", "entry", "rule"]

BATCH: Final = 500  # cases marked at once
BANDS, ROWS = 12, 3
LEAST_SHINGLES: Final = 8  # about two words; shorter texts are alike only when they are the same
MOST_NAMED: Final = 8  # entries of banks, and rules, that one case is marked with
MOST_MEDIA: Final = 4  # attached to a post, that it is marked with
WORD_DIGITS: Final = 4  # hexadecimal digits of one of the sixteen words of a PDQ hash

_FACTORS: Final = np.random.default_rng(10).integers(
    1, 2**63, (BANDS * ROWS, 2), dtype=np.uint64
) | np.uint64(1)


class Mark(msgspec.Struct, frozen=True):
    """One mark, and of what sort; `named` is the entry's bank and key, or the rule's name."""

    value: int
    sort: Sort
    named: str = ""


def catch_up(conn: Conn, limit: int = BATCH) -> int:
    """Mark cases that are new or were decided; returns how many were due. The caller commits."""
    due = case_marks.take_due(conn, limit)
    if due:
        known = cases.load(conn, due)
        marks = of_cases(conn, list(known.values()))
        case_marks.put(conn, {id_: (mark.value for mark in found) for id_, found in marks.items()})
    return len(due)


def of_cases(conn: Conn, wanted: Sequence[Case]) -> dict[int, list[Mark]]:
    """The marks of cases as they are now, by case."""
    posts = content.load_posts(conn, [c.subject_id for c in wanted if c.subject.kind is SubjectKind.POST])
    media_ids = [c.subject_id for c in wanted if c.subject.kind is SubjectKind.MEDIA]
    media_ids += [id_ for post in posts.values() for id_ in post.media[:MOST_MEDIA]]
    media = hashes_of(conn, media_ids)
    texts = dict(zip(posts, text_marks([post.text for post in posts.values()]), strict=True))
    named = _named(conn, {case.subject for case in wanted})
    found = {}
    for case in wanted:
        post = posts.get(case.subject_id) if case.subject.kind is SubjectKind.POST else None
        items = _media_of(case, post, media)
        found[case.id] = [
            *(texts[post.id] if post else ()),
            *(mark for item in items for mark in _media_marks(item)),
            *named.get(case.subject, ()),
        ]
    return found


class Hashed(msgspec.Struct, frozen=True):
    """A media item by its hashes, in hexadecimal digits."""

    id: str
    sha256: str | None
    pdq: str | None


def hashes_of(conn: Conn, ids: Iterable[str]) -> dict[str, Hashed]:
    """The hashes of media items, by id."""
    rows = conn.execute("SELECT id, sha256, pdq FROM media WHERE id = ANY(%s)", [sorted(set(ids))])
    return {id_: Hashed(id_, sha256, pdq) for id_, sha256, pdq in rows}


def text_marks(texts: Sequence[str]) -> list[list[Mark]]:
    """The marks of texts: of their words in normal form, and of what they share with near copies."""
    batch = prepared(texts)
    all_ = shingles(batch)
    marks = []
    for number in range(len(texts)):
        normal = batch.normal[number].text
        own = [Mark(_digest("words", normal), "text")] if normal else []
        hashes = all_.hashes[all_.bounds[number] : all_.bounds[number + 1]]
        if len(hashes) >= LEAST_SHINGLES:
            own += [
                Mark(_digest(f"band {band}", values), "text") for band, values in enumerate(_bands(hashes))
            ]
        marks.append(own)
    return marks


def likeness(text: str, others: Sequence[str]) -> list[float]:
    """How much of its shingles a text shares with each of the others: the Jaccard index, 1 for the same."""
    all_ = shingles(prepared([text, *others]))
    sets = [set(all_.hashes[a:b].tolist()) for a, b in zip(all_.bounds[:-1], all_.bounds[1:], strict=True)]
    return [len(sets[0] & other) / len(sets[0] | other) if sets[0] | other else 0.0 for other in sets[1:]]


def prepared(texts: Sequence[str]) -> PreparedBatch:
    """Texts that belong to no subject as the detectors take them."""
    nobody = Subject(SubjectKind.POST, "")
    return PreparedBatch([TextItem(nobody, {"text": text}) for text in texts])


def _bands(hashes: Hashes) -> list[str]:
    """The smallest values of BANDS times ROWS random orders of the shingles, ROWS to a band."""
    values = hashes[:, None] * _FACTORS[:, 0] + _FACTORS[:, 1]
    values ^= values >> np.uint64(29)
    least: NDArray[np.uint64] = values.min(axis=0).reshape(BANDS, ROWS)
    return [row.tobytes().hex() for row in least]


def _media_of(case: Case, post: Post | None, media: Mapping[str, Hashed]) -> Iterable[Hashed]:
    ids = post.media[:MOST_MEDIA] if post else [case.subject_id]
    kinds = (SubjectKind.POST, SubjectKind.MEDIA)
    return [media[id_] for id_ in ids if id_ in media] if case.subject.kind in kinds else []


def _media_marks(item: Hashed) -> Iterable[Mark]:
    if item.sha256:
        yield Mark(_digest("file", item.sha256), "file")
    if item.pdq:
        for start in range(0, len(item.pdq), WORD_DIGITS):
            yield Mark(_digest(f"pdq {start}", item.pdq[start : start + WORD_DIGITS]), "picture")


def _named(conn: Conn, subjects: Iterable[Subject]) -> dict[Subject, list[Mark]]:
    """Entries of banks that were found in each subject, the surest first, and the rules that fired."""
    asked = sorted(subjects)
    rows = conn.execute(
        """
        WITH asked AS (SELECT kind, id FROM unnest(%s::text[], %s::text[]) AS row (kind, id))
        SELECT 'entry', asked.kind, asked.id, details->>'bank' || ': ' || COALESCE(details->>'label', ''),
            name || ' ' || key
        FROM asked JOIN LATERAL (
            SELECT name, key, details FROM signals
            WHERE subject_kind = asked.kind AND subject_id = asked.id AND details ? 'bank'
            ORDER BY score DESC, name, key LIMIT %s) AS found ON true
        UNION ALL
        SELECT 'rule', asked.kind, asked.id, rule, rule
        FROM asked JOIN LATERAL (
            SELECT rule FROM firings WHERE subject_kind = asked.kind AND subject_id = asked.id
            ORDER BY severity DESC, rule LIMIT %s) AS fired ON true
        """,
        [[s.kind.value for s in asked], [s.id for s in asked], MOST_NAMED, MOST_NAMED],
    ).fetchall()
    found: dict[Subject, list[Mark]] = {}
    for sort, kind, id_, named, what in rows:
        mark = Mark(_digest(sort, what), sort, named.rstrip(": "))
        found.setdefault(Subject(SubjectKind(kind), id_), []).append(mark)
    return found


def _digest(sort: str, what: str) -> int:
    digest = hashlib.blake2b(what.encode("utf-8", "surrogatepass"), digest_size=8, person=sort.encode())
    return int.from_bytes(digest.digest(), "big", signed=True)
