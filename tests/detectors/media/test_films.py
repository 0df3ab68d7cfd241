"""A film that was edited is known by its frames, and told with the part that is of the entry."""

import io

import av
import numpy as np
import pytest
from PIL import Image
from tenfold_bench import _made_films as made

from tenfold.detectors.media import frames, stretch
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher, digests_of, together
from tenfold.detectors.media.shots import MOST, Shots
from tenfold.detectors.media.stretch import Stretch
from tenfold.store import banks
from tenfold.subjects import Subject, SubjectKind
from tests.detectors.media.drawn_pictures import saved
from tests.detectors.media.media_bank import bank

SECONDS = 12.0


@pytest.fixture(scope="module")
def hasher():
    with Hasher() as one:
        yield one


@pytest.fixture(scope="module")
def film():
    return made.film(5, SECONDS)


@pytest.fixture(scope="module")
def value(hasher, film):
    return hashed(hasher, made.encoded(film)).value


@pytest.fixture
def store(conn, value):
    banks.create(conn, id="ours", kind="media", title="Known films", confidence=0.9)
    conn.commit()
    conn.autocommit = True
    bank(conn, value)
    return conn


def hashed(hasher, data):
    return together("x", digests_of(io.BytesIO(data)), hasher.look(data))


def look(conn, hashes):
    item = MediaItem(
        subject=Subject(SubjectKind.MEDIA, "m"),
        pdq=hashes.pdq,
        pdq_trimmed=hashes.pdq_trimmed,
        film=hashes.film,
    )
    return [signal.details | {"score": signal.score} for signal in MediaDetector().detect(conn, [item])[0]]


def trimmed(film):
    return made.encoded(film[80:200])


def faster(film):
    return made.encoded(film, made.RATE * 1.25)


def bars(film):
    return made.encoded(made._each(made._letterboxed)(film))


def inside(film):
    return made.encoded(made._each(made._within(made.scene(99)))(film))


def mirrored(film):
    return made.encoded([frame[:, ::-1] for frame in film])


def coarse(film):
    return made.encoded(film, crf=40, codec="mpeg4", form="avi")


@pytest.mark.parametrize(
    ("edit", "at"),
    [
        (trimmed, (0, 6, 4, 10)),
        (faster, (0, SECONDS / 1.25, 0, SECONDS)),
        (bars, (0, SECONDS, 0, SECONDS)),
        (inside, (0, SECONDS, 0, SECONDS)),
        (mirrored, (0, SECONDS, 0, SECONDS)),
        (coarse, (0, SECONDS, 0, SECONDS)),
    ],
)
def test_an_edited_film_is_known_with_the_part_that_is_of_the_entry(store, hasher, film, edit, at):
    (found,) = look(store, hashed(hasher, edit(film)))
    assert found["match"] == "same-scene"
    assert found["score"] > 0.75
    told = [found[name] for name in ("start", "end", "entry_start", "entry_end")]
    assert told == pytest.approx(at, abs=1.3)
    assert found["turn"] == ("mirrored" if edit is mirrored else "upright")
    assert found["border"] == (edit in (bars, inside))


def test_another_film_is_not(store, hasher):
    assert look(store, hashed(hasher, made.encoded(made.film(6, SECONDS)))) == []


def test_a_picture_of_the_film_is_known_with_its_time(store, hasher, film):
    picture = hashed(hasher, saved(Image.fromarray(film[100]), "PNG"))
    (found,) = look(store, picture)
    assert found["match"] in ("same-picture", "near-copy")
    assert found["entry_start"] == pytest.approx(5.0, abs=1.1)


def test_a_film_that_shows_a_known_picture_is_known(store, hasher, film):
    banks.create(store, id="pictures", kind="media", title="Known pictures", confidence=0.9)
    bank(store, hashed(hasher, saved(Image.fromarray(made.film(8, 1)[0]), "PNG")).value, to="pictures")
    shown = [*made.film(7, 3), *([made.film(8, 1)[0]] * 40), *made.film(9, 3)]
    (found,) = look(store, hashed(hasher, made.encoded(shown)))
    assert found["bank"] == "pictures"
    assert found["match"] in ("same-picture", "near-copy")
    assert 3 <= found["start"] <= 5


def test_one_frame_of_a_known_film_is_told_and_weighs_less(store, hasher, film):
    shown = [*made.film(7, 3), *film[100:103], *made.film(9, 3)]
    found = look(store, hashed(hasher, made.encoded(shown)))
    assert [one["match"] for one in found] in ([], ["same-frame"])
    assert all(one["score"] < 0.6 for one in found)


