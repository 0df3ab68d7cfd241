"""Films and sounds: frames that are hashed, and what is heard.

Runs in the confined process (decoding.py) only: what is read here comes from strangers. A film is looked at
four times a second. A look is kept when it shows something and differs from the last kept one, at the latest
after a second. So cuts and pans are kept where they happen, whatever the speed of a copy.
"""

import io
import resource
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Final

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.media import frames
from tenfold.detectors.media.answers import Film
from tenfold.detectors.media.pdq import LEAST_QUALITY, SIDE
from tenfold.detectors.media.picture import Pixels
from tenfold.detectors.media.shots import Shots
from tenfold.detectors.media.sounds import Listener
from tenfold.detectors.media.stretch import Grey, Hashed, Stretch, hash_grey

LOOKS: Final = 0.25  # seconds between two
LONGEST_GAP: Final = 1.0  # seconds after which a frame is kept even if nothing has changed
STEP: Final = 20  # bits by which a frame must differ to be kept before: a copy's nearest is within 31 then
MAX_SECONDS: Final = 4 * 3600.0  # of a film that are looked at
MAX_HEARD: Final = 3600.0  # seconds of sound
MAX_SIDE_PIXELS: Final = 4096 * 4096  # of one frame
HURRY_CPU: Final = 40.0  # seconds of CPU after which only key frames are decoded
LAST_CPU: Final = 100.0  # and after which it must do
MAX_BROKEN: Final = 2_000  # packets that cannot be decoded, before the rest is let be
POSTER: Final = 320  # pixels of the longer side

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
    except (av.error.FFmpegError, ValueError, OverflowError, IndexError) as error:
        raise FilmError(f"cannot be read as a film or sound: {type(error).__name__}: {error}"[:300]) from None


def of_pictures(pictures: Iterable[tuple[float, Pixels]], last_cpu: float) -> Film:
    """The film that pictures with their times in seconds are, as far as they come in `last_cpu` s of CPU.

    Raises FilmError when nothing is seen.
    """
    looked, began = _Looked(0), _spent()
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
    return Film(seconds=seen, seen=seen, frames=looked.packed(), shots=looked.shots.spread())


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Reading:
    """One pass over a file."""

    def __init__(self, container: Any, last_cpu: float) -> None:
        self._container = container
        self._last_cpu = last_cpu
        pictures = [s for s in container.streams.video if not int(s.disposition) & _ATTACHED]
        self._video = pictures[0] if pictures else None
        self._audio = container.streams.audio[0] if container.streams.audio else None
        self._streams = [stream for stream in (self._video, self._audio) if stream is not None]
        for stream in self._streams:
            stream.codec_context.thread_count = 1  # a thread cannot be started here
        self._looked = _Looked(0 if self._video is None else float(self._video.average_rate or 25))
        self._listener = Listener()
        self._began = _spent()
        self._hurried = False

    def run(self) -> Seen:
        if not self._streams:
            raise FilmError("holds neither frames nor sound")
        heard = None if self._audio is None else _resampler()
        broken = 0
        for packet in self._packets():
            if not self._goes_on():
                break
            try:
                for frame in packet.decode():
                    if packet.stream is self._video:
                        self._looked.take(frame)
                    elif heard is not None:
                        self._hear(heard, frame)
            except av.error.FFmpegError:
                broken += 1
                if broken > MAX_BROKEN:
                    break
        return self._result()

    def _packets(self) -> Iterator[Any]:
        """The packets as far as the file is whole."""
        try:
            yield from self._container.demux(*self._streams)
        except av.error.FFmpegError:
            return

    def _goes_on(self) -> bool:
        spent = _spent() - self._began
        if spent > HURRY_CPU and not self._hurried and self._video is not None:
            self._video.codec_context.skip_frame = "NONKEY"
            self._hurried = True
        return (
            spent < self._last_cpu
            and self._looked.seconds < MAX_SECONDS
            and self._listener.seconds < MAX_SECONDS
        )

    def _hear(self, resampler: Any, frame: Any) -> None:
        if self._listener.seconds < MAX_HEARD:
            for part in resampler.resample(frame):
                self._listener.feed(part.to_ndarray().ravel())

    def _result(self) -> Seen:
        looked = self._looked
        looked.finish()
        peaks = self._listener.finish()
        if not looked.frames_seen and not self._listener.seconds:
            raise FilmError("nothing of it could be decoded")
        seen = max(looked.seconds, self._listener.seconds)
        says = (self._container.duration or 0) / av.time_base
        video = self._video.codec_context if self._video is not None else None
        return Seen(
            format=self._container.format.name.split(",")[0],
            width=video.width if video else 0,
            height=video.height if video else 0,
            film=Film(
                seconds=round(max(0.0, says), 3),
                seen=round(seen, 3),
                frames=looked.packed(),
                peaks=peaks,
                shots=looked.shots.spread(),
            ),
            poster=looked.poster,
        )


