"""What cannot start says why in one line: wrong settings, no database, no place to write."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tenfold.config import Settings, SettingsError, load
from tenfold.store import database
from tenfold.store.embedded import EmbeddedServer, connect_url
from tenfold.work import Worker


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENFOLD_DATABASE_URL", "mysql://user@host/db"),
        ("TENFOLD_PORT", "99999"),
        ("TENFOLD_WORKERS", "-1"),
        ("TENFOLD_BATCH", "0"),
        ("TENFOLD_LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name, value):
    with pytest.raises(SettingsError, match=f"^{name}: "):
        load({name: value})


@pytest.mark.parametrize(
    "command", [["status"], ["migrate"], ["migrate", "--check"], ["serve", "--port", "0"]]
)
def test_a_database_that_cannot_be_reached_is_one_message(command, tmp_path):
    environment = os.environ | {
        "TENFOLD_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "TENFOLD_DATA_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tenfold.cli", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the database cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_is_one_message(tmp_path):
    (tmp_path / "file").touch()
    environment = os.environ | {"TENFOLD_DATA_DIR": str(tmp_path / "file"), "TENFOLD_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "tenfold.cli", "status"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "TENFOLD_DATA_DIR: cannot write into" in done.stderr
    assert "Traceback" not in done.stderr


def test_maintenance_does_not_wait_for_a_backup_with_everybody_behind_it(database_url):
    month = f"events_{datetime.now(UTC):%Y%m}"
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"DROP TABLE {month}")
    pool = database.pool(database_url, 2)
    worker = Worker(Settings(secret="s" * 32), database_url)
    with psycopg.connect(database_url) as backup:
        backup.execute("SELECT count(*) FROM events")  # holds its lock on the table, as pg_dump does
        with pytest.raises(psycopg.errors.LockNotAvailable):
            worker._maintain(pool)
    worker._maintain(pool)
    pool.close()
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT to_regclass(%s)", [month]).fetchone() == (month,)


def test_a_stale_pid_file_neither_hinders_a_start_nor_ends_who_has_the_number_now():
    folder = Path(tempfile.mkdtemp(prefix="tf-"))  # a short path: unix sockets allow 107 bytes
    try:
        EmbeddedServer(folder, durable=False).stop()
        innocent = subprocess.Popen(["sleep", "120"])
        file = folder / "postgres" / "postmaster.pid"
        lines = [innocent.pid, file.parent, 1700000000, 5432, file.parent, "", "  1 2", "ready   ", ""]
        file.write_text("\n".join(map(str, lines)))
        assert connect_url(folder) is None
        server = EmbeddedServer(folder, durable=False)
        with psycopg.connect(server.url) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
        server.stop()
        assert innocent.poll() is None
        innocent.kill()
        innocent.wait()
    finally:
        shutil.rmtree(folder)


def test_a_cluster_of_before_takes_the_settings_of_this_version_and_keeps_what_is_in_it():
    folder = Path(tempfile.mkdtemp(prefix="tf-"))
    try:
        before = EmbeddedServer(folder, durable=False)
        with psycopg.connect(before.url, autocommit=True) as conn:
            conn.execute("CREATE TABLE kept AS SELECT 1 AS one")
            conn.execute("ALTER SYSTEM SET wal_compression = 'on'")
        (folder / "postgres" / "tenfold-ready").write_text("")  # as the first versions left it
        now = EmbeddedServer(folder, durable=False)
        with psycopg.connect(now.url, autocommit=True) as conn:
            until = time.monotonic() + 30  # settings arrive by a signal
            while conn.execute("SHOW wal_compression").fetchone() != ("off",):
                assert time.monotonic() < until
            assert conn.execute("SELECT one FROM kept").fetchone() == (1,)
        now.stop()
        before.stop()
    finally:
        shutil.rmtree(folder)


def test_a_worker_says_when_the_database_lacks_its_schema(database_url, tmp_path):
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
    environment = os.environ | {"TENFOLD_DATABASE_URL": database_url, "TENFOLD_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tenfold.cli", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert "run `tenfold migrate`" in done.stderr
