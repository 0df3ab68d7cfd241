"""Read one text: every act of harm in it, who says what about it, and how urgent the worst of it is."""

import msgspec

from tenfold.detectors.threat import factors as of_factors
from tenfold.detectors.threat import gates as of_gates
from tenfold.detectors.threat import levels
from tenfold.detectors.threat.entries import ENGLISH, Entry
from tenfold.detectors.threat.factors import Factor
from tenfold.detectors.threat.marked import Mark, Marked, Said
from tenfold.detectors.threat.negation import negated
from tenfold.detectors.threat.stance import MENTION, OWN, Stance
from tenfold.detectors.threat.stance_arabic import arabic_stance
from tenfold.detectors.threat.stance_english import english_stance
from tenfold.detectors.threat.targets import ADDRESSED, GROUP, Target, full_name, target

_ON_NAMES = frozenset({"shoot", "burn", "bomb", "hang", "run_over", "stab"})  # one beats a rival, too
_LAUGHING = frozenset("😂🤣😅😆😹")
_LEAKING = frozenset({"preparation", "farewell", "last_resort"})


class Reading(msgspec.Struct, frozen=True):
    """One threat as it was read. `ungated`: its level if nothing gated it; `level` is N when something does.

    `reasons`: why, as `levels.assess` tells. `review`: gated by play or a question, yet imminent.
    """

    says: str
    act: str
    harm: str
    at: tuple[int, int]
    aim: Target | None
    gates: frozenset[str]
    level: str
    ungated: str
    review: bool
    reasons: tuple[str, ...]
    hours: float | None
    factors: list[Factor]

    @property
    def rank(self) -> tuple[int, int]:
        """The worse, the smaller: by level, then by what it would be without gates."""
        return levels.ORDER.index(self.level), levels.ORDER.index(self.ungated)


def readings(text: Marked, sayings: list[Said]) -> list[Reading]:
    """All threats of a text, gated ones among them, in no order."""
    harmless = [one for one in sayings if one.saying.says == "harmless"]
    sayings = [
        one
        for one in sayings
        if one.saying.says != "harmless"
        and not any(
            (one.first <= each.first < each.last <= one.last)
            or (each.first <= one.first and one.last <= each.last)
            for each in harmless
        )
    ]
    acts = [act for role in ("act", "act_noun") for act in text.role(role)]
    meant = [act for act in acts if not any(one.first <= act.first < one.last for one in harmless)]
    found = [_of_act(text, act, sayings) for act in meant]
    found += [_of_saying(text, one, sayings) for one in sayings]
    return [reading for reading in found if reading]


def _of_act(text: Marked, act: Mark, sayings: list[Said]) -> Reading | None:
    if act.entry.needs and text.language != ENGLISH:
        if not _needed(text, act):
            return None
        act = _with_object(text, act)
    taken = (english_stance if text.language == ENGLISH else arabic_stance)(text, act)
    if taken.says == MENTION:
        return _reported(text, act, sayings)
    aim = target(text, taken)
    if aim is None or not _harms(text, act, aim):
        return None
    gates = of_gates.act_gates(text, taken, aim)
    if negated(text, taken):
        gates.add("negated")
    condition = of_factors.condition(text, act)
    if condition and _foretold(text, taken, aim, condition):
        return None
    if _trifling(text, act, condition):
        gates.add("idiom")  # "I will kill you if you spoil the ending"
    says = "conditional" if taken.says == OWN and condition else taken.says
    extra = [
        one for one in (of_factors.actor(text, taken), condition if says == "conditional" else None) if one
    ]
    if taken.governor:
        extra.append(Factor("intent", taken.governor.first, taken.governor.last, ""))
    return _assess(text, says, act, aim, gates=gates, sayings=sayings, extra=extra)


def _trifling(text: Marked, act: Mark, condition: Factor | None) -> bool:
    """Whether it is about something that nobody kills for: the ending of a film, the last slice."""
    if condition and text.has("trifle", condition.first, condition.last):
        return True
    return text.has("trifle", *text.sentence(act.first)) and not _LAUGHING.isdisjoint(text.original)


def _foretold(text: Marked, taken: Stance, aim: Target, condition: Factor) -> bool:
    """Whether others' death is only feared: "women will die if the clinic closes"."""
    suffered = taken.passive or taken.act.entry.value == "die"
    ours = any(text.has(role, condition.first, condition.last) for role in ("i", "you"))
    return suffered and taken.says == OWN and aim.kind == GROUP and not ours


def _needed(text: Marked, act: Mark) -> bool:
    """Whether على follows: "خلص عليه", "نخلص عالموظفين"."""
    after = text.words[act.last : act.last + 1]
    return (
        bool(after)
        and (after[0].startswith(("عل", "عال", "3al", "3ale")))
        and not after[0].startswith("عليا")
    )


def _with_object(text: Marked, act: Mark) -> Mark:
    """The act with whom its على names."""
    to_you = text.words[act.last].endswith(("ك", "كم", "كو", "ج", "k", "ko", "kom"))
    whom = "you" if to_you else act.entry.object
    return Mark(msgspec.structs.replace(act.entry, object=whom), act.first, act.last)


