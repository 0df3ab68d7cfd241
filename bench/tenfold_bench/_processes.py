"""Servers of the benches in processes of their own, and the CPU that they take."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

FIXED = 100_000  # additions in a fixed piece of Python


@contextmanager
def serving(module: str, *arguments: str, log: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A server in a process of its own; `{port}` in the arguments becomes its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", f"tenfold_bench.{module}", *(one.format(port=port) for one in arguments)]
    with log.open("w") as lines:
        process = subprocess.Popen(command, stderr=lines)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"the server did not start: {log.read_text()[-2000:]}") from None
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def cpu(processes: Sequence[psutil.Process]) -> float:
    """CPU seconds of processes, of the children that they have, and of those that they had."""
    total = 0.0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def exact(process: psutil.Process) -> float:
    """CPU seconds of a process without children, to the microsecond."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) / 1e9


def fixed() -> float:
    """CPU milliseconds of a fixed piece of Python, which tell how fast the processor is now."""
    before = time.thread_time()
    for number in range(FIXED):
        number + number
    return (time.thread_time() - before) * 1000


def postmaster(url: str) -> psutil.Process:
    """The first process of the PostgreSQL behind a URL."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        parent = psutil.Process(row[0]).parent()
    assert parent is not None
    return parent
