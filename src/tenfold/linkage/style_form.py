"""The form of writing without its content: what remains of a text when all its words are struck out.

Every word becomes one sign (two when it is all capitals), so does every number, link, mention and repost;
capitals, marks, spaces, emoji, tatweel, tanween and those Arabic letters whose spelling people choose (hamza,
ta marbuta, alef maqsura) stay. Nothing of topic, names or vocabulary is left that two people could share
because they speak of the same things or in the same dialect.

The idea is text distortion (E. Stamatatos, "Authorship attribution using text distortion", EACL 2017), taken
as far as it goes.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.fold_table import Codes
from tenfold.detectors.text.normalise import encode

BUCKETS = 1_024
BLOCKS = ((2, 0, 256), (3, 256, 768))  # length of runs of signs, their first bucket, number of buckets
Counts = NDArray[np.int64]

_BOUNDARY, _END = 0, 0xE003  # before and after each text; after each account
LINK, MENTION, REPOST = "\ue000", "\ue001", "\ue002"  # code points that no text uses for anything else
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: spreads what is close together
_LETTER, _CAPITAL, _DIGIT, _ARABIC_DIGIT, _FLAG = map(ord, "xX9٩⚑")
# Letters that many write otherwise (hamza left out, ه for ة, ي for ى), tanween, tatweel. Other vowel signs
# are passed over: they come with quoted scripture and verse.
_CHOSEN = "أإآٱءئؤةىًـ"
_NOTHING = 1
# Faces, hands, hearts and what is no picture stay as they are. Pictures of things tell what a text is
# about: one sign stands for each 64 of them, and one for the flags of all countries.
_KEPT = ((0, 0x2C00), (0x1F440, 0x1F450), (0x1F493, 0x1F4A0), (0x1F600, 0x1F650), (0x1F90C, 0x1F97A))
_FLAGS = (0x1F1E6, 0x1F1FF)
# Marks that a language prescribes: nobody's choice.
_PRESCRIBED = dict(zip("«»„“”՚؟،؛٪۔।॥¿¡\r", '"""""\'?,;%...   ', strict=True))
_JOINERS = (0x200C, 0x200D)
_ASIDE = re.compile(r"(https?://|www\.)\S*|@\w+", re.IGNORECASE)
_REPOSTED = re.compile(r"\s*RT @\w+")


def own(texts: Sequence[str]) -> list[str]:
    """Texts with links, mentions and reposts struck out: others' words are no habit of writing."""
    return [REPOST if _REPOSTED.match(text) else struck(text) for text in texts]


def struck(text: str) -> str:
    """A text with one sign for each link and each mention."""
    if "@" not in text and "://" not in text and "www." not in text.lower():
        return text
    return _ASIDE.sub(lambda found: LINK if found[1] else MENTION, text)


@cache
def _signs() -> Codes:
    """For every code point the sign that stands for it; made once a process (a tenth of a second)."""
    signs = np.full(0x110000, _LETTER, dtype=np.uint32)
    signs[:0x20000] = [_sign(code) for code in range(0x20000)]
    return signs


def _sign(code: int) -> int:
    character = chr(code)
    if character in _PRESCRIBED:
        return ord(_PRESCRIBED[character])
    if character in _CHOSEN:
        return code
    category = unicodedata.category(character)
    if category in {"Lu", "Lt"}:
        return _CAPITAL
    if category[0] == "L":
        return _LETTER
    if category == "Nd":
        return _DIGIT if code < 128 else _ARABIC_DIGIT
    if category[0] == "M" or code in _JOINERS:
        return _NOTHING if code < 0x700 or code in _JOINERS else _LETTER
    if _FLAGS[0] <= code <= _FLAGS[1]:
        return _FLAG
    if category == "So" and not any(first <= code < last for first, last in _KEPT):
        return 0xF0000 + (code >> 6)
    return code


def form(codes: Codes) -> Codes:
    """The signs of joined texts: of letters and digits one a run, of capitals two, of others four."""
    signs = _signs()[codes]
    signs = signs[signs != _NOTHING]
    same = signs[1:] == signs[:-1]
    once = np.zeros(0x670, dtype=np.bool_)
    once[[_LETTER, _DIGIT, _ARABIC_DIGIT]] = True
    drop = np.zeros(len(signs), dtype=np.bool_)
    drop[1:] = same & once[np.minimum(signs[1:], len(once) - 1)]
    if len(signs) > 4:
        twice = same[1:] & same[:-1]
        drop[2:] |= twice & (signs[2:] == _CAPITAL)
        drop[4:] |= twice[2:] & twice[:-2] & (signs[4:] != _BOUNDARY)
    return np.asarray(signs[~drop])


def counts(accounts: Sequence[Sequence[str]]) -> Counts:
    """How often each bucket of runs of signs occurs, (accounts, BUCKETS), in texts made by `own`."""
    end = chr(_END)
    joined = "".join("\0" + "\0".join(texts) + "\0" + end for texts in accounts)
    signs = form(encode(joined))
    ends, boundaries = signs == _END, signs == _BOUNDARY
    owners = (np.cumsum(ends) - ends) * BUCKETS
    wide = signs.astype(np.uint64)
    total = np.zeros(len(accounts) * BUCKETS, dtype=np.int64)
    for width, first, number in BLOCKS:
        size = max(len(signs) - width + 1, 0)
        hashes = np.full(size, width, dtype=np.uint64)
        whole = ~(boundaries[:size] & boundaries[1 : size + 1])
        for offset in range(width):
            hashes = (hashes + wide[offset : offset + size]) * _FACTOR
            whole &= ~ends[offset : offset + size]
            if 0 < offset < width - 1:  # runs begin or end with a text, and never reach into the next
                whole &= ~boundaries[offset : offset + size]
        places = ((hashes >> np.uint64(40)) % np.uint64(number)).astype(np.int64)
        places += owners[:size] + first
        total += np.bincount(places[whole], minlength=len(total))
    return total.reshape(len(accounts), BUCKETS)
