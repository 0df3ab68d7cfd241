"""What is usual in the writing of a platform, from a sample of its accounts: made, kept as bytes, read again.

Style says how two accounts differ from what is usual (style.py); without the platform's own background a
quarter of its bits count. The sample is chosen by a hash of the account's id, so that every path and
engine takes the same accounts, and nobody can place himself in it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage import style
from tenfold.linkage.style import LEAST_CHARS, STYLE_BYTES, Background
from tenfold.linkage.style_form import BUCKETS
from tenfold.linkage.style_language import LANGUAGES
from tenfold.linkage.table import Table

LEAST_ACCOUNTS, MOST_ACCOUNTS = 100, 2_000  # that a background is made of; fewer say nothing of a platform
FILES = 16  # of a history that are read, evenly spaced: a sketch is a kilobyte
_BYTES = 4 * len(LANGUAGES) * BUCKETS


def of(table: Table) -> Background | None:
    """What is usual among these accounts; None where fewer than LEAST_ACCOUNTS have written enough."""
    long = np.flatnonzero(table.columns.style_chars >= LEAST_CHARS)
    long = np.array([row for row in long.tolist() if len(table.columns.style[row]) == STYLE_BYTES], np.int64)
    rows = long[sample([table.account[row] for row in long.tolist()])]
    return of_sketches([table.columns.style[row] for row in rows.tolist()])


def of_files(files: Sequence[Path]) -> Background | None:
    """What is usual in a history, from the Parquet files of its identities: the same on every engine."""
    step = max(1, -(-len(files) // FILES))
    chosen = files[::step]
    sketches: list[bytes] = []
    for file in chosen:
        rows = pq.read_table(file, columns=["account", "style", "style_chars"])
        long = np.flatnonzero(rows["style_chars"].to_numpy() >= LEAST_CHARS)
        some = sample(rows["account"].take(long).to_pylist(), -(-MOST_ACCOUNTS // len(chosen)))
        kept = rows["style"].take(long[some]).to_pylist()
        sketches += [sketch for sketch in kept if len(sketch) == STYLE_BYTES]
    return of_sketches(sketches)


def of_sketches(sketches: Sequence[bytes]) -> Background | None:
    """From sketches of a sample; None for fewer than LEAST_ACCOUNTS. ValueError: one is of another size."""
    if len(sketches) < LEAST_ACCOUNTS:
        return None
    packed = np.frombuffer(b"".join(sketches), np.uint8)
    return style.background(packed.reshape(len(sketches), STYLE_BYTES))


def sample(accounts: Sequence[str], most: int = MOST_ACCOUNTS) -> NDArray[np.int64]:
    """Places of at most `most` of these accounts, ascending: those whose ids have the smallest hashes."""
    if len(accounts) <= most:
        return np.arange(len(accounts))
    hashes = [hashlib.blake2b(account.encode(), digest_size=8).digest() for account in accounts]
    return np.sort(np.argsort(np.frombuffer(b"".join(hashes), ">u8"), kind="stable")[:most])


def to_bytes(usual: Background | None) -> bytes:
    """float32, little-endian, 45 KB; b"" for none."""
    return usual.usual.astype("<f4").tobytes() if usual else b""


def from_bytes(kept: bytes) -> Background | None:
    """Back from `to_bytes`. ValueError where it is something else."""
    if not kept:
        return None
    if len(kept) != _BYTES:
        raise ValueError(f"not what is usual in writing: {len(kept)} bytes, not {_BYTES}")
    shares = np.frombuffer(kept, "<f4").astype(np.float64)
    if not (np.isfinite(shares).all() and (shares >= 0).all()):
        raise ValueError("not what is usual in writing: a share is below 0 or no number")
    return Background(shares.reshape(len(LANGUAGES), BUCKETS))
