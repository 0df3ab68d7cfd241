"""The server process: PostgreSQL if it is ours, API and console, and the worker processes.

Each part that dies is started again. Killing this process leaves PostgreSQL running; the next start
takes it over. Workers notice that their parent is gone and end.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import psycopg
import uvicorn
from litestar import Litestar

from tenfold.config import Settings, SettingsError, secret_key
from tenfold.detectors import shipped
from tenfold.enforcement import mail_server
from tenfold.evaluate import Evaluator
from tenfold.policy import load_policies
from tenfold.policy.in_force import CurrentPolicy
from tenfold.store import database, people
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Role
from tenfold.threats.protectees import Watch
from tenfold.web import logs
from tenfold.web.address import announced
from tenfold.web.app import create_app
from tenfold.web.runtime import Runtime

RESTART_PAUSE = (0.2, 5.0)  # seconds before a part is started again: at first, and when it keeps dying
POOL_SIZE = 24

log = logging.getLogger("tenfold.server")


class Server:
    """Runs until interrupted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; SettingsError when it cannot start."""
        logs.begin(self._settings.log_level)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while starting: stop what was started
        self._require_free_port()
        policy = load_policies(self._settings)
        mail_server.read(self._settings)
        embedded = None if self._settings.database_url else EmbeddedServer(self._settings.data_dir)
        url = self._settings.database_url or (embedded.url if embedded else "")
        try:
            self._prepare(url)
            pool = database.pool(url, POOL_SIZE, "tenfold-web")
            secret = secret_key(self._settings)
            evaluator = Evaluator(pool, CurrentPolicy(policy), Watch(secret))
            runtime = Runtime(
                settings=self._settings,
                url=url,
                pool=pool,
                secret=secret,
                evaluator=evaluator,
            )
            parts = [
                threading.Thread(target=self._keep_worker, args=(url,), daemon=True)
                for _ in range(self._settings.workers)
            ]
            if embedded:
                parts.append(threading.Thread(target=self._keep_database, args=(embedded,), daemon=True))
            app = create_app(runtime)
            for part in parts:
                part.start()
            evaluator.warm()
            self._serve(app)
            self._stop.set()
            for part in parts:
                part.join(timeout=20)
            evaluator.close()
            pool.close()
        finally:
            self._stop.set()
            if embedded:
                embedded.stop()

    def _require_free_port(self) -> None:
        """Say so before anything is started, and not after PostgreSQL has."""
        with socket.socket(socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.host, self._settings.port))
            except OSError as error:
                raise SettingsError(
                    f"cannot listen on {self._settings.host}:{self._settings.port}: {error.strerror}; "
                    "choose another with --port or TENFOLD_PORT"
                ) from None

    def _prepare(self, url: str) -> None:
        try:
            for name in database.migrate(url):
                log.info("migration %s applied", name)
            with database.connect(url) as conn:
                if not self._settings.policies:
                    shipped.install(conn)
                welcome = first_administrator(conn, self._settings.url, sys.stderr.isatty())
        except psycopg.OperationalError as error:
            raise SettingsError(f"the database cannot be reached: {error}".strip()) from None
        if welcome:
            print(f"\n{welcome}\n", file=sys.stderr, flush=True)  # not by the log: it can be a live token

    def _serve(self, app: Litestar) -> None:
        config = uvicorn.Config(
            app,
            host=self._settings.host,
            port=self._settings.port,
            loop="uvloop",
            http="httptools",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        log.info("Tenfold serves at %s", self._settings.url)
        server = uvicorn.Server(config)

        def end(*_: object) -> None:
            server.should_exit = True

        # A signal before uvicorn listens for them counts too. It raises the one that ended it once more,
        # which must not end what is still to be stopped.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        with announced(self._settings):
            server.run()

    def _keep_worker(self, url: str) -> None:
        """Run one worker process, and another when it dies."""
        environment = os.environ | {
            "TENFOLD_DATABASE_URL": url,
            "TENFOLD_DATA_DIR": str(self._settings.data_dir.resolve()),
            "TENFOLD_BASE_URL": self._settings.url,
            "TENFOLD_POLICIES": os.pathsep.join(str(path) for path in self._settings.policies),
        }
        if not self._settings.policies:
            environment.pop("TENFOLD_POLICIES")
        pause = RESTART_PAUSE[0]
        while not self._stop.is_set():
            started = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "tenfold.cli", "worker", "--parent", str(os.getpid())], env=environment
            )
            while process.poll() is None and not self._stop.wait(0.1):
                pass
            if self._stop.is_set():
                _end(process)
                return
            log.warning("a worker ended with status %s and is started again", process.returncode)
            pause = RESTART_PAUSE[0] if time.monotonic() - started > 60 else min(pause * 2, RESTART_PAUSE[1])
            self._stop.wait(pause)

    def _keep_database(self, embedded: EmbeddedServer) -> None:
        """Start the embedded PostgreSQL again when it has died."""
        while not self._stop.wait(0.5):
            try:
                if embedded.ensure_running():
                    log.warning("the embedded PostgreSQL had died and was started again")
            except SettingsError as error:
                log.error("%s; trying again", error)


def first_administrator(conn: Conn, url: str, terminal: bool) -> str | None:
    """Make the first user when there is none; what whoever starts the server has to know then.

    The link that logs in is told only to a terminal: otherwise standard error ends up in a file.
    """
    if people.users(conn):
        return None
    user = people.add_user(conn, "admin", list(Role))
    if not terminal:
        return (
            f"Nobody has an account yet. `tenfold users login-link {user.name}` prints a link that logs "
            "you in as the administrator."
        )
    minutes = people.LINK_LIFETIME // timedelta(minutes=1)
    token = people.create_login_link(conn, user.id)
    return (
        f"Nobody has an account yet. Log in as the administrator, once, within {minutes} minutes:\n\n"
        f"    {url}/login/{token}"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
