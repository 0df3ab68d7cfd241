"""To which population of names a name belongs. Serves to measure rarity among like names, never as evidence."""

import re

from tenfold.linkage.spelling import spelt

_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3]")
_LATIN = re.compile("[a-z]")
_ARABIC_NAME = re.compile(
    r"(?:^|[\W_])(?:abu|abo|abou|umm?|ibn|bint|bin|ben|abd\w*|al|el|as|ash|ad|ar|mu?o?ham+[ae]d|a[h7]mad|ahmed)"
    r"(?:[\W_]|$)|[a-z][35-9][a-z]|[35-9][a-z]{2}"
)


def population(text: str) -> str:
    """The population of names that a name or handle belongs to: "Arab", "Latn", or "" for others and none.

    It serves to measure rarity among like names, so that nobody's common name is taken for a rare one; it is
    never evidence.
    """
    letters = spelt(text)
    if _ARABIC.search(letters) or _ARABIC_NAME.search(letters):
        return "Arab"
    return "Latn" if _LATIN.search(letters) else ""
