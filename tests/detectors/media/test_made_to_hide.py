"""Files that were made so that decoders refuse them, and that browsers and players show all the same."""

import io
import json
import struct
import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image
from tenfold_bench import _made_films as made
from tenfold_bench import _made_sounds as made_sounds

from tenfold.detectors.media import frames, sounds
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.picture import MAX_JPEG_PIXELS, MAX_PIXELS
from tenfold.detectors.media.sounds import Listener
from tenfold.events import MediaUploaded
from tenfold.processing.examine import kept, with_hashes
from tests.detectors.media.drawn_pictures import apart, photo, saved
from tests.uploads.sending import told

PNG_START = 33  # bytes of the signature and the first chunk


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


@pytest.fixture(scope="module")
def plain(hasher):
    return hasher.look(saved(photo(), "PNG")).whole.hashes[0]


def chunk(name, data, spoilt=0):
    checksum = (zlib.crc32(name + data) + spoilt) % 2**32
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def png_with(*chunks):
    whole = saved(photo(), "PNG")
    return whole[:PNG_START] + b"".join(chunks) + whole[PNG_START:]


def packed(size):
    return b"x\0\0" + zlib.compress(bytes(size), 9)


def as_large(size, form, **options):
    file = io.BytesIO()
    photo().resize(size, Image.Resampling.NEAREST).save(file, form, **options)
    return file.getvalue()


