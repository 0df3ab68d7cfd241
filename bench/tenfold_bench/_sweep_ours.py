"""Our part of the bench `link-sweep`, in a process of its own: `python -m tenfold_bench._sweep_ours`
HISTORY FOLDER does a whole sweep on this machine. The last line of output is JSON.

Without pandas, as where tenfold is installed: only Splink needs it, and Arrow would load it, a second for
each process, because it is there.
"""

import sys
import time
from importlib.abc import MetaPathFinder
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        """Say that pandas is not there; of others nothing."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


sys.meta_path.insert(0, _NoPandas())


def swept(history: Path, folder: Path) -> dict[str, Any]:
    """Candidates, scores, links, clusters, all files written."""
    import msgspec

    from tenfold.linkage import parameters
    from tenfold.linkage.history import History
    from tenfold.linkage.sorting import Sorting
    from tenfold.linkage.sweep import Options, Sweep

    started = time.perf_counter()
    steps: list[tuple[str, float]] = []

    def note(stage: str, done: int, total: int) -> None:
        steps.append((stage, time.perf_counter() - started))

    engine = Sorting()
    try:
        model = msgspec.json.encode(parameters.shipped())
        report = Sweep(History(history), folder, engine, model, Options(), note).run()
    finally:
        engine.close()
    seconds = time.perf_counter() - started
    used = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return {
        "seconds": seconds,
        "cpu": sum(one.ru_utime + one.ru_stime for one in used),
        "began": dict(reversed(steps)),
        "report": msgspec.to_builtins(report),
    }


if __name__ == "__main__":
    import json

    sys.stdout.write("\n" + json.dumps(swept(*map(Path, sys.argv[1:3]))) + "\n")
