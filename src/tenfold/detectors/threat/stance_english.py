"""What governs an act of harm in English: "I will", "they should be", "let's", "I hope they"."""

import msgspec

from tenfold.detectors.threat.between import nothing_between
from tenfold.detectors.threat.judged import approved, rewarded_for
from tenfold.detectors.threat.marked import Mark, Marked
from tenfold.detectors.threat.stance import CALL, MENTION, NEAR, OWN, WISH, Stance, governor_before

_FILLERS = frozenset({
    "please", "just", "and", "so", "go", "then", "now", "ok", "okay", "yes", "fucking", "yo", "well",
    "lets", "brothers", "guys", "y", "all", "everyone", "rt", "come", "on", "seriously", "also", "or",
    "but", "hey", "oh", "honestly", "literally", "simply", "always", "someone", "somebody", "you",
    "must", "we", "people", "girls", "boys",
})  # fmt: skip
_PASSIVE = frozenset(["be", "get", "gets", "getting", "been", "being", "got", "gettin"])
_SETS_OUT = frozenset({
    "find", "lock", "shoot", "put", "bring", "line", "kick", "kill", "throw", "round", "come", "drag",
    "gather", "let", "stand", "pull", "join", "beat", "hunt", "go", "catch", "get", "rise", "take",
    "tie", "burn", "grab",
})  # fmt: skip
_MINE = frozenset({"ima", "imma", "me"})  # "makes me want to", "nothing will stop me from"
_ARTICLES = frozenset({"a", "an", "the", "another", "one"})
_COUNTED = frozenset({"shot", "cut", "break", "hit", "strike", "fight"})  # nouns after an article
_BE = frozenset(["am", "m", "are", "re", "is", "im", "be", "was", "were", "will", "ll"])


def english_stance(text: Marked, act: Mark) -> Stance:
    """The stance of an English text towards one of its acts."""
    first, _ = text.sentence(act.first)
    first = max(first, act.first - NEAR)
    forms = act.entry.forms
    if _is_noun(text, act):
        return Stance(MENTION, act)
    if "participle" in forms and any(
        word in _PASSIVE for word in text.words[max(first, act.first - 5) : act.first]
    ):
        found = _passive(text, act, first)
        return found if found.says != MENTION else approved(text, act, first)
    if {"base", "participle"} <= forms and (seen := _suffered(text, act, first)):
        return Stance(WISH, act, seen, passive=True)
    rewarded = rewarded_for(text, act)
    if rewarded:
        return Stance(CALL, act, rewarded)
    wish = text.last_before("wish", first, act.first)
    if wish and "participle" in forms and text.words[act.first - 1] in ("are", "is", "were", "was", "re"):
        return Stance(WISH, act, wish, passive=True)
    if "base" in forms:
        found = _active(text, act, first)
        if found.says != MENTION:
            return found
    if "third" in forms:
        governor = text.last_before("wish", first, act.first)
        return Stance(WISH, act, governor) if governor else Stance(MENTION, act)
    if "ing" in forms:
        found = _progressive(text, act, first)
    elif act.entry.role == "act_noun":
        found = _as_thing(text, act, first)
    else:
        found = Stance(MENTION, act)
    return found if found.says != MENTION else approved(text, act, first)


def _is_noun(text: Marked, act: Mark) -> bool:
    """ "A shot", "a patient's suffering"."""
    before = text.words[act.first - 1] if act.first else ""
    if act.entry.value == "die" and "ing" in act.entry.forms:
        return before not in _BE
    return text.words[act.first] in _COUNTED and before in _ARTICLES


def _suffered(text: Marked, act: Mark, first: int) -> Mark | None:
    """The governor of a participle that looks like the base: "I want to see them hurt"."""
    seen = text.last_before("see", first, act.first)
    if seen is None or not text.has("person", seen.last, act.first):
        return None
    after = act.last < len(text.words) and any(
        text.has(role, act.last, act.last + 1) for role in ("person", "them", "you")
    )
    return None if after or text.has("future", seen.last, act.first) else seen


def _as_thing(text: Marked, act: Mark, first: int) -> Stance:
    """ "deserve death", "needs a bullet", "you will get a beating"."""
    governor = governor_before(text, max(first, act.first - 5), act.first, ("must", "future"))
    if governor is None or not nothing_between(text, governor.last, act.first):
        return Stance(MENTION, act)
    if governor.entry.role == "must":
        return Stance(CALL, act, governor, passive=True)
    return msgspec.structs.replace(_governed(text, act, governor, first), passive=True)


