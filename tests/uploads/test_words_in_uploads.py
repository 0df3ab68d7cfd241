"""A slogan or a threat that is written in a picture becomes signals, and a case, as if it had been posted."""

import io

import pytest

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.reading.confined import WordReader
from tenfold.events import MAX_LINES
from tenfold.processing.examine import Examiner
from tenfold.store import banks, uploads
from tenfold.store import events as queue
from tenfold.store.events import MAX_TRIES
from tenfold.store.objects import Objects
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.written import caption
from tests.helpers import event
from tests.uploads.sending import run_pipeline, send


class CountingReader(WordReader):
    """The real one; says how many files it was given."""

    def __init__(self):
        super().__init__()
        self.files = 0

    def words_of(self, file, size):
        self.files += 1
        return super().words_of(file, size)


@pytest.fixture(scope="module")
def reader():
    with CountingReader() as opened:
        yield opened


@pytest.fixture
def site(serve, tmp_path):
    return serve(data_dir=tmp_path, max_upload=2_000_000)


@pytest.fixture
def store(conn):
    conn.autocommit = True
    with conn.transaction():
        banks.create(conn, id="slogans", kind="terms", title="Slogans of the Ashen Banner", confidence=0.9)
        given = [
            GivenEntry(value=text, label="slogan") for text in ("grey over every gate", "رماد على كل باب")
        ]
        entries, _ = bank_values.check("terms", given)
        banks.add_entries(conn, "slogans", entries, "cli:test")
    return conn


def examine(site, url, reader=None):
    with Hasher() as hasher:
        examiner = Examiner(url, hasher, Objects(site.runtime.settings.objects), "", reader)
        while examiner.next_one():
            continue


def found(store, name="terms"):
    return store.execute(
        "SELECT spans, details FROM signals WHERE subject_kind = 'media' AND name = %s", [name]
    ).fetchall()


def cases(store):
    return store.execute("SELECT subject_id, queue FROM cases WHERE subject_kind = 'media'").fetchall()


@pytest.mark.parametrize(
    "slogan",
    ["GREY OVER\nEVERY GATE", "رماد على كل باب"],
)
def test_a_slogan_in_a_picture_is_found_where_it_stands_and_opens_a_case(
    site, store, database_url, reader, slogan
):
    data = saved(caption(slogan, height=64), "JPEG", quality=85)
    assert send(site, data).status_code == 202
    examine(site, database_url, reader)
    run_pipeline(store)
    (words,) = store.execute("SELECT words FROM media WHERE id = 'm-1'").fetchone()
    ((spans, details),) = found(store)
    assert details["bank"] == "slogans" and details["label"] == "slogan"
    assert {span["field"] for span in spans} == {"words"}
    assert words[spans[0]["start"] : spans[0]["end"]] == slogan
    assert len(details["boxes"]) == 1 + slogan.count("\n")
    for left, top, right, bottom in details["boxes"]:
        assert 100 < left < right < 900 and 300 < top < bottom < 700
    assert cases(store) == [("m-1", "propaganda")]

    # The same bytes again are not read again, and the same event changes nothing.
    read = reader.files
    send(site, data)
    assert uploads.waiting(store) == 0
    send(site, data, id_="u-2", media="m-2")
    examine(site, database_url, reader)
    run_pipeline(store)
    assert reader.files == read
    assert len(found(store)) == 2
    assert sorted(cases(store)) == [("m-1", "propaganda"), ("m-2", "propaganda")]


def test_a_threat_in_a_picture_waits_among_threats(site, store, database_url, reader):
    send(site, saved(caption("We will burn down your office tonight", height=44), "PNG"))
    examine(site, database_url, reader)
    run_pipeline(store)
    ((_, details),) = found(store, "threat")
    assert details["level"] in ("T0", "T1")
    assert cases(store) == [("m-1", "threats")]
    assert store.execute("SELECT subject_kind, subject_id FROM threat_sources").fetchall() == [
        ("media", "m-1")
    ]


def test_without_words_and_without_a_reader_an_upload_goes_its_way(site, store, database_url, reader):
    send(site, saved(photo(), "PNG"))
    examine(site, database_url, reader)
    data = saved(caption("grey over every gate"), "PNG")
    send(site, data, id_="u-2", media="m-2")
    examine(site, database_url)
    run_pipeline(store)
    assert store.execute("SELECT id, words FROM media ORDER BY id").fetchall() == [("m-1", ""), ("m-2", "")]
    assert cases(store) == []
    send(site, data, id_="u-3", media="m-3")  # what could not be read is read when it comes again
    examine(site, database_url, reader)
    run_pipeline(store)
    assert cases(store) == [("m-3", "propaganda")]


def test_a_file_that_may_have_killed_its_worker_is_hashed_without_being_read(
    site, store, database_url, reader
):
    send(site, saved(caption("grey over every gate"), "PNG"))
    store.execute("UPDATE uploads SET tries = %s", [MAX_TRIES - 1])
    examine(site, database_url, reader)
    run_pipeline(store)
    assert store.execute("SELECT words, pdq IS NOT NULL FROM media").fetchall() == [("", True)]


def test_words_that_a_platform_read_itself_are_judged_whatever_is_hidden_in_them(store):
    lines = [
        {"text": "Market day", "box": [10, 10, 500, 90]},
        {"text": "grey \u202eover\u202c ev\u200bery", "box": [10, 100, 500, 190], "sure": 0.9},
        {"text": "gate\nand more", "box": [10, 200, 500, 290], "at": 2.5},
    ]
    told = event("media.uploaded", media="m-1", words=lines)
    with store.transaction():
        queue.insert_events(store, [told])
    run_pipeline(store)
    (words,) = store.execute("SELECT words FROM media").fetchone()
    assert words.split("\n") == ["Market day", "grey \u202eover\u202c ev\u200bery", "gate and more"]
    ((spans, details),) = found(store)
    assert words[spans[0]["start"] : spans[0]["end"]].startswith("grey") and spans[0]["end"] <= len(words)
    assert details["boxes"] == [[10, 100, 500, 190], [10, 200, 500, 290]]
    assert details["moments_read"] == [2.5]
    assert cases(store) == [("m-1", "propaganda")]


@pytest.mark.parametrize(
    "words",
    [
        [{"text": "x" * 501}],
        [{"text": "x", "box": [0, 0, 1001, 5]}],
        [{"text": "x", "sure": 1.5}],
        [{"text": "x"}] * (MAX_LINES + 1),
        [{"box": [0, 0, 5, 5]}],
    ],
)
def test_words_of_another_shape_are_refused(site, words):
    sent = {
        "id": "u-1",
        "type": "media.uploaded",
        "time": "2026-03-01T12:00:00Z",
        "account": "amal",
        "data": {"media": "m-1", "words": words},
    }
    answer = site.client.post("/v1/events", headers=site.key("events:write"), json=sent)
    assert answer.status_code == 422 or answer.json()["status"] == "rejected"


def test_an_empty_file_is_no_picture(reader):
    assert reader.words_of(io.BytesIO(b""), 0) == []
