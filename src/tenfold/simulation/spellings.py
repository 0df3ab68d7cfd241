"""How names are made and written: rarer names of both cultures, and the many ways to romanise Arabic ones.

The rarer names are invented from syllables and from Arabic roots in the usual patterns; a few of them
are real names by chance.
"""

from functools import cache
from random import Random

from tenfold.simulation.grammar import Draw

# Consonants as Arabic, usual Latin and chat letters, the commoner ones twice.
CONSONANTS = (
    *(("ب", "b", "b"), ("د", "d", "d"), ("ر", "r", "r"), ("س", "s", "s"), ("ل", "l", "l"), ("م", "m", "m"))
    * 2,
    *(("ن", "n", "n"), ("ح", "h", "7"), ("ف", "f", "f"), ("ك", "k", "k"), ("ش", "sh", "sh"), ("ج", "j", "g")),
    *(
        ("خ", "kh", "5"),
        ("ط", "t", "6"),
        ("ق", "q", "8"),
        ("غ", "gh", "gh"),
        ("ص", "s", "s"),
        ("ز", "z", "z"),
    ),
    *(("ه", "h", "h"), ("ت", "t", "t"), ("و", "w", "w"), ("ي", "y", "y")),
)
# Patterns of three consonants (0, 1, 2): Arabic, Latin, chat alphabet.
FAMILY_PATTERNS = (
    ("0ا12", "0a1i2", "0a1e2"),
    ("01ي2", "0a1i2", "0a1ee2"),
    ("01ا2", "0a11a2", "0a11a2"),
    ("م01و2", "ma01ou2", "ma01oo2"),
    ("ال012ي", "Al-0a12i", "El0a12y"),
    ("ال01ا2ي", "Al-0a1a2i", "El0e1a2y"),
    ("01ا2نة", "0a1a2na", "0a1a2na"),
    ("أبو 012", "Abu 0a12", "Abo0a12"),
)
FIRST_PATTERNS = (
    ("0ا12", "0a1i2", "0a1e2"),
    ("01ي2", "0a1i2", "0a1ee2"),
    ("012ان", "0a12an", "0a12an"),
    ("01ا2", "0i1a2", "0e1a2"),
    ("0ا12ة", "0a1i2a", "0a12a"),
    ("01ي2ة", "0a1i2a", "0a1ee2a"),
)
ARABIC_FAMILIES, ARABIC_FIRSTS = 6_000, 400  # fewer than Latin ones: Arabic names are less diverse
LATIN_FAMILIES, LATIN_FIRSTS = 30_000, 2_500

# What one writer puts for another's letters when Arabic names are written in Latin ones.
ROMANISATIONS = (
    ("ou", ("u", "oo", "o")),
    ("ei", ("ai", "ay", "e")),
    ("kh", ("5", "k", "kh")),
    ("sh", ("ch", "sh")),
    ("gh", ("g", "8")),
    ("th", ("t", "th")),
    ("q", ("k", "g", "8")),
    ("j", ("g", "dj")),
    ("ee", ("i", "y")),
    ("u", ("o", "ou")),
    ("a", ("e", "a", "aa")),
    ("i", ("e", "y", "ee")),
    ("ss", ("s",)),
    ("mm", ("m",)),
    ("dd", ("d",)),
    ("al-", ("el ", "al", "el-", "")),
)


def respelt(latin: str, draw: Draw) -> str:
    """One of the other ways to write an Arabic name in Latin letters."""
    text = latin.lower()
    for _ in range(1 + int(draw() * 3)):
        old, choices = ROMANISATIONS[int(draw() * len(ROMANISATIONS))]
        at = text.find(old, 1) if old != "al-" else text.find(old)
        if at >= 0:
            text = text[:at] + choices[int(draw() * len(choices))] + text[at + len(old) :]
    return text.title() if latin[:1].isupper() else text


class _Root:
    """Three different consonants in a pattern."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def written(self, patterns: tuple[tuple[str, str, str], ...]) -> tuple[str, str, str]:
        letters = self._random.sample(CONSONANTS, 3)
        pattern = patterns[int(len(patterns) * self._random.random() ** 1.5)]
        spelt = []
        for script, form in enumerate(pattern):
            text = form
            for place in range(3):
                text = text.replace(str(place), "\0" + str(place))
            for place in range(3):
                text = text.replace(f"\0{place}", letters[place][script])
            spelt.append(text if script == 0 else text[:1].upper() + text[1:])
        return spelt[0], spelt[1], spelt[2]


@cache
def arabic_names(kind: str) -> list[tuple[str, str, str]]:
    """Rarer Arabic names, `kind` first or family, commonest first."""
    root = _Root(Random(f"arabic {kind}"))  # noqa: S311
    patterns, count = (
        (FIRST_PATTERNS, ARABIC_FIRSTS) if kind == "first" else (FAMILY_PATTERNS, ARABIC_FAMILIES)
    )
    return list(dict.fromkeys(root.written(patterns) for _ in range(count)))


_ONSETS = (
    *"bcdfghjklmnprstvwz",
    "br",
    "ch",
    "cl",
    "dr",
    "fr",
    "gr",
    "kr",
    "pl",
    "sch",
    "sh",
    "st",
    "tr",
    "th",
)
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "o", "ai", "ie", "ou", "ee")
_CODAS = ("", "", "l", "n", "r", "s", "t", "ck", "ll", "nd", "rt", "m", "x", "ng")
_ENDINGS = {
    "first": ("", "a", "e", "ie", "o", "an", "en", "ine", "us", "ia", "y", "in"),
    "family": (
        "son",
        "er",
        "man",
        "ez",
        "ski",
        "ton",
        "berg",
        "ini",
        "sen",
        "ov",
        "s",
        "ard",
        "well",
        "wood",
        "eau",
        "",
    ),
}


@cache
def latin_names(kind: str) -> list[str]:
    """Rarer Latin names, `kind` first or family, commonest first."""
    random = Random(f"latin {kind}")  # noqa: S311
    made: dict[str, None] = {}
    count = LATIN_FIRSTS if kind == "first" else LATIN_FAMILIES
    for _ in range(count):
        syllables = 1 + int(random.random() * 1.8)
        body = "".join(
            random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS) for _ in range(syllables)
        )
        made[(body + random.choice(_ENDINGS[kind])).capitalize()] = None
    return list(made)
