"""Where training starts: weights set by hand, towards which little data pulls little away."""

from tenfold.linkage.kinds import ABOUT, HOME, TIES, Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.parameters import SEGMENTS, Parameters, Weight, name_of

# Of each bit of rarity so much counts, and no bit beyond the 16th (24th of what cannot be copied):
# agreement is never as independent as it looks.
RARE = 4
_RARITY = {
    Kind.HANDLE: 0.6,
    Kind.NAME: 0.6,
    Kind.BIO: 0.6,
    Kind.AVATAR: 0.7,
    Kind.BANNER: 0.7,
    Kind.EMAIL: 1.0,
    Kind.PHONE: 1.0,
    Kind.DEVICE: 0.8,
    Kind.ADDRESS: 0.25,
    Kind.NETWORK: 0.25,
    Kind.URL: 0.7,
    Kind.DOMAIN: 0.4,
    Kind.MEDIA: 0.4,
    Kind.TEXT: 0.4,
    Kind.ANNOUNCES: 0.6,
    Kind.ANNOUNCED: 0.8,
}
# What a doubling of the accounts costs: more strangers who agree by chance, though not in one's own circle.
# Chosen, not learned: simulated circles are of one size, and populations in training too alike.
PER_DOUBLING = 0.4
_OF_LEVEL = {Level.NEAR: 0.6, Level.FAINT: 0.6, Level.SOUND: 0.6, Level.HOUSED: 0.3}
_TIE = 0.12  # of each bit of the rarity of all shared ties together
_DIFFERENT = {Kind.HANDLE: -0.5, Kind.NAME: -0.5, Kind.BIO: -0.2, Kind.AVATAR: -0.5, Kind.DEVICE: -0.7}
_GAP = {
    Level.BEFORE: -1.0,
    Level.DAY: 3.5,
    Level.DAYS: 3.0,
    Level.WEEK: 2.0,
    Level.FORTNIGHT: 1.0,
    Level.MONTH: 0.5,
    Level.QUARTER: 0.0,
    Level.LATER: -1.0,
}
_AGREEING = {
    Kind.HANDLE: (Level.NEAR, Level.SOUND, Level.LETTERS, Level.SUCCESSOR),
    Kind.NAME: (Level.NEAR, Level.SOUND, Level.LETTERS),
    Kind.BIO: (Level.NEAR, Level.EQUAL),
    Kind.AVATAR: (Level.FAINT, Level.NEAR, Level.EQUAL),
    Kind.BANNER: (Level.FAINT, Level.NEAR, Level.EQUAL),
} | dict.fromkeys(HOME, (Level.SHARED, Level.HOUSED))


def parameters() -> Parameters:
    """The model before any training; calibrated as if its bits were true."""
    weights = {name_of(Kind.GAP, level): Weight(base) for level, base in _GAP.items()}
    for kind in Kind:
        if kind != Kind.GAP:
            for level in levels(kind):
                weights[name_of(kind, level)] = by_hand(kind, level)
    return Parameters(
        version="start",
        prior=-4.0,
        per_doubling=PER_DOUBLING,
        weights=weights,
        damping={family: 0.3 if family == Family.NAMES else 0.6 for family in Family},
        caps=dict.fromkeys(Family, 14.0) | {Family.TIME: 4.0},
        calibration=((-40.0, 40.0), (-40.0, 40.0)),
        likely=0.9,
        possible=0.3,
        carries=1.2,
        proves=1.2,
        supports=0.6,
    )


def levels(kind: Kind) -> tuple[Level, ...]:
    """The levels of a kind that carry a weight."""
    if kind == Kind.GAP:
        return tuple(_GAP)
    if kind in (Kind.STYLE, Kind.RHYTHM):
        return (Level.LIKE, Level.UNLIKE)
    if kind in (Kind.ANNOUNCES, Kind.ANNOUNCED):
        return (Level.SHARED,)
    return (Level.DIFFERENT, *_AGREEING.get(kind, (Level.SHARED,)))


def by_hand(kind: Kind, level: Level) -> Weight:
    """The weight of a level before any training; not for the time from the closure."""
    if level == Level.DIFFERENT:
        return Weight(_DIFFERENT.get(kind, 0.0))
    if ABOUT[kind].family == Family.HABITS:
        slope = 0.35 if level == Level.LIKE else -0.35
        return Weight(0.0, (slope,) * 4 + (0.0,) * (SEGMENTS - 4))
    if kind in TIES:
        return Weight(0.0, (_TIE,) * SEGMENTS)
    slope = _RARITY[kind] * _OF_LEVEL.get(level, 1.0)
    segments = RARE if ABOUT[kind].copyable else RARE + 1
    return Weight(0.0, (slope,) * segments + (0.0,) * (SEGMENTS - segments))
