"""Keys: 64-bit values that two accounts share or not. They find candidates, and their counts give rarity.

A key is a hash of a value with its kind in the lowest bits, so that one column of integers carries
everything that engines join and count.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import names

KIND_BITS = 6
KIND_MASK = (1 << KIND_BITS) - 1
MAX_ACCOUNTS = 200  # a key that more accounts show finds no candidates; agreeing on it still counts

# Pictures 31 of 256 bits apart (the threshold of a PDQ match) share one of 16 bands of 22 bits in three of
# five cases, 20 bits apart in 19 of 20; of 1e6 other pictures 16 * 2**-22 * 1e6 = 4 share one by chance.
BANDS = 16
BAND_BITS = 22
SHINGLE_WORDS = 3
SHINGLES = 4  # smallest hashes that are kept of a bio
LEAST_NAME = 3  # letters: shorter skeletons and consonant keys say nothing
LEAST_BIO = 8  # folded characters

_WORD = re.compile(r"\w+")


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
    FOLLOWED_BY = 23  # of an open account: only by those that it follows or mentions itself
    MENTIONED_BY = 24  # likewise
    ANNOUNCED_BY = 25  # likewise
    SELF = 26  # the account itself, shown by those that say it is theirs


Keys = NDArray[np.int64]

_TOKEN_KINDS = {
    "email": KeyKind.EMAIL,
    "phone": KeyKind.PHONE,
    "device": KeyKind.DEVICE,
    "address": KeyKind.ADDRESS,
    "network": KeyKind.NETWORK,
}
_SALTS = {kind: bytes([kind]) for kind in KeyKind}


def key_of(kind: KeyKind, value: str) -> int:
    """The key of a value: a signed 64-bit integer, as PostgreSQL and Parquet keep it."""
    return (int.from_bytes(_digest(kind, value), "little", signed=True) >> KIND_BITS << KIND_BITS) | kind


def kind_of(key: int) -> KeyKind:
    """What a key was made of."""
    return KeyKind(key & KIND_MASK)


def keys_of(fingerprint: Fingerprint, *, all_company: bool = False) -> Keys:
    """The keys of an account, ascending, each once: int64 of shape (keys,).

    That others follow, name or announce an open account counts only where it returns it: any number of
    false accounts may follow an honest one. `all_company` takes all of them, for finding, never for weighing.
    """
    digests: list[bytes] = []
    kinds: list[int] = []
    for kind, values in _values(fingerprint, all_company or fingerprint.closed_us is not None):
        digests += [_digest(kind, value) for value in values]
        kinds += [kind] * len(values)
    whole = np.frombuffer(b"".join(digests), "<i8") & ~KIND_MASK | np.array(kinds, np.int64)
    parts = [
        whole,
        bands(KeyKind.AVATAR_BAND, fingerprint.avatars),
        bands(KeyKind.BANNER_BAND, fingerprint.banners),
    ]
    keys: Keys = np.sort(np.concatenate(parts))
    return np.asarray(keys[np.append(True, keys[1:] != keys[:-1])], np.int64)


def bands(kind: KeyKind, pictures: Sequence[str]) -> Keys:
    """Keys of some bits of each picture that is a PDQ hash: int64 of shape (BANDS * hashes,)."""
    hashes = [raw for raw in map(pdq_bytes, pictures) if raw]
    if not hashes:
        return np.empty(0, np.int64)
    bits = np.unpackbits(np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32), axis=1)
    values = bits[:, _PICKS].astype(np.int64) @ _POWERS
    return _scattered((values | _BAND_NUMBERS).ravel().view(np.uint64)) & ~KIND_MASK | int(kind)


def pdq_bytes(picture: str) -> bytes | None:
    """The 32 bytes of a PDQ hash, or None when the picture is known by some other id."""
    if len(picture) != 64:
        return None
    try:
        raw = bytes.fromhex(picture)
    except ValueError:
        return None
    return raw if len(raw) == 32 else None


def folded(text: str) -> str:
    """A bio without case, marks, tatweel, punctuation and look-alike forms, words one space apart."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).replace("\u0640", "")
        text = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(text.casefold()))


