"""100,000 bank terms on Arabic posts: UTF-8 megabytes a second on one core, beside pyahocorasick and `re`."""

import csv
import gc
import itertools
import random
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import ahocorasick

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.language import identify
from tenfold.detectors.text.normalise import NormalBatch, normalise_batch
from tenfold.detectors.text.phrase_index import PhraseIndex
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.terms import TermsDetector, normal_lines
from tenfold.detectors.text.urls import UrlDetector, find_urls
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench.result import Figure, Result

TWEETS = Path(__file__).resolve().parents[3] / "shared" / "data" / "mlma" / "ar_dataset.csv"
TERMS = 100_000
RE_TERMS = 1_000  # the alternation of `re` takes time in proportion to its terms
BATCH = 500
REPEATS = 5
GOAL = ">= 20 MB/s, normalising included"

# Arabic words are roots in patterns; these compose about 200,000 that look like words and mean nothing.
ROOT_LETTERS = "بتثجحخدرزسشصضطعغفقكلمنه"
_PATTERNS = """
{0}{1}{2} {0}ا{1}{2} م{0}{1}و{2} {0}{1}ي{2} ت{0}{1}ي{2} است{0}{1}ا{2} {0}{1}ا{2}ة م{0}ا{1}{2}ة أ{0}{1}ا{2}
{0}{1}و{2} ال{0}{1}{2} ال{0}ا{1}{2} ال{0}{1}ي{2}ة و{0}{1}{2}ت بال{0}{1}ي{2} لل{0}{1}{2} ي{0}{1}{2}ون
"""
PATTERNS = _PATTERNS.split()
COMMON_TERMS = 0.002  # of the terms are made of words that posts use


class Lexicon:
    """Made-up Arabic words, the frequent ones often, and posts of about 100 characters of them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        roots = ["".join(letters) for letters in itertools.permutations(ROOT_LETTERS, 3)]
        self.random.shuffle(roots)
        half = (
            len(roots) // 2
        )  # words of one root differ by clitics, so posts and bank get roots of their own
        self.common, self.rare = self._words(roots[:half]), self._words(roots[half:])
        self._weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(self.common))))

    def _words(self, roots: Sequence[str]) -> list[str]:
        words = [pattern.format(*root) for root in roots for pattern in PATTERNS]
        self.random.shuffle(words)
        return words

    def post(self) -> str:
        return " ".join(self.random.choices(self.common, cum_weights=self._weights, k=17))

    def terms(self, count: int) -> list[str]:
        """Terms and phrases of one to three words, nearly all of them rare, as in a bank."""
        found: dict[str, None] = {}
        while len(found) < count:
            words = self.common if self.random.random() < COMMON_TERMS else self.rare
            found[" ".join(self.random.choices(words, k=self.random.choice((1, 1, 2, 3))))] = None
        return list(found)


def tweets() -> list[str]:
    """Real Arabic tweets (MLMA); the bench does not run without them."""
    if not TWEETS.exists():
        raise FileNotFoundError(f"{TWEETS} is not there: this bench needs the Arabic MLMA tweets")
    with TWEETS.open(encoding="utf-8", newline="") as file:
        return [row["tweet"] for row in csv.DictReader(file)]


def best_seconds(work: Callable[[], object]) -> float:
    """The shortest of several runs, in CPU seconds of this process: other processes share the machine."""
    times = []
    for _ in range(REPEATS):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def megabytes(texts: Sequence[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]


def aho_corasick(terms: Sequence[str]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for term in terms:
        automaton.add_word(term, len(term))
    automaton.make_automaton()
    return automaton


def search_aho(automaton: ahocorasick.Automaton, texts: Sequence[str]) -> int:
    """What a plain use of the library does: NFKC, then every occurrence, inside words too."""
    normalize = unicodedata.normalize
    return sum(1 for text in texts for _ in automaton.iter(normalize("NFKC", text)))


def search_whole_words(automaton: ahocorasick.Automaton, batches: Sequence[NormalBatch]) -> int:
    """The library on our normal forms, whole words only, without clitics: what we would do with it."""
    count = 0
    for batch in batches:
        text = batch.text
        for last, length in automaton.iter(text):
            count += text[last - length] <= " " and text[last + 1] <= " "
    return count


def throughput(texts: Sequence[str], terms: Sequence[str], name: str) -> list[Figure]:
    """MB/s of normalising, of matching and of both, and of the peer, on these texts."""
    size = megabytes(texts)
    index = PhraseIndex(normal_lines(terms))
    automaton = aho_corasick([unicodedata.normalize("NFKC", term) for term in terms])
    on_normal_form = aho_corasick(normal_lines(terms))
    parts = batches(texts)
    normal = [normalise_batch(part) for part in parts]
    hits = sum(len(index.find(one.text, one.codes, *one.words)) for one in normal)

    def normalise() -> None:
        for part in parts:
            one = normalise_batch(part)
            _ = one.words, one.text

    def match() -> None:
        for one in normal:
            index.find(one.text, one.codes, *one.words)

    seconds_normalise, seconds_match = best_seconds(normalise), best_seconds(match)
    seconds_peer = best_seconds(lambda: search_aho(automaton, texts))
    seconds_words = best_seconds(lambda: search_whole_words(on_normal_form, normal))
    ours, peer = size / (seconds_normalise + seconds_match), size / seconds_peer
    return [
        Figure(label=f"{name}: normalise alone", ours=size / seconds_normalise, unit="MB/s"),
        Figure(
            label=f"{name}: match alone",
            ours=size / seconds_match,
            unit="MB/s",
            peer=size / seconds_words,
            peer_name="pyahocorasick on our normal form, whole words without clitics",
            ratio=seconds_words / seconds_match,
        ),
        Figure(label=f"{name}: found in a hundred posts", ours=100 * hits / len(texts), unit="terms"),
        Figure(
            label=f"{name}: normalise and match",
            ours=ours,
            unit="MB/s",
            peer=peer,
            peer_name="pyahocorasick on NFKC",
            ratio=ours / peer,
            goal=GOAL,
        ),
    ]


def against_re(texts: Sequence[str], terms: Sequence[str]) -> Figure:
    """Python's alternation with word boundaries, on a hundredth of the terms and a slice of the posts."""
    few, some = terms[:RE_TERMS], texts[: 4 * BATCH]
    size = megabytes(some)
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, few)) + r")\b")
    peer = size / best_seconds(
        lambda: [pattern.findall(unicodedata.normalize("NFKC", text)) for text in some]
    )
    index = PhraseIndex(normal_lines(few))

    def ours() -> None:
        for part in batches(some):
            one = normalise_batch(part)
            index.find(one.text, one.codes, *one.words)

    mine = size / best_seconds(ours)
    return Figure(
        label=f"{RE_TERMS:,} terms: normalise and match",
        ours=mine,
        unit="MB/s",
        peer=peer,
        peer_name="re alternation on NFKC",
        ratio=mine / peer,
    )


