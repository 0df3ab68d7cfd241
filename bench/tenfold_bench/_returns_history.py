"""A simulated population written as a history once, for benches: kept in the system's temporary folder.

Kept under a name made of its spec and of the code that makes it, so that a change of either makes it anew.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import msgspec

import tenfold
from tenfold.fingerprint import Fingerprint
from tenfold.linkage.history import MANIFEST, PART_ACCOUNTS, Writer
from tenfold.simulation.returns import Returns, ReturnsSpec

_LINKAGE = (
    *("keys", "table", "skeleton", "phonetic", "spelling", "populations", "names"),
    *("history", "manifest"),
)
_CODE = ("fingerprint.py", "simulation", *(f"linkage/{name}.py" for name in _LINKAGE))


def kept(accounts: int) -> Path:
    """The folder of the history; it takes about 0.4 ms an account to make."""
    spec = ReturnsSpec(accounts=accounts)
    folder = Path(tempfile.gettempdir()) / f"tenfold-bench-returns-{accounts}-{_version(spec)}"
    if not (folder / MANIFEST).exists():
        shutil.rmtree(folder, ignore_errors=True)
        writer = Writer(folder, datetime(2026, 1, 1, tzinfo=UTC))
        for part in _parts(spec):
            writer.add_accounts(part, None)
        writer.finish()
    return folder


def _version(spec: ReturnsSpec) -> str:
    code = hashlib.sha256(msgspec.json.encode(spec))
    root = Path(tenfold.__file__).parent
    for name in _CODE:
        found = root / name
        for file in [found] if found.is_file() else sorted(found.rglob("*.*")):
            if file.suffix != ".pyc":
                code.update(file.read_bytes())
    return code.hexdigest()[:12]


_accounts: Iterator[tuple[Fingerprint, object]]


def _start(spec: ReturnsSpec) -> None:
    global _accounts  # noqa: PLW0603 - one a process
    _accounts = iter(Returns(spec))


def _next() -> list[Fingerprint]:
    return [found for found, _ in islice(_accounts, PART_ACCOUNTS)]


def _parts(spec: ReturnsSpec) -> Iterator[list[Fingerprint]]:
    """Made in a process of its own, one part ahead of the one that is being written."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_start, initargs=(spec,)) as pool:
        coming = pool.submit(_next)
        while part := coming.result():
            coming = pool.submit(_next)
            yield part
