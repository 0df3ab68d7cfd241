"""Whom or what an act is aimed at, and whether that is people at all."""

import msgspec

from tenfold.detectors.threat.entries import ARABIZI, ENGLISH
from tenfold.detectors.threat.marked import Mark, Marked
from tenfold.detectors.threat.stance import CALL, WISH, Stance

MENTION, NAMED, STAFF, GROUP = "account_mention", "named_person", "staff", "group"
PLACE, EVENT, SELF, VAGUE, ADDRESSED = "place", "event", "self", "vague", "addressed"

_RELATED = 2  # words between people and who will harm them: "the people whom I will …"
_REACH = 7  # words after an act in which its object stands
_PASSED_OVER = frozenset({
    "the", "a", "an", "of", "all", "up", "down", "off", "out", "over", "fucking", "damn", "in", "on",
    "at", "to", "one", "last", "some", "more", "most", "many", "as", "rid", "away", "death", "end",
    "harm", "pain", "fire", "rocks", "stones", "war", "towards", "toward", "upon", "for", "with",
    "against", "every", "single", "في", "علي", "ف", "ب", "fel", "fe", "fi", "bel", "el", "3al",
})  # fmt: skip
_AGAINST_PLACES = frozenset({"burn", "bomb", "attack", "shoot", "run_over"})
_ENDS_NOUNS = _PASSED_OVER - {"of", "the", "all"}  # "the lives of all …" goes on
_YOUR_ENDINGS = ("ak", "ek", "ik", "ko", "kom")  # of Arabizi: "rasak"
_DASHES = (" – ", " — ", " - ")
_PARTS = frozenset(
    {
        "life",
        "lives",
        "throat",
        "throats",
        "head",
        "heads",
        "neck",
        "necks",
        "lot",
        "lots",
        "rest",
        "half",
        "bunch",
        "most",
        "some",
        "bulk",
        "kind",
        "sort",
        "kinds",
        "members",
        "leaders",
        "millions",
        "thousands",
        "hundreds",
        "dozens",
        "whole",
        "horde",
        "hordes",
        "gang",
        "gangs",
        "one",
        "many",
        "blood",
        "existence",
        "all",
    }
)  # what an act on it does to those it is of
_AGAINST = (["against"], ["towards"], ["toward"], ["upon"])
_SUFFERED = frozenset({"burn", "hang"})  # what who suffers it does, too
_NO_NAMES = ("thing", "film", "place", "club")  # what stands in names of no person
_EVERY = frozenset(["all", "these", "those", "every", "each", "any"])
_YOURS = ("face", "person", "staff", "place", "event", "them")  # "your throat", "your family", "your office"
CALLS = frozenset({"يا", "ايها", "ya"})


class Target(msgspec.Struct, frozen=True):
    """The target at words [first, last). `kind` as the signal says, and "addressed": you, whoever that is.

    `certain`: people or a place beyond doubt; without it the object is only some noun.
    """

    kind: str
    first: int
    last: int
    certain: bool = True


def target(text: Marked, found: Stance) -> Target | None:
    """The target of an act; None when it is aimed at no people and no place."""
    act = found.act
    if found.governor and found.governor.first >= act.last:  # "killing them is right"
        aim = _object(text, act)
        if act.entry.role == "act_noun" and not (
            aim and aim.certain
        ):  # "violence is the only answer to them"
            return _people_after(text, found.governor) or aim
        return aim
    if act.entry.role == "act_noun" and text.words[act.last : act.last + 1] in _AGAINST:
        return _object(text, act)  # "violence against them"
    if act.entry.role == "act_noun" and found.says == CALL and not found.governor:
        return _subject(text, found)  # "the only language they understand is violence"
    if found.passive or act.entry.value == "die":
        return _subject(text, found) or (_object(text, act) if act.entry.value == "die" else None)
    if found.says == CALL and found.governor and "ing" in act.entry.forms:
        return _object(text, act) or _subject(text, found)  # "they deserve killing"
    suffixed = act.entry.object
    if suffixed == "me":
        return None
    said = _object(text, act) if not suffixed or suffixed == "they" else None
    if said is None and act.entry.value in _SUFFERED and found.governor and found.says in (CALL, WISH):
        return _subject(text, found)  # "they should hang"
    if said is None and found.actor and text.language == ENGLISH:
        return _related(text, found.actor)
    if suffixed == "you":
        return _addressed(text, act)
    if suffixed == "they":
        return said if said and said.kind in (STAFF, MENTION, NAMED) else Target(GROUP, act.first, act.last)
    if said and said.kind == ADDRESSED and said.certain:
        called = _addressed(text, act)
        return called if called.kind != ADDRESSED else said
    return said


