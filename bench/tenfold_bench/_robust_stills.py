"""How often an edited still of a known film is known, by the hash of a frame or by the points of a shot."""

import numpy as np
from PIL import Image

from tenfold.detectors.media import frames
from tenfold.detectors.media.answers import Answer, Film
from tenfold.detectors.media.bands import codes_of
from tenfold.detectors.media.correspondence import correspond
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.pdq import NEAR
from tenfold.detectors.media.points import Points
from tenfold.detectors.media.word_index import WordIndex
from tenfold_bench._edits import EDITS, as_jpeg
from tenfold_bench._made_films import Frame
from tenfold_bench.result import Figure

ASKED = ("JPEG q10-50", "crop 10 %", "crop 20 %", "turn 1-5", "text at random", "phone screenshot")
STILLS, QUICK_STILLS = 4, 1  # of each film


def figures(
    hasher: Hasher, films: dict[int, list[Frame]], bank: dict[int, Film], quick: bool
) -> list[Figure]:
    """Recall of each edit, and films that were wrongly told."""
    known, chance = _Known(bank), np.random.default_rng(31)
    table, wrong, count = [], 0, QUICK_STILLS if quick else STILLS
    for edit in ASKED:
        ours, peer = [], []
        for seed, film in films.items():
            for _ in range(count):
                still = Image.fromarray(film[int(chance.integers(len(film)))]).resize((960, 540))
                other = Image.fromarray(films[min(films) if seed != min(films) else max(films)][0])
                seen = hasher.look(as_jpeg(EDITS[edit](still, chance, other.resize((960, 540)))))
                shown = {other_seed for other_seed in bank if known.hash_in(seen, other_seed, plain=False)}
                shown |= known.by_points(seen)
                ours.append(seed in shown)
                peer.append(known.hash_in(seen, seed, plain=True))
                wrong += len(shown - {seed}) if edit != "phone screenshot" else 0
        table.append(
            Figure(
                label=f"still of a film known: {edit}: {sum(ours)} of {len(ours)}",
                ours=float(np.mean(ours)),
                peer=float(np.mean(peer)),
                peer_name="plain PDQ of frames",
                unit="share",
            )
        )
    stills = count * len(films) * (len(ASKED) - 1)
    pairs = stills * (len(films) - 1)
    table.append(
        Figure(label="films wrongly told by a still", ours=wrong, unit=f"of {pairs:,} pairs", goal="0")
    )
    return table


class _Known:
    """Frames and shots of the films in the bank."""

    def __init__(self, bank: dict[int, Film]) -> None:
        self._frames = {seed: frames.unpack(film.frames).codes for seed, film in bank.items()}
        shots = [(seed, Points.from_bytes(shot.points)) for seed, film in bank.items() for shot in film.shots]
        self._shots = dict(enumerate(shots, start=1))
        self._index = WordIndex()
        self._index.add(list(self._shots), [points for _, points in shots])
        self._index.freeze()

    def hash_in(self, seen: Answer, seed: int, *, plain: bool) -> bool:
        """Whether the upload's hash is near one of the film's; `plain`: of the whole picture alone."""
        given = seen.whole.hashes[:1] if seen.whole else []
        if not plain:
            given = [*given, *(seen.trimmed.hashes[:1] if seen.trimmed else []), *seen.panels]
        if not given:
            return False
        codes = codes_of(bytes.fromhex("".join(given)))
        apart = np.bitwise_count(codes[:, None] ^ self._frames[seed][None]).sum(axis=-1)
        return bool((apart <= NEAR).any())

    def by_points(self, seen: Answer) -> set[int]:
        """The films of which the upload shows a part of a shot."""
        if not seen.points:
            return set()
        upload = Points.from_bytes(seen.points)
        found = set()
        for number in self._index.candidates(upload):
            seed, shot = self._shots[number]
            agreed = correspond(upload, shot)
            if agreed is not None and agreed.sure:
                found.add(seed)
        return found
