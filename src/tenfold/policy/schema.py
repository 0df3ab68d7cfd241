"""What rules may ask about: every field with its type and meaning, and the functions.

docs/policy.md shows these tables; a test keeps the two the same.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from tenfold.events import EVENT_TYPES
from tenfold.evidence import SignalKind

Kind = Literal["bool", "number", "text", "set"]


class Type(msgspec.Struct, frozen=True):
    """The type of a field or expression; a `set` holds texts.

    `minimum` and `maximum` bound a number, `values` closes a vocabulary (empty: any text).
    """

    kind: Kind
    integer: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.values:
            return "one of " + ", ".join(self.values)
        if self.kind != "number":
            return {"set": "a set of texts", "bool": "true or false", "text": "a text"}[self.kind]
        name = "a whole number" if self.integer else "a number"
        if self.minimum is None:
            return name
        if self.maximum is None:
            return f"{name} of at least {self.minimum:g}"
        return f"{name} from {self.minimum:g} to {self.maximum:g}"


class Declared(msgspec.Struct, frozen=True):
    """One field: its type and what it says."""

    type: Type
    meaning: str


BOOL = Type("bool")
TEXT = Type("text")
SET = Type("set")
NUMBER = Type("number")
COUNT = Type("number", integer=True, minimum=0)
POSITIVE = Type("number", minimum=0)
SCORE = Type("number", minimum=0, maximum=1)
HOUR = Type("number", integer=True, minimum=0, maximum=23)


def _one_of(*values: str) -> Type:
    return Type("text", values=values)


ACCOUNT_STATE = _one_of("active", "held", "restricted", "closed", "deleted")
GROUP_STATE = ACCOUNT_STATE

FIELDS: dict[str, dict[str, Declared]] = {
    "event": {
        "type": Declared(_one_of(*EVENT_TYPES), "what happened"),
        "hour": Declared(HOUR, "hour of the event in UTC"),
    },
    "account": {
        "id": Declared(TEXT, "the platform's id"),
        "handle": Declared(TEXT, "name used in addresses"),
        "display_name": Declared(TEXT, "name shown"),
        "bio": Declared(TEXT, "what the account says about itself"),
        "location": Declared(TEXT, "place it states"),
        "language": Declared(TEXT, "language it states, ISO 639-1"),
        "avatar": Declared(TEXT, "the platform's id or hash of the picture"),
        "links": Declared(SET, "addresses on the profile, normal form"),
        "followers": Declared(COUNT, "accounts that follow it"),
        "following": Declared(COUNT, "accounts it follows"),
        "verified": Declared(BOOL, "the platform has verified who it is"),
        "age_hours": Declared(POSITIVE, "hours since it was created; unknown when the platform has not said"),
        "posts": Declared(COUNT, "posts it has written"),
        "state": Declared(ACCOUNT_STATE, "what stands against it"),
        "strikes": Declared(COUNT, "decisions in force against it"),
        "open_cases": Declared(COUNT, "cases about it that wait"),
    },
    "post": {
        "id": Declared(TEXT, "the platform's id"),
        "text": Declared(TEXT, "the words as they were written"),
        "language": Declared(TEXT, "detected language, ISO 639-1, or ar-Latn for Arabizi"),
        "script": Declared(TEXT, "dominant script, ISO 15924, such as Arab or Latn"),
        "links": Declared(SET, "addresses in it, normal form"),
        "domains": Declared(SET, "registrable domains of its links"),
        "mentions": Declared(SET, "accounts it names"),
        "hashtags": Declared(SET, "hashtags in it, without the sign"),
        "media_count": Declared(COUNT, "media items attached"),
        "length": Declared(COUNT, "code points of its text"),
        "is_reply": Declared(BOOL, "answers another post"),
        "is_repost": Declared(BOOL, "repeats another post without words of its own"),
        "is_quote": Declared(BOOL, "quotes another post with words of its own"),
        "group": Declared(TEXT, "id of the group it was written in"),
        "edited": Declared(BOOL, "its text has changed since it was written"),
    },
    "media": {
        "id": Declared(TEXT, "the platform's id"),
        "kind": Declared(_one_of("image", "video", "audio", "file"), "sort of media"),
        "mime": Declared(TEXT, "media type"),
        "sha256": Declared(TEXT, "hash of the file, lower-case hex"),
        "words": Declared(TEXT, "what is written in the picture or film, its lines parted by line feeds"),
        "bytes": Declared(COUNT, "size of the file"),
        "unread": Declared(BOOL, "its bytes could not be read: spoilt, too large, too slow"),
    },
    "group": {
        "id": Declared(TEXT, "the platform's id"),
        "name": Declared(TEXT, "its name"),
        "description": Declared(TEXT, "what it says about itself"),
        "members": Declared(COUNT, "accounts in it"),
        "age_hours": Declared(POSITIVE, "hours since it was created"),
        "state": Declared(GROUP_STATE, "what stands against it"),
        "links": Declared(SET, "addresses it shows, normal form"),
    },
    "report": {
        "reason": Declared(TEXT, "the reason its author chose"),
        "text": Declared(TEXT, "the words of the report"),
        "reporter_known": Declared(BOOL, "the platform says who reported"),
        "count": Declared(COUNT, "reports about the subject so far, this one included"),
    },
    "links": {
        "count": Declared(COUNT, "closed accounts that this account may be the return of"),
        "probability": Declared(SCORE, "the largest probability among them"),
        "level": Declared(_one_of("possible", "likely"), "the strongest level among them"),
    },
}

SIGNAL_FIELDS: dict[str, Declared] = {
    "score": Declared(SCORE, "largest score of the signals of this name; 0 when none was found"),
    "count": Declared(COUNT, "how many signals of this name were found"),
    "banks": Declared(SET, "banks that matched"),
    "labels": Declared(SET, "labels of the entries that matched"),
}
DETAIL_TYPES: dict[str, Type] = {"bool": BOOL, "int": NUMBER, "float": NUMBER, "str": SET, "set": SET}
AGGREGATED = {"bank": "banks", "label": "labels", "count": "count"}  # details that have a field above

# Signals that say: this is the very thing in the bank. Only they may close without a person.
EXACT_SIGNALS = frozenset({"url"})


class Function(msgspec.Struct, frozen=True):
    """A function of the language. `arguments` are kinds; `any` takes a field of every kind."""

    arguments: tuple[str, ...]
    result: Type
    meaning: str


FUNCTIONS: dict[str, Function] = {
    "matches": Function(("text", "pattern"), BOOL, "the RE2 pattern is found somewhere in the text"),
    "has_words": Function(
        ("text", "words"), BOOL, "the words stand in the text as whole words, in any case, in every script"
    ),
    "contains": Function(("text", "text"), BOOL, "the second text is a part of the first, letter by letter"),
    "startswith": Function(("text", "text"), BOOL, "the first text begins with the second"),
    "endswith": Function(("text", "text"), BOOL, "the first text ends with the second"),
    "lower": Function(("text",), TEXT, "the text in lower case"),
    "len": Function(("text",), COUNT, "code points of the text"),
    "count": Function(("set",), COUNT, "how many values the set holds"),
    "any_of": Function(("set", "set"), BOOL, "the sets have a value in common"),
    "all_of": Function(("set", "set"), BOOL, "the first set holds every value of the second"),
    "known": Function(("any",), BOOL, "the field has a value; never unknown itself"),
    "at_least": Function(("literal", "bool..."), BOOL, "at least that many of the conditions are true"),
}


class Schema(msgspec.Struct, frozen=True):
    """Every field that rules can name: the fixed ones, signals as declared, counters and sets."""

    fields: Mapping[str, Declared]

    @classmethod
    def build(
        cls, kinds: Mapping[str, SignalKind], counters: Iterable[str] = (), sets: Iterable[str] = ()
    ) -> "Schema":
        """Lay the declarations of one policy out by dotted path."""
        fields = {f"{group}.{name}": d for group, names in FIELDS.items() for name, d in names.items()}
        for kind in kinds.values():
            for name, declared in signal_fields(kind).items():
                fields[f"signals.{kind.name}.{name}"] = declared
        fields.update({f"counters.{name}": Declared(COUNT, "the counter's number") for name in counters})
        fields.update({f"sets.{name}": Declared(SET, "the set's values") for name in sets})
        return cls(fields)


def signal_fields(kind: SignalKind) -> dict[str, Declared]:
    """Fields of `signals.<kind.name>`: the common four, then the kind's own details, aggregated."""
    fields = dict(SIGNAL_FIELDS)
    for name, type_ in kind.details.items():
        if name not in AGGREGATED and name not in fields:
            fields[name] = Declared(DETAIL_TYPES[type_], f"{name} of the signals found")
    return fields


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    candidates: Sequence[str] = list(known)
    found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    if not found and "." in word:
        last = word.rpartition(".")[2]
        found = [path for path in candidates if path.rpartition(".")[2] == last][:1]
    return found[0] if found else None
