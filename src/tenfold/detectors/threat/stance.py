"""What an author does with an act of harm: threatens it, calls for it, wishes it, or only speaks of it."""

from collections.abc import Callable

import msgspec

from tenfold.detectors.threat.entries import Entry
from tenfold.detectors.threat.lexicon import ENGLISH
from tenfold.detectors.threat.marked import Mark, Marked

OWN, CALL, WISH, MENTION = "own_threat", "call_to_action", "wish", "mention"

_NEAR_JUDGEMENT = 14  # words between "the only way" and "is to …"
_NEAR = 8  # words before an act in which what governs it stands
_FILLERS = frozenset(
    [
        "please",
        "just",
        "and",
        "so",
        "go",
        "then",
        "now",
        "ok",
        "okay",
        "yes",
        "fucking",
        "yo",
        "well",
        "now",
        "lets",
        "brothers",
        "guys",
        "y",
        "all",
        "everyone",
        "rt",
        "come",
        "on",
        "seriously",
        "also",
        "or",
        "but",
        "hey",
        "oh",
        "honestly",
        "literally",
        "simply",
        "always",
        "someone",
        "somebody",
        "you",
        "must",
        "we",
        "people",
        "girls",
        "boys",
    ]
)
_ADVERBS = frozenset(
    [
        "just",
        "all",
        "really",
        "fucking",
        "fuckin",
        "literally",
        "personally",
        "brutally",
        "slowly",
        "simply",
        "be",
        "been",
        "being",
        "all",
        "publicly",
        "also",
        "go",
        "come",
        "find",
        "and",
        "then",
        "get",
        "them",
        "him",
        "her",
        "you",
        "everyone",
        "to",
        "legally",
        "forcibly",
        "straight",
        "up",
        "better",
        "always",
        "actually",
        "absolutely",
        "both",
        "either",
        "each",
        "one",
        "probably",
        "definitely",
        "deserve",
        "out",
        "back",
        "ever",
        "even",
        "on",
        "sight",
        "it",
        "burn",
        "shoot",
        "kill",
        "beat",
        "the",
    ]
)
_PASSIVE = frozenset(["be", "get", "gets", "getting", "been", "being", "got", "gettin"])
_BEFORE_STEM = frozenset(["رح", "راح", "لح", "بدي", "ra7", "rah", "bdi", "baddi", "badde"])
_CALLS = frozenset(["ايها", "يا"])
_IS = frozenset(["is", "s", "are", "would", "be", "was", "isn", "aren"])
_SETS_OUT = frozenset({
    "go", "take", "grab", "find", "get", "rise", "stand", "come", "gather", "join", "let", "line", "round",
    "drag", "pull", "put", "throw", "catch", "tie", "lock", "hunt", "kick", "bring", "kill", "beat", "shoot",
    "burn",
})  # fmt: skip
_BE = frozenset(["am", "m", "are", "re", "is", "s", "im", "be", "was", "were", "will", "ll"])


class Stance(msgspec.Struct, frozen=True):
    """What is done with the act at word `at`; `governor` governs it ("will", "must"), `actor` is who does it.

    `victim`: words at which the object was found before the act ("X must be shot").
    """

    says: str
    act: Mark
    governor: Mark | None = None
    actor: Mark | None = None
    passive: bool = False


def stance(text: Marked, act: Mark) -> Stance:
    """The stance of a text towards one of its acts."""
    of_language: Callable[[Marked, Mark], Stance] = _english if text.language == ENGLISH else _arabic
    return of_language(text, act)


def _governor(text: Marked, first: int, last: int, roles: tuple[str, ...]) -> Mark | None:
    """The last mark of these roles in the words; of several that end together the longest."""
    found = [mark for role in roles if (mark := text.last_before(role, first, last))]
    return max(found, key=lambda mark: (mark.last, -mark.first, -roles.index(mark.entry.role)), default=None)


def _english(text: Marked, act: Mark) -> Stance:
    first, _ = text.sentence(act.first)
    first = max(first, act.first - _NEAR)
    forms = act.entry.forms
    if "participle" in forms and any(
        word in _PASSIVE for word in text.words[max(first, act.first - 5) : act.first]
    ):
        found = _passive(text, act, first)
        return found if found.says != MENTION else _approved(text, act, first)
    if {"base", "participle"} <= forms and (seen := _suffered(text, act, first)):
        return Stance(WISH, act, seen, passive=True)
    rewarded = _rewarded(text, act)
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
    return found if found.says != MENTION else _approved(text, act, first)


