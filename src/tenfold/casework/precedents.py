"""Cases like this one: how those that were decided were decided, and near copies that still wait.

Of each mark at most LIMIT cases are looked at, so that ten cases and ten million cost the same.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from psycopg.rows import class_row

from tenfold.casework import marks
from tenfold.casework.marks import Hashed, Mark, Sort
from tenfold.store import case_marks, cases, content
from tenfold.store.cases import Case
from tenfold.store.content import Post
from tenfold.store.database import Conn
from tenfold.subjects import SubjectKind

LIMIT: Final = 100  # newest cases looked at of each mark, and of each side: judged or not
CATCH_UP: Final = 50  # cases that came lately and are marked before the question; workers mark the rest
COMPARED: Final = 60  # texts that are compared word by word
SHOWN: Final = 8  # precedents
COPIES: Final = 50  # near copies that wait
COPY: Final = 0.5  # share of shingles from which a text is a near copy
NEAR_BITS: Final = 31  # of 256: a picture is a near copy
COPIES_SHARE: Final[tuple[Sort, ...]] = ("file", "picture", "text")
SORTS: Final[tuple[Sort, ...]] = (*COPIES_SHARE, "entry", "rule")  # the closest first
_WEIGHT: Final[Mapping[str, float]] = {"file": 6, "picture": 5, "text": 4, "entry": 2, "rule": 1}


class Why(msgspec.Struct, frozen=True):
    """What a case shares: the sort, the names of entries or of the rule, and of texts the share of shingles,
    of pictures the bits that differ."""

    sort: Sort
    named: tuple[str, ...] = ()
    near: float | None = None


class Like(msgspec.Struct, kw_only=True):
    """A case like this one. The last fields are None while it was never decided; `state` is that of its
    latest decision, `overturned` whether any decision on it was reversed."""

    case_id: int
    kind: str
    subject_id: str
    state_of_case: str
    language: str | None
    suspected: str
    why: list[Why]
    same_language: bool
    same_ground: bool
    ground: str | None = None
    reason: str = ""
    decided_at: datetime | None = None
    state: str | None = None
    overturned: bool = False
    decision: int | None = None
    text: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether it is a near copy, and not only found for the same reason."""
        return any(why.sort in COPIES_SHARE for why in self.why)

    @property
    def weight(self) -> float:
        """How like it is."""
        shared = sum(
            _WEIGHT[why.sort] * (why.near if why.sort == "text" and why.near else 1) for why in self.why
        )
        return shared + 0.5 * self.same_language + 0.5 * self.same_ground


class Counted(msgspec.Struct, frozen=True):
    """How cases that share one sort of thing were decided: the latest ground of each, most frequent first,
    and how many were overturned. `more`: there are others, older than the newest LIMIT."""

    sort: Sort
    total: int
    grounds: list[tuple[str, int]]
    overturned: int
    more: bool


class Found(msgspec.Struct, frozen=True):
    """What is like a case: decided ones, how often, and near copies that wait, the nearest first."""

    precedents: list[Like]
    counted: list[Counted]
    copies: list[Like]


class _Ruling(msgspec.Struct):
    case_id: int
    id: int
    ground: str
    reason: str
    state: str
    decided_at: datetime
    overturned: bool


def similar(conn: Conn, case_id: int) -> Found | None:
    """Cases like one; None if there is no such case. Cases that came lately are marked first."""
    marks.catch_up(conn, CATCH_UP)
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None:
        return None
    own = {mark.value: mark for mark in marks.of_cases(conn, [case])[case_id]}
    copied = [value for value, mark in own.items() if mark.sort in COPIES_SHARE]
    judged_pairs = case_marks.sharing(conn, own, judged=True, but=case_id, limit=LIMIT)
    open_pairs = case_marks.sharing(conn, copied, judged=False, but=case_id, limit=LIMIT)
    shared: dict[int, set[Mark]] = {}
    for value, other in (*judged_pairs, *open_pairs):
        shared.setdefault(other, set()).add(own[value])
    often = Counter(value for value, _ in judged_pairs)
    cut = {own[value].sort for value, count in often.items() if count >= LIMIT}
    likes = _likes(conn, case, shared)
    _add_rulings(conn, likes)
    likes.sort(key=lambda like: (-like.weight, -like.case_id))
    judged = [like for like in likes if like.ground is not None]
    copies = [like for like in likes if like.state_of_case != "decided" and like.is_copy]
    found = Found(judged[:SHOWN], _counted(judged, cut), copies[:COPIES])
    _add_texts(conn, (*found.precedents, *found.copies))
    return found


