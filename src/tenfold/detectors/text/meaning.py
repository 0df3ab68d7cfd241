"""Nearness of meaning: posts that say what a reference sentence of a bank says, in other words or the other
language.

A window of a post (windows.py) is embedded (encoder.py) and compared with every reference by cosine. The
raw cosine of this model is a poor judge: news about recruiters is nearly as close to "join us" as a
recruiter is. So references have adversaries, the entries with the label "contrast" (charity drives, job
ads, news, counter-speech), and what counts is the *evidence* for a label: the mean cosine of its two
nearest references, less half the mean cosine of the two nearest contrasts.

Embedding every post would cost more than all other work together. So each window is first looked at without
its context (`Encoder.glance`), and only those that promise evidence are embedded.

Measured with the shipped banks on posts written for it and kept aside while thresholds were chosen
(tests/detectors/meaning_samples.yaml), and on real ones (`tenfold-bench detectors`): found are 75 % of
English and 66 % of Arabic paraphrases (with everything embedded: 75 % and 69 %), none of 30 posts that only
sound alike, and 0.2 % of reporters' tweets, 0.4 % of ordinary English ones and 1.5 % of coarse Arabic ones.
Embedded are 5 % of reporters' tweets, 8 % of ordinary ones, 15 % of the Arabic ones.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.base import Bank, BankEntry, TextItem
from tenfold.detectors.text.encoder import Vectors, encoder
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.windows import Window, windows
from tenfold.evidence import Signal, SignalKind, Span

CONTRAST = "contrast"
KIND = SignalKind(
    name="meaning",
    title="Says what a reference says",
    score_means="0.5: as near as one ordinary post in a hundred; 1: as near as a close paraphrase",
    details={"bank": "str", "label": "str", "entry": "str", "cosine": "float", "evidence": "float"},
)

NEAR = 0.28  # evidence with which a signal begins, of score 0.5
SURE = 0.45  # evidence of score 1
PROMISING = 0.32  # promise that makes a window worth embedding
_SECOND = 0.05  # how far behind the best label of a window another may be to be told as well
_AGAINST = 0.5  # what a contrast counts for
_NO_CONTRASTS = 0.35  # taken for the cosine of the nearest contrasts where no bank has any
_EMBEDDED = 4  # windows of one text that are embedded, the most promising ones

Floats = NDArray[np.float32]


class _Label(msgspec.Struct, frozen=True):
    """The references of one label of one bank and their rows among all references."""

    bank: str
    label: str
    entries: list[BankEntry]
    rows: slice


class _Candidate(msgspec.Struct, frozen=True):
    text: int  # its number in the batch
    window: Window


class MeaningDetector:
    """Finds posts near to the references of banks of kind `meanings`; other banks are passed over."""

    name = "meaning"
    version = "1"
    kinds = (KIND,)

    def __init__(self, banks: Sequence[Bank]) -> None:
        contrasts: list[BankEntry] = []
        entries: list[BankEntry] = []
        self._labels: list[_Label] = []
        for bank in banks:
            if bank.kind != "meanings":
                continue
            by_label: dict[str, list[BankEntry]] = {}
            for entry in bank.entries:
                by_label.setdefault(entry.label, []).append(entry)
            contrasts += by_label.pop(CONTRAST, [])
            for label, group in by_label.items():
                rows = slice(len(entries), len(entries) + len(group))
                self._labels.append(_Label(bank.id, label, group, rows))
                entries += group
        self._references, self._references_at_a_glance = _embed(entries)
        self._contrasts, self._contrasts_at_a_glance = _embed(contrasts)

    def detect(self, items: Sequence[TextItem]) -> list[list[Signal]]:
        """Signals for each item, in the order of the items."""
        return self.detect_prepared(PreparedBatch(items))

    def detect_prepared(self, batch: PreparedBatch) -> list[list[Signal]]:
        """The same for a batch that is prepared already; of every bank and label only the best window."""
        found: list[dict[int, Signal]] = [{} for _ in batch.items]
        if self._labels:
            candidates = self.candidates(batch)
            cosines, evidence = self.compare([candidate.window.words for candidate in candidates])
            told = (evidence >= NEAR) & (evidence >= evidence.max(axis=1, keepdims=True) - _SECOND)
            for row, column in zip(*np.nonzero(told), strict=True):
                label = self._labels[column]
                signal = self._signal(
                    batch, candidates[row], label, cosines[row], float(evidence[row, column])
                )
                best = found[batch.owners[candidates[row].text]]
                if column not in best or best[column].score < signal.score:
                    best[column] = signal
        return [list(signals.values()) for signals in found]

    def compare(self, sentences: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
        """For each sentence (its words) the cosine with every reference and the evidence for every label."""
        vectors = encoder().embed([encoder().pieces(words) for words in sentences])
        cosines = vectors @ self._references.T
        return cosines, self._evidence(cosines, vectors @ self._contrasts.T)

    def candidates(self, batch: PreparedBatch) -> list[_Candidate]:
        """The windows that are worth embedding."""
        all_: list[_Candidate] = []
        for number, text in enumerate(batch.texts):
            all_ += [_Candidate(number, window) for window in windows(text)]
        pieces = [encoder().pieces(candidate.window.words) for candidate in all_]
        promise = self._promise(encoder().glance(pieces))
        chosen: list[_Candidate] = []
        taken: dict[int, int] = {}
        for index in np.argsort(-promise)[: int((promise >= PROMISING).sum())]:
            candidate = all_[index]
            taken[candidate.text] = taken.get(candidate.text, 0) + 1
            if taken[candidate.text] <= _EMBEDDED:
                chosen.append(candidate)
        return chosen

    def _promise(self, glances: Vectors) -> Floats:
        """How likely each window is to give evidence, from its glance alone.

        The glance is compared with the references as the model sees them and, for half, with their own
        glances: each misleads in its own way (measured: together they need half as many windows embedded as
        either alone).
        """
        seen = self._evidence(glances @ self._references.T, glances @ self._contrasts.T)
        alike = self._evidence(
            glances @ self._references_at_a_glance.T, glances @ self._contrasts_at_a_glance.T
        )
        promise: Floats = (seen + 0.5 * alike).max(axis=1)
        return promise

    def _evidence(self, cosines: Floats, contrasts: Floats) -> Floats:
        """For every vector (row) the evidence for every label (column), from its cosines with the
        references and with the contrasts."""
        against = (
            _two_nearest(contrasts)
            if contrasts.shape[1]
            else np.full(len(cosines), _NO_CONTRASTS, dtype=np.float32)
        )
        columns = [_two_nearest(cosines[:, label.rows]) for label in self._labels]
        return np.stack(columns, axis=1) - _AGAINST * against[:, None]

    def _signal(
        self, batch: PreparedBatch, candidate: _Candidate, label: _Label, cosines: Floats, evidence: float
    ) -> Signal:
        nearest = int(cosines[label.rows].argmax())
        entry = label.entries[nearest]
        text, window = candidate.text, candidate.window
        return Signal(
            subject=batch.items[batch.owners[text]].subject,
            name=KIND.name,
            key=f"{label.bank}:{entry.key}",
            score=score(evidence),
            detector=self.name,
            version=self.version,
            spans=(Span(batch.fields[text], window.start, window.end),),
            details={
                "bank": label.bank,
                "label": label.label,
                "entry": entry.value,
                "cosine": round(float(cosines[label.rows][nearest]), 3),
                "evidence": round(evidence, 3),
            },
        )


def score(evidence: float) -> float:
    """0.5 at NEAR, 1 at SURE and above, straight between."""
    return round(min(1.0, 0.5 + 0.5 * (evidence - NEAR) / (SURE - NEAR)), 3)


def _embed(entries: Sequence[BankEntry]) -> tuple[Vectors, Vectors]:
    """The vectors of reference sentences, embedded and at a glance. Only the first window of each is used."""
    words = [found[0].words if (found := windows(entry.value)) else [entry.value] for entry in entries]
    pieces = [encoder().pieces(sentence) for sentence in words]
    return encoder().embed(pieces), encoder().glance(pieces)


def _two_nearest(cosines: Floats) -> Floats:
    """The mean of the two greatest of every row (of the only one, if there is one)."""
    if cosines.shape[1] == 1:
        return cosines[:, 0]
    two: Floats = np.partition(cosines, -2, axis=1)[:, -2:].mean(axis=1)
    return two
