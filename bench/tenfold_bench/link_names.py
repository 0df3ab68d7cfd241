"""Names across scripts: the right spelling among 20,000, equal keys, populations, and what each call costs.

Names of the test part only are asked for; nothing was learned or chosen on them. Candidates are random names
of the whole file, the right one among them.
"""

import itertools
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler, Levenshtein

from tenfold.linkage.likeness import ACROSS
from tenfold.linkage.name_pairs import Pair, read_pairs
from tenfold.linkage.names import phonetic, population, similarity, skeleton
from tenfold.linkage.spelling import spelling
from tenfold.linkage.transliteration import log_likelihoods, log_priors
from tenfold_bench.result import Figure, Result

CANDIDATES = 20_000
SEED = 2026
REPEATS = 5
# The peer's transliteration: each Arabic letter's usual Latin ones, vowels as written (as anyascii does).
_LETTERS = "a,b,t,th,j,h,kh,d,dh,r,z,s,sh,s,d,t,z,,gh,f,q,k,l,m,n,h,w,y,p,zh,ch,g,v,a,a,a,a,i,y,w,"
ROMAN = dict(zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويپژچگڤىأآةإئؤء", _LETTERS.split(","), strict=True))
# The peer's consonant key, by hand.
DIGRAPHS = {"sh": "x", "ch": "x", "kh": "h", "gh": "g", "th": "t", "dh": "d", "ph": "f", "ck": "k"}
KEY = str.maketrans("bpvfgjqkcxdtszhmnlr", "bbffggkkkxdtsshmnlr")

Scores = Callable[[Pair, Sequence[Pair]], NDArray[np.float64]]


def roman(arabic: str) -> str:
    return "".join(ROMAN.get(letter, "") for letter in arabic)


def key(latin: str) -> str:
    shorter = re.sub("|".join(DIGRAPHS), lambda found: DIGRAPHS[found[0]], latin)
    return re.sub(r"(.)\1+", r"\1", re.sub("[aeiouwy]+", "", shorter.translate(KEY)))


class Sides:
    """The candidates' spellings, made ready once for ours and the peers."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.latin = [pair.latin_letters for pair in pairs]
        self.arabic = [pair.arabic_letters for pair in pairs]
        self.roman = [roman(word) for word in self.arabic]
        self.priors = log_priors(self.arabic)
        self.latin_keys = [key(word) for word in self.latin]
        self.roman_keys = [key(word) for word in self.roman]

    def ours(self, at: int, to_latin: bool) -> NDArray[np.float64]:
        """The sum whose logistic is the likeness: the same order without its rounding near 1."""
        if to_latin:  # the prior of the one Arabic name changes no order
            return log_likelihoods([self.arabic[at]] * len(self.latin), self.latin).astype(np.float64)
        likelihood = log_likelihoods(self.arabic, [self.latin[at]] * len(self.latin))
        return ACROSS[0] * likelihood.astype(np.float64) + ACROSS[1] * self.priors

    def jaro_winkler(self, at: int, to_latin: bool) -> NDArray[np.float64]:
        word, words = (self.roman[at], self.latin) if to_latin else (self.latin[at], self.roman)
        return one_to_all(word, words, JaroWinkler.similarity)

    def keyed(self, at: int, to_latin: bool) -> NDArray[np.float64]:
        """Consonant key and, half as much, the spelling, by normalised Levenshtein distance."""
        words, keys = (self.latin, self.latin_keys) if to_latin else (self.roman, self.roman_keys)
        word, own = (
            (self.roman[at], self.roman_keys[at]) if to_latin else (self.latin[at], self.latin_keys[at])
        )
        scorer = Levenshtein.normalized_similarity
        return one_to_all(own, keys, scorer) + 0.5 * one_to_all(word, words, scorer)


def one_to_all(word: str, words: Sequence[str], scorer: Callable[..., float]) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = process.cdist([word], words, scorer=scorer, dtype=np.float64)[0]
    return scores


def rank(scores: NDArray[np.float64], at: int) -> float:
    """The place of the right one, ties averaged."""
    return 1 + float((scores > scores[at]).sum()) + (float((scores == scores[at]).sum()) - 1) / 2


def ranking(sides: Sides, asked: Sequence[int], to_latin: bool) -> list[Figure]:
    direction = "Arabic to Latin" if to_latin else "Latin to Arabic"
    ways = {"ours": sides.ours, "jw": sides.jaro_winkler, "keyed": sides.keyed}
    ranks = {name: np.array([rank(way(at, to_latin), at) for at in asked]) for name, way in ways.items()}
    spelt_alike = sides.arabic if to_latin else sides.latin
    alone = Counter(spelt_alike)
    single = np.array([alone[spelt_alike[at]] == 1 for at in asked])
    measures: list[tuple[str, Callable[[NDArray[np.float64]], float]]] = [
        ("right one first", lambda places: float((places <= 1).mean())),
        ("right one in the first ten", lambda places: float((places <= 10).mean())),
        ("mean reciprocal rank", lambda places: float((1 / places).mean())),
    ]
    peers = (
        ("jw", "rapidfuzz Jaro-Winkler on a transliteration"),
        ("keyed", "consonant key + Levenshtein"),
    )
    figures = []
    for label, measure in measures:
        mine = measure(ranks["ours"])
        for peer, peer_name in peers:
            theirs = measure(ranks[peer])
            goal = ">= 0.50" if to_latin and label == "right one first" else ""
            figures.append(
                Figure(
                    label=f"{direction}: {label}",
                    ours=mine,
                    unit="share",
                    peer=theirs,
                    peer_name=peer_name,
                    ratio=mine / theirs if theirs else None,
                    goal=goal,
                )
            )
    label = f"{direction}: right one first, of names whose spelling is theirs alone"
    return [*figures, Figure(label=label, ours=float((ranks["ours"][single] <= 1).mean()), unit="share")]


def keys(pairs: Sequence[Pair]) -> list[Figure]:
    """How often the two spellings of a test name have one key, and two random names of the file."""

    def measured(of_arabic: Callable[[Pair], str], of_latin: Callable[[Pair], str]) -> tuple[float, float]:
        left, right = [of_arabic(pair) for pair in pairs], [of_latin(pair) for pair in pairs]
        counts, others = Counter(left), Counter(right)
        test = [at for at, pair in enumerate(pairs) if pair.part == "test"]
        equal = sum(left[at] == right[at] != "" for at in test) / len(test)
        return equal, sum(n * others[k] for k, n in counts.items() if k) / len(pairs) ** 2

    ours = measured(lambda pair: phonetic(pair.arabic), lambda pair: phonetic(pair.latin))
    peer = measured(lambda pair: key(roman(pair.arabic_letters)), lambda pair: key(pair.latin_letters))
    name = "a consonant key by hand"
    return [
        Figure(
            label="phonetic key: equal for both spellings",
            ours=ours[0],
            unit="share",
            peer=peer[0],
            peer_name=name,
            ratio=ours[0] / peer[0],
            goal="> 0.637",
        ),
        Figure(
            label="phonetic key: bits (two random names agree once in 2^bits)",
            ours=-math.log2(ours[1]),
            unit="bits",
            peer=-math.log2(peer[1]),
            peer_name=name,
            goal=">= 10.3",
        ),
    ]


def populations() -> list[Figure]:
    """Full names of the simulation's lists, every first name with every family name."""
    lists = yaml.safe_load(
        (files("tenfold.simulation") / "lexicons" / "names.yaml").read_text(encoding="utf-8")
    )
    first = lists["arabic_men"] + lists["arabic_women"]
    names = {
        "Arabic names in Latin letters": ("Arab", first, lists["arabic_families"], 1),
        "Arabic names in the chat alphabet": ("Arab", first, lists["arabic_families"], 2),
        "other names": ("Latn", lists["latin_first"], lists["latin_families"], None),
    }
    figures = []
    for label, (right, firsts, families, spelt) in names.items():
        full = [
            f"{a} {b}" if spelt is None else f"{a[spelt]} {b[spelt]}"
            for a, b in itertools.product(firsts, families)
        ]
        share = sum(population(name) == right for name in full) / len(full)
        figures.append(Figure(label=f"population: {label} put right", ours=share, unit="share"))
    return figures


def seconds(work: Callable[[], object]) -> float:
    """The shortest of several runs, CPU seconds of this process: other processes share the machine."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def costs(pairs: Sequence[Pair], random: np.random.Generator) -> list[Figure]:
    """Microseconds a call; names of two words, never seen before."""

    def names(script: str, count: int) -> list[str]:
        drawn = random.integers(0, len(pairs), (count, 2))
        return [" ".join(getattr(pairs[at], script) for at in row) for row in drawn.tolist()]

    calls: tuple[Callable[[str], str], ...] = (skeleton, phonetic, population)
    figures = []
    for call, script in itertools.product(calls, ("latin", "arabic")):
        texts = names(script, 5_000)
        cost = seconds(lambda call=call, texts=texts: [call(text) for text in texts])  # type: ignore[misc]
        label = f"{call.__name__} of {script.title()} names of two words"
        figures.append(Figure(label=label, ours=cost / len(texts) * 1e6, unit="µs", goal="<= 5 µs"))
    for first, second, size in (
        ("latin", "latin", 1_000),
        ("latin", "arabic", 1_000),
        ("arabic", "arabic", 1_000),
        ("latin", "arabic", 5),
    ):
        left, right = names(first, size), names(second, size)

        def compare(left: list[str] = left, right: list[str] = right) -> None:
            spelling.cache_clear()
            similarity(left, right)

        label = f"similarity of {first.title()} and {second.title()}, {size:,} pairs of new names"
        goal = "<= 20 µs" if size > 5 else ""
        figures.append(Figure(label=label, ours=seconds(compare) / size * 1e6, unit="µs a pair", goal=goal))
    return figures


def run(quick: bool) -> Result:
    pairs = read_pairs()
    random = np.random.default_rng(SEED)
    candidates = [pairs[at] for at in random.choice(len(pairs), CANDIDATES, replace=False)]
    asked = [at for at, pair in enumerate(candidates) if pair.part == "test"]
    asked = asked[: 80 if quick else 1_000]
    sides = Sides(candidates)
    return Result(
        name="link-names",
        n=len(asked),
        figures=[
            *ranking(sides, asked, to_latin=True),
            *ranking(sides, asked, to_latin=False),
            *keys(pairs),
            *populations(),
            *costs(pairs, random),
        ],
        notes=[
            f"{len(asked):,} names of the test part ({sum(pair.part == 'test' for pair in pairs):,} of "
            f"{len(pairs):,} pairs), each among {CANDIDATES:,} random names of the file; ties averaged. If "
            "several candidates share the asked spelling only one counts as right.",
            f"CPU time of one process, best of {REPEATS}.",
        ],
    )