def _suffered(text: Marked, act: Mark, first: int) -> Mark | None:
    """The governor of a participle that looks like the base: "I want to see them hurt"."""
    seen = text.last_before("see", first, act.first)
    if seen is None or not text.has("person", seen.last, act.first):
        return None
    after = act.last < len(text.words) and any(
        text.has(role, act.last, act.last + 1) for role in ("person", "them", "you")
    )
    return None if after or text.has("future", seen.last, act.first) else seen


def _rewarded(text: Marked, act: Mark) -> Mark | None:
    """What is promised to whoever does it: "anyone who kills them deserves a medal"."""
    if not act.entry.forms & {"third", "base"}:
        return None
    start, end = text.sentence(act.first)
    if not text.last_before("relative", max(start, act.first - 4), act.first):
        return None
    return next((mark for mark in text.role("rewarded") if act.last <= mark.first < end), None)


def _as_thing(text: Marked, act: Mark, first: int) -> Stance:
    """ "deserve death", "needs a bullet", "you will get a beating"."""
    governor = _governor(text, max(first, act.first - 5), act.first, ("must", "future"))
    if governor is None or not _nothing_between(text, governor.last, act.first):
        return Stance(MENTION, act)
    if governor.entry.role == "must":
        return Stance(CALL, act, governor, passive=True)
    return msgspec.structs.replace(_governed(text, act, governor, first), passive=True)


def _approved(text: Marked, act: Mark, first: int) -> Stance:
    """ "Killing them is right", "it is fine to beat them", "I want them dead": harm that is called good."""
    forms = act.entry.forms
    seen = text.last_before("see", first, act.first)
    if seen and (forms & {"participle", "past"}) and _nothing_between(text, seen.last, act.first):
        return Stance(WISH, act, seen, passive=True)
    _, end = text.sentence(act.first)
    before = text.last_before("approved", first, act.first)
    if before and {"to", "is"} & set(text.words[before.last : act.first]) and act.first - before.last <= 5:
        return Stance(CALL, act, before)
    if _excused(text, act, first):
        return Stance(CALL, act)
    if (
        before
        and ("ing" in forms or act.entry.role == "act_noun")
        and _nothing_between(text, before.last, act.first)
        and act.first - before.last <= 1
    ):
        return Stance(CALL, act, before)
    said = text.words[max(first, act.first - 2) : act.first]
    if _judged_before(text, act, first) and (
        said == ["is", "to"] or (said[-1:] == ["is"] and ("ing" in forms or act.entry.role == "act_noun"))
    ):
        return Stance(CALL, act)
    happening = bool({"getting", "being"} & set(text.words[max(first, act.first - 2) : act.first]))
    if not forms & {"ing", "base"} and act.entry.role != "act_noun" and not happening:
        return Stance(MENTION, act)
    for mark in text.role("approves"):
        if act.last < mark.first < min(end, act.last + 9):
            denied = any(act.last <= no.first < mark.first for no in text.role("not"))
            return Stance(MENTION if denied else CALL, act, mark)
    for mark in text.role("approved"):
        between = text.words[act.last : mark.first]
        if act.last < mark.first < min(end, act.last + 9) and not _IS.isdisjoint(between[-3:]):
            denied = any(act.last <= no.first < mark.first for no in text.role("not"))
            return Stance(MENTION if denied else CALL, act, mark)
    for mark in text.role("condemned"):  # "is not wrong", "isn't a crime"
        between = text.words[act.last : mark.first]
        denied = any(act.last <= no.first < mark.first for no in text.role("not"))
        if denied and mark.first < min(end, act.last + 9) and not _IS.isdisjoint(between[-4:]):
            return Stance(CALL, act, mark)
    return Stance(MENTION, act)


def _excused(text: Marked, act: Mark, first: int) -> bool:
    """Whether harm shall go unpunished: "nobody should go to jail for killing them"."""
    excused = text.last_before("excused", first, act.first)
    if excused is None or act.first - excused.last > 1:
        return False
    start, _ = text.sentence(act.first)
    return any(start <= no.first < excused.last for no in text.role("not"))


def _judged_before(text: Marked, act: Mark, first: int) -> bool:
    """Whether what is called good or the only way stands before "is to …"."""
    start, _ = text.sentence(first)
    return any(
        max(start, act.first - _NEAR_JUDGEMENT) <= mark.first < act.first for mark in text.role("approved")
    )


def _passive(text: Marked, act: Mark, first: int) -> Stance:
    roles = ("future", "must", "obliged", "wish", "want", "see")
    governor = _governor(text, first, act.first, roles)
    if governor is None:
        return Stance(MENTION, act, passive=True)
    role = governor.entry.role
    says = {"must": CALL, "obliged": CALL, "wish": WISH, "want": WISH, "see": WISH}.get(role, MENTION)
    if role == "future":
        people = (text.last_before(role, first, governor.first) for role in ("you", "them", "person"))
        says = OWN if any(people) else MENTION
    return Stance(says, act, governor, passive=True)


