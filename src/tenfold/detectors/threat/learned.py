"""The learned model: a linear score over hashed words and runs of characters, over what the rules read, and
over the text's place in the space of meaning (`text.encoder`).

`scripts/train_threat.py` makes the weights that ship. The model says how much a text reads like threats and
incitement; it may raise the strength of what the rules found and never lifts a gate.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.text.encoder import encoder
from tenfold.detectors.text.normalise import NormalBatch, normalise_batch
from tenfold.detectors.threat.hashing import BUCKETS, features

WEIGHTS = "weights.npz"
_READ = 600  # characters of a text whose meaning is looked at
_WORD = re.compile(r"(?:https?://|www\.)\S*|@\w+|([\w\u064b-\u065f]{1,40})")


class Model(msgspec.Struct, frozen=True):
    """`weights` (float32) of BUCKETS hashed features, `symbols` of named ones, `meaning` of the encoder's
    dimensions.

    A text's logit is the sum of its features' weights over the root of their number, plus its symbols'
    weights, `bias`, and what its meaning says beyond `plain`, the meaning of most texts.
    """

    weights: NDArray[np.float32]
    symbols: Mapping[str, float]
    bias: float
    meaning: NDArray[np.float32]
    plain: float

    def probabilities(self, texts: Sequence[str], symbols: Sequence[Iterable[str]]) -> list[float]:
        """How much each text reads like a threat, 0 to 1, with the names of what the rules read in it."""
        if not texts:
            return []
        logits = self.of_words(normalise_batch(texts)) + self.of_meaning(texts)
        logits += [sum(self.symbols.get(name, 0.0) for name in named) for named in symbols]
        return (1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))).tolist()  # type: ignore[no-any-return]

    def of_words(self, normal: NormalBatch) -> NDArray[np.float64]:
        """The logit of each text by its words alone; `bias` for an empty one."""
        buckets, texts = features(normal)
        count = len(normal)
        sums = np.bincount(texts, self.weights[buckets], count)
        return sums / np.sqrt(np.maximum(np.bincount(texts, minlength=count), 1)) + self.bias

    def of_meaning(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What the meaning of each text adds to its logit."""
        return np.asarray(places(texts) @ self.meaning - self.plain, dtype=np.float64)


def places(texts: Sequence[str]) -> NDArray[np.float32]:
    """Where texts lie in the space of meaning, one row each."""
    space = encoder()
    words = ([word for word in _WORD.findall(text[:_READ]) if word] for text in texts)
    return space.embed([space.pieces(each) for each in words])


@cache
def shipped() -> Model:
    """The model in the package; raises FileNotFoundError when the weights are missing."""
    raw = (files("tenfold.detectors.threat") / WEIGHTS).read_bytes()
    with np.load(BytesIO(raw)) as saved:
        weights = saved["weights"].astype(np.float32)
        if len(weights) != BUCKETS:
            raise ValueError(
                f"{WEIGHTS} holds {len(weights)} weights for {BUCKETS}: run scripts/train_threat.py"
            )
        named = zip(saved["names"].tolist(), saved["named"].astype(float).tolist(), strict=True)
        meaning = saved["meaning"].astype(np.float32)
        return Model(weights, dict(named), float(saved["bias"]), meaning, float(saved["plain"]))