def test_an_entry_of_a_film_goes_through_text_unchanged(store, value):
    rows = store.execute(
        "SELECT at_ms, form, hash FROM media_hashes WHERE kind = 'frame' ORDER BY number"
    ).fetchall()
    word = next(word for word in value.split() if word.startswith("film:"))
    held = frames.read(word.removeprefix("film:"))
    assert [row[0] for row in rows] == [round(time * 1000) for time in held.times]
    assert [row[1] == "trimmed" for row in rows] == held.trimmed.tolist()
    assert b"".join(row[2] for row in rows) == held.codes.tobytes()
    assert len(held.times) >= 12


@pytest.mark.parametrize(
    "text", ["", "!", "AAAA", frames.write(bytes(35)), frames.write(bytes(36 * (frames.MAX_FRAMES + 1)))]
)
def test_what_is_no_film_is_refused(text):
    with pytest.raises(frames.FramesError):
        frames.read(text)


def test_half_a_file_gives_half_a_film(hasher, film):
    data = made.encoded(film, form="matroska")
    seen = hasher.look(data[: len(data) // 2])
    assert 2 < seen.film.seen < SECONDS - 2
    assert seen.film.frames


def test_what_stands_still_around_a_film_is_cut_away():
    chance = np.random.default_rng(1)
    gathered = Stretch()
    still = chance.integers(0, 256, (512, 512), dtype=np.uint8)
    for at in range(8):
        grey = still.copy()
        grey[100:400, 50:450] = chance.integers(0, 256, (300, 400), dtype=np.uint8)
        gathered.look(grey)
        gathered.keep(at * 500, grey)
    assert gathered.box() == (50, 100, 450, 400)
    assert all(one.trimmed for one in gathered.trimmed())
    assert stretch.Stretch().box() is None


def test_frames_of_a_removed_entry_leave_the_index_of_a_running_worker(store, hasher, film):
    detector = MediaDetector()
    detector.update(store)
    held = len(detector._held.index)
    assert held >= 12
    (key,) = store.execute("SELECT key FROM bank_entries").fetchone()
    assert banks.remove_entries(store, "ours", [key]) == 1
    detector.update(store)
    assert len(detector._held.index) == 0


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_is_known_though_it_begins_with_something_else(store, hasher, film, form):
    strange = Image.fromarray(made.film(77, 1)[0])
    shown = [Image.fromarray(frame) for frame in film[40:140:5]]
    data = saved(strange, form, save_all=True, append_images=shown, duration=250)
    hashes = hashed(hasher, data)
    assert hashes.pdq
    (found,) = look(store, hashes)
    assert found["match"] == "same-scene"
    assert found["entry_start"] == pytest.approx(2, abs=1.3)


def on_a_page(still):
    page = Image.new("RGB", (900, 1400), "white")
    page.paste(still.resize((640, 360)), (130, 420))
    return page


@pytest.mark.parametrize(
    "edit",
    [lambda still: still.crop((40, 20, 300, 170)), lambda still: still.rotate(4), on_a_page],
    ids=["cropped", "turned", "on a page"],
)
def test_a_still_that_was_edited_is_known_by_its_points_and_told_with_its_time(store, hasher, film, edit):
    shot = hasher.look(made.encoded(film)).film.shots[1]
    still = edit(Image.fromarray(film[round(shot.at / 1000 * made.RATE)]))
    upload = hasher.look(saved(still, "PNG"))
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m"), points=frames.write(upload.points))
    ((signal,),) = MediaDetector().detect(store, [item])
    assert signal.details["match"] == "in-part"
    assert abs(signal.details["entry_start"] - shot.at / 1000) < 6
    assert "lies" not in signal.details  # there is no picture of that frame to draw upon


def test_an_unrelated_still_is_not_known_by_points(store, hasher):
    upload = hasher.look(saved(Image.fromarray(made.film(77, 1.0)[0]), "PNG"))
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m"), points=frames.write(upload.points))
    assert MediaDetector().detect(store, [item]) == [[]]


def test_shots_of_a_long_film_are_few_and_spread_over_it():
    shots, chance = Shots(), np.random.default_rng(1)
    frame = av.VideoFrame.from_ndarray(np.asarray(made.scene(1).resize((160, 90))), format="rgb24")
    for second in range(3_000):
        shots.take(float(second), chance.integers(0, 256, 32).astype(np.uint8), frame)
    times = [shot.at / 1000 for shot in shots.spread()]
    assert 6 < len(times) <= MOST
    assert max(np.diff([0, *times, 3_000])) < 600
