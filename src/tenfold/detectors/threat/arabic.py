"""Arabic word forms: which verb of harm a word is, who does it to whom, and when.

Unvowelled Arabic is a prefix, a stem and a suffix, so one pattern reads them all: conjunction, sign of time
(س and
the dialects' ه ح ب غ ك), person, stem, the subject's ending, and the object fixed to the end.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import re2

from tenfold.detectors.text.normalise import normalise_batch
from tenfold.detectors.threat.entries import Entry

_VERB = (
    r"(?P<conj>[وف])?(?P<sign>س|ه|ح|ب|غا|غ|ك|لا|ل|م)?(?P<person>[انتي])?(?P<passive>[نت])?"
    r"(?P<stem>{stems})(?P<ending>ون|وا|و|ين|ي|نا|ن|تم|تو|ت|ا)?(?P<dative>ل)?"
    r"(?P<object>ك|كم|كن|كو|كوا|كون|ج|ه|ها|هم|هن|هون|ني|نا|و)?(?P<not>ش)?"
)
_NOUN = (
    r"[وف]?(?:بال|عال|كال|هال|لل|ال|ب|ل|ع|ه|ك|ف)?(?:ال)?(?P<stem>{stems})"
    r"(?P<whose>تك|تكم|ك|كم|كن|كو|ج|تي|ي|ه|ها|هم|هن|نا|تنا|و|تهم|ته|تها|ات|ين|ون)?"
)
_OBJECTS = {
    **dict.fromkeys(("ك", "كم", "كن", "كو", "كوا", "كون", "ج"), "you"),
    **dict.fromkeys(("ه", "ها", "هم", "هن", "هون", "و"), "they"),
    **dict.fromkeys(("ني", "نا"), "me"),
}
_WHOSE = {
    **dict.fromkeys(("تك", "تكم", "ك", "كم", "كن", "كو", "ج"), "you"),
    **dict.fromkeys(("ي", "تي", "نا", "تنا"), "me"),
}
_PARTICLES = frozenset({
    "علي", "الي", "في", "من", "عن", "لي", "لك", "له", "لها", "لنا", "لهم", "بي", "به", "بها", "هل",
    "ان", "كل",
})  # fmt: skip  # never nouns with clitics
_SUBJECTS = {"ا": "i", "ن": "i", "ت": "you", "ي": "they"}


def folded(words: Iterable[str]) -> list[str]:
    """Words and phrases in normal form."""
    normal = normalise_batch([str(word) for word in words])
    return [normal[i].text for i in range(len(normal))]


def _alternatives(stems: Iterable[str]) -> str:
    return "|".join(sorted(set(stems), key=lambda stem: (-len(stem), stem)))


class _Pattern:
    """A pattern of word forms. RE2 says at once that most words have none of them, which `re` is slow to
    find; but only `re` prefers the reading that the pattern names first."""

    def __init__(self, pattern: str) -> None:
        self._any = re2.compile(pattern)
        self._which = re.compile(pattern)

    def fullmatch(self, word: str) -> re.Match[str] | None:
        return self._which.fullmatch(word) if self._any.fullmatch(word) else None


class Verbs:
    """The verbs of harm of the lexicon's `acts`."""

    def __init__(self, acts: Mapping[str, Any]) -> None:
        self._acts: dict[str, list[tuple[str, str, str]]] = {}  # stem: act, harm, condition
        for act, described in acts.items():
            for condition in ("stems", "to_people", "with_على"):
                for stem in folded(described.get(condition, ())):
                    self._acts.setdefault(stem, []).append((act, described["harm"], condition))
        self._pattern = _Pattern(_VERB.format(stems=_alternatives(self._acts)))

    def read(self, word: str) -> list[Entry]:
        """Entries of a word in normal form; none when it is no verb of harm."""
        found = self._pattern.fullmatch(word)
        if not found:
            return []
        form, subject = _form(found)
        if not form:
            return []
        whom = _OBJECTS.get(found["object"] or "", "")
        if found["dative"] and not whom:
            return []
        return [
            Entry(
                role="act",
                value=act,
                harm=harm,  # type: ignore[arg-type]
                forms=frozenset({form}),
                subject=subject,
                object=whom,
                negated=bool(found["not"]),
                needs="على" if condition == "with_على" else "",
            )
            for act, harm, condition in self._acts[found["stem"]]
            if condition != "to_people" or whom in ("you", "they")
        ]


def _form(found: re.Match[str]) -> tuple[str, str]:
    """The form of a verb and its subject; "" when the pieces do not go together."""
    sign, person, ending = found["sign"] or "", found["person"] or "", found["ending"] or ""
    subject = _SUBJECTS.get(person, "")
    if found["passive"]:
        return ("passive" if person or sign in "هحبس" else "", "they")
    if sign in ("س", "ه", "ح", "غ", "غا"):
        return "future", subject or ("i" if sign in "هح" else "")
    if sign == "ك":
        return ("habit", subject) if person else ("", "")
    if sign == "م":  # Levantine "we" in the present, منقتل
        return ("near", "i") if person == "ن" and not ending else ("", "")
    if sign in ("ل", "لا"):
        return _sworn(found, subject)
    if sign == "ب":
        return _near(found, subject)
    if person:
        if person == "ا" and ending in ("وا", "و", "ي"):
            return "order", "you"
        if person == "ا" and ending in ("ون", "ين", "تم", "تو"):
            return "", ""  # no verb has both: "الكمون"
        return "bare", subject
    if ending in ("ت", "نا", "وا", "و", "تم", "تو", "ا"):
        return "past", "i" if ending in ("ت", "نا") else "they"
    return ("past", "they") if found["object"] else ("noun", "")


def _sworn(found: re.Match[str], subject: str) -> tuple[str, str]:
    """Forms with ل: an oath (لأقتلنك), or "for killing" (لقتل)."""
    if subject == "i" or found["ending"] == "ن":
        return "future", "i"
    if not subject and _OBJECTS.get(found["object"] or "") == "you":
        return "future", "i"
    return ("bare", subject) if subject else ("noun", "")


def _near(found: re.Match[str], subject: str) -> tuple[str, str]:
    """Forms with ب: the Gulf's future, the Levant's and Egypt's present, or "by killing"."""
    if subject:
        return "near", subject
    whom = _OBJECTS.get(found["object"] or "", "")
    return "near" if whom in ("you", "me") or found["object"] in ("هم", "هن", "ها") else "maybe", "i"


class Nouns:
    """Nouns of the lexicon with article, prepositions and possessors fixed to them."""

    def __init__(self, roles: Mapping[str, Iterable[str]]) -> None:
        self._roles: dict[str, list[tuple[str, str]]] = {}
        for key, words in roles.items():
            role, _, value = key.partition(":")
            for word in folded(words):
                for stem in {word, word.removesuffix("ه")} if len(word) > 3 else {word}:
                    self._roles.setdefault(stem.removeprefix("ال") or stem, []).append((role, value))
        self._pattern = _Pattern(_NOUN.format(stems=_alternatives(self._roles)))

    def read(self, word: str) -> list[Entry]:
        """Entries of a word in normal form."""
        found = None if word in _PARTICLES else self._pattern.fullmatch(word)
        if not found:
            return []
        whose = _WHOSE.get(found["whose"] or "", "they" if found["whose"] in ("ه", "ها", "هم", "هن") else "")
        return [Entry(role=role, value=value, object=whose) for role, value in self._roles[found["stem"]]]
