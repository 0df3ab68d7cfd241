"""What is written in pictures is read within the walls, in both languages; nothing that is sent stops it."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from tenfold.detectors.media.reading import reader, weights
from tenfold.detectors.media.reading.confined import WordReader
from tenfold.detectors.media.reading.lines import HEIGHT, cut
from tenfold.detectors.media.reading.places import Place
from tenfold.detectors.text.normalise import normalise_batch
from tenfold.events import Line
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.written import caption


@pytest.fixture(scope="module")
def words():
    with WordReader() as opened:
        yield opened


def read(words, data):
    return words.words_of(io.BytesIO(data), len(data))


def normal(text):
    return normalise_batch([text])[0].text


@pytest.mark.parametrize("ink", ["white", "black"])
@pytest.mark.parametrize(
    "lines",
    [
        ("The library opens", "a room for children"),
        ("الميناء يفتح اليوم", "بعد موسم طويل"),
    ],
)
def test_captions_over_photographs_are_read_line_by_line(words, lines, ink):
    found = read(words, saved(caption("\n".join(lines), ink=ink), "JPEG", quality=80))
    assert [normal(line.text) for line in found] == [normal(line) for line in lines]
    for above, line in zip([None, *found], found, strict=False):
        left, top, right, bottom = line.box
        assert 0 < left < 500 < right < 1000 and 300 < top < bottom < 700
        assert above is None or above.box[1] < top
        assert 0.5 <= line.sure <= 1


def test_a_picture_without_words_says_nothing(words):
    assert read(words, saved(photo(), "PNG")) == []


def test_files_that_are_no_pictures_say_nothing_and_the_next_is_read(words):
    whole = saved(caption("Harbour reopens today"), "PNG")
    for hostile in (b"", b"just text", whole[:2000], b"\x89PNG\r\n" + bytes(5000), b"GIF8" + whole):
        assert read(words, hostile) == []
    assert [normal(line.text) for line in read(words, whole)] == ["harbour reopens today"]


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (1, 5000), (31, 33)])
def test_pictures_of_odd_shapes_say_nothing(words, size):
    assert read(words, saved(photo(size=size), "PNG")) == []


def test_a_huge_picture_is_shrunk_and_a_larger_one_refused(words):
    huge = caption("Harbour reopens today", size=(1000, 700)).resize((8000, 5600), Image.Resampling.NEAREST)
    data = saved(huge.convert("P", palette=Image.Palette.ADAPTIVE), "PNG", compress_level=1)
    assert [normal(line.text) for line in read(words, data)] == ["harbour reopens today"]
    assert read(words, saved(Image.new("1", (8000, 7000)), "PNG")) == []


def test_a_reader_that_was_killed_is_started_anew(words):
    data = saved(caption("Harbour reopens today"), "PNG")
    assert len(read(words, data)) == 1
    first = words.process_id
    words._process.kill()
    assert read(words, data) == []
    assert len(read(words, data)) == 1
    assert words.process_id != first


def test_words_of_a_film_are_told_once_with_their_second(words):
    file = io.BytesIO()
    pictures = [caption("Harbour reopens today", size=(640, 360), height=40)] * 4
    pictures += [caption("الميناء يفتح اليوم", seed=9, size=(640, 360), height=44)] * 4
    with av.open(file, "w", format="mp4") as made:
        video = made.add_stream("mpeg4", rate=2, options={"g": "1"})
        video.width, video.height, video.pix_fmt, video.bit_rate = 640, 360, "yuv420p", 4_000_000
        for picture in pictures:
            made.mux(video.encode(av.VideoFrame.from_image(picture)))
        made.mux(video.encode(None))
    found = read(words, file.getvalue())
    assert [normal(line.text) for line in found] == ["harbour reopens today", normal("الميناء يفتح اليوم")]
    assert found[0].at < 2 <= found[1].at <= 4


def test_missing_data_of_tesseract_is_told_and_read_as_nothing(monkeypatch, tmp_path, caplog):
    assert weights.missing() == ""
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert "tesseract-ocr-ara" in weights.missing() and str(tmp_path) in weights.missing()
    with WordReader() as without:
        assert read(without, saved(photo(), "PNG")) is None
        assert read(without, saved(photo(), "PNG")) is None
    assert caplog.text.count("pictures are not read") == 1


def placed(text, left, top, wide=100, high=20):
    corners = np.array(
        [[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]], np.float32
    )
    return Place(corners, 0.9), Line(text)


def test_lines_side_by_side_are_read_from_the_side_where_their_script_begins():
    arabic = [placed("القديمة", 10, 52), placed("المدينة", 130, 50), placed("عنوان", 70, 10)]
    latin = [placed("town", 130, 52), placed("old", 10, 50), placed("Title", 70, 10)]
    assert [line.text for _, line in reader._in_order(arabic)] == ["عنوان", "المدينة", "القديمة"]
    assert [line.text for _, line in reader._in_order(latin)] == ["Title", "old", "town"]


def test_a_line_is_cut_out_level_and_of_one_height():
    pixels = np.zeros((200, 200, 3), np.uint8)
    place = Place(np.array([[20, 60], [120, 40], [124, 60], [24, 80]], np.float32), 0.9)
    line = cut(pixels, place)
    assert line.shape == (HEIGHT, round(np.hypot(100, 20) * HEIGHT / np.hypot(4, 20)), 3)
    dot = Place(np.array([[5, 5], [6, 5], [6, 6], [5, 6]], np.float32), 0.9)
    assert cut(pixels, dot).shape[0] == HEIGHT
