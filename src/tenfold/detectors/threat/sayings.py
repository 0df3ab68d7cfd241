"""Ways of speaking that threaten without a verb of harm, or around one: patterns over the normal form.

Patterns of English may hold fragments, "<who>", which the file names or which are made of the lexicon's own
words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import re2

from tenfold.detectors.threat.entries import ARABIC, ENGLISH, Saying
from tenfold.detectors.threat.prefilter import Prefilter

_SET_MEMORY = 64 << 20  # bytes that the automaton of the patterns of Arabic may use
_PATTERN_MEMORY = 16 << 20  # bytes that one pattern may use
_FRAGMENT = re.compile(r"<(\w+)>")
_OF_PEOPLE = ("who", "person")  # fragments of hundreds of words


class Sayings:
    """The ways of speaking of all languages.

    Those of English are looked for by their words (`prefilter`), those of Arabic, whose words are inflected,
    by one automaton of them all.
    """

    def __init__(self, raw: Mapping[str, Mapping[str, Any]]) -> None:
        self._patterns: list[tuple[Any, Saying]] = []
        self._automaton = re2.Set.SearchSet(_options(_SET_MEMORY))
        english: list[str] = []
        for language, described in sorted(raw.items(), key=lambda each: each[0] == ENGLISH):
            fragments = _fragments(described) if language == ENGLISH else {}
            anybody = {**fragments, **dict.fromkeys(_OF_PEOPLE, "(?:[^ ]+ )*[^ ]+")}
            for pattern, saying in _sayings(language, described):
                if language == ENGLISH:
                    english.append(_filled(pattern, anybody))
                else:
                    self._automaton.Add(_rough(pattern))
                self._patterns.append((_whole(_filled(pattern, fragments), language), saying))
        self._automaton.Compile()
        self._first_english = len(self._patterns) - len(english)
        self._english = Prefilter(english)

    def which(self, text: str, words: Sequence[str]) -> list[int]:
        """Numbers of the patterns that may stand in a normal form of these words."""
        found = list(self._automaton.Match(text) or ())
        found += [self._first_english + number for number in self._english.which(set(words))]
        return sorted(found)

    def find(self, text: str, numbers: list[int], language: str) -> list[tuple[int, int, Saying]]:
        """Where patterns with these numbers stand: start, end (characters of the normal form) and the
        saying."""
        found = []
        for number in numbers:
            pattern, saying = self._patterns[number]
            if (saying.language == ARABIC) == (language == ARABIC):
                found += [(match.start(), match.end(), saying) for match in pattern.finditer(text)]
        return found


def _sayings(language: str, described: Mapping[str, Any]) -> Iterator[tuple[str, Saying]]:
    for group in described["phrases"]:
        saying = Saying(
            group["says"], group["act"], group.get("factor", ""), language, group.get("weak", False)
        )
        for pattern in group["patterns"]:
            yield pattern, saying


def _rough(pattern: str) -> str:
    """A pattern that holds wherever the given one does: RE2 knows neither the letters of Arabic as \\w nor
    edges of its words."""
    return pattern.replace("\\w", "[^ ]").replace("\\b", "")


def _whole(pattern: str, language: str) -> Any:
    """The pattern as it is looked for where the automaton says that it may stand."""
    if language == ARABIC:
        return re.compile(pattern)
    return re2.compile(rf"\b(?:{pattern})\b", _options(_PATTERN_MEMORY))


def _filled(pattern: str, fragments: Mapping[str, str]) -> str:
    """A pattern with its fragments filled in; raises ValueError for a fragment that nobody described."""

    def fill(found: re.Match[str]) -> str:
        if found[1] not in fragments:
            raise ValueError(f"no fragment <{found[1]}> for the pattern {pattern!r}: add it to `fragments`")
        return _filled(fragments[found[1]], fragments)

    return _FRAGMENT.sub(fill, pattern)


def _fragments(described: Mapping[str, Any]) -> dict[str, str]:
    """The fragments of a file, and those made of its lexicon: people and verbs of harm."""
    words = described["words"]
    made = {"person": _any(with_plurals([*words["person"], *words["staff"]]))}
    for name, grave in (("kill", True), ("hurt", False)):
        forms = list(_forms(described["acts"], grave))
        base, ing, done = (_any(each[form] for each in forms) for form in range(3))
        made |= {name: base, _ING[name]: ing, _DONE[name]: done}
    return {**made, **described.get("fragments", {})}


def with_plurals(words: Iterable[str]) -> set[str]:
    """Nouns of English with their regular plurals."""
    given = set(words)
    return given | {
        word[:-1] + "ies"
        if word[-1] == "y" and word[-2] not in "aeou"
        else word + ("es" if word[-1] in "sxh" else "s")
        for word in given
        if not (word.endswith("s") and word[:-1] in given) and not word.endswith(("men", "people"))
    }


_ING = {"kill": "killing", "hurt": "hurting"}
_DONE = {"kill": "killed", "hurt": "hurt_by"}
_AFTER = {"rid": "rid of", "away": "away with"}


def _forms(acts: Mapping[str, Any], grave: bool) -> Iterator[tuple[str, str, str]]:
    """Base, -ing and participle of the verbs of harm, with their particles."""
    for act, each in acts.items():
        if act == "die" or (grave and each["harm"] == "weak"):
            continue
        for verb in each["verbs"]:
            base, ing, past, *participle = verb.split()
            base, _, needs = base.partition("+")
            after = f" {_AFTER.get(needs, needs)}" if needs else ""
            yield base + after, ing + after, (participle[0] if participle else past) + after


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(set(words)))})"


def _options(memory: int) -> Any:
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    return options
