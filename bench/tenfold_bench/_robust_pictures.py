"""How often an edited picture is known, beside plain PDQ, and how often an unrelated one is taken for known.

Everything is done as in an installation: files go through the confined process, entries into a bank in
PostgreSQL, uploads through the detector.
"""

import io
import tempfile
from collections.abc import Iterator
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from PIL import Image

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import FileHashes, Hasher, digests_of, together
from tenfold.detectors.media.matches import PART
from tenfold.detectors.media.pdq import NEAR
from tenfold.store import banks, database
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench import _made_pictures as made
from tenfold_bench._edits import EDITS
from tenfold_bench.result import Figure

PHOTOGRAPHS, POSTERS, SCENES = 36, 16, 8
QUICK_PHOTOGRAPHS, QUICK_POSTERS, QUICK_SCENES = 1, 1, 1
UNRELATED, QUICK_UNRELATED = 1_700, 9
QUICK_POOL = 12
SUBJECT: Final = Subject(SubjectKind.MEDIA, "upload")
_SURE, _USUAL, _PART = ">= 0.98", ">= 0.95", ">= 0.90"
GOALS: Final = {
    "resize 0.3-1.4": _SURE,
    "JPEG q50-90": _SURE,
    "JPEG q10-50": _SURE,
    "border 2-12 %": _SURE,
    "letterbox": _SURE,
    "mirror": _SURE,
    "turn 90-270": _SURE,
    "brightness": _SURE,
    "grey": _SURE,
    "negative": _SURE,
    "turn 1-5": _USUAL,
    "crop 5 %": _PART,
    "crop 10 %": _PART,
    "crop 20 %": ">= 0.80",
    "text over 30 %": _PART,
    "text at random": _PART,
    "logo 15-35 %": _PART,
    "phone screenshot": _PART,
    "desktop screenshot": _PART,
}


class Tally(msgspec.Struct):
    """Known at all, told by plain PDQ, known by a hash of ours; and entries that were wrongly told."""

    ours: list[bool] = []
    plain: list[bool] = []
    hashed: list[bool] = []
    wrong: int = 0


def figures(quick: bool) -> tuple[list[Figure], list[str]]:
    """Recall of each edit; false matches among unrelated pairs of upload and entry."""
    pools = made.pools(QUICK_POOL if quick else None)
    counts = (QUICK_PHOTOGRAPHS, QUICK_POSTERS, QUICK_SCENES) if quick else (PHOTOGRAPHS, POSTERS, SCENES)
    grounds = pools.unrelated[::2]  # of posters: parts of these photographs are in the bank
    entries = [
        *pools.banked[: counts[0]],
        *islice(made.posters(1, grounds), counts[1]),
        *islice(made.scenes(1), counts[2]),
    ]
    others = pools.unrelated[1::2] + pools.aside
    with tempfile.TemporaryDirectory(prefix="tf-robust-") as name, Hasher() as hasher:
        server = EmbeddedServer(Path(name) / "pg")
        try:
            database.migrate(server.url)
            with database.connect(server.url, autocommit=True) as conn:
                known = _banked(conn, hasher, entries)
                eye = Eye(conn, hasher, MediaDetector())
                tallies = {edit: _edited(eye, edit, known, others) for edit in EDITS}
                unrelated = QUICK_UNRELATED if quick else UNRELATED
                wrong = _unrelated(eye, others, unrelated)
        finally:
            server.stop()
    wrong += sum(tally.wrong for tally in tallies.values())
    pairs = unrelated * len(entries) + len(EDITS) * len(entries) * (len(entries) - 1)
    table = [_figure(edit, tally) for edit, tally in tallies.items()]
    table.append(Figure(label="pictures wrongly known", ours=wrong, unit=f"of {pairs:,} pairs", goal="0"))
    return table, [
        f"{counts[0]} photographs, {counts[1]} posters and {counts[2]} drawn scenes in the bank, each edited "
        f"{len(EDITS)} times with parameters drawn anew; {unrelated:,} unrelated pictures: parts of other "
        "photographs, posters with the same words in the same letters, and scenes, edited too",
        "peer: PDQ of the whole picture within 31 bits, with nothing that we add to it",
    ]


