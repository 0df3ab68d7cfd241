"""The server that the demonstration runs: started as anybody would, stopped with the demonstration."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tenfold.cli.common import CommandError

HOST = "127.0.0.1"
READY_WITHIN = 120.0  # seconds; the first start makes a database
STOP_WITHIN = 30.0
LOG_LINES = 8  # of the server's log that an error shows


def require_free(port: int) -> None:
    """Say that the port is taken before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"cannot listen on {HOST}:{port}: {error.strerror}; choose another with --port"
            ) from None


class Server:
    """A running `tenfold serve`; its output is in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self.url = f"http://{HOST}:{port}"
        self.log = log

    def require_alive(self) -> None:
        """Raises CommandError with the end of the log when the server has ended."""
        status = self._process.poll()
        if status is not None:
            lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            raise CommandError(
                f"the server ended with status {status}; {self.log} ends:\n" + "\n".join(lines)
            )

    def wait_until_ready(self) -> None:
        """Return when GET /readyz answers 200."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(0.1)
        raise CommandError(f"the server is not ready after {READY_WITHIN:.0f} s; see {self.log}")

    def stop(self) -> None:
        """End the server and what it started."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(data_dir: Path, port: int) -> Iterator[Server]:
    """A server with its own PostgreSQL in `data_dir`, ready for requests.

    A database that the environment names is left alone: a demonstration never writes into it.
    """
    log = data_dir / "serve.log"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TENFOLD_DATABASE_URL", "TENFOLD_DATABASE_URL_FILE", "TENFOLD_BASE_URL")
    } | {
        "TENFOLD_DATA_DIR": str(data_dir.resolve()),
        "TENFOLD_HOST": HOST,
        "TENFOLD_PORT": str(port),
        "TENFOLD_LOG_LEVEL": "warning",
    }
    with log.open("wb") as output:
        # A session of its own, so that Ctrl-C reaches the demonstration first and it stops in order.
        process = subprocess.Popen(
            [sys.executable, "-m", "tenfold.cli", "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, port, log)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
