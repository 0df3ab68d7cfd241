"""Threats in Arabic: standard, Egyptian, Levantine, Gulf, Maghrebi and in Latin letters, against hard
negatives.

The sentences (tests/detectors/threat/*.ndjson) are fictional and were written before the rules. `tuning`
was looked at
while rules were made; `aside`, a third, was not. Half of them threaten nobody: news, condemnation,
football, cooking,
prayer, idioms, films, history. Found is what has a level T0 to T3. All are read, whether --quick or not.
"""

import json
from pathlib import Path

from tenfold_bench._threats import level, read, threatens
from tenfold_bench.result import Figure, Result

FOLDER = Path(__file__).parents[2] / "tests/detectors/threat"
VARIETIES = ("standard", "egyptian", "levantine", "gulf", "maghrebi", "arabizi")


def load(part: str) -> list[dict[str, str | bool]]:
    """The sentences of one part."""
    path = FOLDER / f"{part}.ndjson"
    if not path.is_file():
        raise SystemExit(f"this bench reads {path}, which is not there")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def run(quick: bool) -> Result:
    del quick
    figures: list[Figure] = []
    notes: list[str] = []
    total = 0
    for part in ("tuning", "aside"):
        sentences = load(part)
        reads = read([str(one["text"]) for one in sentences])
        found = [threatens(one) for one in reads]
        total += len(sentences)

        def share(threat: bool, variety: str | None, rows: list[tuple[dict[str, str | bool], bool]]) -> float:
            chosen = [
                hit for one, hit in rows if one["threat"] is threat and variety in (None, one["variety"])
            ]
            return sum(chosen) / len(chosen)

        rows = list(zip(sentences, found, strict=True))
        for variety in (None, *VARIETIES):
            name = f"{part}: {variety or 'all'}"
            goals = (">= 0.85", "<= 0.03") if variety is None else ("", "")
            figures += [
                Figure(
                    label=f"{name}, threats found",
                    ours=share(True, variety, rows),
                    unit="share",
                    goal=goals[0],
                ),
                Figure(
                    label=f"{name}, wrongly found",
                    ours=share(False, variety, rows),
                    unit="share",
                    goal=goals[1],
                ),
            ]
        if part == "tuning":  # the part kept aside is not shown, so that it stays unseen
            notes += [
                f"{'missed' if one['threat'] else 'wrong'} {one['id']} ({one['kind']}; "
                f"{level(each) or 'nothing'}): {one['text']}"
                for (one, hit), each in zip(rows, reads, strict=True)
                if hit != one["threat"]
            ]
    return Result(name="threat-arabic", n=total, figures=figures, notes=notes)