def _active(text: Marked, act: Mark, first: int) -> Stance:
    governor = _governor(text, first, act.first, ("future", "must", "want", "obliged", "wish", "would"))
    between = text.words[governor.last : act.first] if governor else []
    if governor and len(between) <= 4 and _nothing_between(text, governor.last, act.first):
        return _governed(text, act, governor, first)
    if governor and governor.entry.role == "wish":
        return Stance(WISH, act, governor)
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


def _nothing_between(text: Marked, first: int, last: int) -> bool:
    """Whether no other subject and no negation stands between a governor and its verb."""
    if all(text.words[i] in _ADVERBS or text.has("you", i, i + 1) for i in range(first, last)):
        return True
    roles = ("i", "third", "not", "said", "act")
    free = [i for i in range(first, last) if not text.covered("still", i)]
    return not any(text.has(role, i, i + 1) for i in free for role in roles)


def _governed(text: Marked, act: Mark, governor: Mark, first: int) -> Stance:
    """An act under "will", "want to", "should", "hope": whose it is decides."""
    subject = _governor(text, first, governor.first, ("ours", "i", "someone", "you", "third"))
    whose = subject.entry.role if subject else ""
    if (
        governor.entry.role == "future"
        and governor.first < act.first
        and text.words[governor.first] in ("ima", "imma")
    ):
        whose = "i"
    if "me" in text.words[governor.first : governor.last]:  # "makes me want to", "nothing will stop me from"
        whose = "i"
    role = governor.entry.role
    dying = act.entry.value == "die"
    if role == "must":
        says = CALL if not (dying and whose == "i") else MENTION
    elif role == "obliged":
        says = CALL
    elif role == "wish":
        says = WISH
    elif dying:
        says = (
            WISH
            if role == "want"
            else OWN
            if whose in ("you", "") or text.has("them", first, governor.first)
            else MENTION
        )
    elif role in ("future", "want", "would"):
        says = {"i": OWN, "ours": OWN, "": OWN, "someone": WISH}.get(whose, MENTION)
        if whose == "" and _named_subject(text, governor, first):
            says = MENTION
    else:
        says = MENTION
    return Stance(says, act, governor, subject)


def _named_subject(text: Marked, governor: Mark, first: int) -> bool:
    """Whether a word that is no pronoun stands before "will": somebody else's doing."""
    clause, _ = text.clause(governor.first)
    start = max(first, clause)
    return governor.first > start and text.words[governor.first - 1] not in _FILLERS


def _progressive(text: Marked, act: Mark, first: int) -> Stance:
    governor = _governor(text, first, act.first, ("must", "want", "wish", "obliged", "future"))
    if governor and act.first - governor.last <= 2:
        return _governed(text, act, governor, first)
    before = text.words[max(first, act.first - 3) : act.first]
    clause, _ = text.clause(act.first)
    if before and before[-1] in ("start", "begin", "keep", "started") and act.first - clause <= 3:
        return Stance(CALL, act)
    subject = text.last_before("i", max(first, act.first - 3), act.first)
    if subject and before and before[-1] in _BE | {"just", "personally"}:
        return Stance(OWN, act, None, subject)
    return Stance(MENTION, act)


def _arabic(text: Marked, act: Mark) -> Stance:
    entry, at = act.entry, act.first
    sentence, _ = text.sentence(at)
    first = max(sentence, at - _NEAR)
    form = next(iter(entry.forms), "noun")
    if entry.object == "me" or form == "habit":
        return Stance(MENTION, act)
    ours = text.last_before("ours", first, at)
    governor = _governor(text, max(first, at - 3), at, ("future", "must", "wish"))
    normative = text.last_before("must", max(first, at - 5), at)
    wishing = text.last_before("wish", max(first, at - 4), at)
    if form == "order":
        return Stance(CALL, act) if _may_order(text, act) else Stance(MENTION, act)
    if normative and (form in ("passive", "noun", "bare", "maybe") or entry.role == "act_noun"):
        return Stance(CALL, act, normative)
    if (
        wishing
        and wishing.entry.role == "wish"
        and form in ("bare", "near", "passive", "past")
        and entry.subject != "i"
    ):
        return Stance(WISH, act, wishing)
    if form in ("future", "near", "maybe"):
        return _arabic_future(text, act, form, governor, ours)
    if form == "bare":
        return _arabic_bare(text, act, governor, ours)
    if form in ("past", "noun"):
        return _arabic_past(text, act, sentence)
    return Stance(MENTION, act)


