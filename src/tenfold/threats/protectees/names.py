"""Names of people in texts: two or more words of a name that stand together, in bits of how rare they are.

A word is worth the bits of its rarity among names, times its likeness; what the text says beside it adds
bits. A given name alone is never enough, and two common names only in a context.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from tenfold.linkage.phonetic import phonetic
from tenfold.store.protectees import Watched
from tenfold.threats.protectees import cues
from tenfold.threats.protectees.vocabulary import Vocabulary
from tenfold.threats.protectees.words import Word, Words, plain, split

NEEDED = 12.0  # bits; see docs/protectees.md for what it was measured on
FOREIGN = 2.0  # bits that a word between two words of a name costs
REVERSED = 1.0  # and that another order costs
ALTERED = 1.0  # and a Latin word whose beginning had to be taken for a clitic
REACH = 3  # units from one word of a name to the next
_LEAST_GLUED = 8  # letters of a whole name that may be written as one word
_GLUED_LIKENESS = 0.8
_SINGLE_LIKENESS = 0.8
POWER = 1.5  # of the likeness, by which the bits of a word are multiplied


class Named(msgspec.Struct, frozen=True):
    """A name of a protectee, by its place in the list: the numbers of its words in their order. `main`: its
    name and not one of its other names."""

    place: int
    words: tuple[int, ...]
    main: bool


class Found(msgspec.Struct, frozen=True):
    """Words of a name in a text, at `span` and in units [first, last). `bits` without context; `single`: one
    word alone; `given`: and that not the last of several, so that it may be the name of very many."""

    name: Named
    bits: float
    single: bool
    given: bool
    first: int
    last: int
    span: tuple[int, int]


class _Place(msgspec.Struct, frozen=True):
    """A word of a text that may be word `position` of a name."""

    word: Word
    position: int
    bits: float


@cache
def _common() -> tuple[float, dict[str, float]]:
    shipped = json.loads((files(__package__) / "common_names.json").read_bytes())
    return shipped["rare"], shipped["bits"]


def rarity(word: str) -> float:
    """Bits that a word of a name is worth: how rare names are that sound so; 12.3 for all rare ones."""
    rare, bits = _common()
    return bits.get(phonetic(word), rare)


def content(name: str) -> list[str]:
    """The words of a name that tell it from others: without particles, where more than a kunya is left."""
    bases = [word.forms[0] for word in split(name).words if not word.glued]
    words = [base for base in bases if plain(base) not in cues.PARTICLES]
    return (
        words
        if len(words) > 1
        else [base for base in bases if base in words or plain(base) in cues.KUNYAS] or bases
    )


class NameIndex:
    """The names of people, by their words."""

    def __init__(self, vocabulary: Vocabulary, people: Iterable[tuple[int, Watched]]) -> None:
        self._vocabulary = vocabulary
        self._names: list[Named] = []
        self._bits: dict[int, float] = {}
        self._holding: dict[int, set[int]] = {}  # which names hold a word
        self._wholes = Vocabulary(by_sound_alone=True)
        self._written_whole: dict[int, list[int]] = {}  # which names a whole spells
        for place, one in people:
            for written in dict.fromkeys([one.name, *one.names]):
                self._add(place, content(written), written == one.name)

    def _add(self, place: int, words: list[str], main: bool) -> None:
        number = len(self._names)
        name = Named(place, tuple(map(self._vocabulary.number, words)), main)
        self._names.append(name)
        for word, spelt in zip(name.words, words, strict=True):
            self._holding.setdefault(word, set()).add(number)
            self._bits[word] = rarity(spelt)
        whole = "".join(words)
        if len(words) > 1 and len(whole) >= _LEAST_GLUED:
            self._written_whole.setdefault(self._wholes.number(whole), []).append(number)

    def look_up(self, texts: Sequence[Words]) -> None:
        """Prepare for these texts in one batch; the shared vocabulary is the caller's to prepare."""
        self._wholes.look_up({form for text in texts for word in text.words for form in _long(word)})

    def written(self, text: Words) -> Iterator[Found]:
        """Names of which two words or more stand together, or that are written as one word."""
        bearing = [(word, self._names_with(word)) for word in text.words]
        bearing = [(word, names) for word, names in bearing if names]
        candidates: set[int] = set()
        for i, (word, names) in enumerate(bearing):
            for other, others in bearing[i + 1 :]:
                if other.first >= word.last + REACH:
                    break
                if other.first >= word.last:
                    candidates |= names & others
        for number in sorted(candidates):
            name = self._names[number]
            places = [
                place for word, names in bearing if number in names for place in self._places(name, word)
            ]
            if found := _best(text, name, places):
                yield found
        yield from self._as_one_word(text)

    def single(self, word: Word, least: float) -> Iterator[Found]:
        """Names that hold the word, where it is worth at least so many bits."""
        for form in word.forms:
            for like, likeness in self._vocabulary.likes(form):
                bits = self._bits.get(like, 0.0) * likeness**POWER - _altered(word, form)
                if bits < least or likeness < _SINGLE_LIKENESS:
                    continue
                for number in sorted(self._holding.get(like, _NONE)):
                    name = self._names[number]
                    yield Found(
                        name,
                        bits,
                        True,
                        name.words[-1] != like,
                        word.first,
                        word.last,
                        (word.start, word.end),
                    )

    def _names_with(self, word: Word) -> set[int] | frozenset[int]:
        likes = {like for form in word.forms for like, _ in self._vocabulary.likes(form)}
        held = [self._holding[like] for like in likes if like in self._holding]
        return held[0] if len(held) == 1 else frozenset().union(*held)

    def _places(self, name: Named, word: Word) -> Iterator[_Place]:
        """Where in a name a word may belong, with its best form."""
        best: dict[int, float] = {}
        for form in word.forms:
            for like, likeness in self._vocabulary.likes(form):
                if like in name.words:
                    bits = self._bits[like] * likeness**POWER - _altered(word, form)
                    best[like] = max(best.get(like, 0.0), bits)
        for position, number in enumerate(name.words):
            if best.get(number, 0.0) > 0:
                yield _Place(word, position, best[number])

    def _as_one_word(self, text: Words) -> Iterator[Found]:
        for word in text.words:
            for form in _long(word):
                for like, likeness in self._wholes.likes(form):
                    for number in self._written_whole[like] if likeness >= _GLUED_LIKENESS else ():
                        name = self._names[number]
                        bits = sum(self._bits[part] for part in name.words) * likeness**POWER - _altered(
                            word, form
                        )
                        span = word.start, word.end
                        yield Found(name, bits, False, False, word.first, word.last, span)


