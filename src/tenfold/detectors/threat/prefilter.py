"""Which of many patterns may stand in a text, by its words alone.

One automaton of hundreds of patterns with words between has a state for every set of them that has begun,
which never ends to grow. So for every alternative of a pattern it is worked out which words must stand in a
text, one of each of some sets, and texts' words are looked up.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product

_MOST_SETS = 3  # of words that are looked at for an alternative
_MOST_TEXTS = 6_000  # that the words between two spaces of a pattern may stand for
_ANY = "\0"  # stands for a word that may be any
_COUNT = re.compile(r"\{(\d+),(\d*)\}\??|[?*+]\??")
_COMMON = frozenset({
    "a", "about", "again", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
    "can", "could", "day", "did", "do", "does", "don", "down", "each", "every", "for", "from", "get",
    "gets", "go", "going", "good", "got", "had", "has", "have", "he", "her", "here", "him", "his", "how",
    "i", "if", "in", "is", "it", "its", "just", "know", "let", "like", "ll", "look", "make", "me", "more",
    "much", "must", "my", "need", "never", "new", "next", "no", "not", "now", "of", "off", "on", "one",
    "only", "or", "our", "out", "over", "people", "re", "real", "s", "she", "should", "show", "so",
    "some", "t", "take", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "thing", "this", "those", "time", "to", "too", "up", "us", "want", "was", "way", "we", "well", "were",
    "what", "when", "where", "which", "who", "why", "will", "with", "world", "would", "you", "your",
})  # fmt: skip

Words = frozenset[str]


class Prefilter:
    """The patterns that may stand in a text of these words, by their numbers in `patterns`.

    Raises ValueError for a pattern of which no certain word must stand in a text: it would be looked for in
    every one.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._of_word: dict[str, list[tuple[int, tuple[Words, ...]]]] = {}
        for number, pattern in enumerate(patterns):
            for alternative in _alternatives(pattern):
                first, *others = _needed(alternative)
                for word in first:
                    self._of_word.setdefault(word, []).append((number, tuple(others)))
        self._words = frozenset(self._of_word)

    def which(self, words: set[str]) -> set[int]:
        """Numbers of the patterns that may stand in a text of these words."""
        return {
            number
            for word in words & self._words
            for number, others in self._of_word[word]
            if not any(words.isdisjoint(other) for other in others)
        }


def _needed(alternative: str) -> list[Words]:
    """The sets of words of which one each must stand in a text; those that say most first."""
    found: set[Words] = set()
    for unit in _units(alternative):
        texts = _texts(unit)
        if texts and all(any(_clean(word) for word in text.split()) for text in texts):
            found.add(frozenset(_rarest(text) for text in texts))
    if not found:
        raise ValueError(f"no certain word in {alternative!r}: name one, without \\w in it")
    return sorted(found, key=lambda words: (len(words & _COMMON), len(words), sorted(words)))[:_MOST_SETS]


def _rarest(text: str) -> str:
    return max(filter(_clean, text.split()), key=lambda word: (word not in _COMMON, len(word)))


def _clean(word: str) -> bool:
    return _ANY not in word


def _units(alternative: str) -> Iterator[str]:
    """What stands between the spaces of an alternative; whole groups that hold their own spaces and may be
    missing count as spaces."""
    unit = ""
    for item in _items(alternative):
        counted = _count(item)
        edge = counted != "" and (" )" in item[-len(counted) - 2 :] or item.startswith("(?: "))
        if item == " " or edge:
            if unit:
                yield unit
            unit = ""
        else:
            unit += item
    if unit:
        yield unit


def _texts(pattern: str) -> set[str]:
    """The texts that a pattern stands for, with _ANY where it may be any; none when they are too many."""
    found = {""}
    for alternative in _alternatives(pattern):
        parts = [_item_texts(item) for item in _items(alternative)]
        size = 1
        for part in parts:
            size *= max(1, len(part))
        if size > _MOST_TEXTS or not all(parts):
            return set()
        found |= {"".join(each) for each in product(*parts)}
    return found - {""} or {_ANY}


def _item_texts(item: str) -> set[str]:
    counted = _count(item)
    bare = item[: len(item) - len(counted)] if counted else item
    if bare.startswith("(?:"):
        texts = _texts(bare[3:-1])
    elif bare.startswith("["):
        texts = {_ANY} if bare.startswith("[^") or "-" in bare else set(bare[1:-1])
    elif bare.startswith("\\"):
        texts = {""} if bare == "\\b" else {_ANY}
    else:
        texts = {_ANY} if bare == "." else {"" if bare in "^$" else bare}
    if not counted:
        return texts
    once = counted[0] == "?" or counted.startswith(("{0,1}", "{1,1}"))
    more = texts if once else texts | {f"{_ANY}{text}" for text in texts} | {_ANY}
    return more | {""} if counted[0] in "?*" or counted.startswith("{0") else more


def _count(item: str) -> str:
    """How often an item stands, as it is written at its end: "?", "{0,3}", or "" for once."""
    found = _COUNT.fullmatch(item, _end(item, 0))
    return found[0] if found else ""


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern, or of the inside of a group."""
    found, start, i = [], 0, 0
    while i < len(pattern):
        if pattern[i] == "|":
            found.append(pattern[start:i])
            start = i + 1
        i = _end(pattern, i)
    return [*found, pattern[start:]]


def _items(pattern: str) -> Iterator[str]:
    """The characters, classes and groups of a pattern, each with how often it stands."""
    i = 0
    while i < len(pattern):
        end = _end(pattern, i)
        counted = _COUNT.match(pattern, end)
        end = counted.end() if counted else end
        yield pattern[i:end]
        i = end


def _end(pattern: str, i: int) -> int:
    """The end of the character, class or group at place i; raises ValueError when a group is not closed."""
    if pattern[i] == "\\":
        return i + 2
    if pattern[i] == "[":
        return pattern.index("]", i + 2) + 1
    if pattern[i] != "(":
        return i + 1
    i += 1
    while i < len(pattern) and pattern[i] != ")":
        i = _end(pattern, i)
    if i == len(pattern):
        raise ValueError(f"a group is not closed in {pattern!r}")
    return i + 1
