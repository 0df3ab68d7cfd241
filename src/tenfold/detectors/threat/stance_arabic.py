"""What an author does with an act of harm in Arabic, which the verb's form tells for the most part."""

from tenfold.detectors.threat.marked import Mark, Marked
from tenfold.detectors.threat.stance import CALL, MENTION, NEAR, OWN, WISH, Stance, governor_before

_BEFORE_STEM = frozenset(["رح", "راح", "لح", "بدي", "ra7", "rah", "bdi", "baddi", "badde"])
_SHORTEST_OURS = 4  # letters of a noun with "our" at its end
_CALLS = frozenset(["ايها", "يا"])


def arabic_stance(text: Marked, act: Mark) -> Stance:
    """The stance of an Arabic text towards one of its acts, in its own letters or in Latin ones."""
    entry, at = act.entry, act.first
    sentence, _ = text.sentence(at)
    first = max(sentence, at - NEAR)
    form = next(iter(entry.forms), "noun")
    if entry.object == "me" or form == "habit":
        return Stance(MENTION, act)
    ours = text.last_before("ours", first, at)
    governor = governor_before(text, max(first, at - 3), at, ("future", "must", "wish"))
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
    if direct and text.clauses[direct.first] != text.clauses[act.first]:
        direct = None
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


def _ours(word: str) -> bool:
    return len(word) > _SHORTEST_OURS and word.endswith("نا") and not word.startswith("ال")


def _may_order(text: Marked, act: Mark) -> bool:
    """Whether an imperative may stand here: first in its clause, or after و, or after somebody was called."""
    clause, _ = text.clause(act.first)
    if act.last < len(text.words) and _ours(text.words[act.last]):
        return False  # "they burnt our bakery", which is written like an order
    if act.first == clause or text.words[act.first].startswith("و"):
        return True
    before = text.words[clause : act.first]
    return before[0] in ("يا", "ايها", "ya", "w", "يلا", "يلاه", "yalla", "و") or text.has(
        "must", clause, act.first
    )
