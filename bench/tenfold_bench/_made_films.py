"""Films made by formula: scenes of textures under a moving camera, cuts between them, and edits of them."""

import io
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Frame = NDArray[np.uint8]  # rows x columns x 3
RATE = 20.0
SIZE = (320, 180)


def scene(seed: int) -> Image.Image:
    """A picture larger than the film: patches of several sizes with edges between, as a place has them."""
    chance = np.random.default_rng(seed)
    wide, high = SIZE[0] * 2, SIZE[1] * 2
    made = np.zeros((high, wide, 3), np.float32)
    for cells, weight in ((4, 90), (9, 60), (21, 40), (60, 14)):
        small = chance.integers(0, 256, (cells * 9 // 16 + 1, cells, 3), dtype=np.uint8)
        made += (
            weight / 255 * np.asarray(Image.fromarray(small).resize((wide, high), Image.Resampling.BICUBIC))
        )
    picture = Image.fromarray(np.clip(made, 0, 255).astype(np.uint8))
    drawing = ImageDraw.Draw(picture)
    for _ in range(14):
        left, top = int(chance.integers(wide)), int(chance.integers(high))
        right, bottom = left + int(chance.integers(20, 160)), top + int(chance.integers(20, 110))
        colour = tuple(int(value) for value in chance.integers(0, 256, 3))
        (drawing.rectangle if chance.random() < 0.6 else drawing.ellipse)([left, top, right, bottom], colour)
    return picture


def film(seed: int, seconds: float = 24.0) -> list[Frame]:
    """Scenes of 2 to 5 s under a camera that pans and draws near."""
    chance = np.random.default_rng(seed)
    frames: list[Frame] = []
    while len(frames) < seconds * RATE:
        place = scene(int(chance.integers(2**40)))
        count = int(chance.uniform(2, 5) * RATE)
        start, end = chance.uniform(0, 1, 2), chance.uniform(0, 1, 2)
        near = chance.uniform(1.0, 1.8, 2)
        for step in np.linspace(0, 1, count):
            zoom = near[0] + (near[1] - near[0]) * step
            wide, high = SIZE[0] * 2 / zoom, SIZE[1] * 2 / zoom
            at = start + (end - start) * step * 0.3
            left, top = at[0] * (SIZE[0] * 2 - wide), at[1] * (SIZE[1] * 2 - high)
            shown = place.resize(SIZE, Image.Resampling.BILINEAR, (left, top, left + wide, top + high))
            frames.append(np.asarray(shown))
    return frames[: int(seconds * RATE)]


def encoded(
    frames: Sequence[Frame], rate: float = RATE, *, crf: int = 26, codec: str = "libx264", form: str = "mp4"
) -> bytes:
    """A file of a film."""
    file = io.BytesIO()
    options = {"crf": str(crf), "preset": "ultrafast"} if codec == "libx264" else {}
    with av.open(file, "w", format=form) as made:
        stream: Any = made.add_stream(codec, rate=Fraction(rate).limit_denominator(1000), options=options)
        stream.height, stream.width = frames[0].shape[0], frames[0].shape[1]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in frames:
            made.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        made.mux(stream.encode(None))
    return file.getvalue()


def _each(change: Callable[[Image.Image], Image.Image]) -> Callable[[list[Frame]], list[Frame]]:
    return lambda frames: [np.asarray(change(Image.fromarray(frame))) for frame in frames]


def _letterboxed(picture: Image.Image) -> Image.Image:
    whole = Image.new("RGB", (picture.width, picture.height * 4 // 3))
    whole.paste(picture, (0, picture.height // 6))
    return whole


def _with_logo(picture: Image.Image) -> Image.Image:
    made = picture.copy()
    side = made.height // 8
    drawing = ImageDraw.Draw(made)
    drawing.ellipse([made.width - side - 6, 6, made.width - 6, side + 6], (240, 240, 30), (10, 10, 10), 3)
    return made


def _within(ground: Image.Image) -> Callable[[Image.Image], Image.Image]:
    def put(picture: Image.Image) -> Image.Image:
        made = ground.resize(SIZE)
        made.paste(picture.resize((SIZE[0] * 9 // 20, SIZE[1] * 9 // 20)), (SIZE[0] // 2, SIZE[1] // 3))
        return made

    return put


def _at_rate(frames: list[Frame], factor: float) -> list[Frame]:
    """Frames left out or shown twice, so that the film has `factor` times as many."""
    return [frames[min(len(frames) - 1, int(place / factor))] for place in range(int(len(frames) * factor))]


def edits(frames: list[Frame], seed: int) -> Iterator[tuple[str, bytes]]:
    """Each edit by its name, as a file."""
    third = len(frames) // 3
    yield "re-encode, quality 40 of x264", encoded(frames, crf=40)
    yield "other codec (MPEG-4, AVI)", encoded(frames, codec="mpeg4", form="avi")
    yield f"trim to {third / RATE:.0f} s", encoded(frames[third : 2 * third])
    for speed in (0.8, 0.9, 1.1, 1.25):
        yield f"speed {speed}", encoded(frames, RATE * speed)
    yield "letterbox", encoded(_each(_letterboxed)(frames))
    yield "logo 12 %", encoded(_each(_with_logo)(frames))
    yield "12 frames a second", encoded(_at_rate(frames, 0.6), RATE * 0.6)
    yield "30 frames a second", encoded(_at_rate(frames, 1.5), RATE * 1.5)
    yield "half the size", encoded(_each(lambda picture: picture.resize((160, 90)))(frames))
    yield "mirrored", encoded([frame[:, ::-1] for frame in frames])
    yield "picture in picture (still)", encoded(_each(_within(scene(seed + 10**9)))(frames))
