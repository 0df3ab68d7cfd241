"""Bytes kept in a bucket of a server that speaks S3, and files taken from one."""

import hashlib
import json
import re

import pytest
from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.config import SettingsError, load
from tenfold.detectors.media.hasher import Hasher
from tenfold.intake.file_references import FileReferenceError, key_of
from tenfold.processing.examine import Examiner, forget_old
from tenfold.store import bucket as s3
from tenfold.store import uploads
from tenfold.store.bucket import StoreAwayError, place
from tenfold.store.s3_objects import objects_of
from tests.detectors.media.drawn_pictures import photo, saved
from tests.uploads.s3_server import ask, check_credentials, nobody_listens, s3_server
from tests.uploads.sending import run_pipeline, send, told
from tests.uploads.test_objects import DATA, NOW, SHA, put

URL = "s3://media/kept/here"


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret of tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(s3, "RETRIES", 0)


@pytest.fixture
def endpoint():
    with s3_server("media") as url:
        yield url


@pytest.fixture
def settings(tmp_path, endpoint, database_url):
    return load({}, data_dir=tmp_path, objects_url=URL, objects_endpoint=endpoint, database_url=database_url)


@pytest.fixture
def told_by_status(monkeypatch, database_url):
    """What `tenfold status` says of the object store."""

    def run(given):
        for name, value in given.items():
            monkeypatch.setenv(f"TENFOLD_{name.upper()}", str(value))
        monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
        return json.loads(CliRunner().invoke(build(), ["status", "--json"]).stdout)["objects_fault"]

    return run


@pytest.fixture
def objects(settings):
    return objects_of(settings)


def keys(endpoint):
    text = ask(f"{endpoint}/media?list-type=2", "GET").decode()
    return sorted(re.findall("<Key>(.*?)</Key>", text))


def test_what_is_kept_is_found_by_its_digest_once(objects, endpoint):
    assert put(objects) == put(objects) == SHA
    assert keys(endpoint) == [f"kept/here/{SHA[:2]}/{SHA}"]
    with objects.open(SHA) as file:
        assert file.read() == DATA
        assert file.seek(2) == 2
        assert file.read(3) == DATA[2:5]
    assert list(objects.incoming.iterdir()) == []


def test_large_files_go_in_parts_and_come_back_whole(objects):
    data = bytes(range(256)) * (20 << 12)
    with objects.receive(len(data)) as incoming:
        incoming.write(data)
        sha256 = objects.keep(incoming)
    with objects.open(sha256) as file:
        assert hashlib.sha256(file.read()).hexdigest() == sha256 == hashlib.sha256(data).hexdigest()


def test_thumbnails_stand_beside_it_and_go_with_it(objects, endpoint, conn):
    put(objects, conn)
    assert objects.thumbnail(SHA, "clear") is None
    objects.put_thumbnail(SHA, "clear", b"jpeg")
    assert objects.thumbnail(SHA, "clear") == b"jpeg"
    assert len(keys(endpoint)) == 2
    objects.remove(SHA)
    objects.remove(SHA)
    assert keys(endpoint) == []
    with pytest.raises(FileNotFoundError):
        objects.open(SHA)


def test_only_digests_name_objects(objects):
    for name in ("../../etc/passwd", SHA.upper(), ""):
        with pytest.raises(ValueError, match="no SHA-256"):
            objects.open(name)


@pytest.mark.parametrize(
    "url",
    [
        "media",
        "s3://",
        "s3://Media/x",
        "s3://media/../other",
        "s3://media//x",
        "https://media/x",
        "s3://m/?x",
    ],
)
def test_what_is_no_place_is_told_at_the_start(tmp_path, url):
    with pytest.raises(SettingsError, match=r"TENFOLD_OBJECTS_URL: .*s3://bucket/prefix"):
        objects_of(load({}, data_dir=tmp_path, objects_url=url))


def missing_bucket(settings):
    return {"objects_url": "s3://nobody-made-it"}, "no such bucket"


def refused(settings):
    check_credentials(settings.objects_endpoint)
    return {}, "AWS_SECRET_ACCESS_KEY"