def domain_of(url: str) -> str:
    """The host of a normal form of a URL, without port."""
    host = url.partition("://")[2] or url
    return re.split(r"[/?#:]", host, maxsplit=1)[0]


def _digest(kind: KeyKind, value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=8, salt=_SALTS[kind]).digest()


def _values(fingerprint: Fingerprint, all_company: bool) -> list[tuple[KeyKind, Sequence[str]]]:
    """Everything that is hashed as a whole, by kind."""
    returned = {*fingerprint.follows, *fingerprint.mentions}

    def company(others: Sequence[str]) -> Sequence[str]:
        return others if all_company else [other for other in others if other in returned]

    bios = [text for text in map(folded, fingerprint.bios) if len(text) >= LEAST_BIO]
    values: list[tuple[KeyKind, Sequence[str]]] = [
        (KeyKind.SELF, (fingerprint.account, *fingerprint.announces)),
        (KeyKind.HANDLE_SKELETON, _long(map(names.skeleton, fingerprint.handles))),
        (KeyKind.HANDLE_PHONETIC, _long(map(names.phonetic, fingerprint.handles))),
        (KeyKind.NAME_SKELETON, _long(map(names.skeleton, fingerprint.names))),
        (KeyKind.NAME_PHONETIC, _long(map(names.phonetic, fingerprint.names))),
        (KeyKind.BIO, bios),
        (KeyKind.AVATAR, fingerprint.avatars),
        (KeyKind.BANNER, fingerprint.banners),
        (KeyKind.URL, fingerprint.urls),
        (KeyKind.DOMAIN, list(map(domain_of, fingerprint.urls))),
        (KeyKind.MEDIA, fingerprint.media),
        (KeyKind.TEXT, list(map(str, fingerprint.texts))),
        (KeyKind.GROUP, fingerprint.groups),
        (KeyKind.FOLLOWS, fingerprint.follows),
        (KeyKind.MENTIONS, fingerprint.mentions),
        (KeyKind.FOLLOWED_BY, company(fingerprint.followed_by)),
        (KeyKind.MENTIONED_BY, company(fingerprint.mentioned_by)),
        (KeyKind.ANNOUNCED_BY, company(fingerprint.announced_by)),
    ]
    values += [(_TOKEN_KINDS[kind], (token,)) for kind, token in fingerprint.tokens if kind in _TOKEN_KINDS]
    return values + [(KeyKind.BIO_SHINGLE, _shingles(bio)) for bio in bios]


def _long(forms: Iterable[str]) -> list[str]:
    return [form for form in forms if len(form) >= LEAST_NAME]


def _shingles(text: str) -> list[str]:
    """The runs of words with the smallest hashes (min-hash: like texts share some)."""
    words = text.split(" ")
    runs = {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)}
    return sorted(runs, key=lambda run: _digest(KeyKind.BIO_SHINGLE, run))[:SHINGLES]


def _picks() -> NDArray[np.intp]:
    """Which bits each band reads, shape (BANDS, BAND_BITS): spread over the hash, each once or twice.

    Both steps are odd, so each walk of 256 meets every bit once; the second walk takes another step, so that
    no two bands read nearly the same bits.
    """
    number = np.arange(BANDS * BAND_BITS)
    bits: NDArray[np.intp] = np.where(number < 256, 37 * number, 101 * number + 13) % 256
    return bits.reshape(BANDS, BAND_BITS)


def _scattered(values: NDArray[np.uint64]) -> Keys:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads all bits."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (values ^ (values >> np.uint64(31))).view(np.int64)


_PICKS = _picks()
_POWERS = (1 << np.arange(BAND_BITS)).astype(np.int64)
_BAND_NUMBERS = np.arange(1, BANDS + 1, dtype=np.int64) << 32
