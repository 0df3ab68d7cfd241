"""What is said of media that stand in a bank: the signal and its details."""

from typing import Any, Final

import msgspec

from tenfold.detectors.media.matches import Match
from tenfold.evidence import Signal, SignalKind
from tenfold.subjects import Subject

DETECTOR: Final = "media"
VERSION: Final = "1"
MEDIA: Final = SignalKind(
    name="media",
    title="Known picture, film, sound or file",
    score_means="confidence of the bank's entry times the share of hash bits that agree; 1: the very file. "
    "Of sounds: times how densely they agree",
    details={
        "bank": "str",
        "label": "str",
        "entry": "str",
        "match": "str",
        "distance": "int",
        "turn": "str",
        "negative": "bool",
        "border": "bool",
        "confidence": "float",
        "start": "float",
        "end": "float",
        "entry_start": "float",
        "entry_end": "float",
        "moments": "int",
        "points": "int",
        "covered": "float",
    },
)


def told(subject: Subject, match: Match) -> Signal:
    """What is said of an item of which this match is known."""
    entry = match.entry
    details: dict[str, Any] = {
        "bank": entry.bank,
        "label": entry.label,
        "entry": entry.key,
        "match": match.kind,
        "turn": match.turn,
        "negative": match.negative,
        "border": match.border,
        "confidence": round(entry.confidence, 3),
    }
    if match.lies:
        details |= {"points": match.lies.points, "covered": match.lies.covered}
        if not match.at:  # it lies in a frame of a film, not in what is shown of the film
            details["lies"] = msgspec.to_builtins(match.lies)
    else:
        details["distance"] = round(match.distance)
    if match.at:
        details |= {name: round(value, 2) for name, value in msgspec.structs.asdict(match.at).items()}
    if match.moments:
        details["moments"] = match.moments
    return Signal(
        subject=subject,
        name=MEDIA.name,
        key=f"{entry.bank}:{entry.key}",
        score=round(entry.confidence * match.score, 3),
        detector=DETECTOR,
        version=VERSION,
        details=details,
    )
