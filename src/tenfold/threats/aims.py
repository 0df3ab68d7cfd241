"""Sightings of threats, and who is threatened in them, by names that every text about the same one has in
common."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec

from tenfold.detectors.text.normalise import normalise_batch
from tenfold.subjects import Subject

ADDRESSED = "addressed"  # value of the factor `target` where it is "you"
# In normal form. A text that threatens "him" means somebody whom it names elsewhere, or whom nobody can tell.
_PRONOUNS = frozenset({
    "him", "her", "them", "it", "he", "she", "they", "his", "their", "hers", "theirs", "you", "us", "all",
    "every", "everyone", "everybody", "anyone", "anybody", "someone", "somebody", "whoever",
    "هم", "ها", "هن", "كم", "الكل", "كلكم", "كلهم", "الجميع", "جميعا", "كل", "احد", "احدا",
})  # fmt: skip
_CALENDAR = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february",
    "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
})  # fmt: skip
# What stands before a name in the name of a place.
_PLACES = frozenset({
    "بيت", "بيته", "بيتها", "منزل", "دار", "شقه", "مكتب", "مدرسه", "سياره", "شارع", "مقر", "محل", "جامع",
    "مسجد",
})  # fmt: skip
# What does not belong to a name in Arabic any more: prepositions, time, what is somebody's.
_ENDS = frozenset({
    "في", "من", "الي", "علي", "عن", "عند", "امام", "قرب", "داخل", "خارج", "وراء", "خلف", "تحت", "فوق", "بين",
    "حول", "قبل", "بعد", "مع", "حتي", "لان", "كي", "ثم", "او", "الان", "اليوم", "الليله", "غدا", "قريبا",
    "حقا", "والله", "باب", "بيته", "بيتها", "بيتهم", "داره", "سيارته", "مكتبه", "اولاده", "عائلته",
    "اهله", "هذا", "هذه",
})  # fmt: skip
_NAMING = frozenset({"name", "named_person", "staff", "place", "event"})


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One text that carries a threat, or somebody else's words about one.

    `at`: when it was said. `details`: of the signal `threat`, its level raised already for a protectee.
    `mentions`: accounts that the platform says are mentioned; `reply_to`: the post that is answered, and
    `answered` its author. `protectees`: (id, how, strength, start, end) of those named.
    """

    subject: Subject
    field: str
    account: str | None
    at: datetime
    text: str
    details: Mapping[str, Any]
    language: str | None = None
    mentions: tuple[str, ...] = ()
    reply_to: str | None = None
    answered: str | None = None
    protectees: tuple[tuple[int, str, float, int, int], ...] = ()

    @property
    def information(self) -> bool:
        """Whether it tells of a threat in somebody else's words, rather than threatening."""
        return bool(self.details.get("gated"))

    @property
    def addressed(self) -> bool:
        """Whether the target is "you"."""
        values = [row["value"] for row in self.details.get("factors", ()) if row["factor"] == "target"]
        return not self.details.get("target") or ADDRESSED in values

    def span(self, factor: str) -> tuple[int, int] | None:
        """Where the first of some factor stands in the text."""
        rows = self.details.get("factors", ())
        return next((tuple(row["span"]) for row in rows if row["factor"] == factor), None)


class Aim(msgspec.Struct, frozen=True):
    """Whom a sighting is against. One person may have several names: a handle, an account, an entry of the
    list of those who are watched over. `identified`: they tell who it is, so that threats by one account
    against them are one. `exact`: names may stand in the text and cannot be told, so only equal texts are
    against the same one.
    """

    names: tuple[str, ...] = ()
    identified: bool = False
    exact: bool = False


def aims(sightings: Sequence[Sighting]) -> list[Aim]:
    """Who is threatened in each, in their order."""
    named = [_named(one) for one in sightings]
    targets = [str(one.details.get("target", "")) for one in sightings]
    folded = _folded(chain(targets, *named))
    return [
        _aim(one, folded[target], sorted({_name(folded[name]) for name in names} - {""}))
        for one, target, names in zip(sightings, targets, named, strict=True)
    ]


