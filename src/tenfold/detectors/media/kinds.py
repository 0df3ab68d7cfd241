"""What sort of file begins like this, whatever its name says."""

from typing import Final

START: Final = 16  # bytes by which a file is known
MAX_PICTURE_BYTES: Final = 64 << 20  # films are read piece by piece and may be larger
_UNREAD: Final = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\0\0\1\0", "ICO"),
    (b"<svg", "SVG"),
)


def is_picture(start: bytes) -> bool:
    """Whether it is a picture of a format that is read."""
    return (
        start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*"))
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
        or (start[4:8] == b"ftyp" and start[8:12] in (b"avif", b"avis", b"mif1"))
    )


def unread_picture(start: bytes) -> str:
    """The name of the format of a picture that is not read; empty when it is none.

    HEIC is what iPhones make: its decoders need threads, which the confined process cannot start.
    """
    if start[4:8] == b"ftyp" and start[8:12] in (b"heic", b"heix", b"heim", b"heis"):
        return "HEIC"
    return next((name for begins, name in _UNREAD if start.startswith(begins)), "")


def is_film(start: bytes) -> bool:
    """Whether it is a film or a sound of a common format; others are known only by trying to read them."""
    return (
        start.startswith((b"\x1aE\xdf\xa3", b"OggS", b"ID3", b"fLaC", b"FLV", b"#!AMR", b"\0\0\1\xba"))
        or start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")
        or (start[:4] == b"RIFF" and start[8:12] in (b"AVI ", b"WAVE"))
        or start[:16] == b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
    )
