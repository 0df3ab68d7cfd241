"""Latin and Arabic spellings of the same names: how the training data are read and split.

The file is `wd_arabic.normalized.aligned.tokens` of "Design Challenges in Named Entity Transliteration"
(Merhav and Ash, COLING 2018; repository steveash/NETransliteration-COLING2018, MIT-style licence): 64,973
lines of Latin token, Arabic letters apart, and how often the pair was met in Wikidata.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tenfold.linkage.transliteration import arabic_letters, latin_letters

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "names_ar_en"
FILE = "wd_arabic.normalized.aligned.tokens"
_PARTS = 20  # of which 0 and 1 are the test, 2 is for choices, the others train


class Pair(msgspec.Struct, frozen=True):
    """One name's two spellings, as written and as letters of the model; `part` is train, choice or test."""

    latin: str
    arabic: str
    latin_letters: str
    arabic_letters: str
    part: str


def read_pairs(folder: Path = DATA) -> list[Pair]:
    """All pairs with letters on both sides. FileNotFoundError when the file is not there, ValueError with
    the line when one is malformed.

    Pairs that share a spelling on either side, directly or through others, are in the same part, so no
    spelling of a test name is ever trained on.
    """
    path = folder / FILE
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: put the aligned name tokens in that folder")
    spellings = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 3:
            raise ValueError(f"{path}, line {number}: {len(fields)} fields instead of Latin, Arabic, count")
        latin, arabic = fields[0], fields[1].replace(" ", "")
        if (left := latin_letters(latin)) and (right := arabic_letters(arabic)):
            spellings.append((latin, arabic, left, right))
    parts = _parts([(left, right) for _, _, left, right in spellings])
    return [Pair(*spelling, part) for spelling, part in zip(spellings, parts, strict=True)]


def _parts(spellings: Sequence[tuple[str, str]]) -> list[str]:
    """The part of each pair, by a hash of the group of names that it belongs to."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = parents[parent]
            name = parents[name]
        return name

    for latin, arabic in spellings:
        first, second = sorted((root(latin), root(arabic)))
        parents[second] = first
    return [_part(root(latin)) for latin, _ in spellings]


def _part(group: str) -> str:
    digest = hashlib.blake2b(group.encode(), digest_size=4, salt=b"names").digest()
    number = int.from_bytes(digest, "big") % _PARTS
    return "test" if number < 2 else "choice" if number == 2 else "train"
