"""Words in pictures: captions over photographs, read by us and by others, in eight ways of writing them.

A caption counts as read when some run of the text that came out is like it to 80 of 100 (`partial_ratio` of
rapidfuzz), both in the normal form of the detectors. Measured on headlines and photographs on which nothing
was tuned. Peers, in the same run on the same pictures: Tesseract over the whole picture (sparse text, Arabic
and English), and rapidocr's own way from its line finder to its recogniser. CPU of one core.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
import tesserocr
from PIL import Image
from rapidfuzz.fuzz import partial_ratio

from tenfold.detectors.media.colours import Pixels
from tenfold.detectors.media.reading import lines, weights
from tenfold.detectors.media.reading.latin import Recogniser
from tenfold.detectors.media.reading.places import Finder
from tenfold.detectors.media.reading.reader import Reader
from tenfold.detectors.text.normalise import normalise_batch
from tenfold_bench import _made_captions as made
from tenfold_bench._following import followed
from tenfold_bench._made_captions import Caption
from tenfold_bench.result import Figure, Result

ALIKE: Final = 80.0
QUICK_HEADLINES: Final = 1
RAPIDOCR_SHORTER: Final = 736  # pixels to which its own settings bring the shorter side
GOALS: Final = {"ar": ">= 0.75", "en": ">= 0.85"}
Read = Callable[[Pixels], str]


def read(caption: Caption, text: str) -> bool:
    """Whether a text holds what the caption says."""
    both = normalise_batch([caption.text, text])
    wanted, got = both[0].text, both[1].text
    return bool(got) and partial_ratio(wanted, got) >= ALIKE


def ours() -> Read:
    """As uploads are read."""
    reader = Reader()
    return lambda pixels: "\n".join(line.text for line in reader.read(pixels))


def tesseract_alone() -> Read:
    """Tesseract over the whole picture, looking for sparse text."""
    api = tesserocr.PyTessBaseAPI(
        path=f"{weights.tessdata()}/",
        lang="ara+eng",
        psm=tesserocr.PSM.SPARSE_TEXT,
        oem=tesserocr.OEM.LSTM_ONLY,
    )

    def whole(pixels: Pixels) -> str:
        api.SetImage(Image.fromarray(pixels))
        return str(api.GetUTF8Text())

    return whole


def rapidocr_alone() -> Read:
    """rapidocr's two networks one after the other, at its own size, run by OpenCV."""
    finder, recogniser = Finder(), Recogniser()

    def found(pixels: Pixels) -> str:
        side = round(RAPIDOCR_SHORTER * max(pixels.shape[:2]) / min(pixels.shape[:2]))
        scale = side / max(pixels.shape[:2])
        grown = cv2.resize(pixels, None, fx=scale, fy=scale) if scale > 1 else pixels
        places = finder.find(np.asarray(grown, np.uint8), side)
        places.sort(key=lambda place: (place.corners[:, 1].mean() // 30, place.corners[:, 0].mean()))
        return " ".join(recogniser.read(lines.cut(np.asarray(grown, np.uint8), place))[0] for place in places)

    return found


def run(quick: bool) -> Result:
    captions = {language: list(made.captions(language, odd=True)) for language in ("ar", "en")}
    if quick:
        for language, all_ in captions.items():
            captions[language] = all_[: QUICK_HEADLINES * len(made.WAYS)]
    readers = {"ours": ours(), "Tesseract alone": tesseract_alone(), "rapidocr alone": rapidocr_alone()}
    told = {
        name: {language: _hits(reader, some, f"{name}, {language}") for language, some in captions.items()}
        for name, reader in readers.items()
    }
    figures = [_figure(told, language) for language in captions]
    figures += [
        Figure(
            label=f"{language}, {how}",
            ours=_share(told["ours"][language][0], captions[language], how),
            peer=_share(
                told["rapidocr alone" if language == "en" else "Tesseract alone"][language][0],
                captions[language],
                how,
            ),
            peer_name="rapidocr alone" if language == "en" else "Tesseract alone",
            unit="of captions",
        )
        for language in captions
        for how in made.WAYS
    ]
    figures += [
        Figure(
            label=f"CPU a picture, {language}",
            ours=told["ours"][language][1],
            unit="s CPU",
            peer=told["rapidocr alone"][language][1],
            peer_name=f"rapidocr alone; Tesseract alone {told['Tesseract alone'][language][1]:.2f}",
            ratio=told["rapidocr alone"][language][1] / told["ours"][language][1],
        )
        for language in captions
    ]
    return Result(
        name="media-words",
        n=sum(map(len, captions.values())),
        figures=[*figures, *_without_text(readers["ours"], 6 if quick else 16)],
        notes=[f"captions of {made.SIZE[0]} x {made.SIZE[1]} pixels, {len(captions['ar'])} in each language"],
    )


def _hits(reader: Read, captions: Sequence[Caption], what: str) -> tuple[list[bool], float]:
    """Which captions were read, and seconds of CPU a picture."""
    begun = time.process_time()
    texts = [reader(np.asarray(caption.picture.convert("RGB"))) for caption in followed(captions, what)]
    spent = (time.process_time() - begun) / len(captions)
    return [read(caption, text) for caption, text in zip(captions, texts, strict=True)], spent


def _figure(told: dict[str, dict[str, tuple[list[bool], float]]], language: str) -> Figure:
    shares = {name: sum(of[language][0]) / len(of[language][0]) for name, of in told.items()}
    peers = {name: share for name, share in shares.items() if name != "ours"}
    best = max(peers, key=lambda name: peers[name])
    return Figure(
        label=f"captions read, {language}",
        ours=shares["ours"],
        unit="of captions",
        peer=peers[best],
        peer_name="; ".join(f"{name} {share:.3f}" for name, share in peers.items()),
        ratio=shares["ours"] / peers[best] if peers[best] else None,
        goal=GOALS[language],
    )


def _share(hits: Sequence[bool], captions: Sequence[Caption], how: str) -> float:
    chosen = [hit for hit, caption in zip(hits, captions, strict=True) if caption.how == how]
    return sum(chosen) / len(chosen)


def _without_text(reader: Read, count: int) -> list[Figure]:
    """Photographs as they are: what a look costs, and how many are said to carry words."""
    photos = made.grounds(odd=True)[:count]
    begun = time.process_time()
    texts = [reader(np.asarray(photo)) for photo in photos]
    spent = (time.process_time() - begun) / len(photos)
    return [
        Figure(label=f"CPU a picture without text, {len(photos)} photographs", ours=spent, unit="s CPU"),
        Figure(label="of these, said to carry words", ours=sum(map(bool, texts)), unit="photographs"),
    ]