def away(settings):
    return {"objects_endpoint": nobody_listens()}, "TENFOLD_OBJECTS_ENDPOINT"


@pytest.mark.parametrize("fault", [missing_bucket, refused, away])
def test_what_is_wrong_is_told_and_nothing_is_lost(settings, serve, conn, told_by_status, fault):
    tmp_path, database_url = settings.data_dir, settings.database_url
    site = serve(data_dir=tmp_path, objects_url=URL, objects_endpoint=settings.objects_endpoint)
    data = saved(photo(), "PNG")
    assert send(site, data).status_code == 202
    changes, message = fault(settings)
    given = {
        "data_dir": tmp_path,
        "objects_url": URL,
        "objects_endpoint": settings.objects_endpoint,
    } | changes
    spoilt = objects_of(load({}, **given))
    with pytest.raises(StoreAwayError, match=message):
        spoilt.check()
    assert message in told_by_status(given)
    answer = send(serve(**given), b"another file", id_="u-2", media="m-2")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert message in answer.json()["detail"]
    with Hasher() as hasher:
        examiner = Examiner(database_url, hasher, spoilt, "")
        for _ in range(5):
            with pytest.raises(StoreAwayError):
                examiner.next_one()
    assert uploads.waiting(conn) == 1
    conn.execute("UPDATE media_objects SET stored_at = now() - interval '40 days'")
    conn.execute("DELETE FROM uploads")
    assert forget_old(conn, spoilt, 30, NOW) == 0
    assert uploads.held(conn, hashlib.sha256(data).hexdigest()) is False


def test_what_is_uploaded_is_examined_from_the_bucket(settings, serve, conn, database_url, tmp_path):
    site = serve(data_dir=tmp_path, objects_url=URL, objects_endpoint=settings.objects_endpoint)
    data = saved(photo(), "PNG")
    sha256 = send(site, data).json()["sha256"]
    objects = objects_of(settings)
    with Hasher() as hasher:
        assert Examiner(database_url, hasher, objects, "").next_one()
    run_pipeline(conn)
    assert conn.execute("SELECT sha256, bytes FROM media").fetchall() == [(sha256, len(data))]
    thumbnail = objects.thumbnail(sha256, "blurred")
    assert thumbnail is not None
    assert thumbnail.startswith(b"\xff\xd8\xff")


def test_files_are_taken_from_the_operators_bucket_and_from_no_other(
    settings, serve, conn, database_url, tmp_path
):
    endpoint = settings.objects_endpoint
    data = saved(photo(), "PNG")
    ask(f"{endpoint}/media/agreed/2026/a.png", "PUT", data)
    ask(f"{endpoint}/media/secret.png", "PUT", data)
    root = "s3://media/agreed"
    site = serve(data_dir=tmp_path, uploads_dir=root)
    headers = site.key("events:write")
    files = [
        "2026/a.png",
        f"{root}/2026/a.png",
        "s3://media/secret.png",
        "nothing.png",
        f"{root}/../secret.png",
    ]
    for number, file in enumerate(files):
        answer = site.client.post(
            "/v1/events", headers=headers, json=told(id_=f"u-{number}", media=f"m-{number}", file=file)
        )
        assert answer.is_success == (".." not in file)
    with Hasher() as hasher:
        examiner = Examiner(database_url, hasher, objects_of(settings), root, endpoint=endpoint)
        while examiner.next_one():
            continue
    found = conn.execute("SELECT body ->> 'id', body -> 'data' FROM events ORDER BY 1").fetchall()
    assert ["pdq" in one for _, one in found] == [True, True, False, False]
    assert "is not within s3://media/agreed" in found[2][1]["note"]


def test_a_key_lies_within_its_place():
    assert key_of("s3://b/x", "a/b.png") == key_of("s3://b/x/", "s3://b/x/a/b.png") == "a/b.png"
    for outside in ("s3://b/xy/a", "s3://b/a", "s3://other/x/a", "../a", "s3://b/x/../a", "s3:///x"):
        with pytest.raises(FileReferenceError):
            key_of("s3://b/x", outside)
    assert str(place("s3://media/a/b/")) == "s3://media/a/b"
