"""Real posts for benches: tweets of reporters, of ordinary people and companies, and Arabic ones.

They are public research data (PHEME, TwiBot-20, MLMA) and no part of this repository.
"""

import csv
import random
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
SOURCES = {
    "reporters": ("pheme/pheme_rumour_sources.csv", "text"),
    "people": ("twibot20/tweets.csv", "text"),
    "Arabic": ("mlma/ar_dataset.csv", "tweet"),
}


def load(source: str) -> list[str]:
    """All texts of one of SOURCES, each once; raises FileNotFoundError that says what is missing."""
    name, column = SOURCES[source]
    path = DATA / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: this bench needs real posts; put the data sets of SOURCES there")
    with path.open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(row[column] for row in csv.DictReader(file)))


def mixture(size: int, seed: int = 1) -> list[str]:
    """So many posts: 15 % of reporters, 60 % of people, 25 % Arabic; repeated when there are too few."""
    chance = random.Random(seed)
    posts: list[str] = []
    for source, share in (("reporters", 0.15), ("people", 0.6), ("Arabic", 0.25)):
        texts = load(source)
        chance.shuffle(texts)
        count = round(size * share)
        posts += (texts * (count // len(texts) + 1))[:count]
    chance.shuffle(posts)
    return posts