def _likes(conn: Conn, case: Case, shared: Mapping[int, set[Mark]]) -> list[Like]:
    """Whoever shares something, short of texts and pictures that prove to be no copies."""
    known = cases.load(conn, shared)
    near = _near(conn, case, known, shared)
    likes = []
    for id_, other in known.items():
        why = [*near.get(id_, ())]
        for sort in ("entry", "rule"):
            named = tuple(sorted({mark.named for mark in shared[id_] if mark.sort == sort}))
            why += [Why(sort, named)] if named else []
        if why:
            likes.append(
                Like(
                    case_id=id_,
                    kind=other.subject_kind,
                    subject_id=other.subject_id,
                    state_of_case=other.state,
                    language=other.language,
                    suspected=other.ground,
                    why=why,
                    same_language=other.language is not None and other.language == case.language,
                    same_ground=other.ground == case.ground,
                )
            )
    return likes


def _near(
    conn: Conn, case: Case, known: Mapping[int, Case], shared: Mapping[int, set[Mark]]
) -> dict[int, list[Why]]:
    """What is a copy indeed: texts compared word by word, pictures bit by bit."""
    counts = {
        sort: Counter({id_: sum(mark.sort == sort for mark in shared[id_]) for id_ in known})
        for sort in COPIES_SHARE
    }
    found = {id_: [Why("file")] for id_ in known if counts["file"][id_]}
    like_texts = [known[id_] for id_, count in counts["text"].most_common(COMPARED) if count]
    like_pictures = [
        known[id_] for id_, count in counts["picture"].most_common(COMPARED) if count and id_ not in found
    ]
    posts = content.load_posts(conn, _posts([case, *like_texts, *like_pictures]))
    texts = [(other.id, posts[other.subject_id].text) for other in like_texts if other.subject_id in posts]
    if case.subject_id in posts and texts:
        like = marks.likeness(posts[case.subject_id].text, [text for _, text in texts])
        for (id_, _), share in zip(texts, like, strict=True):
            if share >= COPY:
                found.setdefault(id_, []).append(Why("text", near=share))
    for id_, bits in _picture_bits(conn, case, like_pictures, posts).items():
        found.setdefault(id_, []).append(Why("picture", near=bits))
    return found


def _posts(wanted: Iterable[Case]) -> list[str]:
    return [case.subject_id for case in wanted if case.subject.kind is SubjectKind.POST]


def _picture_bits(
    conn: Conn, case: Case, others: Sequence[Case], posts: Mapping[str, Post]
) -> dict[int, int]:
    """For each case that shows a picture near one of this case: how many bits of the hashes differ."""
    if not others:
        return {}
    ids = {other.id: _media_ids(other, posts) for other in (case, *others)}
    media = marks.hashes_of(conn, (id_ for found in ids.values() for id_ in found))
    found = {}
    for other in others:
        pairs = ((a, b) for a in _hashes(ids[case.id], media) for b in _hashes(ids[other.id], media))
        bits = min((int.bit_count(a ^ b) for a, b in pairs), default=NEAR_BITS + 1)
        if bits <= NEAR_BITS:
            found[other.id] = bits
    return found


def _media_ids(case: Case, posts: Mapping[str, Post]) -> Sequence[str]:
    if case.subject.kind is SubjectKind.MEDIA:
        return [case.subject_id]
    return posts[case.subject_id].media[: marks.MOST_MEDIA] if case.subject_id in posts else []


def _hashes(ids: Iterable[str], media: Mapping[str, Hashed]) -> list[int]:
    known = [media[id_].pdq for id_ in ids if id_ in media]
    return [int(digits, 16) for digits in known if digits]


def _add_rulings(conn: Conn, likes: Sequence[Like]) -> None:
    """Fill in the latest decision on each case."""
    cursor = conn.cursor(row_factory=class_row(_Ruling))
    cursor.execute(
        """
        SELECT DISTINCT ON (case_id) case_id, id, ground, reason, state, decided_at,
            bool_or(state = 'reversed') OVER (PARTITION BY case_id) AS overturned
        FROM decisions WHERE case_id = ANY(%s) ORDER BY case_id, id DESC
        """,
        [[like.case_id for like in likes]],
    )
    rulings = {ruling.case_id: ruling for ruling in cursor}
    for like in likes:
        if ruling := rulings.get(like.case_id):
            like.ground, like.reason, like.decision = ruling.ground, ruling.reason, ruling.id
            like.decided_at, like.state, like.overturned = ruling.decided_at, ruling.state, ruling.overturned


def _add_texts(conn: Conn, likes: Sequence[Like]) -> None:
    """Fill in the words of posts."""
    posts = content.load_posts(conn, (like.subject_id for like in likes if like.kind == SubjectKind.POST))
    for like in likes:
        if like.kind == SubjectKind.POST and like.subject_id in posts:
            like.text = posts[like.subject_id].text


def _counted(judged: Sequence[Like], cut: Collection[str]) -> list[Counted]:
    """How those that share each sort of thing were decided, the closest sort first; of sorts in `cut` only
    the newest were looked at."""
    counted = []
    for sort in SORTS:
        those = [like for like in judged if any(why.sort == sort for why in like.why)]
        if those:
            grounds = Counter(like.ground for like in those if like.ground)
            overturned = sum(like.overturned for like in those)
            counted.append(Counted(sort, len(those), grounds.most_common(), overturned, sort in cut))
    return counted