def cost_of_a_post(texts: Sequence[str], terms: Sequence[str]) -> list[Figure]:
    """Microseconds a post of each step that every post goes through, in batches of 500."""
    entries = [BankEntry(key=term, value=term) for term in terms]
    detector = TermsDetector([Bank(id="bench", kind="terms", title="bench", entries=entries)])
    domains = [BankEntry(key=f"d{i}.example", value=f"d{i}.example") for i in range(1_000)]
    urls = UrlDetector([Bank(id="links", kind="domains", title="links", entries=domains)])
    posts = [TextItem(Subject(SubjectKind.POST, str(i)), {"text": text}) for i, text in enumerate(texts)]
    parts = [posts[start : start + BATCH] for start in range(0, len(posts), BATCH)]
    prepared = [PreparedBatch(part) for part in parts]
    found = [[find_urls(text) for text in batch.texts] for batch in prepared]
    steps: list[tuple[str, Callable[[], object]]] = [
        ("normalise", lambda: [PreparedBatch(part).normal.words for part in parts]),
        ("terms, evasions too", lambda: [detector.detect_prepared(batch) for batch in prepared]),
        ("find URLs", lambda: [[find_urls(text) for text in batch.texts] for batch in prepared]),
        (
            "URL and domain banks",
            lambda: [urls.detect_found(b, f) for b, f in zip(prepared, found, strict=True)],
        ),
        ("language", lambda: [identify(batch.texts) for batch in prepared]),
    ]
    for _, work in steps:
        work()  # loads tables and the model
    costs = [(label, best_seconds(work) / len(texts) * 1e6) for label, work in steps]
    figures = [Figure(label=f"a tweet: {label}", ours=cost, unit="µs") for label, cost in costs]
    total = sum(cost for _, cost in costs)
    return [*figures, Figure(label="a tweet: all of these", ours=total, unit="µs", goal="<= 60 µs")]


def run(quick: bool) -> Result:
    lexicon = Lexicon(seed=7)
    terms = lexicon.terms(TERMS)
    made = [lexicon.post() for _ in range(6_000 if quick else 30_000)]
    real = tweets() * (1 if quick else 5)
    start = time.process_time()
    PhraseIndex(normal_lines(terms))
    build = time.process_time() - start
    mean = sum(map(len, made)) / len(made)
    return Result(
        name="terms",
        n=TERMS,
        figures=[
            Figure(label="build the index of 100,000 terms", ours=build, unit="s"),
            *throughput(made, terms, "composed posts"),
            *throughput(real, terms, "tweets"),
            against_re(made, terms),
            *cost_of_a_post(real, terms),
        ],
        notes=[
            f"{len(made):,} composed posts of {mean:.0f} characters ({megabytes(made):.1f} MB of UTF-8), "
            f"{len(real):,} tweets ({megabytes(real):.1f} MB); CPU time of one process, best of {REPEATS}.",
            "Ours matches whole words only, with Arabic clitics taken off and spelling folded; the peer "
            "finds every occurrence of the exact letters, inside other words too.",
        ],
    )
