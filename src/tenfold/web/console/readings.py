"""How hidden words were read, as the page shows it: what was written above what was read, word by word."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from tenfold.casework.shown import SignalView
from tenfold.detectors.text.read_as import explained
from tenfold.web.console.highlight import Hit
from tenfold.web.console.sparing import Spared

MOST: Final = 3  # places of one finding that are explained

Reading = list[tuple[Markup, Markup]]  # words: as written, with what was changed marked, and as read


def readings(signal: SignalView, fields: Mapping[str, str], spared: Spared, number: int) -> list[Reading]:
    """How the words of finding `number` were read, where they were hidden; nothing while texts are masked."""
    term = signal.details.get("entry")
    if signal.name != "terms" or not isinstance(term, str) or spared.masked:
        return []
    found: dict[str, Reading] = {}
    for span in signal.spans[:MOST]:
        text = fields.get(span.field, "")
        words = [
            (
                spared.told(
                    text[word.start : word.end],
                    [Hit(start - word.start, end - word.start, number) for start, end in word.changed],
                ),
                spared.told(word.read),
            )
            for word in explained(text, span.start, span.end, term)
        ]
        if words:
            found.setdefault(text[span.start : span.end], words)
    return list(found.values())
