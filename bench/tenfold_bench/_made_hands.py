"""Arabic posts of people who do not exist: real tweets of many hands (MLMA), rewritten in one's habits.

There are no Arabic timelines of known authors among the data, so habits are put on: how somebody ends a
sentence, spells hamza and ta marbuta, spaces commas, holds letters down, which emoji and digits they use.
What is measured is whether habits of this sort are found in Arabic, not how real people differ.
"""

import random
import re

from tenfold_bench._posts import load

EMOJI = "😂🤣😭😍🔥💔❤🙏👍😅🤔😎"
_LAST_LETTER = re.compile(r"([اويه])(?=\s|$)")


class Hand:
    """The habits of one person, drawn at random."""

    def __init__(self, chance: random.Random) -> None:
        draw = chance.random
        self._ends = chance.choice(["", "", ".", "..", "...", "!", "!!", " ."])
        self._ends_share = draw()
        self._emoji = chance.sample(EMOJI, 3)
        self._emoji_share = draw() * 0.6
        self._repeats = chance.choice([1, 1, 2, 3])
        self._bare_hamza, self._bare_ta = draw() < 0.5, draw() < 0.4
        self._comma = chance.choice(["، ", "،", " ، ", " .. ", ", "])
        self._comma_share = draw() * 0.5
        self._held_share = draw() * 0.2 if draw() < 0.4 else 0.0
        self._tatweel_share = draw() * 0.2 if draw() < 0.15 else 0.0
        self._lines = draw() < 0.2

    def write(self, text: str, chance: random.Random) -> str:
        """A text in these habits."""
        draw = chance.random
        text = re.sub(r"\s+", " ", re.sub(r"@(?:url|user)|[.!؟?،,…]+", " ", text)).strip()
        if self._bare_hamza:
            text = re.sub("[أإآ]", "ا", text)
        if self._bare_ta:
            text = text.replace("ة", "ه")
        words = text.split(" ")
        for place in range(len(words) - 1):
            if draw() < self._held_share:
                words[place] = _LAST_LETTER.sub(r"\1\1\1\1", words[place])
            if draw() < self._tatweel_share and len(words[place]) > 3:
                words[place] = words[place][:2] + "ـ" + words[place][2:]
        if len(words) > 6 and draw() < self._comma_share:
            place = chance.randrange(3, len(words) - 2)
            words[place : place + 2] = [words[place] + self._comma + words[place + 1]]
        text = " ".join(words)
        if draw() < self._ends_share:
            text += self._ends
        if draw() < self._emoji_share:
            text += ("\n" if self._lines else " ") + chance.choice(self._emoji) * self._repeats
        return text


def people(count: int, posts: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """So many posts of so many people on their closed accounts, and as many on their new ones."""
    chance = random.Random(seed)
    tweets = [text for text in load("Arabic") if len(text) > 40]
    sides: tuple[list[list[str]], list[list[str]]] = ([], [])
    for _ in range(count):
        hand = Hand(chance)
        for side in sides:
            side.append([hand.write(text, chance) for text in chance.sample(tweets, posts)])
    return sides
