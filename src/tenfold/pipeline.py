"""The one loop: claim a batch of events, update subjects, detect, link, record threats, judge, file,
acknowledge, commit.

All of it is one database transaction, so a worker killed at any instant loses nothing that was
acknowledged to the platform and repeats nothing that was committed. Read this page first.

An event that cannot be applied is found by halving its batch inside savepoints, tried MAX_TRIES times
and set aside with its error. An event that kills its worker is found through the lane's count of
attempts, which is committed before each try: such a lane is walked event by event.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tenfold import events
from tenfold.casework.filing import file_firings
from tenfold.detectors.media.detector import MediaDetector
from tenfold.detectors.text.suite import TextSuite
from tenfold.linkage.online import Linker
from tenfold.policy import PolicySet
from tenfold.policy.in_force import InForce, Shadow
from tenfold.processing import detect, due, fold, judge, link, media, threats
from tenfold.processing.fold import Numbered
from tenfold.store import events as queue
from tenfold.store import shadow
from tenfold.store.database import Conn
from tenfold.store.events import MAX_TRIES, Queued
from tenfold.threats.protectees import Watch

LANES_AT_ONCE = 16

log = logging.getLogger("tenfold.pipeline")


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker works with: detectors of texts and media with the banks as they are, the rules in force
    and those in shadow, the eye for returns, and the list of those who are watched over."""

    suite: TextSuite
    policy: PolicySet
    linker: Linker
    watch: Watch
    media: MediaDetector = msgspec.field(default_factory=MediaDetector)
    shadow: Shadow | None = None

    @property
    def in_force(self) -> InForce:
        """The rules of both sorts."""
        return InForce(self.policy, self.shadow)


class Done(msgspec.Struct, kw_only=True):
    """What one turn of the loop did."""

    applied: int = 0
    set_aside: int = 0


def run_once(conn: Conn, tools: Tools, batch: int) -> Done:
    """Take up to `batch` waiting events through the whole pipeline; nothing waiting gives Done()."""
    with conn.transaction():
        chosen = queue.announce_claim(conn, LANES_AT_ONCE)
    if not chosen:
        return Done()
    with conn.transaction():
        held = queue.claim_lanes(conn, chosen)
        trusted = [lane.lane for lane in held if lane.tries <= MAX_TRIES]
        deadly = [lane.lane for lane in held if lane.tries > MAX_TRIES]
        done = _apply(conn, tools, queue.fetch(conn, trusted, batch))
        queue.lanes_went_well(conn, trusted)
        if len(deadly) > 1:
            queue.lanes_not_tried(conn, deadly[1:])
    if deadly:
        walked = _walk(conn, tools, deadly[0], batch // LANES_AT_ONCE)
        done.applied += walked.applied
        done.set_aside += walked.set_aside
    return done


def run_due(conn: Conn, tools: Tools) -> int:
    """Do some of what linkage and threats have still to do, apart from events; returns how much. See
    processing/due.py and threats.py."""
    now = datetime.now(UTC)
    return (
        due.run_once(conn, tools.linker, tools.in_force)
        + threats.search_again(conn, tools.watch, now)
        + threats.look_again(conn, now)
    )


def process(conn: Conn, tools: Tools, waiting: Sequence[Queued]) -> None:
    """Carry events from the queue to their effects; the caller's transaction holds it all."""
    numbered = [Numbered(item.seq, events.parse(item.raw, now=events.FAR_FUTURE)) for item in waiting]
    batch = fold.load(conn, numbered)
    fold.fold(batch, numbered)
    detected = detect.detect(tools.suite, batch)
    fold.save(conn, batch)
    detect.save(conn, detected)
    link.link(conn, tools.linker, batch)
    threats.record(conn, tools.watch, batch, detected, numbered=numbered, now=datetime.now(UTC))
    signals = {number: result.signals for number, result in detected.results.items()}
    signals |= media.recognise(conn, tools.media, batch, signals)
    judged = judge.judge_both(conn, tools.in_force, batch, signals)
    queue.acknowledge(conn, waiting)
    if judged.shadow:
        shadow.note(conn, judged.shadow, datetime.now(UTC))
    if judged.firings:
        file_firings(conn, judged.firings, datetime.now(UTC))


def _apply(conn: Conn, tools: Tools, waiting: Sequence[Queued]) -> Done:
    """Process events, halving what fails until the ones to blame stand alone."""
    if not waiting:
        return Done()
    try:
        with conn.transaction():
            process(conn, tools, waiting)
        return Done(applied=len(waiting))
    except Exception as error:
        if queue.is_passing(error):
            raise
        if len(waiting) > 1:
            half = len(waiting) // 2
            first = _apply(conn, tools, waiting[:half])
            second = _apply(conn, tools, waiting[half:])
            return Done(applied=first.applied + second.applied, set_aside=first.set_aside + second.set_aside)
        return _retry_or_set_aside(conn, tools, waiting[0], error)


def _retry_or_set_aside(conn: Conn, tools: Tools, event: Queued, error: Exception) -> Done:
    for _ in range(MAX_TRIES - 1):
        try:
            with conn.transaction():
                process(conn, tools, [event])
            return Done(applied=1)
        except Exception as again:
            if queue.is_passing(again):
                raise
            error = again
    log.warning("event %d set aside: %s: %s", event.seq, type(error).__name__, error)
    queue.set_aside(conn, event, f"{type(error).__name__}: {error}")
    return Done(set_aside=1)


def _walk(conn: Conn, tools: Tools, lane: int, batch: int) -> Done:
    """Process the first events of a lane that has killed workers one by one, each attempt counted.

    When a whole batch of them has gone well the lane is trusted again. One worker at a time walks a lane:
    else the attempts of several would be taken for deaths.
    """
    with queue.walking(conn, lane) as alone:
        return _walk_alone(conn, tools, lane, batch) if alone else Done()


def _walk_alone(conn: Conn, tools: Tools, lane: int, batch: int) -> Done:
    done = Done()
    for _ in range(batch):
        with conn.transaction():
            queue.wait_for_lane(conn, lane)
            waiting = queue.fetch(conn, [lane], 1)
            if not waiting:
                break
            tries = queue.count_try(conn, waiting[0])
            if tries > MAX_TRIES:
                error = f"the worker died {MAX_TRIES} times while it held this event"
                queue.set_aside(conn, waiting[0], error)
                done.set_aside += 1
                break
        with conn.transaction():
            queue.wait_for_lane(conn, lane)
            one = _apply(conn, tools, queue.fetch(conn, [lane], 1))
            done.applied += one.applied
            done.set_aside += one.set_aside
    with conn.transaction():
        queue.lanes_went_well(conn, [lane])
    return done
