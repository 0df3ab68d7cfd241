"""Keys: 64-bit values that two accounts share or not. They find candidates, and their counts give rarity.

A key is a hash of a value with its kind in the lowest bits, so that one column of integers carries
everything that engines join and count.
"""

import hashlib
from enum import IntEnum

KIND_BITS = 6
MAX_ACCOUNTS = 200  # a key that more accounts show finds no candidates; agreeing on it still counts


class KeyKind(IntEnum):
    """What a key was made of. Stored: numbers are never given a second meaning."""

    HANDLE_SKELETON = 1  # look-alikes folded, digits and decoration stripped
    HANDLE_PHONETIC = 2  # consonants, the same for Arabic and Latin spellings
    NAME_SKELETON = 3
    NAME_PHONETIC = 4
    BIO = 5  # the whole folded text
    BIO_SHINGLE = 6  # smallest hashes of its runs of words
    AVATAR = 7  # the whole hash
    AVATAR_BAND = 8  # some of its bits
    BANNER = 9
    BANNER_BAND = 10
    EMAIL = 11
    PHONE = 12
    DEVICE = 13
    ADDRESS = 14
    NETWORK = 15
    URL = 16
    DOMAIN = 17
    MEDIA = 18
    TEXT = 19
    GROUP = 20
    FOLLOWS = 21
    MENTIONS = 22
    FOLLOWED_BY = 23
    MENTIONED_BY = 24
    ANNOUNCED_BY = 25
    SELF = 26  # the account itself, shown by those that say it is theirs


def key_of(kind: KeyKind, value: str) -> int:
    """The key of a value: a signed 64-bit integer, as PostgreSQL and Parquet keep it."""
    digest = hashlib.blake2b(value.encode(), digest_size=8, salt=bytes([kind])).digest()
    return (int.from_bytes(digest, "little", signed=True) >> KIND_BITS << KIND_BITS) | kind


def kind_of(key: int) -> KeyKind:
    """What a key was made of."""
    return KeyKind(key & ((1 << KIND_BITS) - 1))
