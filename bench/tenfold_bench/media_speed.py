"""Pictures, film and sound per second of CPU of one core, and where the time goes.

Measured without the walls, so that each step can be timed; the figures "in the process" are of whole files
through the confined process, its own time and ours.
"""

import io
import time
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import psutil
from PIL import Image

from tenfold.detectors.media import keypoints, pdq, picture
from tenfold.detectors.media.decoding import look
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.panels import panels
from tenfold.detectors.media.shots import MOST, POINTS
from tenfold.detectors.media.sounds import Listener, peaks_of
from tenfold.detectors.media.stretch import Grey, hash_grey
from tenfold_bench import _made_films, _made_sounds
from tenfold_bench.result import Figure, Result

PICTURES, QUICK_PICTURES = 40, 8
SECONDS, QUICK_SECONDS = 60.0, 8.0


def run(quick: bool) -> Result:
    """Pictures of 1 megapixel, a film of 1280 x 720 and a chant."""
    pictures = _jpegs(QUICK_PICTURES if quick else PICTURES)
    seconds = QUICK_SECONDS if quick else SECONDS
    film, sound = _film(seconds), _made_sounds.encoded(_made_sounds.chant(1, seconds * 4))
    with Hasher() as hasher:
        hasher.look(pictures[0])
        picture_ms = 1000 * _spent_on(lambda: [hasher.look(one) for one in pictures], hasher) / len(pictures)
        film_s = _spent_on(lambda: hasher.look(film), hasher)
        sound_s = _spent_on(lambda: hasher.look(sound), hasher)
    figures = [
        Figure(label="pictures of 1 MP, in the process", ours=1000 / picture_ms, unit="a second"),
        Figure(label="film of 720p, in the process", ours=seconds / film_s, unit="s a second"),
        Figure(label="sound, in the process", ours=4 * seconds / sound_s, unit="s a second"),
        *_of_a_picture(pictures),
        *_of_a_film(film),
        *_of_a_sound(seconds),
    ]
    return Result(name="media-speed", n=len(pictures), figures=figures, notes=["CPU time, one thread"])


def _jpegs(count: int) -> list[bytes]:
    found = []
    for number in range(count):
        file = io.BytesIO()
        _made_films.scene(number).resize((1152, 864), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
        found.append(file.getvalue())
    return found


def _film(seconds: float) -> bytes:
    frames = [
        np.asarray(Image.fromarray(frame).resize((1280, 720), Image.Resampling.BILINEAR))
        for frame in _made_films.film(1, min(seconds, 8.0))
    ]
    return _made_films.encoded(frames * round(seconds / min(seconds, 8.0)), 25.0)


def _of_a_picture(pictures: list[bytes]) -> list[Figure]:
    read = [picture.read(one) for one in pictures]
    lumas = [pdq.luma_of(one.whole) for one in read]
    steps: dict[str, Callable[[], object]] = {
        "unpacking and bringing to one form": lambda: [picture.read(one) for one in pictures],
        "brightness": lambda: [pdq.luma_of(one.whole) for one in read],
        "one hash": lambda: [pdq.hash_of(luma) for luma in lumas],
        "brightness and hashes of eight turns": lambda: [look(one.whole) for one in read],
        "looking for pictures in it": lambda: [panels(np.asarray(one.grey)) for one in read],
        "points of its parts": lambda: [keypoints.features(one.grey) for one in read],
    }
    return [
        Figure(label=f"a picture: {name}", ours=1000 * _own(step) / len(pictures), unit="ms")
        for name, step in steps.items()
    ]


def _of_a_film(film: bytes) -> list[Figure]:
    shown: list[Grey] = []

    def decode() -> int:
        with _opened(film) as container:
            return len([frame.pts for frame in container.decode(video=0)])

    def shrink() -> None:
        with _opened(film) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 6 == 0:
                    grey = frame.reformat(512, 512, "gray", interpolation="AREA", threads=1)
                    shown.append(grey.to_ndarray())

    frames = decode()
    decoding = _own(decode)
    shrinking = _own(shrink) - decoding
    looks = shown[:40]
    hashing = _own(lambda: [hash_grey(grey) for grey in looks]) / len(looks)
    stills = [Image.fromarray(grey[:288]) for grey in looks[:: max(1, len(looks) // MOST)]]
    pointing = _own(lambda: [keypoints.features(still, most=POINTS) for still in stills]) / len(stills)
    return [
        Figure(label="a film of 720p: decoding a frame", ours=1000 * decoding / frames, unit="ms"),
        Figure(label="a film of 720p: making a look small", ours=1000 * shrinking / len(shown), unit="ms"),
        Figure(label="a film of 720p: hashing a look", ours=1000 * hashing, unit="ms"),
        Figure(
            label=f"a film of 720p: points of a shot, {MOST} to {2 * MOST} of a long film",
            ours=1000 * pointing,
            unit="ms",
        ),
    ]


def _opened(film: bytes) -> Any:
    container = av.open(io.BytesIO(film))
    container.streams.video[0].codec_context.thread_count = 1
    return container


def _of_a_sound(seconds: float) -> list[Figure]:
    samples = np.random.default_rng(1).normal(0, 0.2, int(seconds * Listener.RATE)).astype(np.float32)
    return [
        Figure(
            label="a second of sound: peaks",
            ours=1000 * _own(lambda: peaks_of(samples)) / seconds,
            unit="ms",
        )
    ]


def _own(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _spent_on(work: Callable[[], object], hasher: Hasher) -> float:
    """CPU seconds of this process and of the confined one."""
    assert hasher.process_id is not None
    process = psutil.Process(hasher.process_id)

    def spent() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    before = spent()
    own = _own(work)
    return own + spent() - before
