"""A simulation as files: its events or its accounts, its truth, and its spec."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from tenfold.simulation import SimulationSpec, generate
from tenfold.simulation.returns import Returns
from tenfold.simulation.shares import Counting, Shares

CHUNK = 2_000  # events between two writes and two calls of `progress`


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written where."""

    events: int
    truths: int
    events_file: Path
    truth_file: Path


def write(
    spec: SimulationSpec,
    directory: Path,
    *,
    compress: bool = False,
    progress: Callable[[int], None] = lambda told: None,
) -> Written:
    """Write the simulation into `directory`; `progress` hears how many events there are so far.

    Files appear under their names when they are whole: after an interruption nothing half stays.
    Equal specs give equal bytes, compressed or not.
    """
    directory.mkdir(parents=True, exist_ok=True)
    events_file = directory / ("events.ndjson.gz" if compress else "events.ndjson")
    truth_file = directory / "truth.ndjson"
    encoder = msgspec.json.Encoder()
    told = truths = 0
    with ExitStack() as files:
        events_out = files.enter_context(_whole(events_file))
        truth_out = files.enter_context(_whole(truth_file))
        if compress:
            packed = gzip.GzipFile("", "wb", compresslevel=3, fileobj=events_out, mtime=0)
            events_out = cast(IO[bytes], files.enter_context(packed))
        waiting: list[object] = []
        chunk: list[object] = []
        for event in generate(spec, waiting.append):
            chunk.append(event)
            if len(chunk) == CHUNK:
                events_out.write(encoder.encode_lines(chunk))
                truth_out.write(encoder.encode_lines(waiting))
                told, truths = told + len(chunk), truths + len(waiting)
                chunk.clear()
                waiting.clear()
                progress(told)
        events_out.write(encoder.encode_lines(chunk))
        truth_out.write(encoder.encode_lines(waiting))
        told, truths = told + len(chunk), truths + len(waiting)
        progress(told)
    (directory / "simulation.json").write_bytes(encoder.encode(spec) + b"\n")
    return Written(events=told, truths=truths, events_file=events_file, truth_file=truth_file)


def write_returns(
    population: Returns, directory: Path, *, progress: Callable[[int], None] = lambda told: None
) -> Shares:
    """Write `fingerprints.ndjson` and `truth.ndjson` of a population, one account a line, in the order of
    creation, and `returns.json`, its spec. Files appear when they are whole, as with `write`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    counting = Counting()
    with ExitStack() as files:
        shown = files.enter_context(_whole(directory / "fingerprints.ndjson"))
        true = files.enter_context(_whole(directory / "truth.ndjson"))
        for told, (fingerprint, truth) in enumerate(population, 1):
            shown.write(encoder.encode(fingerprint) + b"\n")
            true.write(encoder.encode(truth) + b"\n")
            counting.add(fingerprint, truth)
            if told % CHUNK == 0:
                progress(told)
    progress(len(population))
    (directory / "returns.json").write_bytes(encoder.encode(population.spec) + b"\n")
    return counting.shares


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when the block ends well, and is removed when it does not."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