HIDDEN = {
    "JPEG without its end": lambda: saved(photo(), "JPEG", quality=85)[:-200],
    "PNG without its end": lambda: saved(photo(), "PNG")[:-40],
    "GIF without its end": lambda: saved(photo().quantize(128), "GIF")[:-200],
    "WebP without its end": lambda: saved(photo(), "WEBP", quality=85)[:-200],
    "BMP without its end": lambda: saved(photo(), "BMP")[:-200],
    "a colour profile that unpacks to 3 MB": lambda: png_with(chunk(b"iCCP", packed(3 << 20))),
    "a text that unpacks to 3 MB": lambda: png_with(chunk(b"zTXt", packed(3 << 20))),
    "100 texts of 1 MB": lambda: png_with(*[chunk(b"zTXt", packed(1_000_000))] * 100),
    "a wrong checksum where it does not matter": lambda: png_with(chunk(b"gAMA", bytes(4), spoilt=1)),
    "a chunk that nobody knows": lambda: png_with(chunk(b"ABCD", b"zz")),
    "102 megapixels as JPEG": lambda: as_large((12_000, 8_500), "JPEG"),
    "54 megapixels with a palette": lambda: saved(
        photo().quantize(128).resize((9_000, 6_000)), "PNG", compress_level=1
    ),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_the_picture_is_hashed_all_the_same(hasher, plain, how):
    seen = hasher.look(HIDDEN[how]())
    assert not seen.refused
    assert apart(seen.whole.hashes[0], plain) <= 12


def test_of_half_a_picture_the_half_is_hashed(hasher):
    data = saved(photo(), "JPEG", quality=85)
    seen = hasher.look(data[: len(data) // 2])
    assert (seen.width, seen.height, seen.refused) == (900, 600, "")
    assert seen.points


def said_to_be(data, mark, offset, form, *size):
    """A file whose header says another size, `offset` bytes after the mark."""
    at = data.index(mark) + offset
    return data[:at] + struct.pack(form, *size) + data[at + struct.calcsize(form) :]


def test_what_needs_more_memory_than_there_is_is_refused_and_the_next_file_is_read(hasher, plain):
    deep = Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257)
    bomb = said_to_be(saved(deep, "PNG"), b"IHDR", 4, ">II", 9_000, 8_000)
    head = bomb[12:29]
    bomb = bomb[:29] + struct.pack(">I", zlib.crc32(head)) + bomb[33:]
    assert "memory" in hasher.look(bomb).refused
    coarse_first = saved(photo(), "JPEG", progressive=True)
    large = said_to_be(coarse_first, b"\xff\xc2", 5, ">HH", 9_000, 12_000)
    assert f"12,000 x 9,000 pixels; at most {MAX_PIXELS:,}" in hasher.look(large).refused
    assert MAX_PIXELS < 12_000 * 9_000 < MAX_JPEG_PIXELS
    assert hasher.look(saved(photo(), "PNG")).whole.hashes[0] == plain


def film_of(tracks, *, times=None, sound=None, form="matroska"):
    """A film with a track of pictures for each list of frames; `times`: in which tenth each frame stands;
    `sound`: samples, and how many of them make a second."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in tracks]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
            stream.bit_rate = 2_000_000
        heard = None
        if sound is not None:
            heard = container.add_stream("pcm_s16le", rate=sound[1])
            heard.layout = "mono"
            shown = av.AudioFrame.from_ndarray(sound[0][None], format="s16", layout="mono")
            shown.sample_rate = sound[1]
            container.mux(heard.encode(shown))
        for stream, shown in zip(streams, tracks, strict=True):
            for number, pixels in enumerate(shown):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 10)
                for packet in stream.encode(frame):
                    place = number if times is None else times[number]
                    packet.pts = packet.dts = round(place / 10 / packet.time_base)
                    container.mux(packet)
        for stream in streams:
            container.mux(stream.encode(None))
    return file.getvalue()


def codes(answer):
    return frames.unpack(answer.film.frames).codes


def share_known(seen, original):
    """Of the original's frames, how many have one within 31 bits."""
    bits = np.bitwise_count(codes(original)[:, None] ^ codes(seen)[None]).sum(axis=2)
    return float((bits.min(axis=1) <= 31).mean())


@pytest.fixture(scope="module")
def film():
    return made.film(5, 8.0)[::2]


def test_a_film_behind_another_track_is_seen(hasher, film):
    original = hasher.look(film_of([film]))
    decoy = [np.full_like(film[0], 90)] * len(film)
    assert share_known(hasher.look(film_of([decoy, film])), original) == 1


def test_a_film_whose_times_jump_ahead_is_seen_to_its_end(hasher, film):
    original = hasher.look(film_of([film]))
    times = [number if number < 10 else number + 200_000 for number in range(len(film))]
    assert share_known(hasher.look(film_of([film], times=times)), original) == 1


def test_a_film_whose_times_begin_again_is_seen_to_its_end(hasher, film):
    original = hasher.look(film_of([film]))
    halves = (film_of([half], form="mpegts") for half in (film[:50], film[50:]))
    assert share_known(hasher.look(b"".join(halves)), original) == 1


def test_a_sound_of_hours_does_not_end_a_film(hasher, film):
    original = hasher.look(film_of([film]))
    noise = np.random.default_rng(1).integers(-9_000, 9_000, 20_000, dtype=np.int16)
    seen = hasher.look(film_of([film], sound=(noise, 1)))
    assert share_known(seen, original) == 1


def test_a_sound_that_comes_at_once_is_listened_to_in_pieces():
    chance = np.random.default_rng(1)
    tones = chance.normal(0, 0.2, sounds.RATE * 95).astype(np.float32)
    at_once, bit_by_bit = Listener(), Listener()
    at_once.feed(tones)
    for start in range(0, len(tones), 4_096):
        bit_by_bit.feed(tones[start : start + 4_096])
    one, other = (sounds.unpack(listener.finish()) for listener in (at_once, bit_by_bit))
    alike = set(map(tuple, one.tolist())) & set(map(tuple, other.tolist()))
    assert len(alike) > 0.94 * len(one)  # less at the seams
    endless = Listener()
    endless.feed(np.broadcast_to(np.float32(0.1), sounds.RATE * 3_600 * 40))
    assert endless.seconds == 3_600 * 40


def test_the_cover_of_a_sound_is_seen_and_it_stays_a_sound(hasher, plain, tmp_path):
    chant = made_sounds.encoded(made_sounds.chant(3, 12), codec="libmp3lame", form="mp3", rate=64_000)
    cover = b"\0image/jpeg\0\x03\0" + saved(photo(), "JPEG", quality=85)
    frame = b"APIC" + seven_bits(len(cover)) + b"\0\0" + cover
    data = b"ID3\x04\0\0" + seven_bits(len(frame)) + frame + chant[chant.index(b"\xff\xfb") :]
    file = tmp_path / "chant.mp3"
    file.write_bytes(data)
    found = hasher.hash_file(file)
    assert found.sound
    (code,) = frames.read(found.film).codes
    assert apart(code.tobytes().hex(), plain) <= 8
    event = told(id_="u-1")
    filled = with_hashes(json.dumps(event).encode(), kept(found)).data
    assert isinstance(filled, MediaUploaded)
    assert filled.kind == "audio"


def seven_bits(number):
    """A length as ID3 writes it."""
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def test_a_film_of_8192_pixels_is_seen(hasher, plain):
    large = np.asarray(photo().resize((7_680, 4_320)))
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 7_680, 4_320, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(large, format="rgb24")))
        container.mux(stream.encode(None))
    (code,) = frames.unpack(hasher.look(file.getvalue()).film.frames).codes[:1]
    assert apart(code.tobytes().hex(), plain) <= 12