def _aim(one: Sighting, words: str, others: list[str]) -> Aim:
    """The aim of a sighting whose target reads `words` and whose text names `others`, all in normal form."""
    kind = str(one.details.get("target_kind", ""))
    if kind == "self":
        return Aim((f"self:{one.account}",), identified=True)
    watched = [f"protectee:{aimed}"] if (aimed := _aimed_at(one)) else []
    if kind == "account_mention":
        account = [f"account:{one.mentions[0]}"] if len(one.mentions) == 1 else []
        return Aim((*account, f"@{words}", *watched), identified=True)
    words = _name(words)
    account = _addressee(one)
    told = not _is_pronoun(one, kind, words)
    if others and not account and told and kind == "group" and _is_plain(one, words):
        return Aim((*watched, "among:" + "|".join([words, *others])), identified=bool(watched))
    if account or told:
        return Aim((*account, *([] if account else [f"who:{words}"]), *watched), identified=True)
    if watched or len(others) == 1:
        alone = [f"who:{others[0]}"] if len(others) == 1 else []
        return Aim((*watched, *alone), identified=True)
    if others:
        return Aim(("among:" + "|".join(others),))
    if one.addressed and one.reply_to:
        return Aim((f"reply:{one.reply_to}",))
    return Aim(exact=_is_shouted(one.text))


def _name(words: str) -> str:
    """The words of a name, without the kind of place that it is the name of, up to where it ends."""
    kept = words.split(" ")
    if len(kept) > 1 and kept[0] in _PLACES:
        kept = kept[1:]
    end = next((place for place, word in enumerate(kept) if word in _ENDS), len(kept))
    return " ".join(kept[: end or len(kept)])


def _addressee(one: Sighting) -> list[str]:
    """The account that "you" is."""
    if not one.addressed:
        return []
    if len(one.mentions) == 1:
        return [f"account:{one.mentions[0]}"]
    return [f"account:{one.answered}"] if one.answered and not one.mentions else []


def _is_pronoun(one: Sighting, kind: str, words: str) -> bool:
    """Whether the target's words alone tell nobody."""
    if one.addressed or not words or words.split(maxsplit=1)[0] in _PRONOUNS:
        return True
    target, act = one.span("target"), one.span("act")
    if target and act and target[0] < act[1] and act[0] < target[1]:
        return True  # it is fixed to the verb
    return kind == "vague" and " " not in words and _is_plain(one, words)


def _is_plain(one: Sighting, words: str) -> bool:
    """Whether the target's words are Latin and none has a capital letter: they are no name."""
    return words.isascii() and words == str(one.details["target"])


def _named(one: Sighting) -> list[str]:
    """What else the text names: of Latin writing the words with capital letters. A single one of these may
    only begin a sentence, so it counts where there are no longer names."""
    latin, other = list[str](), list[str]()
    for mention in one.details.get("targets", ()):
        before = one.text[: mention["start"]].rstrip()
        called = before.endswith("يا") and not one.addressed  # somebody else is called upon
        if mention["kind"] not in _NAMING or called or before.endswith("#"):
            continue
        if mention["text"].isascii():
            latin += _capitalised(mention["text"])
        else:
            other.append(mention["text"])
    if _is_shouted(one.text):
        return other
    return other + ([name for name in latin if " " in name] or latin)


def _capitalised(text: str) -> list[str]:
    """Runs of words with a capital letter, but for days and months."""
    runs: list[list[str]] = [[]]
    for word in text.split():
        if word[:1].isupper() and word.lower() not in _CALENDAR:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [" ".join(run) for run in runs if run]


def _is_shouted(text: str) -> bool:
    """Whether capital letters tell no names, because most are."""
    capitals, small = sum(char.isupper() for char in text), sum(char.islower() for char in text)
    return capitals > small


def _aimed_at(one: Sighting) -> int | None:
    """The protectee that is threatened: the surest of those who stand where the target does; of a text that
    names no target otherwise, the surest of all."""
    among, span = one.protectees, one.span("target")
    if span is not None and not one.addressed:
        within = [match for match in among if match[3] < span[1] and span[0] < match[4]]
        if within or one.details.get("target_kind") not in ("vague", "group"):
            among = tuple(within)
    return min(among, key=lambda match: (-match[2], match[0]))[0] if among else None


def _folded(texts: Iterable[str]) -> dict[str, str]:
    """The normal form of each text."""
    asked = sorted(set(texts))
    batch = normalise_batch(asked)
    return {text: " ".join(batch[number].text.split()) for number, text in enumerate(asked)}
