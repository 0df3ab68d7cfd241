"""The parameters of a model as they are stored: one JSON document, checked when it is read."""

from importlib import resources
from typing import Any

import msgspec

from tenfold.linkage.kinds import ABOUT, Kind, Level
from tenfold.linkage.ledger import Family

# Bits between which a weight holds one slope: hinges let agreement on a rarer value count more, but by
# less and less.
KNOTS = (0.0, 4.0, 8.0, 12.0, 16.0, 24.0, 48.0, 96.0)
SEGMENTS = len(KNOTS) - 1
AGAINST = frozenset({Level.DIFFERENT, Level.UNLIKE})


class Weight(msgspec.Struct, frozen=True):
    """What a level of a kind adds: `base` bits, and `slopes[i]` bits for each bit of strength from
    KNOTS[i] to KNOTS[i + 1]. Never below 0 for agreement, never above 0 for a level in AGAINST."""

    base: float = 0.0
    slopes: tuple[float, ...] = (0.0,) * SEGMENTS


Curve = tuple[tuple[float, ...], tuple[float, ...]]  # bits, and the log2 odds that they mean
CURVES = ("calibration", "copyable", "alike", "worn")


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """A whole model.

    A pair's log2 odds before any evidence are prior - per_doubling * log2(population) + what `by_size` gives
    (log2 of accounts, ascending; bits; straight between, level beyond) - per_doubled_posts * log2(1 + posts
    of the newer account, see model.POSTS). `weights` by
    "kind.level", as in `handle.letters`. In a family the strongest item counts whole, the others by
    `damping`, all together at most `caps` bits. `calibration` maps bits to log2 odds, both ascending,
    straight between; `copyable` is the same for pairs that nothing uncopyable proves, `alike` and `worn` for
    those of them of which three, and four or more, of what a framer takes are the same (looks.taken; None: as
    the one before). `carries`: bits of the stronger of two families, `supports` of the other (and bits
    without which a name or an address stays alone); `proves`: bits that what nobody can copy needs, all
    together, `supports` of them from devices or the company that is kept. `likely`, `possible`:
    probabilities.
    """

    version: str
    prior: float
    per_doubling: float
    per_doubled_posts: float = 0.0
    by_size: tuple[tuple[float, ...], tuple[float, ...]] = ((0.0,), (0.0,))
    weights: dict[str, Weight]
    damping: dict[Family, float]
    caps: dict[Family, float]
    calibration: Curve
    copyable: Curve | None = None
    alike: Curve | None = None
    worn: Curve | None = None
    likely: float
    possible: float
    carries: float
    proves: float
    supports: float
    report: dict[str, Any] = {}

    @property
    def curves(self) -> tuple[Curve, Curve, Curve, Curve]:
        """`calibration`, `copyable`, `alike`, `worn`, as they hold."""
        copyable = self.copyable or self.calibration
        alike = self.alike or copyable
        return self.calibration, copyable, alike, self.worn or alike


class ParametersError(ValueError):
    """A stored model cannot be used; says why."""


def name_of(kind: Kind, level: Level) -> str:
    """The key of a weight: `handle.letters`."""
    return f"{kind.name.lower()}.{level.name.lower()}"


def place_of(name: str) -> tuple[Kind, Level]:
    """The reverse of name_of; ParametersError for a name that is none."""
    kind, _, level = name.partition(".")
    try:
        return Kind[kind.upper()], Level[level.upper()]
    except KeyError:
        raise ParametersError(f"weights: there is no evidence {name!r}") from None


def read(document: bytes | str) -> Parameters:
    """Parameters from JSON; ParametersError names what is wrong."""
    try:
        parameters = msgspec.json.decode(document, type=Parameters)
    except msgspec.MsgspecError as error:
        raise ParametersError(f"not the parameters of a linkage model: {error}") from None
    check(parameters)
    return parameters


def check(parameters: Parameters) -> None:
    """ParametersError unless weights have the right signs, calibration ascends, no family is left out."""
    for name, weight in parameters.weights.items():
        _, level = place_of(name)
        values = (weight.base, *weight.slopes)
        if len(weight.slopes) != SEGMENTS:
            raise ParametersError(f"weights: {name} has {len(weight.slopes)} slopes, not {SEGMENTS}")
        if level in AGAINST and max(values) > 0:
            raise ParametersError(f"weights: {name} speaks against a link, and is above 0")
        time = ABOUT[place_of(name)[0]].family == Family.TIME
        if level not in AGAINST and not time and min(values) < 0:
            raise ParametersError(f"weights: {name} is agreement, and is below 0")
    if min(parameters.per_doubling, parameters.per_doubled_posts) < 0:
        raise ParametersError("per_doubling, per_doubled_posts: below 0, strangers would make links likelier")
    for field in ("damping", "caps"):
        missing = set(Family) - set(getattr(parameters, field))
        if missing:
            raise ParametersError(f"{field}: nothing is said of {', '.join(sorted(missing))}")
    sizes, shifts = parameters.by_size
    if len(sizes) != len(shifts) or not sizes or list(sizes) != sorted(set(sizes)):
        raise ParametersError("by_size: ascending sizes are needed, and bits for each")
    for field, (bits, odds) in zip(CURVES, parameters.curves, strict=True):
        ascending = list(bits) == sorted(bits) and list(odds) == sorted(odds)
        if len(bits) != len(odds) or len(bits) < 2 or not ascending:
            raise ParametersError(f"{field}: two ascending lists of the same length, at least 2, are needed")
    if not 0 < parameters.possible <= parameters.likely < 1:
        raise ParametersError("0 < possible <= likely < 1 does not hold")


def shipped() -> Parameters:
    """The model in the package."""
    return read(resources.files("tenfold.linkage").joinpath("shipped_model.json").read_bytes())