_NONE: frozenset[int] = frozenset()


def _long(word: Word) -> list[str]:
    return [form for form in word.forms if len(form) >= _LEAST_GLUED]


def _altered(word: Word, form: str) -> float:
    return ALTERED if form is not word.forms[0] and form.isascii() else 0.0


def _best(text: Words, name: Named, places: Sequence[_Place]) -> Found | None:
    """The most telling run of words of a name: each of its words once, none far from the one before."""
    best: Found | None = None
    for i, start in enumerate(places):
        run, used, bits, turned = start, {start.position}, start.bits, False
        for place in places[i + 1 :]:
            gap = place.word.first - run.word.last
            if place.position in used or gap < 0:
                continue
            if gap >= REACH:
                break
            foreign = sum(_is_foreign(text, unit) for unit in range(run.word.last, place.word.first))
            gain = place.bits - FOREIGN * foreign
            if gain > 0:
                turned = turned or place.position < run.position
                run, bits = place, bits + gain
                used.add(place.position)
        bits -= REVERSED * turned
        if len(used) > 1 and (best is None or bits > best.bits):
            span = start.word.start, run.word.end
            best = Found(name, bits, False, False, start.word.first, run.word.last, span)
    return best


def _is_foreign(text: Words, unit: int) -> bool:
    return not any(plain(form) in cues.PARTICLES for form in text.at(unit))
