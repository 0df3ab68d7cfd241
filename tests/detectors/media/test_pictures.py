"""Every way of writing a picture hashes alike; hostile files are refused, and the next file is read."""

import json
import random

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.detectors.media.answers import Answer
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.turns import TURNS, turned
from tests.detectors.media.drawn_pictures import apart, photo, saved


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as made:
        yield made


@pytest.fixture(scope="module")
def plain(hasher):
    return hasher.look(saved(photo(), "PNG")).whole.hashes


def exif(orientation):
    made = Image.Exif()
    made[0x112] = orientation
    return made


def deep_grey():
    return Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257)


def on_transparent_ground(colour):
    """The picture in the middle of ground that is transparent, whatever colour hides under it."""
    ground = Image.new("RGBA", (1100, 800), (*colour, 0))
    ground.paste(photo().convert("RGBA"), (100, 100))
    return ground


FORMS = {
    "palette": lambda: saved(photo().quantize(128), "PNG"),
    "gif": lambda: saved(photo().quantize(128), "GIF"),
    "jpeg": lambda: saved(photo(), "JPEG", quality=80),
    "cmyk": lambda: saved(photo().convert("CMYK"), "JPEG", quality=90),
    "webp": lambda: saved(photo(), "WEBP"),
    "avif": lambda: saved(photo(), "AVIF"),
    "tiff": lambda: saved(photo(), "TIFF"),
    "bmp": lambda: saved(photo(), "BMP"),
    "opaque": lambda: saved(photo().convert("RGBA"), "PNG"),
    "deep": lambda: saved(deep_grey(), "PNG"),
    "large": lambda: saved(photo(size=(5_000, 3_500)), "JPEG", quality=80),
    "turned by exif": lambda: saved(photo().rotate(90, expand=True), "JPEG", quality=90, exif=exif(6)),
    "mirrored by exif": lambda: saved(
        photo().transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", quality=90, exif=exif(2)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_picture_in_every_form_has_one_hash(hasher, plain, form):
    seen = hasher.look(FORMS[form]())
    assert not seen.refused
    assert apart(seen.whole.hashes[0], plain[0]) <= 8
    assert seen.whole.quality >= 50


def test_hidden_colours_do_not_matter(hasher):
    seen = [
        hasher.look(saved(on_transparent_ground(colour), "PNG"))
        for colour in ((255, 0, 0), (0, 0, 0), (9, 99, 9))
    ]
    assert len({one.whole.hashes[0] for one in seen}) == 1


@pytest.mark.parametrize("turn", TURNS)
def test_the_turned_picture_is_among_the_forms(hasher, plain, turn):
    picture = Image.fromarray(np.ascontiguousarray(turned(np.asarray(photo()), turn)))
    seen = hasher.look(saved(picture, "JPEG", quality=85))
    assert apart(seen.whole.hashes[0], plain[TURNS.index(turn)]) <= 8


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 60)])
@pytest.mark.parametrize("edges", [(50, 50), (0, 90), (120, 0)])
def test_a_border_is_found_and_taken_away(hasher, plain, colour, edges):
    wide, high = edges
    framed = Image.new("RGB", (900 + 2 * wide, 600 + 2 * high), colour)
    framed.paste(photo(), (wide, high))
    seen = hasher.look(saved(framed, "JPEG", quality=85))
    assert apart(seen.whole.hashes[0], plain[0]) > 31
    assert apart(seen.trimmed.hashes[0], plain[0]) <= 16


def test_a_picture_without_a_border_is_not_trimmed(hasher):
    assert hasher.look(saved(photo(), "PNG")).trimmed is None
    assert hasher.look(saved(Image.new("RGB", (300, 300), (9, 9, 9)), "PNG")).trimmed is None


def bomb():
    """A small file of very many pixels."""
    return saved(Image.new("L", (12_000, 12_000)), "PNG")


def test_a_bomb_is_refused_before_it_is_unpacked(hasher):
    data = bomb()
    assert len(data) < 500_000
    assert "12,000 x 12,000 pixels" in hasher.look(data).refused


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a\xff\xff\xff\xff",
        b"\xff\xd8\xff\xe0" + bytes(1_000),
        b"II*\0" + b"\xff" * 500,
        saved(photo(), "JPEG")[:300],
        saved(photo(), "PNG")[:20],
    ],
)
def test_broken_files_are_refused_with_a_reason(hasher, data):
    assert "cannot be read as a picture" in hasher.look(data).refused


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"\0\0\0\x1cftypheic", "HEIC"),
        (b"\0\0\0\x1cftypheix", "HEIC"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\1\0\1\0", "ICO"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "SVG"),
    ],
)
def test_a_picture_of_a_kind_that_is_not_read_is_told(hasher, start, form):
    assert f"a picture as {form}, which is not read" in hasher.look(start + bytes(500)).refused


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a",
        b"%!PS-Adobe-3.0 EPSF-3.0\n(x) print\n",
        b"#EXTM3U\nfile:///etc/passwd\n",
        b"PK\3\4" + bytes(99),
    ],
)
def test_what_is_no_picture_and_no_film_is_let_be(hasher, data):
    assert hasher.look(data) == Answer()


def test_changed_bytes_never_end_the_service(hasher, plain):
    chance = random.Random(5)
    files = [
        saved(photo(size=(300, 200)), form) for form in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
    ]
    for number in range(84):
        data = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        seen = hasher.look(bytes(data[: chance.randint(1, len(data))] if number % 2 else data))
        assert seen.whole is None or len(seen.whole.hashes) == len(TURNS)
    assert hasher.look(saved(photo(), "PNG")).whole.hashes == plain


def test_a_decoder_that_dies_is_told_and_replaced(hasher, plain):
    hasher.look(saved(photo(), "PNG"))
    hasher._process.kill()
    assert "broke the decoder (status -9)" in hasher.look(saved(photo(), "PNG")).refused
    assert hasher.look(saved(photo(), "PNG")).whole.hashes == plain


def test_the_command_hashes_pictures_whatever_their_name_and_other_files_too(tmp_path, plain):
    picture, film = tmp_path / "picture.txt", tmp_path / "film.jpg"
    picture.write_bytes(saved(photo(), "PNG"))
    film.write_bytes(b"\0\0\0 ftypisom" + bytes(500))
    done = CliRunner().invoke(build(), ["hash", str(picture), str(film), "--json"])
    assert done.exit_code == 0
    first, second = json.loads(done.stdout)
    assert (first["pdq"], first["width"], first["height"]) == (plain[0], 900, 600)
    assert second["pdq"] is None
    assert len(second["sha256"]) == 64
    lines = CliRunner().invoke(build(), ["hash", "--csv", str(picture), str(film)]).stdout.splitlines()
    assert lines[0] == "value,provenance"
    assert f"pdq/mirrored:{plain[TURNS.index('mirrored')]}" in lines[1]
    assert f"pdq:{plain[0]}" in CliRunner().invoke(build(), ["hash", str(picture)]).stdout


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    done = CliRunner().invoke(build(), ["hash", str(tmp_path / "none.png")])
    assert done.exit_code != 0
    assert "cannot be read" in str(done.exception)
