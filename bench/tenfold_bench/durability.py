"""Random kills under load: no acknowledged event lost, no effect twice.

A whole installation (`tenfold serve` with its worker and its embedded PostgreSQL) takes posts over HTTP
while a process of it, chosen at random, is killed with SIGKILL at a random moment: the server, a worker, or
PostgreSQL. At the end every event that was acknowledged must be applied exactly once.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil

from tenfold.store import database
from tenfold.store.embedded import connect_url
from tenfold_bench.result import Figure, Result

KILLS, QUICK_KILLS = 50, 5
BATCH = 50
PAUSE = 0.04  # seconds between batches: about 1,000 posts a second
SETTLE = 240.0  # seconds for the queue to drain at the end


class Installation:
    """A served installation in a folder, started again whenever its server is gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = (folder / "serve.log").open("ab")
        self.process = self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "TENFOLD_DATA_DIR": str(self.folder / "data"),
            "TENFOLD_PORT": str(self.port),
            "TENFOLD_WORKERS": "1",
        }
        environment.pop("TENFOLD_DATABASE_URL", None)
        return subprocess.Popen(
            [sys.executable, "-m", "tenfold.cli", "serve"], env=environment, stdout=self.log, stderr=self.log
        )

    def wait_ready(self, seconds: float = 240.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.process = self.start()
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"the server does not come up; see {self.folder / 'serve.log'}")

    def victims(self) -> dict[str, list[psutil.Process]]:
        """Processes that may be killed, by what they are."""
        found: dict[str, list[psutil.Process]] = {"server": [psutil.Process(self.process.pid)]}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if "worker" in child.cmdline():
                found.setdefault("worker", []).append(child)
        pid_file = self.folder / "data" / "postgres" / "postmaster.pid"
        if pid_file.exists():
            postmaster = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            found["postgresql"] = [postmaster, *postmaster.children()]
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.log.close()


class Load:
    """Sends batches of posts until stopped; remembers what was acknowledged, and sends again what was not."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, key
        self.acknowledged: set[str] = set()
        self.errors = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        with httpx.Client(timeout=10, headers={"authorization": f"Bearer {self.key}"}) as client:
            while not self._stop.is_set():
                ids = [f"k{number + n}" for n in range(BATCH)]
                body = "\n".join(map(post, ids))
                if self._send(client, body):
                    self.acknowledged.update(ids)
                    number += BATCH
                    time.sleep(PAUSE)
                else:  # not acknowledged: the same events again, which must do no harm
                    self.errors += 1
                    time.sleep(0.2)

    def _send(self, client: httpx.Client, body: str) -> bool:
        try:
            answer = client.post(
                f"{self.url}/v1/events", content=body, headers={"content-type": "application/x-ndjson"}
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


def post(id_: str) -> str:
    """One post; each account writes many, so that order and counts can be checked."""
    account = f"a{int(id_[1:]) % 97}"
    data = {"post": id_, "text": f"note {id_}: a heron stood in the shallow water all morning"}
    event = {
        "id": id_,
        "type": "post.created",
        "time": "2026-03-01T12:00:00Z",
        "account": account,
        "data": data,
    }
    return json.dumps(event)


def kill_one(installation: Installation, chance: random.Random) -> str:
    victims = installation.victims()
    kind = chance.choice(sorted(victims))
    target = chance.choice(victims[kind])
    try:
        target.kill()
    except psutil.NoSuchProcess:
        return f"{kind} (already gone)"
    return kind


def check(url: str, acknowledged: set[str]) -> dict[str, int]:
    """Counts of what must not be, all zero when nothing was lost or done twice."""
    with database.connect(url) as conn:
        posts = {row[0] for row in conn.execute("SELECT id FROM posts").fetchall()}
        waits = "SELECT body->>'id' FROM event_queue JOIN events USING (seq, received_at)"
        waiting = {row[0] for row in conn.execute(waits).fetchall()}
        row = conn.execute(
            """
            SELECT (SELECT count(*) FROM events) - (SELECT count(*) FROM event_keys),
                   (SELECT coalesce(sum(posts), 0)::bigint FROM accounts) - (SELECT count(*) FROM posts),
                   (SELECT count(*) FROM event_poison),
                   (SELECT count(*) FROM event_queue)
            """
        ).fetchone()
    assert row is not None
    return {
        "acknowledged events lost": len(acknowledged - posts - waiting),
        "events stored twice": row[0],
        "effects applied twice": row[1],
        "events set aside": row[2],
        "events still waiting": row[3],
    }


def drain(url: str) -> None:
    deadline = time.monotonic() + SETTLE
    while time.monotonic() < deadline:
        try:
            with database.connect(url) as conn:
                row = conn.execute("SELECT EXISTS (SELECT FROM event_queue)").fetchone()
                if row and not row[0]:
                    return
        except Exception:
            pass
        time.sleep(0.2)


def trial(folder: Path, kills: int, seed: int) -> tuple[dict[str, int], dict[str, int], int, int]:
    """Kills under load; returns what went wrong, kills by kind, acknowledged events and refused sends."""
    chance = random.Random(seed)
    installation = Installation(folder)
    killed: dict[str, int] = {}
    try:
        installation.wait_ready()
        url = connect_url(folder / "data")
        assert url is not None
        key = make_key(url, folder / "data")
        with Load(installation.url, key) as load:
            for _ in range(kills):
                time.sleep(chance.uniform(0.3, 2.0))
                kind = kill_one(installation, chance)
                killed[kind] = killed.get(kind, 0) + 1
                installation.wait_ready()
            time.sleep(1)
        installation.wait_ready()
        url = connect_url(folder / "data")
        assert url is not None
        drain(url)
        return check(url, load.acknowledged), killed, len(load.acknowledged), load.errors
    finally:
        installation.stop()


def make_key(url: str, data_dir: Path) -> str:
    from tenfold.config import Settings, secret_key
    from tenfold.store import keys

    with database.connect(url) as conn:
        secret = secret_key(Settings(data_dir=data_dir))
        _, token = keys.create(conn, secret, name="bench", scopes=[keys.Scope.EVENTS_WRITE])
    return token


def run(quick: bool) -> Result:
    kills = QUICK_KILLS if quick else KILLS
    with tempfile.TemporaryDirectory(prefix="tf-kill-") as name:
        wrong, killed, acknowledged, refused = trial(Path(name), kills, seed=2026)
    figures = [Figure(label=label, ours=count, unit="events", goal="0") for label, count in wrong.items()]
    figures.append(Figure(label="events acknowledged", ours=acknowledged, unit="events"))
    by_kind = ", ".join(f"{kind} {count}" for kind, count in sorted(killed.items()))
    notes = [
        f"killed with SIGKILL: {by_kind}; sends that got no acknowledgement and were repeated: {refused}"
    ]
    return Result(name="durability", n=sum(killed.values()), figures=figures, notes=notes)
