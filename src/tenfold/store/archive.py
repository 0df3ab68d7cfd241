"""Backup and restore: one tar file with the database dump, the secret and a manifest of digests."""

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import conninfo

from tenfold import __version__
from tenfold.config import Settings, secret_key
from tenfold.store import database
from tenfold.store.embedded import BINARIES

FORMAT = 1
DUMP, SECRET, MANIFEST = "database.dump", "secret", "manifest.json"


# A running server would go on with its own secret, and its tokens would match nothing.
IN_USE = """
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name IN ('tenfold-web', 'tenfold-worker')
"""


class ArchiveError(Exception):
    """A backup that cannot be written or restored; says why and what to do."""


class Manifest(msgspec.Struct, kw_only=True):
    """What a backup holds; `digests` are SHA-256 in hex by member name."""

    format: int
    tenfold: str
    made_at: datetime
    digests: dict[str, str]


def _run(program: str, *arguments: str, url: str = "") -> str:
    """Run a program of PostgreSQL; the password goes by its environment, where `ps` does not show it."""
    parameters: dict[str, Any] = conninfo.conninfo_to_dict(url)
    environment = os.environ | {"PGPASSWORD": str(parameters.pop("password", None) or "")}
    target = [f"--dbname={conninfo.make_conninfo(**parameters)}"] if url else []
    command = [str(BINARIES / program), *target, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise ArchiveError(f"{program} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(file: Path, url: str, settings: Settings) -> int:
    """Write a backup of the database at `url` to `file`; returns its size in bytes.

    The file appears under its name only when it is whole. Raises ArchiveError.
    """
    if file.exists():
        raise ArchiveError(f"{file} exists; name a new file")
    if not file.parent.is_dir():
        raise ArchiveError(f"{file.parent} is no folder")
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".tenfold-backup-") as scratch:
        folder = Path(scratch)
        _run("pg_dump", "--format=custom", f"--file={folder / DUMP}", url=url)
        (folder / SECRET).write_bytes(secret_key(settings))
        digests = {name: _digest(folder / name) for name in (DUMP, SECRET)}
        manifest = Manifest(format=FORMAT, tenfold=__version__, made_at=datetime.now(UTC), digests=digests)
        whole = folder / "whole"
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as target:
            with tarfile.open(fileobj=target, mode="w") as tar:
                encoded = msgspec.json.encode(manifest)
                member = tarfile.TarInfo(MANIFEST)
                member.size = len(encoded)
                tar.addfile(member, io.BytesIO(encoded))
                for name in (DUMP, SECRET):
                    tar.add(folder / name, arcname=name)
            target.flush()
            os.fsync(target.fileno())
        whole.rename(file)
    return file.stat().st_size


def read(file: Path, url: str, settings: Settings) -> None:
    """Restore `file` into the empty database at `url`, and its secret into the data folder.

    Raises ArchiveError when the file is not a whole backup or the database is not empty; nothing is
    changed then.
    """
    with tempfile.TemporaryDirectory(prefix="tenfold-restore-") as scratch:
        folder = Path(scratch)
        _unpack(file, folder)
        _require_empty(url, folder / DUMP)
        _put_secret((folder / SECRET).read_bytes(), settings)
        with psycopg.connect(url) as conn:
            conn.execute("DROP SCHEMA public CASCADE")
            conn.execute("CREATE SCHEMA public")
        arguments = ["--no-owner", "--single-transaction", "--exit-on-error"]
        _run("pg_restore", *arguments, str(folder / DUMP), url=url)
    database.migrate(url)


def _unpack(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file) as tar:
            for name in (MANIFEST, DUMP, SECRET):
                source = tar.extractfile(name)
                if source is None:
                    raise ArchiveError(f"{file}: {name} is no plain file")
                with (folder / name).open("wb") as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise ArchiveError(f"{file} does not exist") from None
    except (tarfile.TarError, KeyError, msgspec.MsgspecError, OSError) as error:
        raise ArchiveError(f"{file} is not a whole backup: {error}") from None
    if manifest.format != FORMAT:
        raise ArchiveError(f"{file} has format {manifest.format}; this version reads format {FORMAT}")
    for name, digest in manifest.digests.items():
        if name not in (DUMP, SECRET) or _digest(folder / name) != digest:
            raise ArchiveError(f"{file} is damaged: {name} does not have the digest it was written with")


def _require_empty(url: str, dump: Path) -> None:
    """No table that the backup does not have, and no event or account in those that it has."""
    listed = [line.split() for line in _run("pg_restore", "--list", str(dump)).splitlines()]
    ours = {words[5] for words in listed if words[3:5] == ["TABLE", "public"]}
    with psycopg.connect(url) as conn:
        if conn.execute(IN_USE).fetchone():
            raise ArchiveError("a Tenfold server or worker uses this database; stop it, then restore")
        rows = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = {row[0] for row in rows}
        foreign = {name for name in tables - ours if not name.startswith("events_")}
        used = {"events", "accounts"} <= tables and conn.execute(
            "SELECT 1 FROM events UNION ALL SELECT 1 FROM accounts LIMIT 1"
        ).fetchone()
    if foreign or used:
        found = f"holds {', '.join(sorted(foreign))}" if foreign else "holds events or accounts"
        raise ArchiveError(
            f"the database is not empty: it {found}; restore into a new one (another TENFOLD_DATA_DIR)"
        )


def _put_secret(secret: bytes, settings: Settings) -> None:
    if settings.secret:
        if settings.secret.encode() != secret:
            raise ArchiveError("TENFOLD_SECRET is not the secret of this backup: tokens would not match")
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "secret"
    partial = settings.data_dir / "secret.new"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(secret)
    partial.rename(path)