def _related(text: Marked, actor: Mark) -> Target | None:
    """The people before "I" in "the women I will kill"."""
    for mark in reversed(text.role("person")):
        if actor.first - _RELATED <= mark.last - 1 < actor.first:
            same = text.clauses[mark.first] == text.clauses[actor.first]
            return Target(GROUP, mark.first, mark.last) if same else None
    return None


def _people_after(text: Marked, mark: Mark) -> Target | None:
    """The first people named after a mark in its sentence."""
    _, end = text.sentence(mark.first)
    return next(
        (Target(GROUP, one.first, one.last) for one in text.role("person") if mark.last <= one.first < end),
        None,
    )


def _addressed(text: Marked, act: Mark) -> Target:
    """ "You": who is called by handle, by office or by name in the same sentence."""
    first, last = text.sentence(act.first)
    for i in range(first, last):
        if text.mentioned(i):
            return Target(MENTION, i, i + 1)
    for mark in text.role("staff"):
        if first <= mark.first < last:
            return Target(STAFF, mark.first, mark.last)
    for i in range(first, last - 1):
        if text.words[i] in CALLS and not any(
            text.has(role, i + 1, i + 2) for role in ("person", "thing", "face")
        ):
            return Target(NAMED, i + 1, i + 2)
    return Target(ADDRESSED, act.first, act.last)


def _subject(text: Marked, found: Stance) -> Target | None:
    """The grammatical subject before "should be …", "will die": the nearest that names people."""
    end = found.governor.first if found.governor else found.act.first
    first, _ = text.sentence(found.act.first)
    for i in range(end - 1, max(first, end - 9) - 1, -1):
        named = _at(text, i, found.act)
        if named and named.kind != PLACE:
            return named
    for i in range(found.governor.last if found.governor else end, found.act.first):
        named = _at(text, i, found.act)  # "I hope they die"
        if named and (named.kind != PLACE or found.act.entry.value in ("burn", "bomb")):
            return named
    if end > first and not text.has("thing", end - 1, end) and text.words[end - 1].endswith("s"):
        return Target(GROUP, end - 1, end, certain=False)
    return None


def _object(text: Marked, act: Mark) -> Target | None:
    """The first thing after an act that may be its object, or that says it has none."""
    _, end = text.sentence(act.first)
    stop = min(end, act.last + _REACH)
    every = False
    for i in range(act.last, stop):
        word = text.words[i]
        apart = text.clauses[i] != text.clauses[i - 1] and not text.mentioned(i)
        if apart and (i > act.last or text.gaps[i] in _DASHES):
            break
        named = _at(text, i, act)
        if named:
            return named
        if text.has("thing", i, i + 1) and word not in _PASSED_OVER and not _points(text, i, act):
            return None
        every = every or word in _EVERY
        if word in _PASSED_OVER or (every and i < stop - 1 and word in _EVERY):
            continue
        if every and i + 1 < stop and _at(text, i + 1, act):
            continue
        if not text.has("future", i, i + 1):
            return _some_noun(text, act, i, every)
    if act.entry.role == "act_noun":
        return Target(VAGUE, act.first, act.last, certain=False)
    return None


def _points(text: Marked, i: int, act: Mark) -> bool:
    """Whether word i points at people: "that woman"."""
    if text.words[i] not in ("this", "that") or i + 1 >= len(text.words):
        return False
    head = _at(text, i + 1, act)
    return head is not None and head.kind in (GROUP, STAFF)


