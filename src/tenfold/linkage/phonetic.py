"""The consonant key of a name: equal for its usual spellings in Arabic, Latin letters and chat alphabet."""

import re

from tenfold.linkage.skeleton import folded

_LATIN = {"sh": "x", "ch": "x", "kh": "h", "gh": "g", "th": "t", "dh": "d", "ph": "f", "ck": "k"}
_CLASSES = str.maketrans(
    dict(zip("bpvfgjqkcxdtszhmnlr", "bbffggkkkxdtsshmnlr", strict=True))
    | dict(zip("بپتثجحخدذرزسشصضطظغفڤقكلمنهگچژ", "bbttghhddrssxsdtdgffkklmnhgxg", strict=True))
    | dict(zip("23567489", "  hth ks", strict=True))
)
_digraphs = re.compile("|".join(_LATIN)).sub
_trailing = re.compile(r"[\W_]*[0-9]+\W*$|(?<=[0-9])[0-9]+").sub
_vowels = re.compile(r"[^bfgkxdtshmnlr]+").sub
_repeated = re.compile(r"(.)\1+").sub


def phonetic(text: str) -> str:
    """The consonant key of a name or handle; "" when no letter is left."""
    letters = _digraphs(lambda found: _LATIN[found[0]], _trailing("", folded(text)))
    return _repeated(r"\1", _vowels("", letters.translate(_CLASSES)))
