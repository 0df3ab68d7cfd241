"""The way somebody writes, whatever they write about: marks, emoji, openings, and habits of spelling.

A hand is a number of 64 bits. The low half holds habits that people keep without noticing (spelling, spacing,
slips), the high half what they can change at will (marks, emoji, openings, laughter): a disguise.
"""

from functools import lru_cache
from random import Random

import msgspec

from tenfold.simulation import editing
from tenfold.simulation.grammar import Draw, lexicon

AR = 0
LANGUAGES = ("ar", "en", "ar-Latn")  # by number
HABIT_SHARE = 0.13  # a person has each of the habits of spelling with this probability
FAITHFULNESS = (0.3, 0.95)  # and follows those that they have this often
MOST_OPENINGS, MOST_CLOSINGS, MOST_SLIPS, MOST_EMOJI = 0.25, 0.15, 0.12, 0.5  # of a person's posts

ENDINGS = ("", "", ".", ".", "!", "..", "...", " .", "!!", "…", " !", "؟!", " ~", ";")
EASTERN_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class Hand(msgspec.Struct, frozen=True):
    """Habits as tables, by language; shares are probabilities per post or use."""

    spellings: list[tuple[tuple[str, str], ...]]
    faithful: float
    lower: bool
    eastern: bool
    wide: str
    typos: float
    ending: str
    openings: list[list[str]]
    opening: float
    closings: list[list[str]]
    closing: float
    emoji: list[str]
    emojis: float
    sentences: float


@lru_cache(maxsize=20_000)
def hand(seed: int) -> Hand:
    """The hand of this number."""
    told = [lexicon("hands")[language] for language in LANGUAGES]
    deep = Random(seed & 0xFFFFFFFF)  # noqa: S311
    surface = Random(seed >> 32)  # noqa: S311
    draw = deep.random
    spellings = [tuple((old, new) for old, new in file["spellings"] if draw() < HABIT_SHARE) for file in told]
    low, high = FAITHFULNESS
    return Hand(
        spellings=spellings,
        faithful=low + (high - low) * draw(),
        lower=draw() < 0.2,
        eastern=draw() < 0.3,
        wide=("", "", "", "", "", "", "  ", "\n")[int(draw() * 8)],
        typos=MOST_SLIPS * draw() ** 2,
        ending=ENDINGS[int(surface.random() * len(ENDINGS))],
        openings=[surface.sample(file["openings"], 2) for file in told],
        opening=MOST_OPENINGS * surface.random() ** 2,
        closings=[surface.sample(file["closings"], 2) for file in told],
        closing=MOST_CLOSINGS * surface.random() ** 2,
        emoji=surface.sample(editing.CHEERFUL, 3),
        emojis=MOST_EMOJI * surface.random() ** 2,
        sentences=0.6 * draw(),
    )


def written(text: str, by: Hand, language: int, random: Random) -> str:
    """The text as this hand writes it; links stay as they are."""
    return editing.before_links(text, lambda plain, _: _styled(plain, by, language, random), random)


def _styled(text: str, by: Hand, language: int, random: Random) -> str:
    draw = random.random
    for old, new in by.spellings[language]:
        if old in text and draw() < by.faithful:
            text = text.replace(old, new)
    if draw() < by.opening:
        text = f"{_one(by.openings[language], draw)} {text}"
    if language == AR:
        text = text.translate(EASTERN_DIGITS) if by.eastern else text
    elif by.lower:
        text = text.lower()
    if draw() < by.typos:
        text = editing.slip(text, random)
    bare = text.rstrip(".!؟? ") or text
    text = bare + (by.ending if draw() < by.faithful else text[len(bare) :])
    if draw() < by.closing:
        text = f"{text} {_one(by.closings[language], draw)}"
    if draw() < by.emojis:
        text = f"{text} {_one(by.emoji, draw) * (1 + int(draw() * 2))}"
    return text.replace(". ", f".{by.wide}") if by.wide else text


def _one(words: list[str], draw: Draw) -> str:
    return words[int(draw() ** 1.5 * len(words))]
