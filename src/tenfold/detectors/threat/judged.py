"""Harm that is called good, necessary, allowed or worth a reward: "killing them is right"."""

from tenfold.detectors.threat.between import nothing_between
from tenfold.detectors.threat.marked import Mark, Marked
from tenfold.detectors.threat.stance import CALL, MENTION, WISH, Stance

_NEAR_JUDGEMENT = 14  # words between "the only way" and "is to …"
_TO_JUDGEMENT = 9  # words between an act and what it is said to be
_IS = frozenset(["is", "s", "are", "would", "be", "was", "isn", "aren"])


def approved(text: Marked, act: Mark, first: int) -> Stance:
    """ "Killing them is right", "it is fine to beat them", "I want them dead": harm that is called good."""
    forms = act.entry.forms
    seen = text.last_before("see", first, act.first)
    if seen and (forms & {"participle", "past"}) and nothing_between(text, seen.last, act.first):
        return Stance(WISH, act, seen, passive=True)
    thing = "ing" in forms or act.entry.role == "act_noun"
    before = _approved_before(text, act, first, thing)
    if before:
        return before
    happening = bool({"getting", "being"} & set(text.words[max(first, act.first - 2) : act.first]))
    return _approved_after(text, act) if thing or "base" in forms or happening else Stance(MENTION, act)


def _approved_before(text: Marked, act: Mark, first: int, thing: bool) -> Stance | None:
    """ "It is fine to beat them", "nobody should be punished for it", "the only way is to kill them"."""
    before = text.last_before("approved", first, act.first)
    if before and {"to", "is"} & set(text.words[before.last : act.first]) and act.first - before.last <= 5:
        return Stance(CALL, act, before)
    if _excused(text, act, first):
        return Stance(CALL, act)
    near = before and act.first - before.last <= 1 and nothing_between(text, before.last, act.first)
    if before and near and thing:
        return Stance(CALL, act, before)
    said = text.words[max(first, act.first - 2) : act.first]
    concluded = said == ["is", "to"] or (said[-1:] == ["is"] and thing)
    return Stance(CALL, act) if concluded and _judged_before(text, act, first) else None


def _approved_after(text: Marked, act: Mark) -> Stance:
    """ "Killing them would solve everything", "is right", "is not wrong"."""
    end = min(text.sentence(act.first)[1], act.last + _TO_JUDGEMENT)

    def denied(mark: Mark) -> bool:
        return any(act.last <= no.first < mark.first for no in text.role("not"))

    def is_said_to_be(mark: Mark) -> bool:
        return not _IS.isdisjoint(text.words[max(act.last, mark.first - 4) : mark.first])

    for role in ("approves", "approved"):
        for mark in text.role(role):
            if act.last < mark.first < end and (role == "approves" or is_said_to_be(mark)):
                return Stance(MENTION if denied(mark) else CALL, act, mark)
    for mark in text.role("condemned"):
        if act.last < mark.first < end and denied(mark) and is_said_to_be(mark):
            return Stance(CALL, act, mark)
    return Stance(MENTION, act)


def rewarded_for(text: Marked, act: Mark) -> Mark | None:
    """What is promised to whoever does it: "anyone who kills them deserves a medal"."""
    if not act.entry.forms & {"third", "base"}:
        return None
    start, end = text.sentence(act.first)
    relative = text.last_before("relative", max(start, act.first - 4), act.first)
    if relative is None:
        return None
    return next(
        (
            mark
            for mark in text.role("rewarded")
            if act.last <= mark.first < end or relative.first - 2 <= mark.first < relative.first
        ),
        None,
    )


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
