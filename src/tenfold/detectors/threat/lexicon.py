"""The lexicon: what words, phrases and ways of speaking mean, in English, Arabic and Arabizi.

It is read from the YAML files beside this module. `acts` are verbs of harm with their forms, `nouns` harm as
a thing, `words` everything else by role (a phrase of several words works as one), `times` expressions by the
hours they are away, and `phrases` patterns over the normal form for what is said without a verb of harm.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tenfold.detectors.text.scripts import SCRIPTS, script_table
from tenfold.detectors.threat import arabic, arabizi
from tenfold.detectors.threat.entries import ARABIC, ARABIZI, ENGLISH, Entry
from tenfold.detectors.threat.sayings import Sayings, with_plurals

_REMEMBERED = 200_000  # words whose meaning is kept
_INFLECTED = frozenset({"staff", "place", "person", "face", "weapon", "act_noun"})
_ARABIC = SCRIPTS.index("Arab")

Phrase = tuple[tuple[str, ...], Entry]


class Lexicon:
    """Words of one language. Threads may share it: the cache only ever gains true entries."""

    def __init__(self, language: str, raw: Mapping[str, Any]) -> None:
        self.language = language
        self._single: dict[str, list[Entry]] = {}
        self.phrases: dict[str, list[Phrase]] = {}
        for role, words in raw["words"].items():
            self._add(with_plurals(words) if self._counts(role) else words, Entry(role=role))
        for hours, words in raw["times"].items():
            self._add(words, Entry(role="time", value=str(hours)))
        for act, words in raw.get("nouns", {}).items():
            self._add(words, Entry(role="act_noun", value=act, harm="lethal"))
        self._readers = self._word_readers(raw)
        self._known: dict[str, tuple[Entry, ...]] = {}
        self._harmless: set[str] = set()
        for known in self.phrases.values():
            known.sort(key=lambda phrase: -len(phrase[0]))

    def _counts(self, role: str) -> bool:
        return self.language == ENGLISH and role in ("person", "staff")

    def _word_readers(self, raw: Mapping[str, Any]) -> list[Any]:
        if self.language == ENGLISH:
            self._add_english(raw["acts"])
            return []
        if self.language == ARABIZI:
            return [arabizi.Verbs(raw["acts"]).read]
        roles = {role: words for role, words in raw["words"].items() if role in _INFLECTED}
        roles |= {f"act_noun:{act}": words for act, words in raw["nouns"].items()}
        single = {role: [word for word in words if " " not in word] for role, words in roles.items()}
        return [arabic.Verbs(raw["acts"]).read, arabic.Nouns(single).read]

    def _add(self, written: Iterable[str], entry: Entry) -> None:
        for text in arabic.folded(written):
            first, *rest = text.split()
            if rest:
                self.phrases.setdefault(first, []).append(((first, *rest), entry))
            else:
                self._single.setdefault(first, []).append(entry)

    def _add_english(self, acts: Mapping[str, Any]) -> None:
        for act, described in acts.items():
            for verb in described["verbs"]:
                base, ing, past, *participle = verb.split()
                base, _, needs = base.partition("+")
                forms: dict[str, set[str]] = {}
                third = base + ("es" if base.endswith(("s", "sh", "ch", "x")) else "s")
                named = (base, "base"), (third, "third"), (ing, "ing"), (past, "past")
                for word, form in (*named, (participle[0] if participle else past, "participle")):
                    forms.setdefault(word, set()).add(form)
                for word, named_forms in forms.items():
                    entry = Entry("act", act, described["harm"], frozenset(named_forms), needs=needs)
                    self._single.setdefault(word, []).append(entry)

    def look(self, word: str) -> tuple[Entry, ...]:
        """Everything that a word in normal form may mean."""
        known = self._known.get(word)
        if known is None:
            known = self._read(word)
            if len(self._known) < _REMEMBERED:
                self._known[word] = known
        return known

    def promises(self, words: Iterable[str]) -> bool:
        """Whether any of the words is a verb or noun of harm, with the particle it needs."""
        distinct = set(words)
        for word in distinct - self._harmless:
            harms = [entry for entry in self.look(word) if entry.role in ("act", "act_noun")]
            if any(self.language != ENGLISH or not one.needs or one.needs in distinct for one in harms):
                return True
            if not harms and len(self._harmless) < _REMEMBERED:
                self._harmless.add(word)
        return False

    def _read(self, word: str) -> tuple[Entry, ...]:
        found = list(self._single.get(word, ()))
        if len(word) <= 24:
            for read in self._readers:
                found += read(word)
        if self.language == ARABIC and not found and word[:1] in "وف":
            found += self._single.get(word[1:], ())
        return tuple(dict.fromkeys(found))


@cache
def lexicons() -> dict[str, Lexicon]:
    """The lexicons by language: "en", "ar", "ar-Latn"."""
    return {language: Lexicon(language, raw) for language, raw in _raw().items()}


@cache
def sayings() -> Sayings:
    """The ways of speaking of all languages."""
    return Sayings(_raw())


@cache
def _raw() -> dict[str, dict[str, Any]]:
    folder = files("tenfold.detectors.threat") / "lexicon"
    english, spoken, of_arabic, intimidation = (
        yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8"))
        for name in ("english", "english_sayings", "arabic", "intimidation")
    )
    whole = {ENGLISH: english | spoken, ARABIC: of_arabic, ARABIZI: of_arabic.pop("arabizi")}
    for language, idioms in intimidation.items():
        whole[language]["phrases"] += idioms["phrases"]
        whole[language].setdefault("fragments", {}).update(idioms.get("fragments", {}))
    return whole


def in_arabic_script(word: str) -> bool:
    """Whether the first letter is Arabic."""
    return bool(script_table()[ord(word[0])] == _ARABIC)
