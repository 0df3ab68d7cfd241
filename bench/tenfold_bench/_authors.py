"""Real authors with many posts each, cut in two: what was written before and after an imagined closure.

TwiBot-20 (timelines of 99 accounts) and PHEME (reporters), public research data and no part of this
repository. Weights are fitted to half of the TwiBot-20 authors; figures are about the others.
"""

import csv
import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tenfold_bench._posts import DATA

Author = tuple[list[str], list[str]]  # older posts, newer posts


class Sides(msgspec.Struct, frozen=True):
    """Posts of the same authors, drawn from the older and the newer ones."""

    authors: list[str]
    closed: list[list[str]]
    new: list[list[str]]


def rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a file of the data folder; raises FileNotFoundError that says what is missing."""
    path = DATA / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: this needs posts of real authors; put the data set there")
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def timelines(reposts: bool = False) -> dict[str, Author]:
    """TwiBot-20's authors. Timelines come latest first; reposts ("RT @") are left out unless wanted."""
    posts: dict[str, list[str]] = {}
    for row in rows("twibot20/tweets.csv"):
        posts.setdefault(row["user_id"], [])
        if reposts or not row["text"].startswith("RT @"):
            posts[row["user_id"]].append(row["text"])
    return {author: (own[len(own) // 2 :], own[: len(own) // 2]) for author, own in posts.items()}


def reporters(least: int = 6) -> dict[str, Author]:
    """PHEME's authors of so many posts or more. All wrote of the same few events."""
    posts: dict[str, list[str]] = {}
    for row in rows("pheme/pheme_rumour_sources.csv"):
        posts.setdefault(row["username"], []).append(row["text"])
    chance = random.Random(3)
    many = {author: own for author, own in posts.items() if len(own) >= least}
    for own in many.values():
        chance.shuffle(own)
    return {author: (own[len(own) // 2 :], own[: len(own) // 2]) for author, own in many.items()}


def for_tuning() -> set[str]:
    """The TwiBot-20 authors that weights may be fitted to; the others are for measuring."""
    authors = list(timelines())
    random.Random(7).shuffle(authors)
    return set(authors[:50])


def draw(authors: dict[str, Author], closed: int, new: int, seed: int) -> Sides:
    """So many posts of either side of each author who has them, drawn at random."""
    chance = random.Random(seed)
    chosen = {a: sides for a, sides in authors.items() if len(sides[0]) >= closed and len(sides[1]) >= new}
    take: Callable[[Sequence[str], int], list[str]] = chance.sample
    return Sides(
        list(chosen),
        [take(older, closed) for older, _ in chosen.values()],
        [take(newer, new) for _, newer in chosen.values()],
    )
