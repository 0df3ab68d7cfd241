"""What is written in a film: a handful of its key frames, spread over its length, are read like pictures."""

import io
from collections.abc import Iterator
from typing import Any, Final

import av
import numpy as np

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.film import CONTAINERS, MAX_SIDE_PIXELS
from tenfold.detectors.media.reading.reader import Reader
from tenfold.events import Line

FRAMES: Final = 6  # of a film that are read
CPU_SECONDS: Final = 30
_BUFFER: Final = 1 << 18
_OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "", "max_pixels": str(MAX_SIDE_PIXELS)}


def read(reader: Reader, file: io.BufferedIOBase) -> list[Line]:
    """The lines of its frames, each text once, with the second at which it was first seen; none of what is no
    film or breaks."""
    found: dict[str, Line] = {}
    try:
        with av.open(file, options=_OPTIONS, buffer_size=_BUFFER, metadata_errors="replace") as container:
            for at, pixels in _spread(container):
                for line in reader.read(pixels):
                    found.setdefault(line.text, Line(line.text, line.box, line.sure, round(at, 2)))
    except (av.error.FFmpegError, ValueError, OverflowError, IndexError):
        pass  # what was read until there stays; the process that decodes says what is wrong with the file
    return list(found.values())


def _spread(container: Any) -> Iterator[tuple[float, Pixels]]:
    """The key frames nearest before moments that lie evenly over the film, each once."""
    if not container.streams.video:
        return
    video = container.streams.video[0]
    video.codec_context.thread_count = 1  # a thread cannot be started here
    video.codec_context.skip_frame = "NONKEY"
    seconds = (container.duration or 0) / av.time_base
    last = None
    for number in range(FRAMES):
        container.seek(int(seconds * (number + 0.5) / FRAMES * av.time_base))
        frame = next(container.decode(video), None)
        if frame is None or frame.pts == last:
            continue
        last = frame.pts
        shown = frame.reformat(format="rgb24", threads=1).to_ndarray()
        yield (
            float(frame.time or 0),
            np.ascontiguousarray(np.rot90(shown, round((frame.rotation or 0) / 90) % 4)),
        )
