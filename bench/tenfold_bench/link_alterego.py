"""Habits of writing on real authors: whose new account is this, by the form of 5 to 50 posts a side?"""

import math
import time
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.encoder import encoder
from tenfold.detectors.text.windows import windows
from tenfold.linkage import style
from tenfold_bench import _authors, _made_hands, _posts, _rhythms
from tenfold_bench.result import Figure, Result

POSTS = (5, 10, 25, 50)
GOAL_POSTS = 25
GOAL = ">= 0.92"
Grid = NDArray[np.float64]  # [new account, closed account]: how much they seem to be one person's


class Scores(msgspec.Struct, frozen=True):
    top_1: float
    top_5: float
    mrr: float
    auc: float


def measure(grid: Grid, asked: NDArray[np.bool_]) -> Scores:
    """How well the right closed account is found for each new one that is asked about, among all; ties
    count against. AUC: a right pair against a wrong one, of those asked about only."""
    right = np.diag(grid)
    rank = (grid >= right[:, None]).sum(axis=1)[asked]
    wrong = np.sort(grid[asked][:, asked][~np.eye(int(asked.sum()), dtype=bool)])
    below = np.searchsorted(wrong, right[asked], "left") + np.searchsorted(wrong, right[asked], "right")
    return Scores(
        float((rank == 1).mean()),
        float((rank <= 5).mean()),
        float((1 / rank).mean()),
        float(below.mean() / 2 / len(wrong)),
    )


