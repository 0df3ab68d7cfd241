"""Bytes come in, are hashed apart, and what is in a bank is held; what is strange stays at the door."""

import hashlib
from typing import Any

import pytest

from tenfold.detectors.media.hasher import Hasher
from tenfold.processing import facts
from tenfold.store import banks, content, uploads
from tenfold.store.objects import Objects
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.media_bank import bank
from tests.uploads.sending import examine_all, run_pipeline, send, told


@pytest.fixture
def site(serve, tmp_path):
    """A server that keeps what is uploaded in a folder of this test."""
    return serve(data_dir=tmp_path, max_upload=2_000_000)


@pytest.fixture
def store(conn):
    conn.autocommit = True
    return conn


def waiting(conn):
    return conn.execute("SELECT source, id, sha256, file FROM uploads").fetchall()


def test_a_known_picture_is_held_when_its_bytes_come(site, store, database_url, tmp_path):
    banks.create(store, id="ours", kind="media", title="Known pictures", confidence=0.9)
    with Hasher() as hasher:
        (tmp_path / "a.png").write_bytes(saved(photo(), "PNG"))
        bank(store, hasher.hash_file(tmp_path / "a.png").value)
    data = saved(photo(size=(450, 300)), "JPEG", quality=70)
    answer = send(site, data)
    assert (answer.status_code, answer.json()) == (
        202,
        {
            "id": "u-1",
            "status": "accepted",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        },
    )
    assert examine_all(database_url, site.runtime.settings.objects) == 1
    assert waiting(store) == []
    run_pipeline(store)
    kind, sha256, md5, pdq, size = store.execute(
        "SELECT kind, sha256, md5, pdq, bytes FROM media WHERE id = 'm-1'"
    ).fetchone()
    assert (kind, sha256, size) == ("image", hashlib.sha256(data).hexdigest(), len(data))
    assert md5 == hashlib.md5(data).hexdigest()
    assert len(pdq) == 64
    assert store.execute("SELECT details ->> 'match' FROM signals WHERE name = 'media'").fetchone() == (
        "near-copy",
    )
    assert store.execute("SELECT queue FROM cases WHERE subject_id = 'm-1'").fetchone() == ("propaganda",)


def test_sending_twice_does_nothing_before_and_after_it_was_examined(site, store, database_url):
    data = saved(photo(), "PNG")
    assert send(site, data).json()["status"] == "accepted"
    assert send(site, data).json()["status"] == "duplicate"
    assert len(waiting(store)) == 1
    assert examine_all(database_url, site.runtime.settings.objects) == 1
    assert send(site, data).json()["status"] == "duplicate"
    assert waiting(store) == []


def test_the_same_bytes_are_decoded_once(site, store, database_url, monkeypatch):
    data = saved(photo(), "PNG")
    send(site, data)
    send(site, data, id_="u-2", media="m-2")
    looks = []

    def counted(hasher: Hasher, *given: Any, **named: Any) -> Any:
        looks.append(1)
        return super(Hasher, hasher).look_at(*given, **named)

    monkeypatch.setattr(Hasher, "look_at", counted)
    assert examine_all(database_url, site.runtime.settings.objects) == 2
    assert len(looks) == 1
    run_pipeline(store)
    assert store.execute("SELECT count(DISTINCT pdq) FROM media WHERE pdq IS NOT NULL").fetchone() == (1,)
    assert store.execute("SELECT count(*) FROM media").fetchone() == (2,)


