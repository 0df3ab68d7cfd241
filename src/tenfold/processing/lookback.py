"""Look back: uploads that came before an entry was added to a bank are compared with it, too.

In steps of some hundred uploads, the newest first, each one transaction with what comes of it: signals, and
cases and actions as the policy says. Killed in one, it is done again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from psycopg_pool import ConnectionPool

from tenfold.casework.filing import file_firings
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.events import Event, MediaUploaded
from tenfold.evidence import Signal
from tenfold.policy.in_force import CurrentPolicy, InForce
from tenfold.processing import judge
from tenfold.processing.fold import Batch, Numbered, Question
from tenfold.store import accounts, actions, media_lookback, shadow
from tenfold.store import signals as store_signals
from tenfold.store.accounts import Account
from tenfold.store.content import Media
from tenfold.store.database import Conn
from tenfold.store.media_lookback import Lookback
from tenfold.subjects import Subject, SubjectKind

AT_ONCE: Final = 200  # uploads in one step
UNSTORED: Final = 2**62  # the number of an event that is later than all stored ones


class LookingBack:
    """One step after another, for one thread. In memory are the hashes of new entries alone."""

    def __init__(self, policy: CurrentPolicy) -> None:
        self._policy = policy
        self._marks: tuple[int, int, int] | None = None
        self._detector = MediaDetector()

    def step(self, pool: ConnectionPool[Conn]) -> int:
        """Look at the next uploads; returns how many there were, 0 when nothing is to be done."""
        with pool.connection() as conn:
            media_lookback.begin(conn)
        with pool.connection() as conn:
            wanted = media_lookback.claim(conn)
            if wanted is None:
                return 0
            page = media_lookback.next_media(conn, wanted.below, AT_ONCE)
            matched = self._matched(conn, wanted, page) if page else []
            if matched:
                _file(conn, self._policy.get(conn), matched)
            media_lookback.advance(conn, page, len(matched))
            return len(page)

    def _matched(self, conn: Conn, wanted: Lookback, page: list[Media]) -> list[Media]:
        """Those that match an entry that is looked for; the signals are kept."""
        marks = (wanted.hashes, wanted.sounds, wanted.points)
        if marks != self._marks:
            self._detector, self._marks = MediaDetector.of_entries_after(conn, *marks), marks
        items = [
            MediaItem(
                subject=Subject(SubjectKind.MEDIA, one.id),
                sha256=one.sha256,
                md5=one.md5,
                pdq=one.pdq,
                pdq_trimmed=one.pdq_trimmed,
                pdq_panels=one.pdq_panels,
                points=one.points,
                film=one.film,
                sound=one.sound,
            )
            for one in page
        ]
        found = self._detector.detect(conn, items)
        matched = [(one, signals) for one, signals in zip(page, found, strict=True) if signals]
        known = store_signals.load(conn, [signals[0].subject for _, signals in matched]) if matched else {}
        fresh = [
            (one, new)
            for one, signals in matched
            if (new := [signal for signal in signals if signal.key not in _keys(known, signal.subject)])
        ]
        store_signals.add(conn, [signal for _, signals in fresh for signal in signals])
        return [one for one, _ in fresh]


def _keys(known: Mapping[Subject, Sequence[Signal]], subject: Subject) -> set[str]:
    return {signal.key for signal in known.get(subject, ()) if signal.name == "media"}


def _file(conn: Conn, policy: InForce, matched: list[Media]) -> None:
    """Put these uploads to the policy as if they were uploaded now, and file what comes of it."""
    now = datetime.now(UTC)
    actions.lock_subjects(conn, [Subject(SubjectKind.MEDIA, one.id) for one in matched])
    authors = accounts.load(conn, {one.account for one in matched})
    batch = Batch(
        accounts=authors,
        media={one.id: one for one in matched},
        questions=[_question(one, authors.get(one.account), now) for one in matched],
    )
    judged = judge.judge_both(conn, policy, batch, {}, record=False)
    if judged.shadow:
        shadow.note(conn, judged.shadow, now)
    file_firings(conn, judged.firings, now)


def _question(media: Media, author: Account | None, now: datetime) -> Question:
    event = Event(
        id="lookback",
        type="media.uploaded",
        time=now,
        source="tenfold",
        account=media.account,
        data=MediaUploaded(media=media.id),
        raw=b"",
    )
    subject = Subject(SubjectKind.MEDIA, media.id)
    return Question(numbered=Numbered(UNSTORED, event), subject=subject, account=author, media=media)
