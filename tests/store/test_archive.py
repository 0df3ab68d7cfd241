"""Backup and restore: everything comes back, and what is damaged or in the way is refused."""

import uuid

import psycopg
import pytest
from psycopg import sql

from tenfold.config import Settings, secret_key
from tenfold.store import archive, database, events
from tests.helpers import event


@pytest.fixture
def empty_url(server_url):
    """A database without any table."""
    name = f"e_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield server_url.replace("/tenfold?", f"/{name}?")
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def every_row(url: str) -> dict[str, list[tuple[object, ...]]]:
    with database.connect(url) as conn:
        tables = conn.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%yoyo%'"
        ).fetchall()
        return {
            name: sorted(
                conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall(), key=str
            )
            for (name,) in tables
        }


@pytest.fixture
def backup(database_url, tmp_path):
    with database.connect(database_url) as conn:
        events.insert_events(conn, [event("post.created", post=f"p{n}", text="نص text") for n in range(50)])
    file = tmp_path / "all.backup"
    archive.write(file, database_url, Settings(data_dir=tmp_path / "old"))
    return file


def test_everything_comes_back_with_the_secret(database_url, empty_url, backup, tmp_path):
    restored = Settings(data_dir=tmp_path / "new")
    archive.read(backup, empty_url, restored)
    assert every_row(empty_url) == every_row(database_url)
    assert secret_key(restored) == secret_key(Settings(data_dir=tmp_path / "old"))
    with database.connect(empty_url) as conn:  # and it goes on from there
        assert events.insert_events(conn, [event("post.created", post="more")]) == [True]


def test_a_migrated_but_empty_database_is_a_place_to_restore_to(backup, empty_url, tmp_path):
    database.migrate(empty_url)
    archive.read(backup, empty_url, Settings(data_dir=tmp_path / "new"))
    with database.connect(empty_url) as conn:
        assert conn.execute("SELECT count(*) FROM events").fetchone() == (50,)


def test_a_database_in_use_is_refused_and_left_alone(database_url, backup, tmp_path):
    before = every_row(database_url)
    with pytest.raises(archive.ArchiveError, match="not empty"):
        archive.read(backup, database_url, Settings(data_dir=tmp_path / "new"))
    assert every_row(database_url) == before
    assert not (tmp_path / "new").exists()


def test_another_secret_than_the_backups_is_refused(backup, empty_url, tmp_path):
    with pytest.raises(archive.ArchiveError, match="TENFOLD_SECRET"):
        archive.read(backup, empty_url, Settings(data_dir=tmp_path / "new", secret="x" * 40))


@pytest.mark.parametrize("where", [0.3, 0.6, 0.95])
def test_a_damaged_file_is_refused(backup, empty_url, tmp_path, where):
    content = bytearray(backup.read_bytes())
    place = int(len(content) * where)
    content[place : place + 16] = bytes(byte ^ 0xFF for byte in content[place : place + 16])
    backup.write_bytes(content)
    settings = Settings(data_dir=tmp_path / "new")
    try:
        archive.read(backup, empty_url, settings)
    except archive.ArchiveError:
        with psycopg.connect(empty_url) as conn:
            assert conn.execute("SELECT to_regclass('events')").fetchone() == (None,)
    else:  # the damage fell on the padding between members, which holds nothing
        with database.connect(empty_url) as conn:
            assert conn.execute("SELECT count(*) FROM events").fetchone() == (50,)


@pytest.mark.parametrize("content", [b"", b"not a backup", b"PK\x03\x04" + b"\0" * 600])
def test_another_file_is_refused(content, empty_url, tmp_path):
    file = tmp_path / "other"
    file.write_bytes(content)
    with pytest.raises(archive.ArchiveError, match="not a whole backup"):
        archive.read(file, empty_url, Settings(data_dir=tmp_path / "new"))


def test_a_truncated_file_is_refused(backup, empty_url, tmp_path):
    backup.write_bytes(backup.read_bytes()[:-20_000])
    with pytest.raises(archive.ArchiveError):
        archive.read(backup, empty_url, Settings(data_dir=tmp_path / "new"))


def test_an_existing_file_is_never_overwritten(backup, database_url, tmp_path):
    with pytest.raises(archive.ArchiveError, match="exists"):
        archive.write(backup, database_url, Settings(data_dir=tmp_path / "old"))


def test_the_backup_is_for_its_owner_only(backup):
    assert backup.stat().st_mode & 0o077 == 0


def test_a_database_that_somebody_else_uses_is_refused(backup, empty_url, tmp_path):
    with psycopg.connect(empty_url) as conn:
        conn.execute("CREATE TABLE invoices (id int)")
    with pytest.raises(archive.ArchiveError, match="invoices"):
        archive.read(backup, empty_url, Settings(data_dir=tmp_path / "new"))
    with psycopg.connect(empty_url) as conn:
        assert conn.execute("SELECT to_regclass('invoices')::text").fetchone() == ("invoices",)


def test_a_database_that_a_server_uses_is_left_alone(backup, empty_url, tmp_path):
    database.migrate(empty_url)
    with (
        database.connect(empty_url, application_name="tenfold-worker"),
        pytest.raises(archive.ArchiveError, match="stop it"),
    ):
        archive.read(backup, empty_url, Settings(data_dir=tmp_path / "new"))
    assert not (tmp_path / "new" / "secret").exists()