def _harms(text: Marked, act: Mark, aim: Target) -> bool:
    """Whether the act with this object is harm to people."""
    if text.has("justice", act.first, act.first + 1) and _lawful(text, act, aim):
        return False
    if text.has("careful", act.first, act.last) or act.entry.harm == "weak":
        deadly = act.entry.value in _ON_NAMES and "base" in act.entry.forms
        return aim.certain or (deadly and full_name(text, aim))
    return True


def _lawful(text: Marked, act: Mark, aim: Target) -> bool:
    """Whether it is what the law does: "murderers should be locked up", "punished by the court"."""
    by = text.words[act.last : act.last + 1] == ["by"] and text.has("law", act.last, act.last + 4)
    return by or text.has("offender", aim.first, aim.last)


def _reported(text: Marked, act: Mark, sayings: list[Said]) -> Reading | None:
    """ "He threatened to kill his colleagues": somebody else's threat."""
    start, end = text.sentence(act.first)
    threatened = any(start <= mark.first < act.first for mark in text.role("threatened"))
    if not threatened or act.entry.harm == "weak":
        return None
    aim = target(text, Stance(OWN, act)) or (
        Target("self", act.first, act.last) if act.entry.object == "me" else None
    )
    victim = text.has("victim", start, end)
    if aim is None or not _harms(text, act, aim):
        return None
    gates = {"victim_report"} if victim else {"reported"}
    if text.has("news", start, end):
        gates.add("news")
    return _assess(text, OWN, act, aim, gates=gates, sayings=sayings, extra=[])


def _of_saying(text: Marked, one: Said, sayings: list[Said]) -> Reading | None:
    """A threat that is a way of speaking: "your days are numbered", "دمك حلال"."""
    saying = one.saying
    meant = GROUP if saying.factor in levels.MENACES else ADDRESSED
    gates = of_gates.scope_gates(text, one.first, one.last) | of_gates.genres(text, one.first, meant)
    if saying.says != "veiled" and _denied(text, one):
        gates.add("negated")
    elif _called_wrong(text, one):
        gates.add("condemnation")
    kind = GROUP if saying.says in ("call_to_action", "wish", "glorification") else ADDRESSED
    aim: Target | None = Target(kind, one.first, one.last)
    if saying.factor in _LEAKING:
        aim = None
    elif kind == ADDRESSED:
        aim = _addressee(text, one) or aim
    harm = "lethal" if saying.act == "kill" else "weak"
    entry = Mark(msgspec.structs.replace(_NO_ENTRY, value=saying.act, harm=harm), one.first, one.last)
    read = _assess(text, saying.says, entry, aim, gates=gates, sayings=sayings, extra=[])
    if saying.factor in _LEAKING and read.ungated not in (levels.T0, levels.T1):
        return None  # a will, a gun or despair alone threatens nobody
    if saying.weak and read.ungated == levels.T3:
        return None
    return read


def _denied(text: Marked, one: Said) -> bool:
    reach = 6 if text.language == ENGLISH else 3
    first = max(text.clause(one.first)[0], one.first - reach)
    return any(
        first <= mark.first and mark.last <= one.first and not text.has("still", mark.first, one.last)
        for mark in text.role("not")
    )


def _called_wrong(text: Marked, one: Said) -> bool:
    """ "It is a crime to …"."""
    first = max(text.clause(one.first)[0], one.first - 4)
    return text.language == ENGLISH and text.has("condemned", first, one.first)


def _addressee(text: Marked, one: Said) -> Target | None:
    first, last = text.sentence(one.first)
    for mark in text.role("staff"):
        if first <= mark.first < last:
            return Target("staff", mark.first, mark.last)
    for i in range(first, last):
        if text.mentioned(i):
            return Target("account_mention", i, i + 1)
        if i and text.words[i - 1] in ("يا", "ya") and not text.has("person", i, i + 1):
            return Target("named_person", i, i + 1)
    return None


def _assess(
    text: Marked,
    says: str,
    act: Mark,
    aim: Target | None,
    *,
    gates: set[str],
    sayings: list[Said],
    extra: list[Factor],
) -> Reading:
    found = [*of_factors.factors(text, act.first, aim, sayings), *extra]
    until = of_factors.hours(found)
    assessed = levels.assess(
        levels.Factors(
            says=says,
            act=act.entry.value,
            target=aim.kind if aim else None,
            found=frozenset(factor.factor for factor in found),
            hours=until,
            gates=frozenset(gates),
        )
    )
    return Reading(
        says=says,
        act=act.entry.value,
        harm=act.entry.harm,
        at=(act.first, act.last),
        aim=aim,
        gates=frozenset(gates),
        level=assessed.level,
        ungated=assessed.ungated,
        review=assessed.review,
        reasons=assessed.reasons,
        hours=until,
        factors=found,
    )


_NO_ENTRY = Entry(role="saying")
