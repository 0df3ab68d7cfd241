"""What a word means to the reading of threats."""

from typing import Literal

import msgspec

ENGLISH, ARABIC, ARABIZI = "en", "ar", "ar-Latn"

Harm = Literal["", "lethal", "serious", "weak"]


class Entry(msgspec.Struct, frozen=True):
    """One meaning of a word or phrase.

    `role`: the section of the lexicon it stands in ("act", "noun", "future", "person", ...). `value`: the
    act, or the
    hours of a time. Of verbs: `forms` of English ("base", "ing", "past", "participle"), or of Arabic
    ("future",
    "bare", "near" for a future with ب, "habit", "past", "order", "passive", "noun"); `subject` ("i", "you",
    "they", "")
    and `object` ("you", "they", "me", "") as far as the word itself says them. Of nouns, `object` is whose
    it is.
    `needs`: a word that must follow the verb of harm, "على" or a particle ("gun them down"); "" for none.
    """

    role: str
    value: str = ""
    harm: Harm = ""
    forms: frozenset[str] = frozenset()
    subject: str = ""
    object: str = ""
    negated: bool = False
    needs: str = ""


class Saying(msgspec.Struct, frozen=True):
    """A way of speaking: what it is in its author's mouth, the act, what it adds to the assessment. `weak`:
    harmless people say it, too; alone it is nothing."""

    says: str
    act: str
    factor: str
    language: str
    weak: bool = False
