"""Whether an act of harm is denied or forbidden."""

from tenfold.detectors.threat.entries import ENGLISH
from tenfold.detectors.threat.marked import Marked
from tenfold.detectors.threat.stance import Stance


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
