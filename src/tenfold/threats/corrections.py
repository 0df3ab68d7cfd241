"""What people correct in the reading of a threat, and the level that follows from it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tenfold.detectors.threat import levels
from tenfold.detectors.threat.levels import GATES, GRAVE, OWN_ACTS, RESOLVABLE, Level
from tenfold.threats import escalation

ACTS = GRAVE | {"attack", "beat"}
TARGET_KINDS = RESOLVABLE | {"group", "self", "vague"}
# Factors that are found in a text or not; a correction gives one its words, or None where there is none.
FOUND = (
    "where", "when", "means", "private", "coming", "preparation", "farewell", "last_resort", "reckoning",
    "marked", "warning", "watching", "condition", "intent", "actor",
)  # fmt: skip
FACTORS = ("speech_act", "act", "target_kind", "target", "protectee", *FOUND)
MOST = 500  # characters of a value


class CorrectionError(ValueError):
    """A correction that cannot be: `factor` is at fault."""

    def __init__(self, factor: str, reason: str) -> None:
        super().__init__(f"{factor}: {reason}")
        self.factor = factor
        self.reason = reason


def checked(factor: str, value: Any) -> Any:
    """The value of a factor as it is kept; raises CorrectionError."""
    one_of = {"speech_act": (*OWN_ACTS, *GATES), "act": sorted(ACTS), "target_kind": sorted(TARGET_KINDS)}
    if factor not in FACTORS:
        raise CorrectionError("factor", f"{factor[:40]!r} is none of {', '.join(FACTORS)}")
    if factor == "protectee":
        if not isinstance(value, bool):
            raise CorrectionError(factor, "is true or false")
        return value
    if value is None and (factor in FOUND or factor == "target"):
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > MOST or "\0" in value:
        raise CorrectionError(factor, f"is a text of 1 to {MOST} characters, without U+0000")
    if factor in one_of and value not in one_of[factor]:
        raise CorrectionError(factor, f"{value[:40]!r} is none of {', '.join(one_of[factor])}")
    if factor == "when" and levels.soonest([value]) is None:
        raise CorrectionError(factor, "is a number of hours, for example 24")
    return value.strip()


def value_of(details: Mapping[str, Any], factor: str) -> Any:
    """What a signal's details say of a factor; None where it was not found."""
    if factor == "protectee":
        return bool(details.get("protectee", False))
    if factor in FOUND:
        return next((row["value"] for row in details.get("factors", ()) if row["factor"] == factor), None)
    return details.get(factor) or None


def applied(details: Mapping[str, Any], corrected: Mapping[str, Any]) -> dict[str, Any]:
    """The details with corrections in them: `corrected` holds values by factor, None for what is not
    there."""
    changed = dict(details)
    rows = [row for row in details.get("factors", ()) if row["factor"] not in corrected]
    for factor, value in sorted(corrected.items()):
        if factor not in FOUND:
            changed[factor] = "" if value is None else value
        elif value is not None:
            rows.append({"factor": factor, "span": None, "value": value})
    if "speech_act" in corrected:
        # Another gate takes the place of those that were read, and no gate takes all away.
        changed["gates"] = [changed["speech_act"]] if changed["speech_act"] in GATES else []
        changed["gated"] = bool(changed["gates"])
        if changed["speech_act"] in OWN_ACTS:
            changed["says"] = changed["speech_act"]
    changed["factors"] = rows
    hours = levels.soonest(str(row["value"]) for row in rows if row["factor"] == "when")
    changed["imminence_hours"] = hours
    return changed


def assess(details: Mapping[str, Any]) -> Level:
    """The level of details, corrected or as they came."""
    found = levels.from_details(details)
    return levels.assess(msgspec.structs.replace(found, protectee=bool(details.get("protectee"))))


def protecting(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a text that turned out to name somebody who is watched over: a level higher."""
    changed = {**details, "protectee": True}
    level = assess(changed)
    return changed | {
        "level": level.level,
        "ungated": level.ungated,
        "review": level.review,
        "reasons": list(level.reasons),
    }


def raised_again(level: str, findings: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    """The level of corrected details with what raises the record (escalation)."""
    return escalation.raised(level, details.get("imminence_hours")) if findings else level