def _some_noun(text: Marked, act: Mark, i: int, every: bool) -> Target | None:
    """A word the lexicon does not know: what describes a known one, a name, a group after "all", or some."""
    for after in range(i + 1, min(i + 4, len(text.words))):  # "those filthy <people>", "the North <Office>"
        if text.clauses[after] != text.clauses[i] or text.words[after] in _ENDS_NOUNS:
            break
        if text.words[after] == "of" and text.words[after - 1] not in _PARTS:
            break  # "the abuse of women" is no woman
        head = _at(text, after, act)
        if head and head.kind in (GROUP, STAFF, PLACE, EVENT) and not text.has("them", after, after + 1):
            return Target(head.kind, i, after + 1, head.certain)
    if text.language == ENGLISH and _capital(text, i):
        return Target(NAMED, i, i + 1, certain=False)
    if every and text.words[i].endswith("s"):
        clear = act.entry.harm != "weak" and not text.has("careful", act.first, act.last)
        return Target(GROUP, i, i + 1, certain=clear)
    return Target(VAGUE, i, i + 1, certain=False)


def _at(text: Marked, i: int, act: Mark) -> Target | None:
    """What people or place word i names."""
    if text.mentioned(i):
        return Target(MENTION, i, i + 1)
    for role, kind in (("staff", STAFF), ("person", GROUP), ("event", EVENT)):
        if text.has(role, i, i + 1):
            return Target(kind, i, i + 1)
    if text.words[i] in ("yourself", "urself", "yourselves", "themselves"):
        return Target(ADDRESSED, i, i + 1)
    if text.has("your", i, i + 1) or text.has("face", i, i + 1):
        return _bodily(text, i)
    if text.has("you", i, i + 1):
        return Target(ADDRESSED, i, i + 1)
    if text.has("place", i, i + 1) and act.entry.value in _AGAINST_PLACES:
        return Target(PLACE, i, i + 1)
    if text.words[i] in ("his", "their") and not any(text.has(role, i + 1, i + 2) for role in _YOURS):
        return Target(
            VAGUE, i, i + 1, certain=text.words[i + 1 : i + 2] in (["life"], ["lives"], ["existence"])
        )
    if text.has("them", i, i + 1) and text.words[i] not in _EVERY:
        return Target(GROUP, i, i + 1)
    return None


def full_name(text: Marked, aim: Target) -> bool:
    """Whether an uncertain name is a whole one, two words or more that begin with capitals, and names no
    thing: "shoot Jonas Vale", but not "burn Blue Note records"."""
    if aim.kind != NAMED or text.language != ENGLISH:
        return False
    last = aim.first
    while last < len(text.words) and text.clauses[last] == text.clauses[aim.first] and _capital(text, last):
        last += 1
    things = any(text.has(role, i, i + 1) for role in _NO_NAMES for i in range(aim.first, last + 1))
    return last - aim.first >= 2 and not things


def _capital(text: Marked, i: int) -> bool:
    written = text.original[text.starts[i] : text.ends[i]]
    return written[:1].isupper() and not written.isupper()


def _bodily(text: Marked, i: int) -> Target | None:
    """ "Your throat", "راسك", "the throat of Jonas": a person through a part of the body; anybody's but
    mine."""
    if text.words[i + 1 : i + 2] == ["of"] and i + 2 < len(text.words) and _capital(text, i + 2):
        return Target(NAMED, i + 2, i + 3)
    whose = [mark.entry.object for mark in text.role("face") if mark.first == i]
    if "me" in whose:
        return None
    if "you" in whose or (text.language == ARABIZI and text.words[i].endswith(_YOUR_ENDINGS)):
        return Target(ADDRESSED, i, i + 1)
    if text.has("your", i, i + 1):
        people = any(text.has(role, i + 1, i + 3) or text.has(role, i + 1, i + 2) for role in _YOURS)
        return Target(ADDRESSED, i, i + 1) if people else Target(VAGUE, i, i + 1, certain=False)
    of_people = text.words[i + 1 : i + 2] == ["of"] and any(
        text.has("person", j, j + 1) for j in range(i + 2, i + 6)
    )
    return Target(GROUP, i, i + 1, certain="they" in whose or of_people or text.has("them", i + 1, i + 2))
