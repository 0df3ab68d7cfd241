"""The confined process: takes files on standard input, gives their hashes on standard output.

A message in is a length (8 bytes, little-endian) and a file's content; out, a length (4 bytes) and JSON of an
Answer. The first answer comes unasked and is that of a small picture of our own: the walls stand.
"""

import io
import struct
import sys
from typing import BinaryIO

import msgspec
import numpy as np
from PIL import Image

from tenfold.detectors.media import pdq, picture
from tenfold.detectors.media.answers import Answer, Looks
from tenfold.detectors.media.confinement import allow_cpu, confine
from tenfold.detectors.media.picture import PictureError
from tenfold.detectors.media.turns import TURNS, turned


def look(pixels: picture.Pixels) -> Looks:
    """The hashes of a picture and its turned forms."""
    luma = pdq.luma_of(pixels)
    found = [pdq.hash_of(turned(luma, turn)) for turn in TURNS]
    return Looks([pdq.to_hex(bits) for bits, _ in found], found[0][1])


def answer(data: bytes) -> Answer:
    """What one file shows."""
    try:
        read = picture.read(data)
        return Answer(
            format=read.format,
            width=read.width,
            height=read.height,
            whole=look(read.whole),
            trimmed=None if read.trimmed is None else look(read.trimmed),
        )
    except PictureError as error:
        return Answer(refused=str(error))
    except MemoryError:
        return Answer(refused="needs more memory to decode than a picture may take")


def _try_all() -> Answer:
    """Decode one small picture of every common format, so that nothing is left to be loaded later."""
    small = Image.fromarray(np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3).astype(np.uint8))
    for name in ("GIF", "WEBP", "BMP", "TIFF", "PNG", "JPEG"):
        file = io.BytesIO()
        small.save(file, name)
        seen = answer(file.getvalue())
    return seen


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    _say(sink, answer(_sample()))
    while len(head := source.read(8)) == 8:
        (length,) = struct.unpack("<Q", head)
        allow_cpu()
        _say(sink, answer(source.read(length)))


def _sample() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


def _say(sink: BinaryIO, what: Answer) -> None:
    told = msgspec.json.encode(what)
    sink.write(struct.pack("<I", len(told)) + told)
    sink.flush()


if __name__ == "__main__":
    _try_all()
    confine()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
