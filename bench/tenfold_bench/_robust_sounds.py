"""How often an edited sound is known, and how often an unrelated one."""

from collections import defaultdict

import numpy as np

from tenfold.detectors.media import sounds
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.sound_index import SoundIndex
from tenfold.detectors.media.sounds import Peaks
from tenfold_bench import _made_sounds as made
from tenfold_bench._following import followed
from tenfold_bench.result import Figure

BANKED, QUICK_BANKED = 100, 8  # sounds in the bank
ASKED, QUICK_ASKED = 20, 2  # of them that are edited
OTHERS, QUICK_OTHERS = 100, 4  # chants and talk that are in no bank
SECONDS, QUICK_SECONDS = 60.0, 30.0


def figures(quick: bool) -> tuple[list[Figure], list[str]]:
    """Recall of each edit, and false matches."""
    banked, asked, others = (QUICK_BANKED, QUICK_ASKED, QUICK_OTHERS) if quick else (BANKED, ASKED, OTHERS)
    seconds = QUICK_SECONDS if quick else SECONDS
    index = SoundIndex()
    found: dict[str, list[bool]] = defaultdict(list)
    wrong = queries = 0
    with Hasher() as hasher:
        for seed in followed(range(1, banked + 1), "sounds in the bank"):
            index.add(seed, _peaks(hasher, made.encoded(made.chant(seed, seconds))))
        for seed in followed(range(1, asked + 1), "edits of sounds"):
            for name, data in made.edits(made.chant(seed, seconds), seed):
                known = {heard.number for heard in index.search(_peaks(hasher, data))}
                found[name].append(seed in known)
                wrong += len(known - {seed})
                queries += 1
        for seed in range(others):
            strange = made.chant(10_000 + seed, 30) if seed % 2 else made.talk(seed, 30)
            wrong += len(index.search(_peaks(hasher, made.encoded(strange))))
            queries += 1
    table = [
        Figure(label=f"sound known: {name}: {sum(one)} of {len(one)}", ours=float(np.mean(one)), unit="share")
        for name, one in found.items()
    ]
    pairs = queries * banked
    table.append(Figure(label="sounds wrongly known", ours=wrong, unit=f"of {pairs:,} pairs", goal="0"))
    return table, [f"{asked} of {banked} generated chants of {seconds:.0f} s edited"]


def _peaks(hasher: Hasher, data: bytes) -> Peaks:
    film = hasher.look(data).film
    assert film is not None and film.peaks
    return sounds.unpack(film.peaks)
