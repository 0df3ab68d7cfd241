"""The confined process: looks at files that it asks for piece by piece (asking.py), says what they show.

The first answer comes unasked and is that of a small picture of our own: the walls stand.
"""

import io
import struct
import sys
from collections.abc import Sequence
from typing import BinaryIO, Final

import av
import numpy as np
from PIL import Image

from tenfold.detectors.media import asking, film, keypoints, pdq, picture, points, tilts
from tenfold.detectors.media.answers import Answer, Film, Looks
from tenfold.detectors.media.asking import Asked
from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.confinement import FILM_CPU_SECONDS, PICTURE_CPU_SECONDS, allow_cpu, confine
from tenfold.detectors.media.film import FilmError
from tenfold.detectors.media.kinds import MAX_PICTURE_BYTES, START, is_film, is_picture, unread_picture
from tenfold.detectors.media.panels import Box
from tenfold.detectors.media.picture import PictureError
from tenfold.detectors.media.thumbnails import thumbnails

_BUFFER: Final = 1 << 18
ANIMATION_CPU: Final = 4.0  # seconds of CPU; together with the picture itself less than a picture may take


def look(pixels: Pixels) -> Looks:
    """The hashes of a picture and its turned forms."""
    found = pdq.hashes_of_turns(pdq.luma_of(pixels))
    return Looks([pdq.to_hex(bits) for bits, _ in found], found[0][1])


def look_into(grey: Image.Image, boxes: Sequence[Box]) -> list[str]:
    """The hashes of the pictures that stand in one, without those that show too little."""
    parts = (grey.resize((pdq.SIDE, pdq.SIDE), Image.Resampling.BOX, box) for box in boxes)
    found = [pdq.hash_of(np.asarray(part, np.float32)) for part in parts]
    return [pdq.to_hex(bits) for bits, quality in found if quality >= pdq.LEAST_QUALITY]


def answer(file: io.BufferedIOBase, size: int, *, small: bool = False) -> Answer:
    """What a file of `size` bytes shows; `small`: with thumbnails."""
    start = file.read(START)
    file.seek(0)
    try:
        if is_picture(start):
            if size > MAX_PICTURE_BYTES:
                return Answer(refused=f"larger than {MAX_PICTURE_BYTES >> 20} MiB, too large for a picture")
            allow_cpu(PICTURE_CPU_SECONDS)
            return _picture(file.read(), small)
        if unread := unread_picture(start):
            return Answer(
                refused=f"a picture as {unread}, which is not read; as JPEG, PNG, WebP or AVIF it is"
            )
        allow_cpu(FILM_CPU_SECONDS)
        return _film(file, small)
    except PictureError as error:
        return Answer(refused=str(error))
    except FilmError as error:
        return Answer(refused=str(error) if is_film(start) else "")
    except MemoryError:
        return Answer(refused="needs more memory to decode than a file may take")


def _picture(data: bytes, small: bool) -> Answer:
    read = picture.read(data)
    whole = look(read.whole)
    found = keypoints.features(read.grey, read.boxes)
    return Answer(
        format=read.format,
        width=read.width,
        height=read.height,
        whole=whole,
        trimmed=None if read.trimmed is None else look(read.trimmed),
        panels=look_into(read.grey, read.boxes),
        tilted=tilts.hashes(read.grey) if tilts.wanted(points.count(found), whole.quality) else [],
        points=found,
        film=_animation(data) if read.animated else None,
        thumbnails=thumbnails(read.upright) if small else None,
    )


def _animation(data: bytes) -> Film | None:
    """What moves in a picture that is a small film (GIF, PNG, WebP, AVIF)."""
    try:
        return film.of_pictures(picture.frames(data), ANIMATION_CPU)
    except FilmError:
        return None


def _film(file: io.BufferedIOBase, small: bool) -> Answer:
    read = film.read(file)
    poster = Image.fromarray(read.poster) if small and read.poster is not None else None
    return Answer(
        format=read.format,
        width=read.width,
        height=read.height,
        film=read.film,
        thumbnails=thumbnails(poster) if poster else None,
    )


def _try_all() -> None:
    """Decode something small of every common format, so that nothing is left to be loaded later."""
    pixels = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3).astype(np.uint8)
    for name in ("GIF", "WEBP", "BMP", "TIFF", "PNG", "JPEG"):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, name)
        _try(file.getvalue())
    _try(small_film(pixels))


def _try(data: bytes) -> Answer:
    return answer(io.BufferedReader(io.BytesIO(data)), len(data), small=True)


def small_film(pixels: Pixels) -> bytes:
    """A second of a film of this picture, moving, with sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        video = made.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.thread_count = 1
        sound = made.add_stream("aac", rate=8000)
        for number in range(5):
            shown = av.VideoFrame.from_ndarray(np.roll(pixels, 9 * number, axis=1), format="rgb24")
            made.mux(video.encode(shown))
            heard = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.float32), format="fltp", layout="mono")
            heard.sample_rate = 8000
            made.mux(sound.encode(heard))
        for stream in (video, sound):
            made.mux(stream.encode(None))
    return file.getvalue()


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    asking.say(sink, _try(_sample()))
    while wanted := asking.next_request(source):
        size, small = wanted
        file = io.BufferedReader(Asked(source, sink, size), _BUFFER)
        try:
            said = answer(file, size, small=small)
        except struct.error:  # the other side has gone
            return
        asking.say(sink, said)


def _sample() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    av.logging.set_level(None)
    _try_all()
    confine()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
