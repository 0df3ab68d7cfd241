"""Threats: what a batch says of harm to people becomes records, and signals learn what the records know.

Posts without a signal `threat` cost nothing but being counted.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tenfold.detectors.threat.telling import KIND
from tenfold.events import AccountProfile, GroupProfile, PostCreated, PostDeleted, PostUpdated
from tenfold.evidence import Signal
from tenfold.processing.detect import Detected
from tenfold.processing.fold import Batch, Numbered
from tenfold.store import events as queue
from tenfold.store import signals as store_signals
from tenfold.store import threat_hands, threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_sources import Gone
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats import corrections, paging, records, searching
from tenfold.threats.aims import Sighting
from tenfold.threats.campaigns import digest
from tenfold.threats.protectees import Match, Watch
from tenfold.threats.records import Taken

log = logging.getLogger("tenfold.threats")


def record(
    conn: Conn,
    watch: Watch,
    batch: Batch,
    detected: Detected,
    *,
    numbered: Sequence[Numbered],
    now: datetime,
) -> list[Taken]:
    """Make and join records; signals of this batch take the level that their record's history gives them.

    Call it when signals and links are saved, and judge afterwards. Returns what became of the sightings.
    """
    _count(conn, batch)
    found = named(conn, watch, batch, detected)
    sightings = _sightings(conn, batch, detected, found)
    taken = records.take(conn, [one for one, _ in sightings], now, revision=watch.revision)
    _mark_gone(conn, batch, detected, numbered)
    changed = []
    for (_, place), one in zip(sightings, taken, strict=True):
        number, at = place
        signal = detected.results[number].signals[at]
        if one.raised:
            signal = _replaced(signal, level=one.said, raised=list(one.raised))
            detected.results[number].signals[at] = signal
        if one.raised or signal.details.get("protectee"):
            changed.append(signal)
    current = {id(signal) for signals in detected.current.values() for signal in signals}
    store_signals.add(conn, [signal for signal in changed if id(signal) in current])
    for threat in sorted({one.threat_id for one in taken if one.urgent}):
        paging.page(conn, threat, now)
    return taken


def search_again(conn: Conn, watch: Watch, now: datetime) -> int:
    """Search some open threats for who came to those that are watched over since; returns 0 when all were."""
    with conn.transaction():
        urgent = searching.search_again(conn, watch, now)
        for threat in urgent or ():
            paging.page(conn, threat, now)
    return 0 if urgent is None else 1


def look_again(conn: Conn, now: datetime) -> int:
    """Look at what has become known of the authors of some open threats; returns 0 when it is no one's
    turn. What fails is told, and its turn comes again like that of others."""
    try:
        with conn.transaction():
            urgent = records.look_again(conn, now)
            for threat in urgent or ():
                paging.page(conn, threat, now)
    except Exception as error:
        if queue.is_passing(error):
            raise
        log.warning("looking again at threats: %s: %s", type(error).__name__, error)
        with conn.transaction():
            records.skip_turn(conn, now)
        return 0
    return 0 if urgent is None else 1


Place = tuple[int, int]  # number of a question, and of the signal among those found in its texts


def named(conn: Conn, watch: Watch, batch: Batch, detected: Detected) -> dict[Place, list[Match]]:
    """Who of those that are watched over each threatening text names. The signal of a threat that names one
    says so (never whom) and is a level higher."""
    places = [
        (number, at)
        for number, result in detected.results.items()
        for at, signal in enumerate(result.signals)
        if signal.name == KIND.name
    ]
    if not places:
        return {}
    texts = []
    for number, at in places:
        question, signal = batch.questions[number], detected.results[number].signals[at]
        mentions = question.post.mentions if question.post else ()
        texts.append(((question.texts or {})[signal.key], signal.details.get("targets", ()), mentions))
    found = dict(zip(places, watch.find(conn, texts), strict=True))
    for (number, at), matches in found.items():
        if matches:
            signals = detected.results[number].signals
            signals[at] = _replaced(signals[at], **corrections.protecting(signals[at].details))
    return found


def _replaced(signal: Signal, **changes: object) -> Signal:
    return msgspec.structs.replace(signal, details={**signal.details, **changes})


def _sightings(
    conn: Conn, batch: Batch, detected: Detected, found: Mapping[Place, Sequence[Match]]
) -> list[tuple[Sighting, Place]]:
    """What is kept as a record: threats, others' words that tell whom a threat is against or name somebody
    watched over, and play that wants a look."""
    made = []
    for (number, at), matches in sorted(found.items()):
        question, signal = batch.questions[number], detected.results[number].signals[at]
        details = signal.details
        if details["level"] == "N" and not (
            details.get("reported_against") or details.get("review") or matches
        ):
            continue
        post = question.post
        made.append(
            (
                Sighting(
                    subject=question.subject,
                    field=signal.key,
                    account=question.account.id if question.account else None,
                    at=question.numbered.event.time,
                    text=(question.texts or {})[signal.key],
                    details=details,
                    language=detected.results[number].language,
                    mentions=tuple(post.mentions) if post else (),
                    reply_to=post.reply_to if post else None,
                    protectees=tuple(
                        (match.protectee, match.how, match.strength, *match.span) for match in matches
                    ),
                ),
                (number, at),
            )
        )
    answered = threat_hands.authors(conn, {one.reply_to for one, _ in made if one.reply_to}) if made else {}
    return [
        (msgspec.structs.replace(one, answered=answered.get(one.reply_to)) if one.reply_to else one, place)
        for one, place in made
    ]


def _count(conn: Conn, batch: Batch) -> None:
    """Count the posts that were read for the first time, by the day on which they were written."""
    days = Counter(
        question.post.created_at.astimezone(UTC).date().isoformat()
        for question in batch.questions
        if question.post and isinstance(question.numbered.event.data, PostCreated)
    )
    if days:
        threats.count_read(conn, days)


def _mark_gone(conn: Conn, batch: Batch, detected: Detected, numbered: Sequence[Numbered]) -> None:
    """Sources that were edited or deleted are no longer there for others, and stay with their records."""
    gone: dict[Subject, Gone] = {}
    for question in batch.questions:
        event = question.numbered.event
        if question.texts is not None and isinstance(event.data, PostUpdated | AccountProfile | GroupProfile):
            texts = question.texts
            kept = [
                (signal.key, digest(texts[signal.key]).hex())
                for signal in detected.current.get(question.subject, ())
                if signal.name == KIND.name and signal.key in texts
            ]
            gone[question.subject] = Gone(subject=question.subject, at=event.time, kept=kept)
    for item in numbered:
        if isinstance(item.event.data, PostDeleted):
            subject = Subject(SubjectKind.POST, item.event.data.post)
            gone[subject] = Gone(subject=subject, at=item.event.time, account=item.event.account)
    if gone:
        threat_sources.mark_gone(conn, gone.values())
