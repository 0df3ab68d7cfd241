"""The learned models that reading stands on: those in the wheel of rapidocr, and Tesseract's of Arabic.

They are looked for, never fetched. Without them nothing is read, and `missing` says what to install.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

FINDS: Final = "PP-OCRv6_det_small.onnx"
READS: Final = "PP-OCRv6_rec_small.onnx"
LANGUAGES: Final = ("ara", "eng")
PACKAGES: Final = "tesseract-ocr-ara tesseract-ocr-eng"
_FOLDERS: Final = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def onnx(name: str) -> Path:
    """The file of one of rapidocr's models."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package rapidocr is not installed")
    path = Path(spec.origin).with_name("models") / name
    if not path.is_file():
        raise FileNotFoundError(f"the package rapidocr has no {name}; install the version of the lock")
    return path


def tessdata() -> Path:
    """The folder with Tesseract's data of Arabic and English: TESSDATA_PREFIX, or where systems keep it."""
    given = os.environ.get("TESSDATA_PREFIX")
    for folder in (given,) if given else _FOLDERS:
        if all((Path(folder) / f"{language}.traineddata").is_file() for language in LANGUAGES):
            return Path(folder)
    where = given or "the usual folders"
    raise FileNotFoundError(
        f"no ara.traineddata and eng.traineddata in {where}; install Debian's {PACKAGES} "
        "or set TESSDATA_PREFIX"
    )


def missing() -> str:
    """Why nothing can be read on this machine, and how to mend it; empty when all is there."""
    try:
        onnx(FINDS), onnx(READS), tessdata()
    except FileNotFoundError as error:
        return str(error)
    return "" if find_spec("tesserocr") else "the package tesserocr is not installed"


def dictionary(path: Path) -> list[str]:
    """The characters that a recogniser tells apart, which its ONNX file carries under the name `character`.

    An ONNX file is a protobuf message; field 14 are pairs of name (1) and value (2).
    """
    data = path.read_bytes()
    for number, value in _fields(data):
        if number == 14:
            pair = dict(_fields(value))
            if pair.get(1) == b"character":
                return pair[2].decode().split("\n")
    raise ValueError(f"{path.name} names no characters")


def _fields(data: bytes) -> "list[tuple[int, bytes]]":
    """The fields of a protobuf message that hold bytes, with their numbers."""
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            found.append((key >> 3, data[at : at + length]))
            at += length
        else:
            at += 8 if kind == 1 else 4
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
