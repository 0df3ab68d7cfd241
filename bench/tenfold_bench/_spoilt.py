"""Files that nobody should have to read: cut off, bombs, of two kinds at once, with changed bytes."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import av
import numpy as np
from PIL import Image

from tenfold_bench import _made_films, _made_sounds

Spoilt = Callable[[bytes, random.Random], bytes]


def seeds() -> dict[str, bytes]:
    """Small sound files of every common format, by name."""
    picture = Image.fromarray(np.asarray(_made_films.scene(1).resize((160, 120))))
    found = {}
    for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"):
        file = io.BytesIO()
        picture.save(file, form)
        found[form.lower()] = file.getvalue()
    frames = [np.asarray(Image.fromarray(frame).resize((96, 64))) for frame in _made_films.film(1, 1.5)]
    for form, codec in (
        ("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4"), ("mpegts", "mpeg2video"),
        ("webm", "libvpx"), ("flv", "flv1"), ("ogg", "libtheora"),
    ):  # fmt: skip
        if codec in av.codecs_available:
            found[form] = _made_films.encoded(frames, 25, codec=codec, form=form)
    sound = _made_sounds.chant(1, 1.5)
    for form, codec in (("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("flac", "flac"), ("adts", "aac")):
        found[form] = _made_sounds.encoded(sound, codec=codec, form=form)
    return found


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _changed(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def _changed_head(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        made[chance.randrange(min(200, len(made)))] = chance.choice(
            (0, 1, 127, 128, 255, chance.randrange(256))
        )
    return bytes(made)


def _huge_numbers(data: bytes, chance: random.Random) -> bytes:
    """Lengths and sizes near the beginning made as large as they can be."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(max(1, min(400, len(made) - 4)))
        made[at : at + 4] = chance.choice(
            (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
        )
    return bytes(made)


def _of_two_kinds(data: bytes, chance: random.Random) -> bytes:
    head = chance.choice(
        (
            b"\xff\xd8\xff\xe0",
            b"GIF89a",
            b"%PDF-1.7\n",
            b"PK\3\4",
            b"RIFF",
            b"\x89PNG\r\n\x1a\n",
            b"\0\0\0\x18ftypmp42",
        )
    )
    return head + data if chance.random() < 0.5 else data + head + data[: len(data) // 2]


def _filled(data: bytes, chance: random.Random) -> bytes:
    """A hole in the middle, filled with itself or with one value."""
    start = chance.randrange(len(data))
    length = chance.randrange(1, len(data))
    filling = data[:length] if chance.random() < 0.5 else bytes([chance.randrange(256)]) * length
    return data[:start] + filling + data[start + length :]


def _bomb(data: bytes, chance: random.Random) -> bytes:
    """A PNG of very many pixels in few bytes, true or only by its header."""
    wide, high = chance.choice(((30_000, 30_000), (60_000, 800), (7_000, 7_000), (65_535, 65_535)))
    lines = zlib.compress(bytes(1 + wide) * chance.choice((1, 200)), 9)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", wide, high, 8, chance.choice((0, 2, 3, 6)), 0, 0, chance.choice((0, 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def _noise(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(4, 24)] + chance.randbytes(chance.randrange(1, 4_000))


SPOILINGS: dict[str, Spoilt] = {
    "cut off": _cut,
    "bytes changed": _changed,
    "head changed": _changed_head,
    "huge numbers": _huge_numbers,
    "two kinds at once": _of_two_kinds,
    "holes filled": _filled,
    "bombs": _bomb,
    "noise after a head": _noise,
}
