"""The confined process that reads: it asks for files piece by piece (asking.py), says what is written there.

Apart from the process that decodes: a picture made to break a reader costs its words, and never its hashes.
The first answer comes unasked: the walls stand, and a picture of our own was read within them.
"""

import io
import struct
import sys
from typing import BinaryIO, Final

import av
import cv2
import numpy as np

from tenfold.detectors.media import asking, picture
from tenfold.detectors.media.answers import Answer
from tenfold.detectors.media.asking import Asked
from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.confinement import PICTURE_CPU_SECONDS, READING_MEMORY, allow_cpu, confine
from tenfold.detectors.media.decoding import small_film
from tenfold.detectors.media.kinds import MAX_PICTURE_BYTES, START, is_film, is_picture
from tenfold.detectors.media.picture import PictureError
from tenfold.detectors.media.reading import frames
from tenfold.detectors.media.reading.reader import Reader

_BUFFER: Final = 1 << 18


def answer(reader: Reader, file: io.BufferedIOBase, size: int) -> Answer:
    """What is written in a file of `size` bytes."""
    start = file.read(START)
    file.seek(0)
    try:
        if is_picture(start):
            if size > MAX_PICTURE_BYTES:
                return Answer(refused=f"larger than {MAX_PICTURE_BYTES >> 20} MiB, too large for a picture")
            allow_cpu(PICTURE_CPU_SECONDS)
            return Answer(words=reader.read(np.asarray(picture.upright(file.read()))))
        if is_film(start):
            allow_cpu(frames.CPU_SECONDS)
            return Answer(words=frames.read(reader, file))
    except PictureError as error:
        return Answer(refused=str(error))
    except (MemoryError, cv2.error):
        return Answer(refused="needs more memory to read than a file may take")
    return Answer()


def _serve(reader: Reader, source: BinaryIO, sink: BinaryIO) -> None:
    asking.say(sink, Answer(words=reader.read(_sample())))
    while wanted := asking.next_request(source):
        size, _ = wanted
        file = io.BufferedReader(Asked(source, sink, size), _BUFFER)
        try:
            said = answer(reader, file, size)
        except struct.error:  # the other side has gone
            return
        asking.say(sink, said)


def _sample() -> Pixels:
    """A line of letters, so that both readers have been used."""
    page = np.full((96, 480, 3), 255, np.uint8)
    cv2.putText(page, "Tenfold", (40, 64), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (0, 0, 0), 4)
    return page


if __name__ == "__main__":
    av.logging.set_level(None)
    used = Reader()
    used.warm(_sample())
    film = small_film(np.ascontiguousarray(_sample()[:64, :64]))
    answer(used, io.BufferedReader(io.BytesIO(film)), len(film))
    confine(READING_MEMORY)
    _serve(used, sys.stdin.buffer, sys.stdout.buffer)
