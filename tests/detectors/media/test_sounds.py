"""A sound is known under other pictures, after compression, noise and another tempo, with its part."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenfold_bench import _made_sounds as made

from tenfold.detectors.media import sounds
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher, digests_of, together
from tenfold.detectors.media.sound_index import SoundIndex
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.media_bank import bank


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


@pytest.fixture(scope="module")
def chant():
    return made.chant(3, 30)


@pytest.fixture
def store(conn, hasher, chant):
    banks.create(conn, id="ours", kind="media", title="Known sounds", confidence=0.9)
    conn.commit()
    conn.autocommit = True
    bank(conn, hashed(hasher, made.encoded(chant)).value)
    for other in (4, 5):
        bank(conn, hashed(hasher, made.encoded(made.chant(other, 30))).value, label=f"other {other}")
    return conn


def hashed(hasher, data):
    return together("x", digests_of(io.BytesIO(data)), hasher.look(data))


def look(conn, hashes):
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m"), sound=hashes.sound)
    return [signal.details | {"score": signal.score} for signal in MediaDetector().detect(conn, [item])[0]]


def excerpt(chant):
    return chant[8 * made.RATE : 18 * made.RATE]


def compressed(chant):
    return made.encoded(excerpt(chant), codec="libmp3lame", form="mp3", rate=32_000)


def noisy(chant):
    part = excerpt(chant)
    noise = np.random.default_rng(1).normal(size=len(part)).astype(np.float32)
    return made.encoded(part + noise * np.sqrt(np.mean(part**2)) * np.float32(0.3))


def faster(chant):
    return made.encoded(made.at_tempo(excerpt(chant), 1.05))


def within_talk(chant):
    return made.encoded(np.concatenate([made.talk(1, 20), excerpt(chant), made.talk(2, 20)]))


@pytest.mark.parametrize(("edit", "at"), [(compressed, 0), (noisy, 0), (faster, 0), (within_talk, 20)])
def test_ten_seconds_are_enough(store, hasher, chant, edit, at):
    (found,) = look(store, hashed(hasher, edit(chant)))
    assert (found["match"], found["label"]) == ("same-sound", "emblem")
    told = [found[name] for name in ("start", "end", "entry_start", "entry_end")]
    assert told == pytest.approx([at, at + 10, 8, 18], abs=2.0)
    assert found["score"] >= 0.7


def test_other_sounds_are_not_known(store, hasher):
    for data in (made.chant(9, 20), made.talk(9, 20), np.zeros(made.RATE * 5, np.float32)):
        assert look(store, hashed(hasher, made.encoded(data))) == []


def test_silence_is_known_by_nothing(hasher):
    silent = hashed(hasher, made.encoded(np.zeros(made.RATE * 5, np.float32)))
    assert silent.sound is None
    assert "too little" in silent.note


@given(
    st.lists(st.tuples(st.integers(0, 2**24 - 1), st.integers(sounds.LOWEST, sounds.HIGHEST - 1)), min_size=1)
)
def test_peaks_go_through_bytes_unchanged(points):
    peaks = np.array(sorted(points), np.int64)
    assert (sounds.unpack(sounds.pack(peaks)) == peaks).all()


@pytest.mark.parametrize("packed", [b"", b"1234", b"\0\0\1\0\x20\0\0\0\0\x20", b"\0\0\0\xff\xff"])
def test_what_are_no_peaks_is_refused(packed):
    with pytest.raises(sounds.SoundError):
        sounds.unpack(packed)


def test_an_index_finds_the_same_however_it_was_filled(chant):
    some = [sounds.peaks_of(np.interp(np.arange(0, len(one), 2), np.arange(len(one)), one).astype(np.float32))
            for one in (made.chant(20, 12), made.chant(21, 12), made.chant(22, 12))]  # fmt: skip
    index = SoundIndex()
    for number, peaks in enumerate(some, start=1):
        index.add(number, peaks)
        assert [heard.number for heard in index.search(peaks)] == [number]
    assert index.last == 3
    assert index.search(np.zeros((0, 2), np.int64)) == []
