"""What the pages of a threat say: names of fixed lists, marked texts, factors and log in words, the chart."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from markupsafe import Markup, escape

from tenfold.threats.packet import worth_saying
from tenfold.threats.shown import FactorView, LogView, SourceView, SpreadView, ThreatView
from tenfold.threats.words import WORDS
from tenfold.web.console.highlight import Hit
from tenfold.web.console.i18n import Translator
from tenfold.web.console.sparing import Spared

_NAMED = {"speech_act": "speech", "act": "act_name", "target_kind": "target"}
_NEVER_TOLD = frozenset({"before", "owner", "level_before", "into", "threat", "referral"})


class Text(msgspec.Struct, frozen=True):
    """One source with its text as HTML."""

    source: SourceView
    content: Markup


class FactorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A factor in words. `number`: that of its marks in the texts, 0 where it stands nowhere."""

    factor: str
    number: int
    value: Markup
    read: Markup
    corrected: bool


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the chart, in units of its view box, with what it stands for."""

    x: float
    width: float
    height: float
    at: datetime
    texts: int
    accounts: int


def named(words: Translator) -> Callable[[str, str], Markup]:
    """The name of one of the fixed lists of threats, in the page's language; isolated if it is none of it."""
    texts = WORDS[words.locale].messages

    def tell(prefix: str, value: str) -> Markup:
        key = f"{prefix}.{value}"
        return escape(texts[key]) if key in texts else Markup("<bdi>{}</bdi>").format(value)

    return tell


def told(words: Translator) -> Callable[[list[str]], list[Markup]]:
    """Reasons of a level, in words."""
    tell = named(words)
    return lambda reasons: [tell("reason", one) for one in worth_saying(reasons)]


def marked(source: SourceView, view: ThreatView, spared: Spared) -> Text:
    """A source's text with the parts that factors rest on marked by the factor's number."""
    numbers = _numbers(view)
    hits = [Hit(start, end, numbers[factor]) for start, end, factor in source.spans if factor in numbers]
    return Text(source, spared.told(source.text, hits))


def _numbers(view: ThreatView) -> dict[str, int]:
    """The numbers of factors that stand somewhere in a text, in the order of the list."""
    standing = {factor for source in view.sources for _, _, factor in source.spans}
    return {
        factor: number
        for number, factor in enumerate((one.factor for one in view.factors if one.factor in standing), 1)
    }


def factor_rows(words: Translator, view: ThreatView) -> list[FactorRow]:
    """The factors in effect, with what the machine read where a person corrected it."""
    numbers = _numbers(view)
    return [
        FactorRow(
            factor=one.factor,
            number=numbers.get(one.factor, 0),
            value=_value(words, one, one.value),
            read=_value(words, one, one.read),
            corrected=one.corrected,
        )
        for one in view.factors
    ]


def _value(words: Translator, one: FactorView, value: Any) -> Markup:
    if isinstance(value, bool):
        return words.html("threat.yes" if value else "threat.no")
    if value is None:
        return words.html("threat.absent")
    prefix = _NAMED.get(one.factor)
    if prefix:
        return named(words)(prefix, str(value))
    if one.factor == "when":
        hours = float(value)
        return words.html("threat.within", hours=words.number(hours, 1 if hours % 1 else 0))
    return Markup("<bdi>{}</bdi>").format(value) if value else words.html("threat.found")


def line_words(words: Translator, line: LogView) -> list[Markup]:
    """What a line of the log says beside its act: level, outcome, reason; never who is watched over."""
    tell = named(words)
    parts = []
    for name, value in line.details.items():
        if value in (None, "", []) or name in _NEVER_TOLD:
            continue
        if name == "level":
            parts.append(tell("level", str(value)))
        elif name in ("outcome", "factor"):
            parts.append(tell(name, str(value)))
        elif name in ("reason", "text"):
            parts.append(Markup('<q dir="auto">{}</q>').format(value))
        elif words.has(f"threat.log.{name}"):
            parts.append(words.html(f"threat.log.{name}", n=value if isinstance(value, int) else str(value)))
    return parts


def columns(words: Translator, spread: SpreadView) -> list[Column]:
    """The chart of sources over time: 600 by 120 units."""
    most = max((texts for _, texts, _ in spread.counts), default=1)
    width = min(600 / max(1, len(spread.counts)), 60.0)
    return [
        Column(
            x=round(number * width, 2),
            width=round(width * 0.86, 2),
            height=round(110 * texts / most, 2),
            at=at,
            texts=texts,
            accounts=accounts,
        )
        for number, (at, texts, accounts) in enumerate(spread.counts)
    ]
