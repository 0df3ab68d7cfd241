"""Teams, offices, places, events and cities in texts: the words of their names in their order, in points.

Their names are made of ordinary words, so rarity among names says little: a word that tells one from
another is worth 5 points and a general one ("support", "office") 4; 5 more come from a word for staff or an
office beside it or from the city, 4 from being what the threat is aimed at. 9 are enough: two telling
words, or one in a context. The general words of a name need not stand in the text where others tell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tenfold.store.protectees import Kind, Watched
from tenfold.threats.protectees import cues
from tenfold.threats.protectees.matches import How, Match
from tenfold.threats.protectees.names import content
from tenfold.threats.protectees.vocabulary import Vocabulary
from tenfold.threats.protectees.words import Words, plain

NEEDED = 9.0  # points
TELLING, GENERAL, BESIDE, IN_CITY, AIMED, MENTIONED = 5.0, 4.0, 5.0, 5.0, 4.0, 2.0
REACH = 4  # units between a name and a word for staff
_LEAST_LIKENESS = 0.75  # of a word of such a name: it is no name that people spell as they like
_HOW: Mapping[Kind, How] = {"team": "team", "office": "team", "event": "event"}
_AIMS = frozenset({"staff", "place", "event", "group", "named_person", "account_mention"})


class _Phrase(msgspec.Struct, frozen=True):
    """Words in their order, for a protectee (or a city) by its number; `points` for all of them."""

    owner: int
    words: tuple[int, ...]
    points: float
    main: bool


class _Stands(msgspec.Struct, frozen=True):
    phrase: _Phrase
    points: float
    first: int
    last: int
    span: tuple[int, int]


class _Phrases:
    """Phrases by their first word."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._beginning: dict[int, list[_Phrase]] = {}

    def add(self, owner: int, written: str, main: bool) -> None:
        """Keep a name, and what is left of it without general words."""
        words = [word for word in content(written) if plain(word) not in cues.FILLERS]
        telling = [word for word in words if plain(word) not in cues.GENERAL]
        for chosen in (words, telling) if 0 < len(telling) < len(words) else (words,):
            if chosen:
                points = sum(TELLING if word in telling else GENERAL for word in chosen)
                phrase = _Phrase(owner, tuple(map(self._vocabulary.number, chosen)), points, main)
                self._beginning.setdefault(phrase.words[0], []).append(phrase)

    def stand(self, text: Words) -> Iterator[_Stands]:
        """Where phrases stand in a text; with nothing but fillers and one other word between their words."""
        if not self._beginning:
            return
        for place, word in enumerate(text.words):
            for number, likeness in self._like(text, place):
                for phrase in self._beginning.get(number, ()):
                    ends = self._follow(text, place, phrase)
                    if ends is not None:
                        last = text.words[ends]
                        span = word.start, last.end
                        yield _Stands(phrase, phrase.points * likeness, word.first, last.last, span)

    def _like(self, text: Words, place: int) -> Iterator[tuple[int, float]]:
        seen: dict[int, float] = {}
        for form in text.words[place].forms:
            for number, likeness in self._vocabulary.likes(form):
                if likeness >= _LEAST_LIKENESS:
                    seen[number] = max(likeness, seen.get(number, 0.0))
        yield from seen.items()

    def _follow(self, text: Words, place: int, phrase: _Phrase) -> int | None:
        """The place of the last word of a phrase that begins at a place; None when it does not go on."""
        for wanted in phrase.words[1:]:
            unit, others = text.words[place].last, 0
            while place + 1 < len(text.words):
                place += 1
                word = text.words[place]
                if word.first < unit:
                    continue
                if any(number == wanted for number, _ in self._like(text, place)):
                    break
                others += not word.glued and not cues.is_cue(word, cues.FILLERS)
                if others > 1:
                    return None
            else:
                return None
        return place


class GroupIndex:
    """Protectees that are no people, and the cities of all."""

    def __init__(self, vocabulary: Vocabulary, watched: Sequence[Watched]) -> None:
        self._watched = watched
        self._groups, self._cities = _Phrases(vocabulary), _Phrases(vocabulary)
        self._in_city: list[set[int]] = []
        numbers: dict[str, int] = {}
        for place, one in enumerate(watched):
            if one.kind != "person":
                for written in dict.fromkeys([one.name, *one.names]):
                    self._groups.add(place, written, written == one.name)
            for city in one.cities:
                folded = plain(city)
                if folded not in numbers:
                    numbers[folded] = len(self._in_city)
                    self._in_city.append(set())
                    self._cities.add(numbers[folded], city, True)
                self._in_city[numbers[folded]].add(place)

    def in_named_cities(self, text: Words) -> set[int]:
        """The places of protectees whose city the text names."""
        found: set[int] = set()
        for one in self._cities.stand(text):
            found |= self._in_city[one.phrase.owner]
        return found

    def named(
        self, text: Words, targets: Sequence[Mapping[str, Any]], in_city: set[int]
    ) -> Iterator[tuple[int, Match]]:
        """Groups that the text names, by their places. Of several of one name those in the city it names."""
        staff = cues.units_of(text, cues.STAFF)
        found: dict[tuple[int, int], list[tuple[int, Match]]] = {}
        for one in self._groups.stand(text):
            place = one.phrase.owner
            points = one.points + IN_CITY * (place in in_city)
            points += BESIDE * _beside(staff, one)
            points += _aimed(targets, one.span)
            if points >= NEEDED:
                found.setdefault(one.span, []).append((place, self._match(one, points)))
        for rivals in found.values():
            there = [rival for rival in rivals if rival[0] in in_city]
            yield from there or rivals

    def _match(self, one: _Stands, points: float) -> Match:
        watched = self._watched[one.phrase.owner]
        return Match(
            protectee=watched.id,
            kind=watched.kind,
            how=_HOW.get(watched.kind, "name" if one.phrase.main else "alias"),
            span=one.span,
            strength=round(1 - 0.5 ** (1 + (points - NEEDED) / 3), 3),
        )


def _beside(staff: Iterable[int], one: _Stands) -> bool:
    """Whether a word for staff stands near, but is none of the name's own general words."""
    outside = [unit for unit in staff if not one.first <= unit < one.last]
    return cues.stands_near(outside, one.first, one.last, REACH)


def _aimed(targets: Sequence[Mapping[str, Any]], span: tuple[int, int]) -> float:
    kinds = {str(one["kind"]) for one in targets if one["start"] < span[1] and span[0] < one["end"]}
    return AIMED if kinds & _AIMS else MENTIONED if kinds else 0.0