def _arabic_future(text: Marked, act: Mark, form: str, governor: Mark | None, ours: Mark | None) -> Stance:
    subject = act.entry.subject
    if subject == "i":
        if form == "maybe" and not _begins(text, act) and act.entry.object != "you":
            return Stance(MENTION, act)
        return Stance(OWN, act, governor, text.last_before("i", max(0, act.first - 3), act.first))
    if ours and subject in ("they", ""):
        return Stance(OWN, act, governor, ours)
    return Stance(MENTION, act)


def _arabic_bare(text: Marked, act: Mark, governor: Mark | None, ours: Mark | None) -> Stance:
    subject = act.entry.subject
    future = text.last_before("future", max(0, act.first - 2), act.first)
    if subject == "i":
        condition = text.last_before("if", text.sentence(act.first)[0], act.first) is not None
        condition = condition or (act.first > 0 and text.words[act.first - 1] in ("يا", "ya", "حتي"))
        if future or condition or act.entry.object == "you" or governor:
            return Stance(OWN, act, future or governor)
    if ours and subject == "they":
        return Stance(OWN, act, future, ours)
    return Stance(MENTION, act)


def _arabic_past(text: Marked, act: Mark, sentence: int) -> Stance:
    """The past: after a condition it threatens ("إن عدت قتلناك"); Maghrebi plurals are orders ("قتلوهم
    كاملين")."""
    if act.entry.subject == "i" and act.entry.object == "you" and text.last_before("if", sentence, act.first):
        return Stance(OWN, act)
    direct = text.last_before("future", max(0, act.first - 1), act.first)
    if direct and text.words[direct.first] in _BEFORE_STEM and act.entry.object != "me":
        return Stance(OWN, act, direct)  # "رح قوسك": the Levant's first person needs no letter
    if act.entry.needs and act.entry.object == "you" and text.last_before("future", sentence, act.first):
        return Stance(OWN, act)
    plural = act.entry.subject == "they" and text.words[act.first].endswith(
        ("و", "وهم", "وهن", "وا", "o", "ohom")
    )
    called = any(word in _CALLS for word in text.words[sentence : act.first])
    if plural and _may_order(text, act) and (text.role("maghrebi") or called):
        return Stance(CALL, act)
    return Stance(MENTION, act)


def _begins(text: Marked, act: Mark) -> bool:
    """Whether an act begins its clause, after an oath, a time or a conjunction at most."""
    clause, _ = text.clause(act.first)
    return all(
        text.has("future", i, i + 1) or text.has("time", i, i + 1) or text.has("i", i, i + 1)
        for i in range(clause, act.first)
    )


def _may_order(text: Marked, act: Mark) -> bool:
    """Whether an imperative may stand here: first in its clause, or after و, or after somebody was called."""
    clause, _ = text.clause(act.first)
    if act.first == clause or text.words[act.first].startswith("و"):
        return True
    before = text.words[clause : act.first]
    return before[0] in ("يا", "ايها", "ya", "w", "يلا", "يلاه", "yalla", "و") or text.has(
        "must", clause, act.first
    )


def negated(text: Marked, found: Stance) -> bool:
    """Whether the act is denied or forbidden."""
    act = found.act
    if act.entry.negated:
        return True
    first = max(text.clause(act.first)[0], act.first - 7)
    if text.language != ENGLISH:
        start = found.governor.first if found.governor and act.first - found.governor.last <= 1 else act.first
        reach = 1 if "future" in act.entry.forms and start == act.first else 2
        reach = 3 if act.entry.role == "act_noun" or "noun" in act.entry.forms else reach
        first = max(first, start - reach)
        nots = [mark for mark in text.role("not") if first <= mark.first and mark.last <= act.first]
        return bool(nots) and not text.has("still", nots[-1].last, act.first)
    nots = [
        mark
        for mark in (*text.role("not"), *text.role("opposed"))
        if first <= mark.first and mark.last <= act.first and not text.covered("still", mark.first)
        if found.governor is None or not found.governor.first <= mark.first < found.governor.last
    ]
    if not nots:
        after = text.words[act.last : act.last + 2]
        return bool({"nobody", "noone", "none"} & set(after)) or after == ["no", "one"]
    last = nots[-1]
    subject = text.last_before("i", last.last, act.first)
    restarted = subject is not None and found.governor is not None and subject.first < found.governor.first
    return not (restarted or text.has("still", last.last, act.first))


def is_act(entry: Entry) -> bool:
    """Whether an entry is a verb of harm or harm as a thing."""
    return entry.role in ("act", "act_noun")
