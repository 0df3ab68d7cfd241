"""Sounds made by formula: a chant of a few voices over a drum, speech-like noise, and edits of them."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]  # mono, -1 to 1
RATE = 22_050
_SCALES = ((0, 2, 3, 5, 7, 8, 10), (0, 1, 4, 5, 7, 8, 11), (0, 2, 4, 5, 7, 9, 11), (0, 3, 5, 6, 7, 10))


def chant(seed: int, seconds: float = 60.0) -> Sound:
    """A melody over a drum: verses that repeat with small changes, as songs do."""
    chance = np.random.default_rng(seed)
    scale = _SCALES[int(chance.integers(len(_SCALES)))]
    base = 110 * 2 ** (chance.integers(0, 14) / 12)
    beat = chance.uniform(0.32, 0.6)
    verse = [(int(chance.integers(0, 14)), float(chance.choice([0.5, 1, 1, 2]))) for _ in range(24)]
    made = np.zeros(int(seconds * RATE), np.float32)
    at, place = 0.0, 0
    while at < seconds:
        if place % len(verse) == 0 and place:
            verse = [(step + int(chance.integers(-2, 3)), length) for step, length in verse]
        step, length = verse[place % len(verse)]
        pitch = base * 2 ** ((scale[step % len(scale)] + 12 * (step // len(scale))) / 12)
        _add(made, at, _voice(pitch, length * beat * 1.1, chance))
        if place % 2 == 0:
            _add(made, at, _drum(chance))
        at, place = at + length * beat, place + 1
    return np.asarray(made / np.abs(made).max() * 0.8, np.float32)


def _voice(pitch: float, seconds: float, chance: np.random.Generator) -> Sound:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.zeros(len(time))
    trembling = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * time + chance.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(pitch * trembling) / RATE
    for overtone in range(1, 9):
        if pitch * overtone < RATE / 2.2:
            wave += chance.uniform(0.3, 1) / overtone * np.sin(overtone * phase)
    fade = np.minimum(1, np.minimum(time / 0.03, (time[-1] - time) / 0.08))
    return np.asarray(wave * fade, np.float32)


def _drum(chance: np.random.Generator) -> Sound:
    time = np.arange(int(0.18 * RATE)) / RATE
    hit = np.sin(2 * np.pi * (90 + 60 * np.exp(-30 * time)) * time) + 0.4 * chance.normal(size=len(time))
    return np.asarray(1.2 * hit * np.exp(-22 * time), np.float32)


def _add(whole: Sound, at: float, part: Sound) -> None:
    start = int(at * RATE)
    part = part[: max(0, len(whole) - start)]
    whole[start : start + len(part)] += part


def talk(seed: int, seconds: float) -> Sound:
    """Noise that comes and goes in syllables through three formants, as speech does."""
    chance = np.random.default_rng(seed)
    count = int(seconds * RATE)
    made = np.zeros(count, np.float32)
    at = 0.0
    while at < seconds:
        length = chance.uniform(0.08, 0.3)
        time = np.arange(int(length * RATE)) / RATE
        pitch = chance.uniform(100, 220)
        wave = sum(
            weight * np.sin(2 * np.pi * round(formant / pitch) * pitch * time + chance.uniform(0, 6))
            for formant, weight in zip(
                chance.uniform((250, 900, 2000), (900, 2000, 3200)), (1, 0.6, 0.4), strict=True
            )
        )
        _add(made, at, np.asarray(wave * np.hanning(len(time)), np.float32))
        at += length + float(chance.choice([0, 0.02, 0.2]))
    return np.asarray(made / np.abs(made).max() * 0.8, np.float32)


def encoded(
    sound: NDArray[np.floating[Any]], *, codec: str = "pcm_s16le", form: str = "wav", rate: int = 0
) -> bytes:
    """A file of a sound; `rate` in bits a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as made:
        stream: Any = made.add_stream(codec, rate=RATE, layout="mono")
        if rate:
            stream.bit_rate = rate
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout="mono", rate=RATE, frame_size=stream.frame_size or 1024
        )
        whole = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
        whole.sample_rate, whole.time_base, whole.pts = RATE, Fraction(1, RATE), 0
        for part in (*resampler.resample(whole), *resampler.resample(None)):
            made.mux(stream.encode(part))
        made.mux(stream.encode(None))
    return file.getvalue()


def at_tempo(sound: Sound, tempo: float) -> Sound:
    """The same pitch at another tempo, by ffmpeg's own filter."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="mono", time_base=Fraction(1, RATE))
    change, sink = graph.add("atempo", str(tempo)), graph.add("abuffersink")
    source.link_to(change)
    change.link_to(sink)
    graph.configure()
    whole = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="fltp", layout="mono")
    whole.sample_rate, whole.time_base, whole.pts = RATE, Fraction(1, RATE), 0
    graph.push(whole)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray().ravel())
        except (av.error.EOFError, av.error.BlockingIOError):
            return np.concatenate(parts)


def edits(sound: Sound, seed: int) -> Iterator[tuple[str, bytes]]:
    """Each edit by its name, as a file; all but the first are of 10 s from the middle."""
    chance = np.random.default_rng(seed)
    start = int(chance.uniform(5, len(sound) / RATE - 16) * RATE)
    part = sound[start : start + 10 * RATE]
    loud = float(np.sqrt(np.mean(part**2)))
    noise = chance.normal(size=len(part)).astype(np.float32)
    yield "whole, MP3 32 kbit/s", encoded(sound, codec="libmp3lame", form="mp3", rate=32_000)
    yield "excerpt of 10 s", encoded(part)
    yield "excerpt, MP3 32 kbit/s", encoded(part, codec="libmp3lame", form="mp3", rate=32_000)
    yield "excerpt, AAC 48 kbit/s", encoded(part, codec="aac", form="adts", rate=48_000)
    yield "excerpt, noise at 10 dB", encoded(part + noise * loud * np.float32(10 ** (-10 / 20)))
    yield "excerpt, noise as loud", encoded((part + noise * loud) / 2)
    yield "excerpt, speech over it, as loud", encoded((part + talk(seed, 11)[: len(part)]) / 2)
    yield "excerpt, a twentieth of the volume", encoded(part / 20)
    for tempo in (0.95, 1.05):
        yield f"excerpt, tempo {tempo}", encoded(at_tempo(part, tempo))
    yield "excerpt, tempo 1.1", encoded(at_tempo(part, 1.1))
    yield (
        "excerpt, speed 1.02 with pitch",
        encoded(np.interp(np.arange(0, len(part), 1.02), np.arange(len(part)), part).astype(np.float32)),
    )