def _passive(text: Marked, act: Mark, first: int) -> Stance:
    roles = ("future", "must", "obliged", "wish", "want", "see")
    governor = governor_before(text, first, act.first, roles)
    if governor is None:
        return Stance(MENTION, act, passive=True)
    role = governor.entry.role
    says = {"must": CALL, "obliged": CALL, "wish": WISH, "want": WISH, "see": WISH}.get(role, MENTION)
    if role == "future":
        people = (text.last_before(role, first, governor.first) for role in ("you", "them", "person"))
        says = OWN if any(people) else MENTION
    return Stance(says, act, governor, passive=True)


def _active(text: Marked, act: Mark, first: int) -> Stance:
    governor = governor_before(text, first, act.first, ("future", "must", "want", "obliged", "wish", "would"))
    between = text.words[governor.last : act.first] if governor else []
    if governor and len(between) <= 4 and nothing_between(text, governor.last, act.first):
        return _governed(text, act, governor, first)
    if governor and governor.entry.role == "wish":
        mine = act.entry.value == "die" and text.has("i", act.first - 1, act.first)  # "I hope I die first"
        return Stance(MENTION if mine else WISH, act, governor)
    clause, _ = text.clause(act.first)
    before = text.words[clause : act.first]
    addressed = all(
        word in _FILLERS or word.endswith("ly") or text.mentioned(i) or text.gaps[i].endswith("#")
        for i, word in enumerate(before, clause)
    )
    if addressed and act.entry.value != "die":
        return Stance(CALL, act)
    if before[-1:] in (["i"], ["we"]) and _times_only(text, clause, act.first - 1):
        return Stance(OWN, act, None, text.last_before("i", clause, act.first))
    if before and before[-1] in ("and", "or", "then"):
        if governor:
            return _governed(text, act, governor, first)
        if before[0] in _SETS_OUT:
            return Stance(CALL, act)
    return Stance(MENTION, act)


def _times_only(text: Marked, first: int, last: int) -> bool:
    """Whether words tell a time and nothing else: "tonight we …"."""
    return first < last and all(text.covered("time", i) for i in range(first, last))


def _governed(text: Marked, act: Mark, governor: Mark, first: int) -> Stance:
    """An act under "will", "want to", "should", "hope": whose it is decides."""
    first = max(text.sentence(act.first)[0], governor.first - NEAR)
    subject = governor_before(text, first, governor.first, ("ours", "i", "someone", "you", "third"))
    whose = subject.entry.role if subject else ""
    if not _MINE.isdisjoint(text.words[governor.first : governor.last]):
        whose = "i"
    role = governor.entry.role
    if role in ("must", "obliged", "wish"):
        dying = role == "must" and act.entry.value == "die" and whose == "i"
        says = MENTION if dying else WISH if role == "wish" else CALL
    elif act.entry.value == "die":
        yours = whose in ("you", "") or text.has("them", first, governor.first)
        says = WISH if role == "want" else OWN if yours else MENTION
    elif whose == "" and _named_subject(text, governor, first):
        says = MENTION
    else:
        says = {"i": OWN, "ours": OWN, "": OWN, "someone": WISH}.get(whose, MENTION)
    return Stance(says, act, governor, subject)


def _named_subject(text: Marked, governor: Mark, first: int) -> bool:
    """Whether a word that is no pronoun stands before "will": somebody else's doing."""
    clause, _ = text.clause(governor.first)
    start = max(first, clause)
    return governor.first > start and text.words[governor.first - 1] not in _FILLERS


def _progressive(text: Marked, act: Mark, first: int) -> Stance:
    governor = governor_before(text, first, act.first, ("must", "want", "wish", "obliged", "future"))
    before = text.words[max(first, act.first - 3) : act.first]
    if governor and act.first - governor.last <= 2:
        return _governed(text, act, governor, first)
    clause, _ = text.clause(act.first)
    if before and before[-1] in ("start", "begin", "keep", "started") and act.first - clause <= 3:
        return Stance(CALL, act)
    subject = text.last_before("i", max(first, act.first - 3), act.first)
    if subject and before and before[-1] in _BE | {"just", "personally"}:
        return Stance(OWN, act, None, subject)
    return Stance(MENTION, act)
