"""The evidence for a link in words, and as a waterfall: what each piece adds, and the sum so far."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from tenfold.casework.returns_shown import Evidence, LinkView
from tenfold.casework.track_record import Band, Tried, place
from tenfold.linkage.ledger import Family
from tenfold.web.console.i18n import Translator

WIDTH: Final = 1000  # units that a bar is wide
MARGIN: Final = 1.0  # bits left free at both ends of the scale
IN_A_LINE: Final = frozenset({"handle", "name", "url", "domain"})  # bios and pictures stand side by side
LONGEST_VALUE: Final = 120  # characters of a compared value; the sides show it whole


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the waterfall. `start` and `width` place its bar in 0..WIDTH, `tone` is `start`, `for`,
    `against`; `total` is the sum of bits so far; `values` are the two that were compared, where a line can
    hold them."""

    title: Markup
    details: list[Markup]
    bits: float
    total: float
    start: int
    width: int
    tone: str
    copyable: bool = False
    family: str = ""
    values: Markup | None = None


class Waterfall(msgspec.Struct, frozen=True, kw_only=True):
    """All lines, and where on the scale even odds (0 bits) are; None when beyond it."""

    steps: list[Step]
    even: int | None


def signed(words: Translator, bits: float) -> Markup:
    """Bits with their sign, one decimal, in the language's digits: `+9.1`. Never turned about."""
    sign = "+" if bits > 0 else "−" if bits < 0 else ""
    return Markup('<bdi dir="ltr">{}{}</bdi>').format(sign, words.number(abs(float(bits)), 1))


def kind_name(words: Translator, kind: str) -> Markup:
    """The name of a kind of evidence; one that we do not know keeps its own."""
    return words.name("evidence.kind", kind)


def findings(words: Translator, item: Evidence) -> list[Markup]:
    """What was found, how near, how many, how rare: each a phrase of its own."""
    found = []
    if item.level:
        found.append(words.name("evidence.level", item.level))
    if item.words:
        found.append(Markup("<bdi>{}</bdi>").format(item.words))
    if item.distance and item.out_of:
        found.append(words.html("evidence.distance", n=item.distance, of=item.out_of))
    if item.count is not None:
        found.append(words.html("evidence.count", n=item.count))
    if item.accounts and item.population and item.rarity is not None:
        found.append(words.html("evidence.accounts", n=item.accounts, of=item.population))
    return found


def chance(words: Translator, probability: float) -> str:
    """A probability in whole percent; what is nearly sure or nearly excluded is not said to be so."""
    if probability > 0.995:
        return words.text("returns.above", n=99)
    return words.text("returns.below", n=1) if probability < 0.005 else words.percent(probability)


def compared(words: Translator, item: Evidence) -> Markup | None:
    """The two public values that were compared, cut; None where they are not for a line of text."""
    if item.kind not in IN_A_LINE or not item.closed or not item.new:
        return None
    closed, new = item.closed[:LONGEST_VALUE], item.new[:LONGEST_VALUE]
    if closed == new:
        return Markup("<bdi>{}</bdi>").format(closed)
    return words.html("returns.from_to", closed=closed, new=new)


def waterfall(words: Translator, link: LinkView) -> Waterfall:
    """The prior first, then every item, strongest first; the last sum is the link's."""
    totals = [link.prior_bits]
    for item in link.evidence:
        totals.append(totals[-1] + item.bits)
    low, high = min(0.0, *totals) - MARGIN, max(0.0, *totals) + MARGIN

    def at(bits: float) -> int:
        return round((bits - low) / (high - low) * WIDTH)

    def line(before: float, after: float) -> tuple[int, int]:
        first, last = sorted((at(before), at(after)))
        return first, max(last - first, 2)

    start, width = line(0.0, link.prior_bits)
    steps = [
        Step(
            title=words.html("evidence.prior"),
            details=[words.html("evidence.prior.help")],
            bits=link.prior_bits,
            total=link.prior_bits,
            start=start,
            width=width,
            tone="start",
        )
    ]
    for item, before, after in zip(link.evidence, totals, totals[1:], strict=False):
        start, width = line(before, after)
        steps.append(_step(words, item, after, start, width))
    return Waterfall(steps=steps, even=at(0.0))


def _step(words: Translator, item: Evidence, total: float, start: int, width: int) -> Step:
    return Step(
        title=kind_name(words, item.kind),
        details=findings(words, item),
        bits=item.bits,
        total=total,
        start=start,
        width=width,
        tone="for" if item.bits > 0 else "against",
        copyable=item.copyable and item.bits > 0 and item.family != Family.TIME,
        family=item.family,
        values=compared(words, item),
    )


def meaning(words: Translator, band: Band, report: Sequence[Tried]) -> Markup:
    """What a probability has meant so far: people's decisions, or the model's trial while they are few."""
    low, high = round(band.low * 100), round(band.high * 100)
    count = band.count
    if count.enough and count.right is not None:
        right = round(count.right * 100)
        return words.html("returns.meaning", n=count.decided, right=right, low=low, high=high)
    if count.decided:
        few = words.html("returns.meaning.few", n=count.decided, low=low, high=high)
    else:
        few = words.html("returns.meaning.none", low=low, high=high)
    tried = _tried(band, report)
    if tried is None:
        return Markup("{} {}").format(few, words.html("returns.meaning.untried"))
    share = round(tried[0] / tried[1] * 100)
    return Markup("{} {}").format(few, words.html("returns.meaning.model", n=tried[1], right=share))


def _tried(band: Band, report: Iterable[Tried]) -> tuple[int, int] | None:
    """Of the model's own trial: how many of how many were right about where the band is."""
    inside = [part for part in report if place(part.probability) == place(band.low)]
    right, pairs = sum(part.share * part.pairs for part in inside), sum(part.pairs for part in inside)
    return (round(right), pairs) if pairs else None
