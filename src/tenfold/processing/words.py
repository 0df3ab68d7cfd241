"""What is written in media: as one text for the detectors, and where in the picture they found something."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tenfold.events import Line
from tenfold.evidence import Signal

FIELD: Final = "words"  # of a media item, as spans name it


def text_of(lines: Sequence[Line]) -> str:
    """One line of text for each that was read."""
    return "\n".join(_level(line) for line in lines)


def placed(signals: Sequence[Signal], lines: Sequence[Line]) -> list[Signal]:
    """Signals that say in `boxes` where in the picture the lines stand that they rest on (left, top, right
    and bottom in thousandths of its sides), and in `moments_read` at which seconds of a film."""
    return [_placed(signal, lines) for signal in signals]


def _placed(signal: Signal, lines: Sequence[Line]) -> Signal:
    start, touched = 0, []
    for line in lines:
        end = start + len(line.text)
        if any(span.field == FIELD and span.start < end and span.end > start for span in signal.spans):
            touched.append(line)
        start = end + 1
    found: dict[str, object] = {
        "boxes": [list(line.box) for line in touched if line.box],
        "moments_read": sorted({line.at for line in touched if line.at is not None}),
    }
    told = {name: value for name, value in found.items() if value}
    return msgspec.structs.replace(signal, details={**signal.details, **told}) if told else signal


def _level(line: Line) -> str:
    """Without line breaks of its own, and as long as before."""
    return "".join(" " if letter in "\n\r" else letter for letter in line.text)