class _Looked:
    """The frames of a film as they come."""

    def __init__(self, rate: float) -> None:
        self._rate = rate if rate > 0 else 25.0
        self.seconds = 0.0
        self.frames_seen = 0
        self.poster: Pixels | None = None
        self._best = 0
        self._first: float | None = None
        self._next = 0.0
        self._gap = LOOKS
        self._last: tuple[float, NDArray[np.uint8]] | None = None
        self._stretch = Stretch()
        self._found: list[Hashed] = []
        self.shots = Shots()

    def take(self, frame: Any) -> None:
        """One decoded frame."""
        time = frame.time if frame.time is not None else self.frames_seen / self._rate
        self.frames_seen += 1
        if self._first is None:
            self._first = time
        at = time - self._first
        if not 0 <= at < MAX_SECONDS:
            return
        self.seconds = max(self.seconds, at)
        if at + 1e-6 < self._next:
            return
        self._next = at + self._gap
        self._look(at, frame)

    def _look(self, at: float, frame: Any) -> None:
        grey = _upright(
            frame.reformat(SIDE, SIDE, "gray", interpolation="AREA", threads=1).to_ndarray(), frame.rotation
        )
        self._stretch.look(grey)
        code, quality = hash_grey(grey)
        if quality < LEAST_QUALITY:
            return
        bits = np.frombuffer(code, np.uint8)
        if self._last is not None:
            soon = at - self._last[0] < LONGEST_GAP - 1e-6
            if soon and _apart(bits, self._last[1]) <= STEP:
                return
        self._last = (at, bits)
        self._found.append(Hashed(round(at * 1000), code, False))
        self._stretch.keep(round(at * 1000), grey)
        self.shots.take(at, bits, frame)
        if quality > self._best:
            self._best, self.poster = quality, _small(frame)
        if self._stretch.full:
            self.finish()
            self._stretch = Stretch()

    def finish(self) -> None:
        """End the stretch; a long film is thinned, and looked at less often from here on."""
        self._found += self._stretch.trimmed()
        self._stretch = Stretch()
        if len(self._found) > frames.MAX_FRAMES // 2:
            self._found = self._found[::2]
            self._gap *= 2

    def packed(self) -> bytes:
        """The kept frames."""
        found = self._found[: frames.MAX_FRAMES]
        return frames.pack(
            [one.at for one in found], [one.code for one in found], [one.trimmed for one in found]
        )


_ATTACHED = int(av.stream.Disposition.attached_pic)


def _apart(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    """How many bits differ."""
    return int(np.bitwise_count(left ^ right).sum())


def _resampler() -> Any:
    return av.AudioResampler(format="flt", layout="mono", rate=Listener.RATE)


def _upright(grey: Grey, rotation: int) -> Grey:
    """As it is shown: phones film lying on their side and say so."""
    return np.ascontiguousarray(np.rot90(grey, round((rotation or 0) / 90) % 4))


def _small(frame: Any) -> Pixels:
    factor = min(1.0, POSTER / max(frame.width, frame.height))
    size = [max(2, round(side * factor / 2) * 2) for side in (frame.width, frame.height)]
    rgb = frame.reformat(*size, "rgb24", interpolation="AREA", threads=1).to_ndarray()
    return np.ascontiguousarray(np.rot90(rgb, round((frame.rotation or 0) / 90) % 4))
