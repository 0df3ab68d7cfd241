"""Letters that look like others, as evaders write them, in both scripts."""

# Pairs from the Unicode confusables data (UTS #39) that ordinary fonts render alike.
LATIN = dict(zip("aeopcxyiAEOPCTHKMB", "аеорсхуіАЕОРСТНКМВ", strict=True))
ARABIC = {"ي": "ی", "ك": "ک", "ه": "ہ", "أ": "ا", "ة": "ه", "ى": "ی"}
LEET = {"o": "0", "i": "1", "l": "1", "e": "3", "a": "4", "s": "5"}

_FOLD = {new: old for old, new in {**LATIN, "ي": "ی", "ك": "ک"}.items()}
_FOLD |= {"ہ": "ه", "أ": "ا", "ة": "ه", "ى": "ي", "0": "o", "1": "i", "l": "i", "3": "e", "4": "a", "5": "s"}


def swap(text: str, table: dict[str, str], positions: int, start: int) -> str:
    """Replace up to `positions` letters of `text` that have a look-alike, from the `start`-th such on."""
    places = [index for index, letter in enumerate(text) if letter in table]
    if not places:
        return text
    chosen = {places[(start + step) % len(places)] for step in range(min(positions, len(places)))}
    return "".join(table[c] if index in chosen else c for index, c in enumerate(text))


def fold(text: str) -> str:
    """The text with look-alikes of one another made equal."""
    visual = "".join(_FOLD.get(letter, letter) for letter in text).lower()
    return "".join(_FOLD.get(letter, letter) for letter in visual)
