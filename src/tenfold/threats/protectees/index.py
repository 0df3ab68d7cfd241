"""All protectees of an installation, ready to be found in texts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tenfold.store.protectees import MAX_DEPTH, Watched
from tenfold.threats.protectees import addresses, cues, words
from tenfold.threats.protectees.exact import Exact, ExactIndex
from tenfold.threats.protectees.groups import GroupIndex
from tenfold.threats.protectees.matches import Match, strongest
from tenfold.threats.protectees.names import NEEDED, Found, NameIndex
from tenfold.threats.protectees.vocabulary import Vocabulary
from tenfold.threats.protectees.words import Word, Words

# A text, the mentions that its signal tells (details["targets"]), and the accounts that it mentions by id.
Text = tuple[str, Sequence[Mapping[str, Any]], Sequence[str]]

# Bits that the text adds to a name: it is what the threat is aimed at; a title or trade beside it; the
# protectee's city, or the team or a domain of the team, named in the text.
AIMED, ROLE, IN_CITY, IN_TEAM = 3.0, 3.0, 4.0, 8.0
_AIMS = frozenset({"named_person", "account_mention", "staff"})
_ROLE_REACH, _STAFF_REACH = 2, 5  # units
_LEAST_SINGLE = 4  # letters of a word that stands for a name alone
_LIKELY = 0.9  # strength of a domain that is no part of an e-mail address but stands beside a word for staff
MAX_CHARACTERS = 20_000  # of a text that are searched


class _Around(msgspec.Struct, frozen=True):
    """What a text says besides names: places of protectees whose city, or whose team, it names."""

    aims: list[tuple[int, int]]
    roles: set[int]
    in_city: set[int]
    in_team: set[int]


class Index:
    """Protectees by accounts, handles, names, groups, domains and addresses."""

    def __init__(self, watched: Sequence[Watched], secret: bytes) -> None:
        self._watched = watched
        self._secret = secret
        self._exact = ExactIndex(watched)
        self._vocabulary = Vocabulary()
        people = [(place, one) for place, one in enumerate(watched) if one.kind == "person"]
        self._names = NameIndex(self._vocabulary, people)
        self._groups = GroupIndex(self._vocabulary, watched)
        self._members = _members(watched)
        self._living: dict[bytes, list[int]] = {}
        for place, one in enumerate(watched):
            for token in one.tokens:
                self._living.setdefault(token, []).append(place)

    def find(self, texts: Sequence[Text], now: datetime) -> list[list[Match]]:
        """For each text the protectees that it names and that are watched at this time."""
        if not self._watched:
            return [[] for _ in texts]
        split = [words.split(text[:MAX_CHARACTERS]) for text, _, _ in texts]
        self._vocabulary.look_up({form for text in split for word in text.words for form in word.forms})
        self._names.look_up(split)
        asleep = {one.id for one in self._watched if not _is_time(one, now)}
        return [
            strongest(match for match in self._in_text(text, read) if match.protectee not in asleep)
            for text, read in zip(texts, split, strict=True)
        ]

    def _in_text(self, text: Text, read: Words) -> Iterator[Match]:
        written, targets, mentions = text
        written = written[:MAX_CHARACTERS]
        in_city = self._groups.in_named_cities(read)
        groups = [*self._groups.named(read, targets, in_city), *self._by_domain(written, read)]
        yield from (match for _, match in groups)
        for exact in (*self._exact.mentioned(mentions), *self._exact.written(written)):
            yield self._exactly(exact, 1.0)
        yield from self._addresses(written, in_city)
        in_team = {member for place, _ in groups for member in self._members.get(place, ())}
        aims = [(one["start"], one["end"]) for one in targets if one["kind"] in _AIMS]
        yield from self._people(read, _Around(aims, cues.units_of(read, cues.ROLES), in_city, in_team))

    def _exactly(self, exact: Exact, strength: float) -> Match:
        place, how, span, _ = exact
        one = self._watched[place]
        return Match(protectee=one.id, kind=one.kind, how=how, span=span, strength=strength)

    def _by_domain(self, written: str, read: Words) -> Iterator[tuple[int, Match]]:
        """Domains of staff: in an e-mail address, or beside a word for staff."""
        for exact in self._exact.domains(written):
            if exact[3]:
                yield exact[0], self._exactly(exact, 1.0)
                continue
            start, end = exact[2]
            units = [i for i, word in enumerate(read.singles) if word and start <= word.start < end]
            staff = cues.units_of(read, cues.STAFF) - set(units)
            if units and cues.stands_near(staff, units[0], units[-1] + 1, _STAFF_REACH):
                yield exact[0], self._exactly(exact, _LIKELY)

    def _addresses(self, written: str, in_city: set[int]) -> Iterator[Match]:
        """Addresses; a number and one word without a word for a street only where the city is named too."""
        for spot in addresses.spots(self._secret, written) if self._living else ():
            for place in self._living.get(spot.token, ()):
                if spot.clear or place in in_city:
                    yield self._exactly((place, "address", spot.span, True), 1.0)

    def _people(self, read: Words, around: _Around) -> Iterator[Match]:
        for found in (*self._names.written(read), *self._single(read, around)):
            bits = found.bits + self._context(found, around)
            if bits >= NEEDED:
                one = self._watched[found.name.place]
                yield Match(
                    protectee=one.id,
                    kind=one.kind,
                    how="name" if found.name.main else "alias",
                    span=found.span,
                    strength=round(1 - 0.5 ** (1 + bits - NEEDED), 3),
                )

    def _single(self, read: Words, around: _Around) -> Iterator[Found]:
        """Names by one word: a given one beside the team, any other also in the city or with a title."""
        for word in read.words:
            titled = cues.stands_near(around.roles, word.first, word.last, _ROLE_REACH)
            if not (titled or around.in_city or around.in_team):
                continue
            most = AIMED + ROLE * titled + IN_CITY * bool(around.in_city) + IN_TEAM * bool(around.in_team)
            for found in self._names.single(word, NEEDED - most):
                place = found.name.place
                telling = not found.given and _is_telling(word)
                if place in around.in_team or (telling and (titled or place in around.in_city)):
                    yield found

    def _context(self, found: Found, around: _Around) -> float:
        place = found.name.place
        bits = AIMED * cues.overlapping(around.aims, found.span)
        bits += ROLE * cues.stands_near(around.roles, found.first, found.last, _ROLE_REACH)
        return bits + IN_CITY * (place in around.in_city) + IN_TEAM * (place in around.in_team)


def _is_telling(word: Word) -> bool:
    """Whether one word may stand for a name: none that is a title itself, and none of few letters."""
    return len(word.forms[0]) >= _LEAST_SINGLE and not cues.is_cue(word, cues.ROLES)


def _is_time(one: Watched, now: datetime) -> bool:
    return (one.starts_at is None or one.starts_at <= now) and (one.ends_at is None or now < one.ends_at)


def _members(watched: Sequence[Watched]) -> dict[int, set[int]]:
    """The places of all members of each team and office, of its teams too."""
    places = {one.id: place for place, one in enumerate(watched)}
    found: dict[int, set[int]] = {}
    for place, one in enumerate(watched):
        above = one.member_of
        for _ in range(MAX_DEPTH):
            if above is None or above not in places:
                break
            found.setdefault(places[above], set()).add(place)
            above = watched[places[above]].member_of
    return found
