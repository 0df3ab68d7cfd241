"""How often an edited picture is known, beside plain PDQ, and how often an unrelated one is taken for known.

Everything is done as in an installation: files go through the confined process, entries into a bank in
PostgreSQL, uploads through the detector.
"""

import io
import tempfile
from collections.abc import Iterator
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from PIL import Image

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media.bands import Codes, codes_of
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import FileHashes, Hasher, digests_of, together
from tenfold.detectors.media.matches import PART
from tenfold.detectors.media.pdq import NEAR
from tenfold.store import banks, database
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench import _made_pictures as made
from tenfold_bench import _strangers as strangers
from tenfold_bench._edits import EDITS, as_jpeg
from tenfold_bench._following import followed
from tenfold_bench.result import Figure

PHOTOGRAPHS, POSTERS, SCENES = 20, 7, 5
QUICK_PHOTOGRAPHS, QUICK_POSTERS, QUICK_SCENES = 1, 1, 0
UNRELATED, QUICK_UNRELATED = 260, 6  # uploads
STRANGE_HASHES, QUICK_STRANGE_HASHES = 100_000, 2_000  # in the bank, of pictures that nobody uploads
STRANGE_PICTURES, QUICK_STRANGE_PICTURES = 120, 3  # in the bank with their points
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
    """Known at all, told by plain PDQ, known by a hash of ours; and for how many uploads an entry was wrongly
    told by a hash, by points, by plain PDQ. `named` are the pairs that were."""

    ours: list[bool] = []
    plain: list[bool] = []
    hashed: list[bool] = []
    wrong_hashes: int = 0
    wrong_points: int = 0
    wrong_plain: int = 0
    named: list[str] = []


def figures(quick: bool) -> tuple[list[Figure], list[str]]:
    """Recall of each edit; false matches among unrelated pairs of upload and entry."""
    pools = made.pools(QUICK_POOL if quick else None)
    counts = (QUICK_PHOTOGRAPHS, QUICK_POSTERS, QUICK_SCENES) if quick else (PHOTOGRAPHS, POSTERS, SCENES)
    strange = (QUICK_STRANGE_HASHES, QUICK_STRANGE_PICTURES) if quick else (STRANGE_HASHES, STRANGE_PICTURES)
    grounds = pools.unrelated[::2]  # of posters: parts of these photographs are in the bank
    entries = [
        *pools.banked[: counts[0]],
        *islice(made.posters(1, grounds), counts[1]),
        *islice(made.scenes(1), counts[2]),
    ]
    others = pools.unrelated[1::2]
    with tempfile.TemporaryDirectory(prefix="tf-robust-") as name, Hasher() as hasher:
        server = EmbeddedServer(Path(name) / "pg")
        try:
            database.migrate(server.url)
            with database.connect(server.url, autocommit=True) as conn:
                known = _banked(conn, hasher, entries)
                hashes = strangers.bank(conn, hasher, pools.aside, *strange)
                eye = Eye(conn, hasher, MediaDetector(), hashes)
                tallies = {
                    edit: _edited(eye, edit, known, others)
                    for edit in followed(list(EDITS), "edits of pictures")
                }
                unrelated = QUICK_UNRELATED if quick else UNRELATED
                tallies["unrelated"] = _unrelated(eye, others, unrelated)
        finally:
            server.stop()
    uploads = unrelated + len(EDITS) * len(entries)
    table = [_figure(edit, tallies[edit]) for edit in EDITS]
    table += _wrong(list(tallies.values()), uploads, strange[0], uploads * (len(entries) + strange[1]))
    return table, [
        f"{counts[0]} photographs, {counts[1]} posters and {counts[2]} drawn scenes in the bank, each edited "
        f"{len(EDITS)} times with parameters drawn anew; beside them {strange[0]:,} hashes of parts of other "
        f"photographs and the points of {strange[1]:,} other pictures. {unrelated:,} uploads are of neither: "
        "parts of photographs, posters with the same words in the same letters, and scenes, edited too",
        "peer: PDQ of the whole picture within 31 bits, with nothing that we add to it",
        *(f"wrong: {pair}" for tally in tallies.values() for pair in tally.named),
    ]