def packed(accounts: Sequence[Sequence[str]]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Sketches of accounts as `style.similarity` takes them."""
    made = style.sketches(accounts)
    blank = bytes(style.STYLE_BYTES)
    raw = np.frombuffer(b"".join(sketch or blank for sketch, _ in made), dtype=np.uint8)
    return raw.reshape(-1, style.STYLE_BYTES), np.array([chars for _, chars in made])


def ours(closed: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> Grid:
    """Bits of the shipped model."""
    (a, a_chars), (b, b_chars) = packed(closed), packed(new)
    left, right = np.indices((len(a), len(b))).reshape(2, -1)
    usual = style.model().background  # the shipped one is of the same platform
    bits: Grid = style.similarity(a[left], a_chars[left], b[right], b_chars[right], usual).astype(np.float64)
    return bits.reshape(len(a), len(b)).T


def tf_idf(closed: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> Grid:
    """Cosine of TF-IDF over runs of 3 and 4 characters, lower case, links, mentions and all; logarithmic
    counts, smoothed IDF learned from the very accounts compared."""
    documents = [
        Counter(
            post[i : i + width]
            for post in map(str.lower, posts)
            for width in (3, 4)
            for i in range(len(post) - width + 1)
        )
        for posts in (*closed, *new)
    ]
    frequency = Counter(run for document in documents for run in document)
    columns = {run: column for column, run in enumerate(run for run, n in frequency.items() if n > 1)}
    weights = np.zeros((len(documents), len(columns)), dtype=np.float32)
    for row, document in enumerate(documents):
        shared = [(columns[run], run, n) for run, n in document.items() if run in columns]
        total = 1 + len(documents)
        weights[row, [column for column, _, _ in shared]] = [
            (1 + math.log(n)) * (math.log(total / (1 + frequency[run])) + 1) for _, run, n in shared
        ]
    weights /= np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    return np.asarray(weights[len(closed) :] @ weights[: len(closed)].T, dtype=np.float64)


def embedded(closed: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> Grid:
    """Cosine of the mean sentence embeddings."""
    means = []
    for posts in (*closed, *new):
        words = [word for post in posts for window in windows(post) for word in [window.words]]
        vectors = encoder().embed([encoder().pieces(piece) for piece in words])
        mean = vectors.mean(axis=0) if len(vectors) else np.zeros(512, dtype=np.float32)
        means.append(mean / max(float(np.linalg.norm(mean)), 1e-9))
    stacked = np.stack(means).astype(np.float64)
    return np.asarray(stacked[len(closed) :] @ stacked[: len(closed)].T)


def mean(scores: Sequence[Scores]) -> Scores:
    return Scores(*np.mean([msgspec.structs.astuple(one) for one in scores], axis=0).tolist())


def figures(label: str, mine: Scores, peers: dict[str, Scores], goal: str = "") -> list[Figure]:
    """One figure for each measure and peer."""
    found = []
    for name, title in (("top_1", "top 1"), ("top_5", "top 5"), ("mrr", "MRR"), ("auc", "AUC")):
        for peer, theirs in peers.items():
            value, other = getattr(mine, name), getattr(theirs, name)
            found.append(
                Figure(
                    label=f"{label}: {title}",
                    ours=round(value, 4),
                    unit="",
                    peer=round(other, 4),
                    peer_name=peer,
                    ratio=value / other,
                    goal=goal if name == "top_5" else "",
                )
            )
    return found


def people(draws: int) -> list[Figure]:
    """Real authors: English for the most part, with their own posts."""
    authors, tuning = _authors.timelines(), _authors.for_tuning()
    found = []
    for posts in POSTS:
        scores: dict[str, list[Scores]] = {}
        for seed in range(draws):
            sides = _authors.draw(authors, posts, posts, seed=100 + seed)
            unseen = np.array([author not in tuning for author in sides.authors])
            runs = tf_idf(sides.closed, sides.new)
            grids = {"": ours(sides.closed, sides.new), "TF-IDF of characters": runs}
            if posts == GOAL_POSTS:  # embedding a draw takes 6 s
                grids["TF-IDF + embeddings"] = runs + embedded(sides.closed, sides.new)
            for name, grid in grids.items():
                scores.setdefault(name, []).append(measure(grid, unseen))
                scores.setdefault(f"{name}, all", []).append(measure(grid, np.full(len(unseen), True)))
        peers = {name: mean(of) for name, of in scores.items() if name and name[-5:] != ", all"}
        label = f"{posts} posts, {int(unseen.sum())} unseen of {len(unseen)}"
        found += figures(label, mean(scores[""]), peers, GOAL if posts == GOAL_POSTS else "")
        if posts == GOAL_POSTS:
            peers = {
                name.removesuffix(", all"): mean(of) for name, of in scores.items() if name[-5:] == ", all"
            }
            peers.pop("")
            found += figures(f"{posts} posts, all {len(unseen)}", mean(scores[", all"]), peers, GOAL)
    return found


def made_hands(draws: int) -> list[Figure]:
    """Arabic posts with habits put on."""
    mine, theirs = [], []
    for seed in range(draws):
        closed, new = _made_hands.people(100, GOAL_POSTS, seed)
        everybody = np.full(len(new), True)
        mine.append(measure(ours(closed, new), everybody))
        theirs.append(measure(tf_idf(closed, new), everybody))
    label = f"{GOAL_POSTS} posts, 100 made Arabic hands"
    return figures(label, mean(mine), {"TF-IDF of characters": mean(theirs)})


def false_bits() -> list[Figure]:
    """How often people who only share a language, a topic or a platform get bits. In crowds every post has
    another hand, so two of them have nothing but language and platform in common."""
    arabic = _posts.load("Arabic")
    crowds = [arabic[start : start + GOAL_POSTS] for start in range(0, len(arabic) - GOAL_POSTS, GOAL_POSTS)]
    sides = _authors.draw(_authors.reporters(least=20), 10, 10, seed=1)
    tuning = _authors.for_tuning()
    unseen = {author: own for author, own in _authors.timelines().items() if author not in tuning}
    strangers = _authors.draw(unseen, GOAL_POSTS, GOAL_POSTS, seed=1)
    found = []
    for label, grid in (
        (f"unseen authors, {GOAL_POSTS} posts", ours(strangers.closed, strangers.new)),
        (f"crowds of {GOAL_POSTS} Arabic tweets", ours(crowds, crowds)),
        ("reporters of the same events, 10 posts", ours(sides.closed, sides.new)),
    ):
        wrong = grid[~np.eye(len(grid), dtype=bool)]
        for bits in (2, 4):
            found.append(
                Figure(
                    label=f"strangers over {bits} bits: {label}",
                    ours=round(100 * float((wrong > bits).mean()), 3),
                    unit="%",
                    goal=f"<= {100 / 2**bits:g}",
                )
            )
    return found


def speed(repeats: int) -> list[Figure]:
    """Cost of a sketch and of a comparison, CPU time of one core."""
    posts = _posts.mixture(5_000)
    accounts = [posts[start : start + 25] for start in range(0, len(posts), 25)]
    style.similarity(*packed(accounts[:2]), *packed(accounts[:2]))
    size = sum(len(post.encode()) for post in posts) / 1e6
    times: list[list[float]] = []
    for _ in range(repeats):
        start = time.process_time()
        a, a_chars = packed(accounts)
        middle = time.process_time()
        b, b_chars = np.roll(a, 1, axis=0), np.roll(a_chars, 1)
        for first in range(0, len(a), 20):
            part = slice(first, first + 20)
            style.similarity(a[part], a_chars[part], b[part], b_chars[part])
        times.append([middle - start, time.process_time() - middle])
    sketching, comparing = np.min(times, axis=0)
    return [
        Figure(label="sketching", ours=size / float(sketching), unit="MB/s", goal=">= 5 MB/s"),
        Figure(label="comparing, 20 at a time", ours=1e6 * float(comparing) / len(a), unit="µs a pair"),
        Figure(label="size of a sketch", ours=style.STYLE_BYTES, unit="bytes"),
    ]


def run(quick: bool) -> Result:
    draws = 1 if quick else 8
    found = people(draws)
    return Result(
        name="link-alterego",
        n=len(_authors.timelines()),
        figures=[*found, *made_hands(draws), *false_bits(), *_rhythms.measure(), *speed(2 if quick else 5)],
        notes=[
            "TwiBot-20 timelines without reposts (RT @): the older half is the closed account, the newer "
            f"half the new one; posts drawn at random from each, mean of {draws} draws. Candidates are all "
            "authors with enough posts. No weight was fitted to unseen authors; but four settings (runs of "
            "signs, directions, absence, usual length) were chosen with their figures in sight.",
            "Ours sees no words, links, mentions or names, only the form; the peers see all text, with IDF "
            "of the very accounts, and so topics and languages too (one author in six writes neither English "
            "nor Arabic). Strangers: two people who share a language, a topic or a platform; the goal is the "
            "share that bits of this size allow.",
        ],
    )
