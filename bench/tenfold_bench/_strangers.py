"""Pictures in a bank that nobody uploads: what is said to show one of them was wrongly taken for a copy."""

from collections.abc import Iterator
from itertools import chain, islice

import numpy as np
from PIL import Image

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media import frames, pdq, turns
from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.hashes import MAX_HASHES
from tenfold.store import banks
from tenfold.store.database import Conn
from tenfold_bench import _made_pictures as made
from tenfold_bench._edits import as_jpeg

LABEL = "stranger"
AT_ONCE = 500  # entries
_SMALL = 64  # pixels of a side from which a hash is made


def bank(conn: Conn, hasher: Hasher, photographs: list[Image.Image], hashes: int, pictures: int) -> Codes:
    """Bank so many PDQ hashes of parts of photographs, and pictures with their points; the hashes."""
    banks.create(conn, id="strangers", kind="media", title="Pictures that nobody uploads")
    digits = list(islice(_parts(photographs), hashes))
    lots = [digits[start : start + MAX_HASHES] for start in range(0, hashes, MAX_HASHES)]
    values = [" ".join(f"pdq:{one}" for one in lot) for lot in lots]
    values += [_points(hasher, picture) for picture in islice(_pictures(photographs), pictures)]
    for start in range(0, len(values), AT_ONCE):
        given = [GivenEntry(value=value, label=LABEL) for value in values[start : start + AT_ONCE] if value]
        good, refused = bank_values.check("media", given)
        if refused:
            raise SystemExit(f"entries were refused: {refused}")
        banks.add_entries(conn, "strangers", good, "bench")
    return codes_of(bytes.fromhex("".join(digits)))


def _parts(photographs: list[Image.Image]) -> Iterator[str]:
    """Hashes of parts of photographs at random, turned at random."""
    chance = np.random.default_rng(21)
    greys = [photograph.convert("L").resize((pdq.SIDE, pdq.SIDE)) for photograph in photographs]
    while True:
        grey = greys[int(chance.integers(len(greys)))]
        wide, high = chance.uniform(0.2, 1, 2) * pdq.SIDE
        left, top = chance.uniform(0, pdq.SIDE - wide), chance.uniform(0, pdq.SIDE - high)
        part = grey.resize((_SMALL, _SMALL), Image.Resampling.BOX, (left, top, left + wide, top + high))
        turn = turns.TURNS[int(chance.integers(len(turns.TURNS)))]
        bits, quality = pdq.hash_of_small(np.asarray(turns.turned(np.asarray(part), turn), np.float32))
        if quality >= pdq.LEAST_QUALITY:
            yield pdq.to_hex(bits)


def _pictures(photographs: list[Image.Image]) -> Iterator[Image.Image]:
    """Parts of photographs, posters and scenes by turns."""
    chance = np.random.default_rng(22)
    posters, scenes = made.posters(3, photographs), made.scenes(3)
    while True:
        photograph = photographs[int(chance.integers(len(photographs)))]
        wide, high = (round(side * chance.uniform(0.4, 1)) for side in photograph.size)
        left = int(chance.integers(photograph.width - wide + 1))
        top = int(chance.integers(photograph.height - high + 1))
        yield from chain([photograph.crop((left, top, left + wide, top + high)), next(posters), next(scenes)])


def _points(hasher: Hasher, picture: Image.Image) -> str:
    points = hasher.look(as_jpeg(picture)).points
    return f"points:{frames.write(points)}" if points else ""
