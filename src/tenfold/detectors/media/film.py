"""Films and sounds: frames that are hashed, and what is heard.

Runs in the confined process (decoding.py) only: what is read here comes from strangers.
"""

import io
import resource
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

import av
import msgspec
import numpy as np

from tenfold.detectors.media.answers import Film
from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.looks import MAX_SECONDS, Looked, packed
from tenfold.detectors.media.sounds import Listener

MAX_HEARD: Final = 3600.0  # seconds of sound
MAX_SIDE_PIXELS: Final = 8192 * 4352  # of one frame
HURRY_CPU: Final = 40.0  # seconds of CPU after which only key frames are decoded
LAST_CPU: Final = 100.0  # and after which it must do
MAX_BROKEN: Final = 2_000  # packets that cannot be decoded, before the rest is let be
MAX_TRACKS: Final = 3  # of pictures that are looked at: players differ in which one they show

# What people upload; nothing that opens other files (playlists, lists of parts).
CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mp3,wav,w64,flac,aac,amr,aiff,"
    "caf,ac3,eac3,rm,ivf,h264,hevc,obu,m4v,mxf,au,gif,apng"
)
_OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "", "max_pixels": str(MAX_SIDE_PIXELS)}
_BUFFER = 1 << 18


class FilmError(ValueError):
    """Why a file gives no film, for the person who sent it."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A film or sound as far as it could be read; `poster` is the frame that shows most."""

    format: str
    width: int
    height: int
    film: Film
    poster: Pixels | None


def read(file: io.BufferedIOBase, last_cpu: float = LAST_CPU) -> Seen:
    """Frames and sound of a file, as far as they come in `last_cpu` seconds of CPU; raises FilmError."""
    try:
        with av.open(file, options=_OPTIONS, buffer_size=_BUFFER, metadata_errors="replace") as container:
            return _Reading(container, last_cpu).run()
    except FilmError:
        raise
    except av.error.FFmpegError as error:
        raise FilmError(f"cannot be read as a film or sound: {error.strerror}") from None
    except (ValueError, OverflowError, IndexError) as error:
        raise FilmError(f"cannot be read as a film or sound: {type(error).__name__}: {error}"[:300]) from None


def of_pictures(pictures: Iterable[tuple[float, Pixels]], last_cpu: float) -> Film:
    """The film that pictures with their times in seconds are, as far as they come in `last_cpu` s of CPU.

    Raises FilmError when nothing is seen.
    """
    looked, began = Looked(0), _spent()
    for at, pixels in pictures:
        if _spent() - began > last_cpu or at > MAX_SECONDS:
            break
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
        looked.take(frame)
    looked.finish()
    if not looked.frames_seen:
        raise FilmError("nothing of it could be decoded")
    seen = round(looked.seconds, 3)
    return Film(seconds=seen, seen=seen, frames=packed([looked]), shots=looked.shots.spread())


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Reading:
    """One pass over a file."""

    def __init__(self, container: Any, last_cpu: float) -> None:
        self._container = container
        self._last_cpu = last_cpu
        # Covers of sounds, which players show, come after what moves.
        pictures = sorted(container.streams.video, key=lambda track: int(track.disposition) & _ATTACHED)
        self._looked = {stream: Looked(float(stream.average_rate or 0)) for stream in pictures[:MAX_TRACKS]}
        self._audio = container.streams.best("audio")
        self._streams = [*self._looked, *([] if self._audio is None else [self._audio])]
        for stream in self._streams:
            stream.codec_context.thread_count = 1  # a thread cannot be started here
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=Listener.RATE)
        self._listener = Listener()
        self._began = _spent()
        self._hurried = False

    def run(self) -> Seen:
        if not self._streams:
            raise FilmError("holds neither frames nor sound")
        broken = 0
        for packet in self._packets():
            if not self._goes_on():
                break
            try:
                self._take(packet)
            except av.error.FFmpegError:
                broken += 1
                if broken > MAX_BROKEN:
                    break
            except MemoryError:  # what was seen until then stays
                break
        return self._result()

    def _take(self, packet: Any) -> None:
        looked = self._looked.get(packet.stream)
        if looked is None and self._listener.seconds >= MAX_HEARD:
            return
        for frame in packet.decode():
            if looked is not None:
                looked.take(frame)
            else:
                for part in self._resampler.resample(frame):
                    self._listener.feed(np.asarray(part.to_ndarray(), np.float32).ravel())

    def _packets(self) -> Iterator[Any]:
        """The packets as far as the file is whole."""
        try:
            yield from self._container.demux(*self._streams)
        except av.error.FFmpegError:
            return

    def _goes_on(self) -> bool:
        spent = _spent() - self._began
        if spent > HURRY_CPU and not self._hurried:
            for stream in self._looked:
                stream.codec_context.skip_frame = "NONKEY"
            self._hurried = True
        if spent > self._last_cpu:
            return False
        if not self._looked:
            return self._listener.seconds < MAX_HEARD
        return any(looked.seconds < MAX_SECONDS for looked in self._looked.values())

    def _result(self) -> Seen:
        tracks = list(self._looked.values())
        for looked in tracks:
            looked.finish()
        peaks = self._listener.finish()
        if not self._listener.seconds and not any(looked.frames_seen for looked in tracks):
            raise FilmError("nothing of it could be decoded")
        seen = max(self._listener.seconds, *(looked.seconds for looked in tracks), 0.0)
        says = (self._container.duration or 0) / av.time_base
        shown = max(tracks, key=lambda looked: len(looked.found), default=None)
        video = next((stream for stream, looked in self._looked.items() if looked is shown), None)
        return Seen(
            format=self._container.format.name.split(",")[0],
            width=video.codec_context.width if video else 0,
            height=video.codec_context.height if video else 0,
            film=Film(
                seconds=round(max(0.0, says), 3),
                seen=round(seen, 3),
                frames=packed(tracks),
                peaks=peaks,
                shots=[] if shown is None else shown.shots.spread(),
            ),
            poster=None if shown is None else shown.poster,
        )


_ATTACHED = int(av.stream.Disposition.attached_pic)
