"""The console with a full queue: how long its pages take, and how soon the next case is there.

Cases on posts in two languages stand in a fresh embedded PostgreSQL behind the real server, a process of
its own. One moderator reads windows of the queue, filtered in different ways, then decides case after case,
each with the next one sent ahead as browsers have it sent. Times are those of whole requests as a client on
the same machine sees them, so the server's own are shorter. Then a seeded moderator works in a real Chromium
by keyboard alone; its time runs from the key that decides until the next case is drawn.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np

from tenfold.store import database, people, web_sessions
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Role
from tenfold.web.console.access import csrf_token
from tenfold_bench import _console_cases, _console_keyboard
from tenfold_bench._console_keyboard import Worked
from tenfold_bench._intake_server import SECRET
from tenfold_bench.result import Figure, Result

CASES = 10_000
PAGES, QUICK_PAGES = 400, 60
DECIDED, QUICK_DECIDED = 1_000, 60
BY_KEYBOARD, QUICK_BY_KEYBOARD = 1_000, 12
WARM_UP = 10
FILTERS = (
    "",
    "?queue=propaganda",
    "?language=ar",
    "?severity=3",
    "?queue=reports&language=en",
    "?state=open",
)


def run(quick: bool) -> Result:
    pages, decided, keyed = (
        (QUICK_PAGES, QUICK_DECIDED, QUICK_BY_KEYBOARD) if quick else (PAGES, DECIDED, BY_KEYBOARD)
    )
    with tempfile.TemporaryDirectory(prefix="tf-console-") as folder:
        server = EmbeddedServer(Path(folder))
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                _console_cases.fill(conn, CASES)
                user = people.add_user(conn, "Moderator", [Role.MODERATOR])
                session = web_sessions.start(conn, user.id)
            with serving(server.url) as url, httpx.Client(base_url=url) as client:
                client.cookies.set("tenfold_session", session)
                times = Times(
                    queue_pages(client, pages),
                    *decisions(client, csrf_token(SECRET, session), decided),
                    _console_keyboard.work(url, session, keyed),
                )
        finally:
            server.stop()
    return result(times, keyed)


class Times(NamedTuple):
    """Milliseconds of each, and what the moderator at the keyboard saw."""

    queue: list[float]
    decide: list[float]
    ahead: list[float]
    keyboard: Worked


@contextmanager
def serving(database_url: str) -> Iterator[str]:
    """The web application in a process of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tenfold_bench._intake_server", database_url, str(port)]
    process = subprocess.Popen(command, env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _answers(url):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the server at {url} does not answer")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/login").status_code == 200
    except httpx.TransportError:
        return False


def queue_pages(client: httpx.Client, count: int) -> list[float]:
    """Milliseconds of each window of the queue, filters in turn, the second window of each among them."""
    times = []
    addresses = [f"/cases{query}" for query in FILTERS]
    for number in range(count + WARM_UP):
        address = addresses[number % len(addresses)]
        began = time.perf_counter()
        text = client.get(address).raise_for_status().text
        times.append((time.perf_counter() - began) * 1000)
        if 'rel="next"' in text and "cursor=" not in address:
            further = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            addresses.append(further)
    return times[WARM_UP:]


def decisions(client: httpx.Client, csrf: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of deciding (the answer names the next case, which is held then) and of sending the
    page of the one after that ahead. Raises RuntimeError when the next case is not the one sent ahead."""
    decide, ahead = [], []
    answer = client.post("/cases/next", data={"csrf": csrf})
    case = answer.headers["location"].split("/")[2]
    for _ in range(count + WARM_UP):
        began = time.perf_counter()
        sent = client.post("/cases/ahead", data={"csrf": csrf}).raise_for_status()
        ahead.append((time.perf_counter() - began) * 1000)
        form = {"csrf": csrf, "ground": "TVEC7", "purpose": "none", "scope": "subject", "reason": "praise"}
        began = time.perf_counter()
        answer = client.post(
            f"/cases/{case}/decide", data=form | {"then": "next", "ahead": sent.headers["x-case"]}
        )
        decide.append((time.perf_counter() - began) * 1000)
        if str(answer.raise_for_status().json()["case"]) != sent.headers["x-case"]:
            raise RuntimeError(f"case {sent.headers['x-case']} was sent ahead, and is not the next one")
        case = sent.headers["x-case"]
    return decide[WARM_UP:], ahead[WARM_UP:]


def result(times: Times, keyed: int) -> Result:
    """What was measured, as a row each."""
    queue, decide, ahead, (shown, loaded, touches, faults) = times
    timed = [
        (f"a window of 50 of the queue ({len(queue):,} pages)", queue, "< 200 ms"),
        (f"decide, and hold the next case ({len(decide):,} decisions)", decide, "< 100 ms"),
        (f"send the next case's page ahead ({len(ahead):,} pages)", ahead, "not waited for"),
        (f"Chromium: from the key to the next case drawn ({len(shown):,} cases)", shown, "< 100 ms"),
    ]
    figures = [
        Figure(label=f"{label}, {name}", ours=float(np.percentile(measured, share)), unit="ms", goal=goal)
        for label, measured, goal in timed
        for name, share in (("median", 50), ("95th percentile", 95))
    ]
    by_keyboard = [
        Figure(label="cases decided by keyboard alone", ours=keyed, unit="cases", goal="1,000"),
        Figure(label="of them: uses of mouse, finger or wheel", ours=touches, unit="", goal="0"),
        Figure(
            label="of them: errors of scripts, answers of 400 and above", ours=len(faults), unit="", goal="0"
        ),
    ]
    notes = [
        f"{loaded:,} of {keyed:,} times in Chromium the next page was loaded instead of being there already.",
        *faults[:5],
    ]
    return Result(name="console-speed", n=CASES, figures=[*figures, *by_keyboard], notes=notes)
