"""What was found about a case, as its page shows it: texts with the evidence marked, findings, facts."""

import re
from typing import Any, Final

import msgspec
from markupsafe import Markup

from tenfold.casework import views
from tenfold.web.console.highlight import Hit
from tenfold.web.console.i18n import Translator
from tenfold.web.console.readings import Reading, readings
from tenfold.web.console.returns_sides import alone
from tenfold.web.console.sparing import Spared

MAX_QUOTES: Final = 8  # of one finding; the text above shows them all
QUOTE: Final = 200  # code points
# Names in the parts of a rule's condition, such as `signals.domain.count`: what is looked at, and of what.
_NAMED: Final = re.compile(r"\b(signals|account|post|media|group)\.([a-z_]+)")
# Facts that the page's head or the part about the account tells already.
SHOWN_ELSEWHERE: Final = {"language", "script", "account", "verified"}
PICTURES: Final = {"avatar", "banner"}  # facts that name a picture, by its hash or an id
# Details of findings that stand first, or that the waterfall of a link tells.
TOLD_ELSEWHERE: Final = (
    "bank",
    "entry",
    "label",
    "items",
    "prior_bits",
    "model",
    "closed",
    "held_back",
    "boxes",
    "moments_read",
    "factors",
    "match",
    "distance",
    "points",
    "covered",
    "lies",
    "turn",
    "negative",
    "border",
)


class Finding(msgspec.Struct):
    """A signal as shown: with the pieces of text that it rests on, and how hidden words were read."""

    signal: views.SignalView
    quotes: list[Markup]
    readings: list[Reading]


def shown(value: Any) -> str:
    """A detail or fact of any shape as text. Values are shown as rules see them, in Latin digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return msgspec.json.encode(value).decode()


def findings(view: views.CaseView, spared: Spared) -> list[Finding]:
    """All signals, in their order."""
    found = []
    for number, signal in enumerate(view.signals, start=1):
        texts = {
            span: view.subject.fields.get(span.field, "")[span.start : span.end] for span in signal.spans
        }
        distinct = list(dict.fromkeys(text for text in texts.values() if text))
        quotes = [spared.told(text, most=QUOTE) for text in distinct[:MAX_QUOTES]]
        read_as = readings(signal, view.subject.fields, spared, number)
        found.append(Finding(signal, quotes, read_as))
    return found


def subjects_of(firing: views.FiringView, words: Translator) -> list[str]:
    """What the true parts of a rule's condition look at, in words, as far as there are words for it."""
    named = [found for part in firing.parts for found in _NAMED.findall(part.text)]
    keys = [("signal",) if of == "signals" else ("fact", "field", of) for of, _ in named]
    told = (
        next((f"{prefix}.{name}" for prefix in prefixes if words.has(f"{prefix}.{name}")), None)
        for prefixes, (_, name) in zip(keys, named, strict=True)
    )
    return list(dict.fromkeys(words.text(key) for key in told if key))


def marked_fields(view: views.CaseView, spared: Spared) -> list[tuple[str, Markup]]:
    """The texts of the subject, the evidence of every finding marked with the finding's number."""
    hits: dict[str, list[Hit]] = {}
    for number, signal in enumerate(view.signals, start=1):
        for span in signal.spans:
            hits.setdefault(span.field, []).append(Hit(span.start, span.end, number))
    return [
        (field, spared.told(text, hits.get(field, ()))) for field, text in view.subject.fields.items() if text
    ]


def facts(view: views.CaseView) -> list[tuple[str, Any]]:
    """What else is known of the subject, by name; pictures as returns_sides draws them."""
    return [
        (key, alone(value) if key in PICTURES else value)
        for key, value in view.subject.facts.items()
        if value not in (None, "", [], {}) and key not in SHOWN_ELSEWHERE
    ]
