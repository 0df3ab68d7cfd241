"""Reading lines of Latin letters with the network in rapidocr's wheel (PP-OCRv6 small), run by OpenCV."""

from typing import Final

import cv2
import numpy as np

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.reading import weights

HEIGHT: Final = 48  # pixels to which a line is brought
WIDEST: Final = 1600  # pixels then; what is longer is squeezed
_LEAST_WIDTH: Final = 48


class Recogniser:
    """Reads lines. Not for several threads at once."""

    def __init__(self) -> None:
        path = weights.onnx(weights.READS)
        self._network = cv2.dnn.readNetFromONNX(str(path))
        self._characters = ["", *weights.dictionary(path), " "]

    def read(self, line: Pixels) -> tuple[str, float]:
        """What an upright line says, and how sure that is: the mean over its characters, 0 to 1."""
        wide = round(line.shape[1] * HEIGHT / line.shape[0])
        size = (min(WIDEST, max(_LEAST_WIDTH, wide)), HEIGHT)
        resized = cv2.resize(
            line, size, interpolation=cv2.INTER_AREA if line.shape[0] > HEIGHT else cv2.INTER_CUBIC
        )
        given = cv2.dnn.blobFromImage(resized, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)
        self._network.setInput(given)
        odds = self._network.forward()[0]
        best = odds.argmax(axis=1)
        new = (best != 0) & np.concatenate([[True], best[1:] != best[:-1]])  # of a run, its first step
        if not new.any():
            return "", 0.0
        text = "".join(self._characters[number] for number in best[new])
        return text, float(odds.max(axis=1)[new].mean())
