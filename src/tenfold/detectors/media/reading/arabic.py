"""Reading lines of Arabic with Tesseract, of several forms of a line the one that it is surest of.

Tesseract is given a line as it is cut out (page segmentation 13, "raw line"): its own search for lines within
a line loses every third.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import tesserocr

from tenfold.detectors.media.reading import weights
from tenfold.detectors.media.reading.lines import Grey

ENOUGH: Final = 85.0  # of 100: no other form is tried then
LEAST: Final = 10.0  # of a word; less is no word but stains (right ones have 12 and more)


class Word(msgspec.Struct, frozen=True):
    """A word as it was read, and how sure that is, of 100."""

    text: str
    sure: float


class Tesseract:
    """Reads lines. Not for several threads at once."""

    def __init__(self) -> None:
        self._api = tesserocr.PyTessBaseAPI(
            path=f"{weights.tessdata()}/", lang="ara", psm=tesserocr.PSM.RAW_LINE, oem=tesserocr.OEM.LSTM_ONLY
        )

    def read(self, forms: Iterable[Grey]) -> tuple[str, float]:
        """What a line says, and how sure that is: the mean over its letters, 0 to 1."""
        best: list[Word] = []
        for form in forms:
            words = self._words(form)
            best = max(best, words, key=_sureness)
            if _sureness(best) >= ENOUGH:
                break
        kept = [word for word in best if word.sure >= LEAST]
        return " ".join(word.text for word in kept), _sureness(kept) / 100

    def _words(self, form: Grey) -> list[Word]:
        high, wide = form.shape
        self._api.SetImageBytes(form.tobytes(), wide, high, 1, wide)
        self._api.Recognize(0)
        rows = (row.split("\t") for row in self._api.GetTSVText(0).splitlines())
        return [Word(row[11].strip(), float(row[10])) for row in rows if row[0] == "5" and row[11].strip()]


def _sureness(words: list[Word]) -> float:
    """Mean over the letters; 0 where there are none."""
    letters = sum(len(word.text) for word in words)
    return sum(word.sure * len(word.text) for word in words) / letters if letters else 0.0