def test_what_cannot_be_decoded_still_arrives_with_its_digests_and_why(site, store, database_url):
    send(site, b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert examine_all(database_url, site.runtime.settings.objects) == 1
    body = store.execute("SELECT body FROM events").fetchone()[0]
    assert "cannot be read as a picture" in body["data"]["note"]
    assert body["data"]["kind"] == "file"
    run_pipeline(store)
    item = content.load_media(store, ["m-1"])["m-1"]
    assert (item.note, facts.of_media(item)["unread"]) == (body["data"]["note"], True)
    assert store.execute("SELECT bytes FROM media").fetchone() == (58,)


def test_a_file_that_ends_its_worker_three_times_goes_on_unexamined(site, store, database_url):
    send(site, saved(photo(), "PNG"))
    store.execute("UPDATE uploads SET tries = 3")
    assert examine_all(database_url, site.runtime.settings.objects) == 1
    data = store.execute("SELECT body -> 'data' FROM events").fetchone()[0]
    assert "ended its worker 3 times" in data["note"]
    assert "pdq" not in data


def test_two_workers_never_examine_one_upload(site, store, database_url):
    send(site, b"one")
    send(site, b"two", id_="u-2")
    with uploads.next_one(store) as first:
        from tenfold.store import database

        with (
            database.connect(database_url, autocommit=True) as other,
            uploads.next_one(other) as second,
            database.connect(database_url, autocommit=True) as third,
            uploads.next_one(third) as none,
        ):
            assert first is not None
            assert second is not None
            assert {first.number, second.number} == {1, 2}
            assert none is None


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (told(type_="post.created", post="p", media=[]), "type"),
        (told(sha256="0" * 64), "data.sha256"),
        (told(file="a.jpg"), "data.file"),
        (told(film="!!!!"), "data.film"),
        (told(sound="AAAA"), "data.sound"),
        ({"id": "u-1"}, "type"),
        (told(note="\0"), "data.note"),
    ],
)
def test_an_event_that_does_not_fit_is_refused_and_its_bytes_are_not_kept(site, store, event, field):
    answer = send(site, b"some bytes", event)
    assert answer.status_code == 422
    assert answer.json()["result"]["problem"]["field"] == field
    assert waiting(store) == []
    assert [path for path in site.runtime.settings.objects.rglob("*") if path.is_file()] == []


FORM = "multipart/form-data; boundary=b"


def part(name):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n'.encode()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 400),
        (b"{}", "application/json", 415),
        (b"--b\r\n", "multipart/form-data", 415),
        (part("file") + b"--b--\r\n", FORM, 422),
        (part("file"), FORM, 400),
        (part("x") + b"--b--\r\n", FORM, 422),
        (part("file") * 2 + b"--b--\r\n", FORM, 422),
        (b"x" * 300_000, FORM, 400),
    ],
)
def test_bodies_that_are_none_are_told_why(site, body, content_type, status):
    headers = site.key("events:write") | {"content-type": content_type}
    answer = site.client.post("/v1/media", headers=headers, content=body)
    assert answer.status_code == status
    assert answer.json()["type"].startswith("urn:tenfold:problem:")
    assert list((site.runtime.settings.objects / "incoming").iterdir()) == []


def test_a_file_that_is_too_large_is_refused_on_the_way_and_leaves_nothing(site, store):
    answer = send(site, b"x" * 2_000_001)
    assert answer.status_code == 413
    assert "2,000,000 bytes" in answer.json()["detail"]
    assert waiting(store) == []
    assert [path for path in site.runtime.settings.objects.rglob("*") if path.is_file()] == []
    assert send(site, b"x" * 2_000_000).status_code == 202


def test_it_needs_a_key_that_may_send_events(site):
    assert site.client.post("/v1/media", files={"file": b"x"}).status_code == 401
    answer = site.client.post("/v1/media", headers=site.key("events:read"), files={"file": b"x"})
    assert answer.status_code == 403


def test_it_is_described(site):
    document = site.client.get("/openapi.json").json()
    body = document["paths"]["/v1/media"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert body["schema"]["required"] == ["event", "file"]


def test_thumbnails_stand_beside_the_object(site, database_url):
    answer = send(site, saved(photo(), "PNG"))
    examine_all(database_url, site.runtime.settings.objects)
    objects = Objects(site.runtime.settings.objects)
    for which in ("blurred", "clear"):
        picture = objects.thumbnail(answer.json()["sha256"], which)
        assert picture is not None
        assert picture.startswith(b"\xff\xd8\xff")
