"""How urgent a threat is: the decision table. The highest row that holds counts, never a mean of them.

After published practice of threat assessment: directness, specificity, capability and preparation, imminence.
Attackers announce themselves to their target less often than they let preparation, farewell and last-resort
language leak, so these raise the level without any explicit threat.

Assessment is a function of factors alone, so what a person corrected is assessed again in the same way:

    assess(from_details(signal.details))        # what the detector said
    assess(from_details({**signal.details, "speech_act": "own_threat"}))    # a person took the gate away
    assess(msgspec.structs.replace(found, protectee=True))                  # the target is watched over
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

T0, T1, T2, T3, NONE = "T0", "T1", "T2", "T3", "N"
ORDER = (T0, T1, T2, T3, NONE)
URGENT_HOURS = 24.0

# What a threat is in its author's own mouth, and what takes it out of there. Of several gates the first here
# names the speech act.
OWN_ACTS = ("own_threat", "call_to_action", "conditional", "wish", "veiled", "glorification")
GATES = (
    "negated", "victim_report", "quoted", "counter_speech", "condemnation", "news", "reported", "question",
    "game", "sport", "fiction", "history", "idiom", "cooking", "prayer",
)  # fmt: skip
PLAY = frozenset({"game", "sport", "fiction", "history", "idiom", "cooking", "prayer"})

DIRECT = frozenset({"own_threat", "call_to_action", "conditional"})
RESOLVABLE = frozenset({"named_person", "account_mention", "staff", "place", "event"})
GRAVE = frozenset({
    "kill", "exterminate", "shoot", "behead", "stab", "hang", "burn", "bomb", "run_over", "bury", "die",
    "torture", "rape", "kidnap",
})  # fmt: skip  # acts that kill, maim or take a person away; all others are of slight harm
_LEAKING = frozenset({"preparation", "farewell", "last_resort"})
MENACES = frozenset({"reckoning", "marked", "warning", "watching", "coming"})  # without a word of harm
_REVIEWED = PLAY | {"question"}  # gates that a person looks behind when the threat would be imminent


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """What the table looks at.

    `says`: one of OWN_ACTS, what it is in its author's mouth if nothing gates it. `act`: the harm ("kill",
    ...). `target`: the target's kind, None when no target is told. `found`: names of the factors found
    ("where", "when", "means", "private", "coming", "preparation", "farewell", "last_resort", ...). `hours`:
    until the act, None when nothing says when. `gates`: those of GATES that hold. `protectee`: the target is
    a person, team or place that is watched over.
    """

    says: str
    act: str = ""
    target: str | None = None
    found: frozenset[str] = frozenset()
    hours: float | None = None
    gates: frozenset[str] = frozenset()
    protectee: bool = False


class Level(msgspec.Struct, frozen=True):
    """An assessment: `level` is N when something gates the threat, `ungated` is what it would be otherwise.

    `reasons`: keys of REASONS, every row of the table that holds, those of the highest level first.
    `review`: gated by play or a question only, yet imminent: a person has a look.
    """

    level: str
    ungated: str
    review: bool
    reasons: tuple[str, ...]


def assess(found: Factors) -> Level:
    """The level that the table gives to these factors, and why. A threat against a protectee is one level
    higher; gates hold every level down to N and leave `ungated` and the reasons as they are."""
    held = [(level, reason) for level, reason, holds in _TABLE if holds(found)]
    ungated = held[0][0] if held else T3
    reasons = [reason for _, reason in held] or ["low"]
    if found.protectee:
        ungated = ORDER[max(0, ORDER.index(ungated) - 1)]
        reasons.append("protectee")
    review = ungated == T0 and _soon(found) and bool(found.gates) and found.gates <= _REVIEWED
    return Level(NONE if found.gates else ungated, ungated, review, tuple(reasons))


def from_details(details: Mapping[str, Any]) -> Factors:
    """The factors of a signal's details, as they came or with a person's corrections in them.

    `speech_act` decides: one of OWN_ACTS takes all gates away, any other is a gate. Hours are those of the
    `factors` named "when". Raises ValueError for a speech act that is neither.
    """
    rows = details.get("factors", ())
    act = str(details["speech_act"])
    if act in OWN_ACTS:
        says, gates = act, frozenset[str]()
    elif act in GATES:
        says, gates = str(details.get("says", "own_threat")), frozenset({act, *details.get("gates", ())})
    else:
        raise ValueError(f"speech act {act!r} is none of {', '.join((*OWN_ACTS, *GATES))}")
    return Factors(
        says=says,
        act=str(details.get("act", "")),
        target=details.get("target_kind") if details.get("target") else None,
        found=frozenset(row["factor"] for row in rows),
        hours=soonest(str(row["value"]) for row in rows if row["factor"] == "when"),
        gates=gates,
    )


def soonest(hours: Any) -> float | None:
    """The least of some numbers of hours given as strings; None of none, and what is no number is passed
    over."""
    return min((float(one) for one in hours if one.replace(".", "", 1).isdecimal()), default=None)


def specificity(factors: frozenset[str]) -> int:
    """How many of place, time, means and private knowledge are told: 0 to 4."""
    return len(factors & {"where", "when", "means", "private"})


def _soon(found: Factors) -> bool:
    return found.hours is not None and found.hours <= URGENT_HOURS


def _direct(found: Factors) -> bool:
    return found.says in DIRECT and found.act in GRAVE


def _aimed(found: Factors) -> bool:
    return _direct(found) and bool(found.target)


def _locatable(found: Factors) -> bool:
    resolvable = found.target in RESOLVABLE or bool(found.found & {"where", "private"})
    return _aimed(found) and resolvable and _soon(found) and found.says != "conditional"


def _prepared(found: Factors) -> bool:
    return "preparation" in found.found and bool(found.found & {"farewell", "last_resort"})


def _prepared_and_soon(found: Factors) -> bool:
    return "preparation" in found.found and _soon(found) and bool(found.target)


def _leaving_soon(found: Factors) -> bool:
    return "when" in found.found and bool(found.found & {"farewell", "last_resort"})


def _veiled_and_near(found: Factors) -> bool:
    near = found.found & {"coming", "when", "means"}
    return found.says == "veiled" and "private" in found.found and bool(near)


def _veiled(found: Factors) -> bool:
    return found.says == "veiled" and bool(found.found & {"private", "last_resort"})


def _menaces(found: Factors) -> bool:
    return found.says == "veiled" and len(found.found & MENACES) >= 2


_TABLE: tuple[tuple[str, str, Callable[[Factors], bool]], ...] = (
    (T0, "soon_and_locatable", _locatable),
    (T0, "prepared_and_leaving", _prepared),
    (T0, "prepared_and_soon", _prepared_and_soon),
    (T1, "leaking", lambda found: len(found.found & _LEAKING) >= 2),
    (T1, "leaving_soon", _leaving_soon),
    (T1, "specific", lambda found: _aimed(found) and specificity(found.found) >= 2),
    (T1, "staff", lambda found: _aimed(found) and found.target == "staff"),
    (T1, "private_knowledge", lambda found: _aimed(found) and "private" in found.found),
    (T1, "veiled_and_near", _veiled_and_near),
    (T2, "direct", _direct),
    (T2, "conditional", lambda found: found.says == "conditional"),
    (T2, "some_detail", lambda found: found.says in DIRECT and specificity(found.found) >= 1),
    (T2, "veiled", _veiled),
    (T2, "menaces", _menaces),
)

# What the rows say, by the keys that `Level.reasons` holds.
REASONS = {
    "soon_and_locatable": "grave harm within 24 hours to a target that can be found",
    "prepared_and_leaving": "preparation together with farewell or last-resort language",
    "prepared_and_soon": "preparation, a target and a time within 24 hours",
    "leaking": "two of preparation, farewell and last-resort language, without any explicit threat",
    "leaving_soon": "farewell or last-resort language with a time",
    "specific": "grave harm with two or more of place, time, means and private knowledge",
    "staff": "grave harm to staff",
    "private_knowledge": "grave harm by one who knows home, school, workplace or real name",
    "veiled_and_near": "private knowledge shown together with coming, a time or means",
    "direct": "an own threat of grave harm, or a call to it",
    "conditional": "harm under a condition",
    "some_detail": "slight harm with a place, a time, means or private knowledge",
    "veiled": "private knowledge or last-resort language shown without naming harm",
    "menaces": "two of: a reckoning promised, being marked, a last warning, being watched, their coming",
    "low": "a wish, praise of an attack, or slight harm without detail",
    "protectee": "the target is watched over: one level higher",
}
