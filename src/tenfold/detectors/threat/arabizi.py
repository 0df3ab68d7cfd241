"""Verbs of harm in Arabic written with Latin letters: consonants stand, vowels come and go."""

import re
from collections.abc import Mapping
from typing import Any

from tenfold.detectors.threat.entries import Entry

_V = "[aeiou]*"
_BEFORE = (
    rf"(?P<conj>w|f)?(?P<sign>ha|hay|7a|la|sa|ba|bi|be|by|b|h|ka|l|mn|m)??"
    rf"(?P<person>[ntyaeoi])?(?P<vowel>{_V})(?P<passive>t|n)??{_V}"
)
_AFTER = (
    r"(?P<ending>[aeiouw]*?)(?:t|[aei]?nn?)?(?P<object>l[aeiou]?k(?:om)?|[aeiou]*k[aeiou]*(?:m|n)?|[aeiou]*ch|[aeiou]*h[aou]*(?:m|n)?|n[aiy]+|on)?"
    r"(?P<not>sh)?"
)


def _stem(consonants: str) -> str:
    letters = [f"(?:{'|'.join(re.escape(one) for one in each.split('/'))})+" for each in consonants.split()]
    return _V.join(letters)


class Verbs:
    """The verbs of the lexicon's `arabizi: acts`."""

    def __init__(self, acts: Mapping[str, Any]) -> None:
        self._patterns: list[tuple[re.Pattern[str], str, str, str]] = []
        for act, described in acts.items():
            for condition in ("stems", "to_people", "with_على"):
                stems = [_stem(stem) for stem in described.get(condition, ())]
                if stems:
                    pattern = re.compile(f"{_BEFORE}(?:{'|'.join(stems)}){_AFTER}")
                    self._patterns.append((pattern, act, described["harm"], condition))

    def read(self, word: str) -> list[Entry]:
        """Entries of a lower-case word."""
        entries: list[Entry] = []
        for pattern, act, harm, condition in self._patterns:
            found = pattern.fullmatch(word)
            entry = _entry(found, act, harm, condition) if found else None
            if entry:
                entries.append(entry)
        return entries


def _entry(found: re.Match[str], act: str, harm: str, condition: str) -> Entry | None:
    sign, person = found["sign"] or "", found["person"] or ""
    whom = _whom(found["object"] or "")
    if condition == "to_people" and whom not in ("you", "they"):
        return None
    form, subject = "noun", ""
    first = person in ("n", "a", "o", "") or (sign == "h" and person in "aeio")
    if found["passive"]:
        form, subject = "passive", "they"
    elif sign in ("ha", "7a", "h", "la", "sa", "hay", "l", "mn", "m"):
        subject = (
            "they" if person == "y" or sign == "hay" else "you" if person == "t" else "i" if first else ""
        )
        form = "future"
    elif sign.startswith("b") or sign == "ka":
        subject = "they" if person == "y" or sign == "by" else "i"
        form = "near" if subject == "i" and whom == "you" else "habit"
    elif person in ("e", "i", "o") and (person != "o" or found["ending"].endswith(("o", "u"))):
        ordered = found["ending"].endswith(("o", "u", "i")) or whom == "they"
        form, subject = ("order", "you") if ordered else ("past", "they")
    elif person:
        subject = {"n": "i", "a": "i", "o": "i", "y": "they", "t": "you"}[person]
        form = "bare"
    elif whom:
        form, subject = "past", "they"
    return Entry(
        role="act",
        value=act,
        harm=harm,  # type: ignore[arg-type]
        forms=frozenset({form}),
        subject=subject,
        object=whom,
        negated=bool(found["not"]),
        needs="على" if condition == "with_على" else "",
    )


def _whom(ending: str) -> str:
    letters = ending.strip("aeiou")
    if letters.startswith(("k", "lk", "l", "ch")) and ("k" in letters or letters == "ch"):
        return "you"
    if letters.startswith("h") or ending == "on":
        return "they"
    return "me" if letters.startswith("n") else ""
