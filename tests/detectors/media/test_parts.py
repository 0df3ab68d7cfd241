"""Crops, captions, screenshots and collages of known pictures are known, with the place where they lie."""

from itertools import islice

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageOps
from tenfold_bench import _made_pictures as made

from tenfold.detectors.media import frames
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.keypoints import features
from tenfold.detectors.media.parts import Parts
from tenfold.detectors.media.points import Points
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.edited_pictures import png, poster, scene
from tests.detectors.media.media_bank import bank


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


@pytest.fixture
def store(conn):
    banks.create(conn, id="ours", kind="media", title="Known pictures", confidence=0.9)
    conn.commit()
    conn.autocommit = True
    return conn


def points(image):
    return frames.write(features(image))


def known(store, image, **more):
    return bank(store, f"points:{points(image)}", **more)


def look(store, image, detector=None):
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), points=points(image))
    return [
        signal.details | {"score": signal.score}
        for signal in (detector or MediaDetector()).detect(store, [item])[0]
    ]


def cropped(image):
    return image.crop((image.width // 3, image.height // 4, image.width, image.height))


def captioned(image):
    shown = ImageOps.expand(image, (0, 0, 0, image.height // 3), "white")
    made.write(np.random.default_rng(3), shown, image.height // 12)
    return shown


def on_a_phone(image):
    screen = Image.new("RGB", (720, 1500), "white")
    screen.paste(ImageOps.contain(image, (700, 900)), (10, 300))
    return screen


def beside_another(image):
    made_one = Image.new("RGB", (1000, 500), "white")
    made_one.paste(ImageOps.contain(scene(77), (500, 500)))
    made_one.paste(ImageOps.contain(image, (500, 500)), (500, 0))
    return made_one


def mirrored_and_cropped(image):
    return ImageOps.mirror(cropped(image))


@pytest.mark.parametrize("edit", [cropped, captioned, on_a_phone, beside_another, mirrored_and_cropped])
@pytest.mark.parametrize("picture", [poster(3), scene(2)], ids=["poster", "scene"])
def test_an_edited_copy_is_known(store, picture, edit):
    known(store, picture)
    (found,) = look(store, edit(picture))
    assert (found["match"], found["bank"], found["label"]) == ("in-part", "ours", "emblem")
    assert found["turn"] == ("mirrored" if edit is mirrored_and_cropped else "upright")
    assert found["points"] >= 10
    assert 0.7 < found["score"] <= 0.9
    assert "distance" not in found


def test_where_it_lies_is_told(store):
    picture = scene(2)
    known(store, picture)
    (found,) = look(store, on_a_phone(picture))
    shown = ImageOps.contain(picture, (700, 900))
    lies = found["lies"]
    right, lower = (10 + shown.width) / 720 * 1000, (300 + shown.height) / 1500 * 1000
    expected = [(10 / 0.72, 300 / 1.5), (right, 300 / 1.5), (right, lower), (10 / 0.72, lower)]
    for (x, y), (at_x, at_y) in zip(lies["outline"], expected, strict=True):
        assert abs(x - at_x) < 12
        assert abs(y - at_y) < 12
    for x, y, from_x, from_y in lies["pairs"]:
        assert 0 <= from_x <= 1000
        assert 0 <= from_y <= 1000
        assert abs(x - (10 + from_x * shown.width / 1000) / 0.72) < 20
        assert abs(y - (300 + from_y * shown.height / 1000) / 1.5) < 20
    assert len(lies["here"]) == len(lies["there"]) >= 3


def test_the_place_of_a_mirrored_copy_is_the_one_that_is_seen(store):
    picture = scene(2)
    known(store, picture)
    (found,) = look(store, ImageOps.mirror(picture))
    (left_top, right_top, _, left_bottom) = found["lies"]["outline"]
    assert left_top[0] > 950
    assert right_top[0] < 50
    assert left_bottom[1] > 950
    for x, _, from_x, _ in found["lies"]["pairs"]:
        assert abs(x - (1000 - from_x)) < 25


def test_other_pictures_are_not_known(store):
    for number, picture in enumerate([*islice(made.scenes(1), 6), *islice(made.posters(1, []), 6)]):
        known(store, picture, label=str(number))
    detector = MediaDetector()
    for picture in [*islice(made.scenes(2), 6), *islice(made.posters(9, []), 6)]:
        assert look(store, picture, detector) == []


def test_an_entry_is_known_from_the_next_look_and_gone_when_removed(store):
    detector, picture = MediaDetector(), scene(5)
    known(store, scene(6))
    assert look(store, cropped(picture), detector) == []
    known(store, picture)
    (found,) = look(store, cropped(picture), detector)
    with store.transaction():
        banks.remove_entries(store, "ours", [found["entry"]])
    assert look(store, cropped(picture), detector) == []
    assert look(store, cropped(picture)) == []


def test_points_of_removed_entries_leave_the_memory_of_a_running_worker(store):
    parts = Parts()
    for seed in range(4):
        known(store, scene(seed), label=f"{seed}")
    parts.update(store)
    assert parts.held == 4
    keys = [row[0] for row in store.execute("SELECT key FROM bank_entries WHERE label <> '2'")]
    with store.transaction():
        banks.remove_entries(store, "ours", keys)
    parts.tidy(store)
    assert parts.held == 1
    (found,) = parts.found(store, points(cropped(scene(2))))
    assert found.entry.label == "2"


def test_the_whole_picture_is_told_by_its_hash_and_other_labels_by_their_part(store, hasher):
    picture = scene(7)
    answer = hasher.look(png(picture))
    bank(store, f"pdq:{answer.whole.hashes[0]} points:{frames.write(answer.points)}")
    known(store, cropped(picture), label="corner")
    item = MediaItem(
        subject=Subject(SubjectKind.MEDIA, "m1"),
        pdq=answer.whole.hashes[0],
        points=frames.write(answer.points),
    )
    (signals,) = MediaDetector().detect(store, [item])
    assert {signal.details["label"]: signal.details["match"] for signal in signals} == {
        "emblem": "same-picture",
        "corner": "in-part",
    }


def test_the_confined_process_finds_the_same_points(hasher):
    assert hasher.look(png(scene(1))).points == features(scene(1))
    assert hasher.look(png(Image.new("RGB", (64, 64)))).points == b""


def test_broken_points_find_nothing_and_stop_nothing(store, caplog):
    known(store, scene(1))
    items = [
        MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), points=text)
        for text in ("AAAA", "!!", "", "A" * 999)
    ]
    assert MediaDetector().detect(store, items) == [[], [], [], []]
    assert "points" in caplog.text


def two_lines(seed):
    """Points of two lines of text that are alike, and of all else, which is another in each picture."""
    lines, rest = np.random.default_rng(1), np.random.default_rng(seed)
    places = lines.uniform(20, 480, 40) + 1j * np.repeat([100, 300], 20) + 1j * lines.uniform(0, 20, 40)
    return Points(
        width=512,
        height=400,
        places=np.concatenate([places, rest.uniform(0, 512, 300) + 1j * rest.uniform(0, 400, 300)]),
        sizes=np.full(340, 8.0),
        angles=np.zeros(340),
        codes=np.concatenate(
            [lines.integers(0, 2**64, (40, 2), np.uint64), rest.integers(0, 2**64, (300, 2), np.uint64)]
        ),
    )


def shifted(picture):
    return msgspec.structs.replace(picture, places=picture.places + 100)


PDQ = "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0"
EDGE = "ffff0000" * 8  # as of a picture of one edge


@pytest.mark.parametrize(
    ("bits", "upload", "hash", "told"),
    [
        (72, two_lines(2), PDQ, ["in-part"]),
        (74, two_lines(2), PDQ, []),
        (72, shifted(two_lines(2)), PDQ, []),
        (40, two_lines(2), EDGE, []),
    ],
    ids=["whole alike", "whole not alike", "elsewhere in the picture", "hash says little"],
)
def test_two_lines_alike_are_enough_where_the_whole_pictures_are_alike(store, bits, upload, hash, told):
    flipped = int(hash, 16) ^ (3 * sum(1 << 5 * place for place in range(bits // 2)))
    bank(store, f"pdq:{flipped:064x} points:{frames.write(two_lines(1).to_bytes())}")
    assert [one["match"] for one in told_of(store, upload, hash)] == told
    assert told_of(store, upload, None) == []


def told_of(store, upload, pdq):
    text = frames.write(upload.to_bytes())
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), points=text, pdq=pdq)
    return [signal.details for signal in MediaDetector().detect(store, [item])[0]]
