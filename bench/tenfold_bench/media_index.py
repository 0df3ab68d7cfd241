"""PDQ hashes within 31 of 256 bits: look-ups, memory, and how soon a new hash is found, beside faiss.

The peer is faiss's IndexBinaryMultiHash with 16 tables of 16 bits and one flip, which is what
`threatexchange` builds its index on (that package itself needs a compiler to install), and a plain scan.
"""

import ctypes
import gc
import time
from collections.abc import Callable, Sequence

import faiss
import msgspec
import numpy as np
import psutil

from tenfold.detectors.media.bands import Codes, distances
from tenfold.detectors.media.index import HashIndex
from tenfold.detectors.media.pdq import BITS, NEAR
from tenfold_bench.result import Figure, Result

SIZES, QUICK_SIZES = (1_000_000, 10_000_000), (200_000,)
QUERIES, FEW = 400, 60  # FEW: of what takes tens of milliseconds each
FORMS = 16  # hashes looked up for one upload: eight turns and their negatives
ADDED = 50
PIECE = 1_000_000  # hashes made at a time


def made(count: int) -> Codes:
    """Random hashes; those of real pictures stand a little closer, which costs 1.4 times the comparisons."""
    codes = np.empty((count, BITS // 64), np.uint64)
    for start in range(0, count, PIECE):
        piece = codes[start : start + PIECE]
        piece[:] = np.random.default_rng(start + 1).integers(0, 2**64, piece.shape, dtype=np.uint64)
    return codes


def planted(codes: Codes, count: int) -> Codes:
    """Queries: half of them hashes of the set with 0 to NEAR bits changed, half random."""
    chance = np.random.default_rng(7)
    queries = made(count)[::-1].copy()
    queries ^= np.uint64(0x5555555555555555)
    for number in range(0, count, 2):
        query = codes[chance.integers(len(codes))].copy()
        for bit in chance.choice(BITS, chance.integers(NEAR + 1), replace=False):
            query[bit // 64] ^= np.uint64(1 << int(bit % 64))
        queries[number] = query
    return queries


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def resident() -> float:
    """Megabytes of memory that the process holds, after giving back what is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return float(psutil.Process().memory_info().rss) / 1e6


def scanned(codes: Codes, queries: Codes) -> list[set[int]]:
    """The truth, by comparing all."""
    found = []
    for query in queries:
        parts = range(0, len(codes), PIECE)
        near = [
            start + np.flatnonzero(distances(codes[start : start + PIECE], query[None]) <= NEAR)
            for start in parts
        ]
        found.append({int(row) for row in np.concatenate(near)})
    return found


def each(index: HashIndex, queries: Codes) -> list[set[int]]:
    """Look-ups one at a time; rows from 0."""
    return [{int(number) - 1 for number in index.search(query[None])[1]} for query in queries]


def peer_each(index: "faiss.IndexBinaryMultiHash", queries: Codes) -> list[set[int]]:
    found = []
    for query in queries:
        _, _, rows = index.range_search(query[None].view(np.uint8), NEAR + 1)
        found.append({int(row) for row in rows})
    return found


def recall(found: Sequence[set[int]], truth: Sequence[set[int]]) -> float:
    hits = sum(len(some & right) for some, right in zip(found, truth, strict=True))
    return hits / sum(map(len, truth))


def add_then_find(index: HashIndex, count: int) -> float:
    """Milliseconds of CPU from a new hash until a look-up has found it."""
    fresh = made(ADDED) ^ np.uint64(0xAAAAAAAAAAAAAAAA)

    def work() -> None:
        for number, code in enumerate(fresh, start=count + 1):
            index.add(np.array([number], np.uint32), code[None])
            assert number in index.search(code[None])[1]

    return seconds(work) / ADDED * 1000


class Peer(msgspec.Struct):
    """What the peer and the plain scan need for the same set."""

    scan: float
    look: float
    build: float
    memory: float
    recall: float
    truth: list[set[int]]


def beside(codes: Codes, queries: Codes) -> Peer:
    truth = scanned(codes, queries)
    scan = seconds(lambda: scanned(codes, queries)) / len(queries)
    faiss.omp_set_num_threads(1)
    before = resident()
    index = faiss.IndexBinaryMultiHash(BITS, 16, 16)
    index.nflip = 1
    build = seconds(lambda: index.add(codes.view(np.uint8)))
    memory = resident() - before
    look = seconds(lambda: peer_each(index, queries)) / len(queries)
    return Peer(scan, look, build, memory, recall(peer_each(index, queries), truth), truth)


def filled(count: int) -> tuple[HashIndex, float, float]:
    """An index of the set, the CPU seconds of building it, and the memory it holds, its hashes included."""
    before = resident()
    index = HashIndex()

    def fill() -> None:
        index.add(np.arange(1, count + 1, dtype=np.uint32), codes)
        index.freeze()

    codes = made(count)
    build = seconds(fill)
    codes = made(0)  # a slice would keep the whole
    return index, build, resident() - before


def measured(count: int) -> list[Figure]:
    codes = made(count)
    queries = planted(codes, QUERIES)
    few = queries[:FEW]
    peer = beside(codes, few)
    del codes
    index, build, memory = filled(count)
    found = recall(each(index, few), peer.truth)
    look = seconds(lambda: each(index, queries)) / QUERIES
    groups = [queries[start : start + FORMS] for start in range(0, QUERIES, FORMS)]
    upload = seconds(lambda: [index.search(group) for group in groups]) / len(groups)
    fresh = add_then_find(index, count)
    return figures(f"{count:,} hashes", peer, (look, upload, build, memory, found, fresh))


def figures(name: str, peer: Peer, ours: tuple[float, float, float, float, float, float]) -> list[Figure]:
    look, upload, build, memory, found, fresh = ours
    return [
        Figure(
            label=f"{name}: one look-up",
            ours=look * 1000,
            unit="ms CPU",
            peer=peer.look * 1000,
            peer_name="faiss multi-hash 16 x 16",
            ratio=peer.look / look,
        ),
        Figure(
            label=f"{name}: one look-up, beside a plain scan",
            ours=look * 1000,
            unit="ms CPU",
            peer=peer.scan * 1000,
            peer_name="numpy scan",
            ratio=peer.scan / look,
        ),
        Figure(
            label=f"{name}: one upload, {FORMS} forms together, a form",
            ours=upload * 1000 / FORMS,
            unit="ms CPU",
            peer=peer.look * 1000,
            peer_name="faiss",
            ratio=peer.look * FORMS / upload,
        ),
        Figure(
            label=f"{name}: found of what a scan finds",
            ours=found,
            unit="share",
            peer=peer.recall,
            peer_name="faiss",
            goal="1",
        ),
        Figure(
            label=f"{name}: memory, ours with the hashes, the peer's without",
            ours=memory,
            unit="MB",
            peer=peer.memory,
            peer_name="faiss",
            ratio=peer.memory / memory,
            goal="<= 1,000 MB at 10 M",
        ),
        Figure(
            label=f"{name}: build",
            ours=build,
            unit="s CPU",
            peer=peer.build,
            peer_name="faiss",
            ratio=peer.build / build,
        ),
        Figure(
            label=f"{name}: from a new hash until it is found", ours=fresh, unit="ms CPU", goal="<= 1,000 ms"
        ),
    ]


def run(quick: bool) -> Result:
    sizes = QUICK_SIZES if quick else SIZES
    return Result(
        name="media-index",
        n=sizes[-1],
        figures=[figure for count in sizes for figure in measured(count)],
        notes=[
            f"{QUERIES} queries ({FEW} for the peer and the scan), half of them at most {NEAR} bits from "
            "a hash of the set; CPU time of one process, one thread.",
        ],
    )
