"""The uploads that the pictures show: a drawn emblem in a bank, and a wall on which a part of it is seen."""

import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media.hasher import Hasher
from tenfold.intake.acceptance import Acceptor
from tenfold.processing.examine import Examiner
from tenfold.store import banks, uploads
from tenfold.store.database import Conn
from tenfold.store.objects import Objects

MOST = 10_000_000  # bytes of an upload
EMBLEM = "Emblems of the Ashen Banner"


def _emblem() -> Image.Image:
    """A grey banner over hills, drawn."""
    hills = np.random.default_rng(7).integers(60, 200, (9, 14, 3), dtype=np.uint8)
    picture = Image.fromarray(hills).resize((900, 600), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    draw.polygon([(250, 110), (660, 150), (600, 280), (670, 410), (250, 370)], fill=(120, 122, 128))
    draw.line([(250, 90), (250, 560)], fill=(60, 50, 40), width=16)
    for ring in range(4):
        draw.ellipse(
            (350 + 18 * ring, 170 + 18 * ring, 510 - 18 * ring, 330 - 18 * ring), outline="white", width=7
        )
    return picture


def upload(conn: Conn, url: str, objects: Objects, secret: bytes) -> None:
    """The emblem as a bank has it, and an upload that shows it on a wall, smaller and beside other things."""
    known = _emblem()
    wall = Image.fromarray(np.random.default_rng(8).integers(90, 220, (30, 44, 3), dtype=np.uint8)).resize(
        (1100, 760), Image.Resampling.BICUBIC
    )
    wall.paste(known.resize((620, 413)), (300, 190))
    with conn.transaction():
        banks.create(conn, id="emblems", kind="media", title=EMBLEM, confidence=0.9)
    with Hasher() as hasher, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "emblem.jpg"
        known.save(path, quality=90)
        given = [GivenEntry(value=hasher.hash_file(path).value, label="emblem")]
        good, refused = bank_values.check("media", given)
        assert not refused, refused
        with conn.transaction():
            banks.add_entries(conn, "emblems", good, "cli:pictures")
        for number, picture in enumerate((known, wall)):
            _receive(conn, objects, picture, number, secret)
        examiner = Examiner(url, hasher, objects, "")
        while examiner.next_one():
            pass


def _receive(conn: Conn, objects: Objects, picture: Image.Image, number: int, secret: bytes) -> None:
    """One picture as the platform sends it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    at = datetime.now(UTC) - timedelta(minutes=20 - number)
    with objects.receive(MOST) as incoming:
        incoming.write(file.getvalue())
        event = {
            "id": f"raya-picture-{number}",
            "type": "media.uploaded",
            "time": at.isoformat(),
            "account": f"raya-{number + 1}",
            "data": {"media": f"raya-picture-{number}"},
        }
        with conn.transaction():
            uploads.stored(conn, incoming.sha256, incoming.bytes)
            Acceptor(secret, MOST).accept_upload(conn, msgspec.json.encode(event), incoming.sha256)
            objects.keep(incoming)
