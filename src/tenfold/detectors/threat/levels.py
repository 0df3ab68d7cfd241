"""How urgent a threat is: the decision table. The highest row that holds counts, never a mean of them.

After published practice of threat assessment: directness, specificity, capability and preparation,
imminence. Attackers
announce themselves to their target less often than they let preparation, farewell and last-resort language
leak, so these
raise the level without any explicit threat.
"""

import msgspec

T0, T1, T2, T3, NONE = "T0", "T1", "T2", "T3", "N"
ORDER = (T0, T1, T2, T3, NONE)
URGENT_HOURS = 24.0
DIRECT = frozenset({"own_threat", "call_to_action", "conditional"})
RESOLVABLE = frozenset({"named_person", "account_mention", "staff", "place", "event"})
_LEAKING = frozenset({"preparation", "farewell", "last_resort"})


class Assessed(msgspec.Struct, frozen=True):
    """What the table looks at. `factors`: names of the factors found, "where", "when", "means", "private",
    ...;

    `hours`: until the act, None when nothing says when; `harm`: "lethal", "serious", "weak" or "".
    """

    says: str
    harm: str
    target: str | None
    factors: frozenset[str]
    hours: float | None


def specificity(factors: frozenset[str]) -> int:
    """How many of place, time, means and private knowledge are told: 0 to 4."""
    return len(factors & {"where", "when", "means", "private"})


def level(found: Assessed) -> str:
    """The level, T0 (emergency) to T3 (low)."""
    held = [
        name
        for name, holds in (
            (T0, _emergency(found)),
            (T1, _high(found)),
            (T2, _medium(found)),
        )
        if holds
    ]
    return held[0] if held else T3


def _emergency(found: Assessed) -> bool:
    soon = found.hours is not None and found.hours <= URGENT_HOURS
    aimed = found.target in RESOLVABLE or bool(found.target and found.factors & {"where", "private"})
    if found.says in DIRECT and found.harm in ("lethal", "serious") and aimed and soon:
        return found.says != "conditional"
    return "preparation" in found.factors and bool(
        found.factors & {"farewell", "last_resort"} or (soon and found.target)
    )


def _high(found: Assessed) -> bool:
    if (
        len(found.factors & _LEAKING) >= 2
        or {"last_resort", "when"} <= found.factors
        or {"farewell", "when"} <= found.factors
    ):
        return True
    dangerous = found.harm in ("lethal", "serious")
    if found.says in DIRECT and found.target and dangerous:
        return specificity(found.factors) >= 2 or found.target == "staff" or "private" in found.factors
    if found.says == "veiled":
        return "private" in found.factors and bool(found.factors & {"coming", "when", "means"})
    return False


def _medium(found: Assessed) -> bool:
    if found.says in DIRECT:
        return (
            found.harm in ("lethal", "serious")
            or found.says == "conditional"
            or specificity(found.factors) >= 1
        )
    return found.says == "veiled" and bool(found.factors & {"private", "last_resort"})
