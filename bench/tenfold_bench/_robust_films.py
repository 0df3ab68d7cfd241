"""How often an edited film is known, beside the share of frames that a list of frame hashes would match.

The peer is what vPDQ does: a PDQ hash a second of the whole frame, and a film is a copy when four fifths of
its frames have one of the other within 31 bits.
"""

from collections import defaultdict

import numpy as np

from tenfold.detectors.media import films, frames
from tenfold.detectors.media.alignment import align
from tenfold.detectors.media.answers import Film
from tenfold.detectors.media.bands import Codes
from tenfold.detectors.media.frames import Frames
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.pdq import NEAR
from tenfold_bench import _made_films as made
from tenfold_bench import _robust_stills
from tenfold_bench._following import followed
from tenfold_bench.result import Figure

FILMS, QUICK_FILMS = 10, 2
OTHERS, QUICK_OTHERS = 20, 1  # films that are in no bank
SECONDS, QUICK_SECONDS = 24.0, 7.0
PEER_SHARE = 0.8  # of frames: the default of vPDQ's own tool


def figures(quick: bool) -> tuple[list[Figure], list[str]]:
    """Recall of each edit, and false matches among films that are in no bank."""
    count, others = (QUICK_FILMS, QUICK_OTHERS) if quick else (FILMS, OTHERS)
    seconds = QUICK_SECONDS if quick else SECONDS
    ours: dict[str, list[bool]] = defaultdict(list)
    peer: dict[str, list[bool]] = defaultdict(list)
    with Hasher() as hasher:
        shown = {seed: made.film(seed, seconds) for seed in range(1, count + 1)}
        banked = {seed: _film(hasher, made.encoded(film)) for seed, film in shown.items()}
        bank = {seed: frames.unpack(film.frames) for seed, film in banked.items()}
        for seed, film in followed(list(shown.items()), "edits of films"):
            for name, data in made.edits(film, seed):
                upload = _frames(hasher, data)
                ours[name].append(_known(upload, bank[seed]))
                peer[name].append(_peer_knows(upload, bank[seed]))
        wrong = _wrong(hasher, bank, others, seconds)
        stills = _robust_stills.figures(hasher, shown, banked, quick)
    table = [
        Figure(
            label=f"film known: {name}: {sum(found)} of {len(found)}",
            ours=float(np.mean(found)),
            peer=float(np.mean(peer[name])),
            peer_name="frames a second",
            unit="share",
            goal=">= 0.98" if name == "letterbox" else "",
        )
        for name, found in ours.items()
    ]
    pairs = others * count
    table.append(Figure(label="films wrongly known", ours=wrong, unit=f"of {pairs:,} pairs", goal="0"))
    return [*table, *stills], [f"{count} generated films of {seconds:.0f} s"]


def _film(hasher: Hasher, data: bytes) -> Film:
    film = hasher.look(data).film
    assert film is not None and film.frames
    return film


def _frames(hasher: Hasher, data: bytes) -> Frames:
    return frames.unpack(_film(hasher, data).frames)


def _pairs(upload: Codes, entry: Codes) -> tuple[np.ndarray, np.ndarray]:
    apart = np.bitwise_count(upload[:, None] ^ entry[None]).sum(axis=-1)
    left, right = np.nonzero(apart <= NEAR)
    return left, right


def _known(upload: Frames, entry: Frames) -> bool:
    """As the detector does it, without a store."""
    for codes in films.turned(upload).values():
        left, right = _pairs(codes, entry.codes)
        part = align(upload.times[left], entry.times[right], films.TOLERANCE)
        if films.is_scene(part):
            return True
    return False


def _peer_knows(upload: Frames, entry: Frames) -> bool:
    asked, known = _each_second(upload), _each_second(entry)
    left, _ = _pairs(asked, known)
    return len(set(left.tolist())) >= PEER_SHARE * len(asked)


def _each_second(film: Frames) -> Codes:
    """The hash of the whole frame that stands at each second: the last one kept before it."""
    whole = ~film.trimmed
    times, codes = film.times[whole], film.codes[whole]
    places = np.searchsorted(times, np.arange(0, int(times[-1]) + 1) + 1e-6) - 1
    return codes[np.maximum(places, 0)]


def _wrong(hasher: Hasher, bank: dict[int, Frames], others: int, seconds: float) -> int:
    strange = (_frames(hasher, made.encoded(made.film(10_000 + seed, seconds))) for seed in range(others))
    return sum(_known(film, entry) for film in strange for entry in bank.values())
