"""What two accounts are compared on: kinds of evidence, their family, and whether anybody could copy them."""

from enum import IntEnum
from typing import NamedTuple

from tenfold.linkage.keys import KeyKind
from tenfold.linkage.ledger import Family


class Level(IntEnum):
    """What a comparison found. Stored in models by name."""

    MISSING = 0  # one of the two shows nothing: counts neither way
    DIFFERENT = 1
    NEAR = 2  # names that are spelt alike; pictures up to the distance of an edit
    SOUND = 3  # the same consonants
    LETTERS = 4  # the same letters once look-alikes are folded and digits stripped
    SUCCESSOR = 5  # the same handle with another number at its end
    EQUAL = 6
    SHARED = 7
    LIKE = 8  # habits that agree
    UNLIKE = 9
    FAINT = 10  # pictures beyond the distance of an edit, yet not unrelated
    BEFORE = 11  # created while the other was still open
    DAY = 12
    DAYS = 13  # 1 to 3 after the closure
    WEEK = 14  # 3 to 7 days
    FORTNIGHT = 15
    MONTH = 16
    QUARTER = 17
    LATER = 18
    HOUSED = 19  # shared by people of one home who show nothing else alike


class Kind(IntEnum):
    """A column of Comparisons."""

    HANDLE = 0
    NAME = 1
    BIO = 2
    AVATAR = 3
    BANNER = 4
    EMAIL = 5
    PHONE = 6
    DEVICE = 7
    ADDRESS = 8
    NETWORK = 9
    URL = 10
    DOMAIN = 11
    MEDIA = 12
    TEXT = 13
    STYLE = 14
    RHYTHM = 15
    FOLLOWS = 16
    MENTIONS = 17
    GROUPS = 18
    FOLLOWED_BY = 19
    MENTIONED_BY = 20
    ANNOUNCED_BY = 21
    ANNOUNCES = 22  # the new account says that the closed one was its own
    ANNOUNCED = 23  # the closed account named the new one as its own
    GAP = 24  # from the closure to the new account's creation


class About(NamedTuple):
    """`key` is the kind of key whose agreement is this evidence, where one is."""

    family: Family
    copyable: bool
    key: KeyKind | None = None


ABOUT: dict[Kind, About] = {
    Kind.HANDLE: About(Family.NAMES, True),
    Kind.NAME: About(Family.NAMES, True),
    Kind.BIO: About(Family.PROFILE, True),
    Kind.AVATAR: About(Family.PROFILE, True),
    Kind.BANNER: About(Family.PROFILE, True),
    Kind.EMAIL: About(Family.DEVICES, False, KeyKind.EMAIL),
    Kind.PHONE: About(Family.DEVICES, False, KeyKind.PHONE),
    Kind.DEVICE: About(Family.DEVICES, False, KeyKind.DEVICE),
    Kind.ADDRESS: About(Family.DEVICES, False, KeyKind.ADDRESS),
    Kind.NETWORK: About(Family.DEVICES, False, KeyKind.NETWORK),
    Kind.URL: About(Family.MATERIAL, True, KeyKind.URL),
    Kind.DOMAIN: About(Family.MATERIAL, True, KeyKind.DOMAIN),
    Kind.MEDIA: About(Family.MATERIAL, True, KeyKind.MEDIA),
    Kind.TEXT: About(Family.MATERIAL, True, KeyKind.TEXT),
    Kind.STYLE: About(Family.HABITS, False),
    Kind.RHYTHM: About(Family.HABITS, False),
    Kind.FOLLOWS: About(Family.COMPANY, True, KeyKind.FOLLOWS),
    Kind.MENTIONS: About(Family.COMPANY, True, KeyKind.MENTIONS),
    Kind.GROUPS: About(Family.COMPANY, True, KeyKind.GROUP),
    Kind.FOLLOWED_BY: About(Family.COMPANY, False, KeyKind.FOLLOWED_BY),
    Kind.MENTIONED_BY: About(Family.COMPANY, False, KeyKind.MENTIONED_BY),
    Kind.ANNOUNCED_BY: About(Family.COMPANY, False, KeyKind.ANNOUNCED_BY),
    Kind.ANNOUNCES: About(Family.COMPANY, True),
    Kind.ANNOUNCED: About(Family.COMPANY, True),
    Kind.GAP: About(Family.TIME, True),
}
SETS = tuple(kind for kind in Kind if ABOUT[kind].key is not None)
TIES = (Kind.FOLLOWS, Kind.MENTIONS, Kind.GROUPS, Kind.FOLLOWED_BY, Kind.MENTIONED_BY, Kind.ANNOUNCED_BY)
HOME = (Kind.DEVICE, Kind.ADDRESS, Kind.NETWORK)
FEW = 30  # accounts that one home or its device may have; more are a company's, a school's, a carrier's
