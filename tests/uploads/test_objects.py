"""Bytes are kept whole or not at all, as long as wanted and no longer."""

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest

from tenfold.processing.examine import erase, forget_old
from tenfold.store import uploads
from tenfold.store.objects import Objects, TooLargeError

DATA = b"some bytes"
SHA = hashlib.sha256(DATA).hexdigest()
NOW = datetime.now(UTC)


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


def put(objects, conn=None):
    with objects.receive(1_000) as incoming:
        incoming.write(DATA[:4])
        incoming.write(DATA[4:])
        if conn:
            uploads.stored(conn, incoming.sha256, incoming.bytes)
        return objects.keep(incoming)


def files(objects):
    return [path for path in objects._root.rglob("*") if path.is_file()]


def test_what_is_kept_is_found_by_its_digest_once(objects):
    assert put(objects) == put(objects) == SHA
    assert len(files(objects)) == 1
    with objects.open(SHA) as file:
        assert file.read() == DATA


def test_what_is_not_kept_leaves_nothing(objects):
    with pytest.raises(TooLargeError), objects.receive(4) as incoming:
        incoming.write(DATA)
    with objects.receive(100) as incoming:
        incoming.write(DATA)
    assert files(objects) == []


def test_only_digests_name_objects(objects):
    for name in ("../../etc/passwd", SHA.upper(), SHA[:-1], ""):
        with pytest.raises(ValueError, match="no SHA-256"):
            objects.open(name)
    with pytest.raises(ValueError, match="no thumbnail"):
        objects.thumbnail(SHA, "../x")


def test_what_was_begun_and_never_ended_goes_after_a_day(objects):
    left = objects.incoming / "left"
    left.write_bytes(b"half")
    assert objects.sweep() == 0
    os.utime(left, (0, 0))
    assert objects.sweep() == 1
    assert files(objects) == []


def media(conn, id_="m-1", account="amal"):
    conn.execute(
        "INSERT INTO media (id, account, created_at, kind, sha256, seq) "
        "VALUES (%s, %s, now(), 'file', %s, 1)",
        [id_, account, SHA],
    )


def test_old_bytes_go_with_their_thumbnails(objects, conn):
    put(objects, conn)
    objects.put_thumbnail(SHA, "clear", b"jpeg")
    media(conn)
    assert uploads.sha256_of(conn, "m-1") == SHA
    later = NOW + timedelta(days=31)
    assert forget_old(conn, objects, 0, later) == 0
    assert forget_old(conn, objects, 40, later) == 0
    assert forget_old(conn, objects, 30, later) == 1
    assert files(objects) == []
    assert uploads.sha256_of(conn, "m-1") is None


def open_case(conn):
    conn.execute(
        "INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, due_at) "
        "VALUES ('media', 'm-1', 'amal', 'q', 1, 'TVEC1', now())"
    )


def post_case(conn):
    conn.execute(
        "INSERT INTO posts (id, account, created_at, text, seq, media) "
        "VALUES ('p', 'amal', now(), '', 1, '{m-1}')"
    )
    conn.execute(
        "INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, due_at) "
        "VALUES ('post', 'p', 'amal', 'q', 1, 'TVEC1', now())"
    )


def still_waiting(conn):
    conn.execute(
        "INSERT INTO uploads (source, id, event, sha256) VALUES ('platform', 'u-1', '{}', %s)", [SHA]
    )


@pytest.mark.parametrize("need", [open_case, post_case, still_waiting])
def test_what_somebody_needs_stays(objects, conn, need):
    put(objects, conn)
    media(conn)
    need(conn)
    assert forget_old(conn, objects, 30, NOW + timedelta(days=31)) == 0
    assert not erase(conn, objects, SHA, "cli:test")
    assert len(files(objects)) == 1


def test_erasing_is_audited_and_final(objects, conn):
    put(objects, conn)
    assert erase(conn, objects, SHA, "cli:test")
    assert not erase(conn, objects, SHA, "cli:test")
    assert files(objects) == []
    assert conn.execute("SELECT subject FROM audit WHERE act = 'media.erased'").fetchall() == [
        (f"object:{SHA}",)
    ]
