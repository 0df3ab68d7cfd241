"""Names and handles as words of letters, ready for comparing by sound: no disguise, digits read."""

import re
from functools import lru_cache

import msgspec

from tenfold.detectors.text.fold_table import fold_character
from tenfold.linkage.skeleton import undisguised

MOST_WORDS = 4  # of a name are compared one by one
_LEAST_REST = 3  # letters that must follow a particle written together with a name
_HAMZA = frozenset("أإآئؤءةى")  # folded elsewhere; here they tell vowels
# Letters whose marks tell how they sound.
_SOUNDS = dict.fromkeys("šşșś", "sh") | dict.fromkeys("čćç", "ch") | dict.fromkeys("žż", "zh")
_SOUNDS |= {"ñ": "ny", "ğ": "gh", "ř": "rzh"}
# Words that very many names share, by what they say: kunyas, lineage, articles, and what people add to a name
# that is taken.
_SAYING = {
    "abu": "abu abo abou aboo abi bu أبو ابو أبي ابي بو",
    "umm": "umm um oum omm om أم ام",
    "ibn": "ibn bin ben ابن إبن بن",
    "bint": "bint bent bnt بنت",
    "al": "al el il ul as ash ad ar at an az ال",
    "": "the mr mrs dr its real official new backup back account حساب جديد جديدة احتياطي رسمي",
}
_PARTICLES = {word: saying for saying, words in _SAYING.items() for word in words.split()}
_PREFIXES = re.compile(
    rf"(?:(abou|aboo|abu|abo|umm|oum|ibn|bint|bin|ben|[ae]l|أبو|ابو|ال)(?=[^\W_]{{{_LEAST_REST}}}))"
)
_camel_case = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])").sub
_find_digit = re.compile("[0-9]").search
# Numbers: three digits and more, two at the beginning of a word, any at its end or apart from letters.
_numbers = re.compile(r"[0-9]{3,}|(?<![^\W0-9_])[0-9]{2}|[0-9]+(?![^\W_])").sub
_LETTERS_FOR_DIGITS = str.maketrans("014", "oia")


class _Letters(dict[int, str]):
    """What each character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        letters = _SOUNDS.get(character.lower(), "")
        self[code] = letters = character if character in _HAMZA else letters or fold_character(code)
        return letters


_LETTERS = _Letters()


def spelt(text: str) -> str:
    """The letters of a text as one may sound them, what separates words as spaces.

    Digits within words stay if the chat alphabet has them (2, 3, 5 to 9); 0, 1 and 4 are o, i and a;
    numbers go.
    """
    letters = undisguised(text).translate(_LETTERS).rstrip("0123456789 ")
    if _find_digit(letters):
        letters = _numbers("", letters).translate(_LETTERS_FOR_DIGITS)
    return letters


class Spelling(msgspec.Struct, frozen=True):
    """A name for comparing: its words without particles, all of them, and its particles."""

    words: tuple[str, ...]
    particles: frozenset[str]


@lru_cache(maxsize=1 << 15)
def spelling(text: str) -> Spelling:
    """The words of a name or handle; particles ("abu", "al", "the") count only where nothing else is left."""
    words: list[str] = []
    particles: list[str] = []
    letters = spelt(text if text.islower() else _camel_case(" ", text))
    for word in letters.split():
        rest = word
        while found := _PREFIXES.match(rest):
            particles.append(_PARTICLES[found[1]])
            rest = rest[found.end() :]
        if rest in _PARTICLES:
            particles.append(_PARTICLES[rest])
        else:
            words.append(rest)
    if not words:
        words, particles = letters.split(), []
    return Spelling(tuple(words), frozenset(particles))
