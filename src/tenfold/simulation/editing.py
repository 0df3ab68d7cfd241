"""What hands do to a text before they post it: slips, emphasis, and edits meant to slip past filters."""

from collections.abc import Callable
from random import Random

from tenfold.simulation import lookalikes

CHEERFUL = ("😂", "❤️", "👍", "🙏", "😍", "🔥", "😊", "🤲", "⚽", "🌹", "😅", "👏", "🎉", "😢", "🤔", "☕")
GRIM = ("🔥", "🏴", "⚫", "🩶", "✊", "🌫️", "⚔️", "☝️", "🪶", "🌑")
DIACRITICS = "\u064e\u064f\u0650\u0652\u0651"
TATWEEL = "\u0640"


def is_arabic(letter: str) -> bool:
    """A letter of the Arabic alphabet proper."""
    return "\u0621" <= letter <= "\u064a"


Edit = Callable[[str, Random], str]


def before_links(text: str, edit: Edit, random: Random) -> str:
    """Edit what stands before the first link: nobody misspells what they paste."""
    head, link, tail = text.partition("http")
    return edit(head, random) + link + tail if head.strip() else text


def with_emoji(text: str, emoji: tuple[str, ...], random: Random) -> str:
    """One to three at the end, one of them now and then at the beginning."""
    drawn = "".join(emoji[int(random.random() * len(emoji))] for _ in range(1 + int(random.random() * 3)))
    return f"{drawn} {text}" if random.random() < 0.25 else f"{text} {drawn}"


def slip(text: str, random: Random) -> str:
    """A slip of the fingers: two letters change places, one is lost, or one is doubled."""
    if len(text) < 8:
        return text
    at = 1 + int(random.random() * (len(text) - 3))
    if text[at] == " " or text[at + 1] == " ":
        return text
    kind = random.random()
    if kind < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind < 0.7 else text[:at] + text[at] + text[at:]


def stretched(text: str, random: Random) -> str:
    """One word drawn out: `soooo`, or with the Arabic kashida."""
    words = text.split(" ")
    index = int(random.random() * len(words))
    word = words[index]
    if len(word) > 2 and not word.startswith(("#", "@")):
        extra = TATWEEL * 3 if is_arabic(word[1]) else word[1] * 3
        words[index] = word[:2] + extra + word[2:]
    return " ".join(words)


def spaced(text: str, random: Random) -> str:
    """One longer word with its letters apart: `b a n n e r`, `ر.م.ا.د`."""
    words = text.split(" ")
    long = [index for index, word in enumerate(words) if len(word) > 4]
    if long:
        index = long[int(random.random() * len(long))]
        words[index] = (" ", ".", "-", "_")[int(random.random() * 4)].join(words[index])
    return " ".join(words)


def vowelled(text: str, random: Random) -> str:
    """Arabic with some vowel marks; other text unchanged."""
    draw = random.random
    return "".join(
        letter + DIACRITICS[int(draw() * 5)] if is_arabic(letter) and draw() < 0.3 else letter
        for letter in text
    )


def disguised(text: str, random: Random) -> str:
    """A few letters replaced by look-alikes."""
    table = lookalikes.ARABIC if any(is_arabic(letter) for letter in text[:20]) else lookalikes.LATIN
    return lookalikes.swap(text, table, 3 + int(random.random() * 6), int(random.random() * 40))


def excerpt(text: str, random: Random) -> str:
    """The beginning or the end of a longer text, cut between sentences or clauses."""
    for mark in (". ", "، ", ", "):
        parts = text.split(mark)
        if len(parts) > 1:
            half = max(1, len(parts) // 2)
            chosen = parts[:half] if random.random() < 0.5 else parts[half:]
            return mark.join(chosen).strip()
    return text


def shouted(text: str, random: Random) -> str:
    """Capitals, or marks of exclamation where there are none."""
    return text.upper() if random.random() < 0.5 else text.rstrip(".") + "!" * (1 + int(random.random() * 4))


EDITS: tuple[Edit, ...] = (
    slip,
    stretched,
    spaced,
    vowelled,
    disguised,
    excerpt,
    shouted,
)


def edited(text: str, random: Random) -> str:
    """One to three edits, one after the other."""
    for _ in range(1 + int(random.random() * 3)):
        text = before_links(text, EDITS[int(random.random() * len(EDITS))], random)
    return text