def _wrong(tallies: list[Tally], uploads: int, hashes: int, pairs: int) -> list[Figure]:
    return [
        Figure(
            label=f"uploads of pictures wrongly known by a hash, {hashes:,} in the bank",
            ours=sum(tally.wrong_hashes for tally in tallies),
            peer=sum(tally.wrong_plain for tally in tallies),
            peer_name="plain PDQ",
            unit=f"of {uploads:,}",
            goal="0",
        ),
        Figure(
            label="pictures wrongly known by points",
            ours=sum(tally.wrong_points for tally in tallies),
            unit=f"of {pairs:,} pairs",
            goal="0",
        ),
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
    strangers: Codes

    def told(self, picture: Image.Image) -> tuple[FileHashes, dict[str, dict[str, Any]]]:
        """An upload's hashes, the labels of the entries that it is said to show, and what is said of each."""
        upload = _hashed(self.hasher, picture)
        item = MediaItem(
            subject=SUBJECT,
            sha256=upload.sha256,
            pdq=upload.pdq,
            pdq_trimmed=upload.pdq_trimmed,
            pdq_panels=upload.pdq_panels,
            points=upload.points,
        )
        (signals,) = self.detector.detect(self.conn, [item])
        return upload, {signal.details["label"]: signal.details for signal in signals}


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
        right = found.pop(str(place), None)
        tally.ours.append(right is not None)
        tally.hashed.append(right is not None and right["match"] != PART)
        tally.plain.append(_plain(upload, entry.hashes))
        _count_wrong(tally, eye, f"{edit}, entry {place}", upload, found)
    return tally


def _unrelated(eye: Eye, others: list[Image.Image], count: int) -> Tally:
    chance = np.random.default_rng(11)
    tally = Tally()
    uploads = zip(_strangers(others), cycle(EDITS), strict=False)
    for place in followed(range(count), "unrelated pictures"):
        picture, edit = next(uploads)
        other = others[int(chance.integers(len(others)))]
        upload, found = eye.told(EDITS[edit](picture, chance, other))
        _count_wrong(tally, eye, f"{edit}, unrelated upload {place}", upload, found)
    return tally


def _count_wrong(
    tally: Tally, eye: Eye, what: str, upload: FileHashes, wrong: dict[str, dict[str, Any]]
) -> None:
    kinds = [said["match"] for said in wrong.values()]
    tally.wrong_hashes += any(kind != PART for kind in kinds)
    tally.wrong_points += kinds.count(PART)
    tally.named += [f"{what}, told as {label}: {_said(said)}" for label, said in wrong.items()]
    if upload.pdq:
        near = np.bitwise_count(eye.strangers ^ codes_of(bytes.fromhex(upload.pdq))).sum(axis=1)
        tally.wrong_plain += bool((near <= NEAR).any())


def _said(said: dict[str, Any]) -> str:
    """What is said of an entry, in a line."""
    much = f"{said['points']} points" if said["match"] == PART else f"distance {said['distance']}"
    return f"{said['match']}, {much}, {said['turn']}, {said['entry']}"


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
    data = as_jpeg(image)
    seen = hasher.look(data)
    if seen.refused:
        raise SystemExit(f"a made picture was refused: {seen.refused}")
    return together("", digests_of(io.BytesIO(data)), seen)


def _figure(edit: str, tally: Tally) -> Figure:
    return Figure(
        label=f"picture known: {edit}: {sum(tally.ours)} of {len(tally.ours)}, by hash {sum(tally.hashed)}",
        ours=float(np.mean(tally.ours)),
        peer=float(np.mean(tally.plain)),
        peer_name="plain PDQ",
        unit="share",
        goal=GOALS.get(edit, ""),
    )
