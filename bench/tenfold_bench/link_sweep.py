"""Link all accounts of a platform at once: seconds and memory, beside Splink 5 on the same accounts.

A simulated population with closures and returns (one in ten accounts is closed) is written as a history once
and kept in the temporary folder; making it is not timed, nor is what Splink reads. Ours is the whole sweep by
sorting: candidates, scores of the model with all evidence, links, clusters, files written. Splink trains
without labels and predicts; it makes no clusters here. Memory is the peak of all processes together, pages
that they share counted once.
"""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import msgspec
import psutil

from tenfold_bench import _returns_history
from tenfold_bench.result import Figure, Result

ACCOUNTS, QUICK_ACCOUNTS = 1_000_000, 10_000
SECONDS_GOAL, MEMORY_GOAL = 25, 2.5
LOOKS = 0.2  # seconds between looks at memory


def measured(module: str, folder: Path, *arguments: str | Path) -> tuple[dict[str, Any], float]:
    """What a module of the bench reports when run with these arguments, and its peak of memory in GB."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", f"tenfold_bench.{module}", *map(str, arguments), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peak, ended = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peak, ended))
    watcher.start()
    output, _ = process.communicate()
    ended.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; run it by hand to see why")
    lines = [line for line in output.splitlines() if line.startswith("{")]
    return msgspec.json.decode(lines[-1], type=dict[str, Any]), peak[0] / 1e9


def _watch(process: psutil.Process, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(LOOKS):
        total = 0
        try:
            for one in (process, *process.children(recursive=True)):
                total += one.memory_full_info().pss
        except psutil.Error:
            continue  # one of them has just ended
        peak[0] = max(peak[0], float(total))


def run(quick: bool) -> Result:
    accounts = QUICK_ACCOUNTS if quick else ACCOUNTS
    history = _returns_history.kept(accounts)
    with tempfile.TemporaryDirectory(prefix="tf-sweep-") as name:
        folder = Path(name)
        ours, memory = measured("_sweep_ours", folder / "ours", history)
        measured("_sweep_splink", folder / "splink", "prepare", history)
        peer, peer_memory = measured("_sweep_splink", folder / "splink", "splink", history)
    report = ours["report"]
    found = report["links"]
    began = " | ".join(f"{stage} {at:.1f} s" for stage, at in ours["began"].items())
    return Result(
        name="link-sweep",
        n=accounts,
        figures=[
            Figure(
                label="whole sweep",
                ours=ours["seconds"],
                unit="s",
                peer=peer["seconds"],
                peer_name="splink",
                ratio=peer["seconds"] / ours["seconds"],
                goal=f"<= {SECONDS_GOAL} at 1 M on two idle cores",
            ),
            Figure(
                label="peak memory",
                ours=memory,
                unit="GB",
                peer=peer_memory,
                peer_name="splink",
                ratio=peer_memory / memory,
                goal=f"<= {MEMORY_GOAL} at 1 M",
            ),
        ],
        notes=[
            f"{report['closed']:,} closed; {report['keys']:,} keys; compared {report['candidates']:,} pairs"
            f" of a closed and a newer account, {report['open_candidates']:,} of open ones",
            f"returns: {found['return_likely']:,} likely, {found['return_possible']:,} possible; open"
            f" accounts: {found['open_likely']:,} likely; {report['clusters']:,} clusters of"
            f" {report['clustered']:,}; Splink: {peer['pairs']:,} pairs above -10 bits",
            f"{ours['cpu']:.0f} CPU seconds; stages began at: {began}",
        ],
    )
