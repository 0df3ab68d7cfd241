"""How well protectees are found by name, how often others are taken for them, and how long it takes.

Names are pairs of tokens of the training data (see `tenfold.linkage.name_pairs`), drawn as often as they are
met, half of them Arabic. Each protectee is kept under its Latin spelling alone, so what is found in Arabic
letters is found by sound. Run: python scripts/measure_protectees.py
"""

import random
import resource
from collections.abc import Sequence
from datetime import UTC, datetime

from tenfold.linkage.name_pairs import DATA, FILE
from tenfold.linkage.populations import population
from tenfold.store.protectees import Watched
from tenfold.threats.protectees.index import Index

SIZES = (1_000, 10_000)
TEXTS = 1_000
FRAMES = ("we will kill {} tonight at his door", "سنقتل {} الليلة عند باب بيته")
Person = tuple[str, str]  # the name in Latin and in Arabic letters


def main() -> None:
    """Print a line for each size of the list, kind of names and script."""
    tokens = _tokens()
    draw = random.Random(7)  # noqa: S311 - a sample, no secret
    for size in SIZES:
        people = [_person(tokens[("Arab", "Latn")[i % 2]], draw) for i in range(size)]
        before = _cpu()
        index = Index([_watched(number, latin) for number, (latin, _) in enumerate(people)], b"a key")
        print(f"{size:,} protectees: index {_cpu() - before:.2f} CPU-s")
        known = {latin for latin, _ in people}
        for offset, kind in enumerate(("Arab", "Latn")):
            others = [
                one for one in (_person(tokens[kind], draw) for _ in range(TEXTS)) if one[0] not in known
            ]
            own = list(enumerate(people))[offset::2][:TEXTS]
            for script, frame in enumerate(FRAMES):
                before = _cpu()
                wrong = sum(map(bool, _find(index, [frame.format(one[script]) for one in others])))
                spent = 1_000 * (_cpu() - before) / len(others)
                found = _find(index, [frame.format(one[script]) for _, one in own])
                right = sum(number in ids for (number, _), ids in zip(own, found, strict=True))
                print(
                    f"  {kind} names in {('Latin', 'Arabic')[script]} letters: found {right / len(own):.3f}, "
                    f"others taken for a protectee {wrong / len(others):.4f}, {spent:.2f} CPU-ms a text"
                )


def _tokens() -> dict[str, list[tuple[str, str, int]]]:
    tokens: dict[str, list[tuple[str, str, int]]] = {"Arab": [], "Latn": []}
    for line in (DATA / FILE).read_text(encoding="utf-8").splitlines():
        latin, arabic, times = line.split("\t")
        if (kind := population(latin)) in tokens and len(latin) > 2:
            tokens[kind].append((latin.capitalize(), arabic.replace(" ", ""), int(times)))
    return tokens


def _person(tokens: Sequence[tuple[str, str, int]], draw: random.Random) -> Person:
    parts = draw.choices(tokens, weights=[token[2] for token in tokens], k=2)
    return " ".join(part[0] for part in parts), " ".join(part[1] for part in parts)


def _watched(number: int, name: str) -> Watched:
    return Watched(
        id=number,
        kind="person",
        name=name,
        names=[],
        handles=[],
        accounts=[],
        domains=[],
        cities=[],
        member_of=None,
        starts_at=None,
        ends_at=None,
        tokens=[],
    )


def _find(index: Index, texts: Sequence[str]) -> list[set[int]]:
    found = index.find([(text, [], []) for text in texts], datetime.now(UTC))
    return [{match.protectee for match in matches} for matches in found]


def _cpu() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


if __name__ == "__main__":
    main()
