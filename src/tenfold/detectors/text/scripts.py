"""Which script a letter belongs to, by ranges of code points (the blocks of the Unicode Standard)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

# ISO 15924 codes. Letters of blocks that are not listed count for no script.
_RANGES: tuple[tuple[str, int, int], ...] = (
    ("Latn", 0x0041, 0x005A),
    ("Latn", 0x0061, 0x007A),
    ("Latn", 0x00AA, 0x024F),
    ("Latn", 0x1D00, 0x1DBF),
    ("Latn", 0x1E00, 0x1EFF),
    ("Latn", 0x2C60, 0x2C7F),
    ("Latn", 0xA720, 0xA7FF),
    ("Latn", 0xFB00, 0xFB06),
    ("Latn", 0xFF21, 0xFF5A),
    ("Latn", 0x1D400, 0x1D6A5),
    ("Grek", 0x0370, 0x03FF),
    ("Grek", 0x1F00, 0x1FFF),
    ("Cyrl", 0x0400, 0x052F),
    ("Cyrl", 0x1C80, 0x1C8F),
    ("Cyrl", 0xA640, 0xA69F),
    ("Armn", 0x0530, 0x058F),
    ("Hebr", 0x05D0, 0x05FF),
    ("Hebr", 0xFB1D, 0xFB4F),
    ("Arab", 0x0600, 0x06FF),
    ("Arab", 0x0750, 0x077F),
    ("Arab", 0x0860, 0x08FF),
    ("Arab", 0xFB50, 0xFDFF),
    ("Arab", 0xFE70, 0xFEFF),
    ("Arab", 0x1EE00, 0x1EEFF),
    ("Syrc", 0x0700, 0x074F),
    ("Thaa", 0x0780, 0x07BF),
    ("Deva", 0x0900, 0x097F),
    ("Beng", 0x0980, 0x09FF),
    ("Guru", 0x0A00, 0x0A7F),
    ("Gujr", 0x0A80, 0x0AFF),
    ("Orya", 0x0B00, 0x0B7F),
    ("Taml", 0x0B80, 0x0BFF),
    ("Telu", 0x0C00, 0x0C7F),
    ("Knda", 0x0C80, 0x0CFF),
    ("Mlym", 0x0D00, 0x0D7F),
    ("Sinh", 0x0D80, 0x0DFF),
    ("Thai", 0x0E00, 0x0E7F),
    ("Laoo", 0x0E80, 0x0EFF),
    ("Tibt", 0x0F00, 0x0FFF),
    ("Mymr", 0x1000, 0x109F),
    ("Geor", 0x10A0, 0x10FF),
    ("Ethi", 0x1200, 0x139F),
    ("Khmr", 0x1780, 0x17FF),
    ("Hang", 0x1100, 0x11FF),
    ("Hang", 0x3130, 0x318F),
    ("Hang", 0xAC00, 0xD7AF),
    ("Kana", 0x3040, 0x30FF),  # hiragana and katakana together
    ("Kana", 0xFF66, 0xFF9F),
    ("Hani", 0x3400, 0x4DBF),
    ("Hani", 0x4E00, 0x9FFF),
    ("Hani", 0xF900, 0xFAFF),
    ("Hani", 0x20000, 0x323AF),
)

SCRIPTS = ("", *dict.fromkeys(script for script, _, _ in _RANGES))


@cache
def script_table() -> NDArray[np.uint8]:
    """For every code point the place of its script in SCRIPTS; 0 for none."""
    table = np.zeros(0x110000, dtype=np.uint8)
    for script, first, last in _RANGES:
        table[first : last + 1] = SCRIPTS.index(script)
    return table
