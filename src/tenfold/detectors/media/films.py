"""Films against banks: frames are looked up like pictures, and those of one film aligned in time."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media import frames, matches
from tenfold.detectors.media.alignment import Part, align
from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.frames import Frames
from tenfold.detectors.media.index import HashIndex
from tenfold.detectors.media.matches import FRAME, LONE_FRAME, SCENE, Match, Range
from tenfold.detectors.media.pdq import BITS
from tenfold.detectors.media.plainness import telling
from tenfold.detectors.media.turns import UPRIGHT, turned_hashes
from tenfold.store import media_hashes
from tenfold.store.database import Conn
from tenfold.store.media_hashes import Matched

TURNS: Final = (UPRIGHT, "mirrored")  # films are mirrored to hide; phones tell how they lie
MOST_HITS: Final = 30  # entries' frames that are looked at for one frame, the nearest
TOLERANCE: Final = 0.8  # seconds by which kept frames of two copies may lie beside each other
LEAST_MOMENTS: Final = 3  # frames that must agree in order, to call it a scene
LEAST_SECONDS: Final = 1.0


class _Hits(msgspec.Struct, frozen=True):
    """Pairs of a frame of the film and a hash of one entry."""

    entry: Matched
    turn: str
    times: NDArray[np.float64]
    entry_times: NDArray[np.float64]
    distances: NDArray[np.int64]
    border: NDArray[np.bool_]


def found(conn: Conn, index: HashIndex, text: str) -> Iterator[Match]:
    """Every entry that a film has a scene, a frame or a picture of; raises FramesError."""
    film = frames.read(text)
    for turn, codes in turned(film).items():
        for hits in _hits(conn, index, film, turn, codes):
            yield _picture(hits) if hits.entry.kind == "pdq" else _scene(hits)


def turned(film: Frames) -> dict[str, Codes]:
    """The hashes of all frames, for each way in which the film may be turned."""
    packed = film.codes.view(np.uint8).reshape(len(film.codes), BITS // 8)
    bits = np.unpackbits(packed, axis=1)[:, ::-1].astype(np.bool_)
    made = turned_hashes(bits)
    return {turn: codes_of(np.packbits(made[turn][:, ::-1], axis=1).tobytes()) for turn in TURNS}


def _hits(conn: Conn, index: HashIndex, film: Frames, turn: str, codes: Codes) -> Iterator[_Hits]:
    of, numbers, distances = index.search(codes)
    kept = telling(codes, of, distances)
    of, numbers, distances = of[kept], numbers[kept], distances[kept]
    order = np.lexsort((distances, of))
    taken = order[np.arange(len(order)) - np.searchsorted(of[order], of[order]) < MOST_HITS]
    of, numbers, apart = of[taken], numbers[taken], distances[taken].astype(np.int64)
    known = media_hashes.by_number(conn, numbers.tolist()) if len(numbers) else {}
    groups: dict[tuple[str, str, str], list[int]] = {}
    for place, number in enumerate(numbers.tolist()):
        entry = known.get(number)
        if entry is not None and not (turn != UPRIGHT and entry.kind == "pdq" and entry.form not in _PLAIN):
            groups.setdefault((entry.bank, entry.key, entry.kind), []).append(place)
    for places in groups.values():
        entries = [known[int(numbers[place])] for place in places]
        yield _Hits(
            entry=entries[0],
            turn=turn,
            times=film.times[of[places]],
            entry_times=np.array([entry.at or 0.0 for entry in entries]),
            distances=apart[places],
            border=film.trimmed[of[places]]
            | np.array([entry.form.startswith("trimmed") for entry in entries]),
        )


_PLAIN: Final = ("", "trimmed")  # forms of a picture that is not turned


def _picture(hits: _Hits) -> Match:
    """A picture in a film: where it is seen best."""
    best = int(np.argmin(hits.distances))
    at = float(hits.times[best])
    return matches.picture(
        hits.entry,
        int(hits.distances[best]),
        turn=hits.turn,
        border=bool(hits.border[best]),
        at=Range(at, at, 0.0, 0.0),
    )


def is_scene(part: Part | None) -> bool:
    """Whether so much runs alike that it is no chance."""
    return part is not None and part.moments >= LEAST_MOMENTS and part.end - part.start >= LEAST_SECONDS


def _scene(hits: _Hits) -> Match:
    """The part of the entry's film that is in this one, or else the frame that is."""
    part = align(hits.times, hits.entry_times, TOLERANCE)
    if part is None or not is_scene(part):
        best = int(np.argmin(hits.distances))
        at, there = float(hits.times[best]), float(hits.entry_times[best])
        return Match(
            entry=hits.entry,
            kind=FRAME,
            distance=int(hits.distances[best]),
            turn=hits.turn,
            border=bool(hits.border[best]),
            at=Range(at, at, there, there),
            moments=1,
            score=LONE_FRAME * (1 - int(hits.distances[best]) / BITS),
        )
    _, moments = np.unique(hits.times[part.pairs], return_inverse=True)
    nearest = np.full(moments.max() + 1, BITS)
    np.minimum.at(nearest, moments, hits.distances[part.pairs])
    distance = float(nearest.mean())
    return Match(
        entry=hits.entry,
        kind=SCENE,
        distance=round(distance, 1),
        turn=hits.turn,
        border=bool(hits.border[part.pairs].mean() > 0.5),
        at=Range(part.start, part.end, part.entry_start, part.entry_end),
        moments=part.moments,
        score=1 - distance / BITS,
    )
