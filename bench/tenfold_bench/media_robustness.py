"""How often edited media are known, at no false match: pictures, films and sounds."""

from tenfold_bench import _robust_films, _robust_pictures, _robust_sounds
from tenfold_bench.result import Figure, Result


def run(quick: bool) -> Result:
    table: list[Figure] = []
    notes: list[str] = []
    for part in (_robust_pictures, _robust_films, _robust_sounds):
        found, said = part.figures(quick)
        table += found
        notes += said
    return Result(name="media-robustness", n=len(table), figures=table, notes=notes)