class Known(msgspec.Struct):
    """An entry: its picture and its hashes."""

    picture: Image.Image
    hashes: FileHashes


class Eye(msgspec.Struct):
    """What looks at uploads."""

    conn: Conn
    hasher: Hasher
    detector: MediaDetector

    def told(self, picture: Image.Image) -> tuple[FileHashes, dict[str, str]]:
        """An upload's hashes, the labels of the entries that it is said to show, and by what."""
        upload = _hashed(self.hasher, picture)
        item = MediaItem(
            subject=SUBJECT,
            sha256=upload.sha256,
            pdq=upload.pdq,
            pdq_trimmed=upload.pdq_trimmed,
            points=upload.points,
        )
        (signals,) = self.detector.detect(self.conn, [item])
        return upload, {signal.details["label"]: signal.details["match"] for signal in signals}


def _banked(conn: Conn, hasher: Hasher, entries: list[Image.Image]) -> list[Known]:
    banks.create(conn, id="known", kind="media", title="Known pictures")
    known = [Known(entry, _hashed(hasher, entry)) for entry in entries]
    given = [GivenEntry(value=one.hashes.value, label=str(place)) for place, one in enumerate(known)]
    good, refused = bank_values.check("media", given)
    if refused:
        raise SystemExit(f"entries were refused: {refused}")
    banks.add_entries(conn, "known", good, "bench")
    return known


def _edited(eye: Eye, edit: str, known: list[Known], others: list[Image.Image]) -> Tally:
    chance = np.random.default_rng([7, list(EDITS).index(edit)])
    tally = Tally()
    for place, entry in enumerate(known):
        other = others[int(chance.integers(len(others)))]
        upload, found = eye.told(EDITS[edit](entry.picture, chance, other))
        tally.ours.append(str(place) in found)
        tally.hashed.append(found.get(str(place), PART) != PART)
        tally.plain.append(_plain(upload, entry.hashes))
        tally.wrong += len(found.keys() - {str(place)})
    return tally


def _unrelated(eye: Eye, others: list[Image.Image], count: int) -> int:
    chance = np.random.default_rng(11)
    edits = cycle(EDITS)
    wrong = 0
    for picture, edit in zip(islice(_strangers(others), count), edits, strict=False):
        other = others[int(chance.integers(len(others)))]
        wrong += len(eye.told(EDITS[edit](picture, chance, other))[1])
    return wrong


def _strangers(others: list[Image.Image]) -> Iterator[Image.Image]:
    """Parts of photographs, posters and scenes by turns."""
    chance = np.random.default_rng(12)
    posters, scenes = made.posters(2, others), made.scenes(2)
    for photograph in cycle(others):
        width, height = (round(side * chance.uniform(0.4, 1)) for side in photograph.size)
        left, top = chance.uniform(0, photograph.width - width), chance.uniform(0, photograph.height - height)
        part = photograph.crop((round(left), round(top), round(left) + width, round(top) + height))
        yield from chain([part.resize((640, round(640 * height / width)))], [next(posters), next(scenes)])


def _plain(upload: FileHashes, entry: FileHashes) -> bool:
    if not upload.pdq or not entry.pdq:
        return False
    return (int(upload.pdq, 16) ^ int(entry.pdq, 16)).bit_count() <= NEAR


def _hashed(hasher: Hasher, image: Image.Image) -> FileHashes:
    """As the file that people would send; JPEG of good quality, which the edits themselves may undercut."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    data = file.getvalue()
    seen = hasher.look(data)
    if seen.refused:
        raise SystemExit(f"a made picture was refused: {seen.refused}")
    return together("", digests_of(io.BytesIO(data)), seen)


def _figure(edit: str, tally: Tally) -> Figure:
    return Figure(
        label=f"picture known: {edit} (by hash alone {np.mean(tally.hashed):.2f})",
        ours=float(np.mean(tally.ours)),
        peer=float(np.mean(tally.plain)),
        peer_name="plain PDQ",
        unit="share",
        goal=GOALS.get(edit, ""),
    )
