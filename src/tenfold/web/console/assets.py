"""Style, scripts and fonts, held in memory and served under an address that names their content.

The digest in the address lets browsers keep them for good; a new version has a new address. Files
are looked up in a dictionary, so no path of a request ever reaches the file system.
"""

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".LICENSE": "text/plain; charset=utf-8",
}


def _load(folder: Traversable, prefix: str = "") -> dict[str, tuple[bytes, str]]:
    found: dict[str, tuple[bytes, str]] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found |= _load(item, f"{prefix}{item.name}/")
        else:
            found[prefix + item.name] = (item.read_bytes(), _TYPES["." + item.name.rpartition(".")[2]])
    return found


_FILES: Final = _load(resources.files("tenfold.web.console") / "static")
_DIGEST: Final = hashlib.sha256(
    b"".join(name.encode() + content for name, (content, _) in sorted(_FILES.items()))
).hexdigest()[:16]


def address(name: str) -> str:
    """Where the browser finds a file of static/; raises KeyError if there is none."""
    _FILES[name]
    return f"/static/{_DIGEST}/{name}"


@get("/static/{name:path}", opt={"public": True}, sync_to_thread=False)
def serve(name: FromPath[str]) -> Response[bytes]:
    """One file. An address with another digest gets the file as it is now, not to be kept."""
    digest, _, file = name.lstrip("/").partition("/")
    if file not in _FILES:
        raise NotFoundException
    content, media_type = _FILES[file]
    keep = "public, max-age=31536000, immutable" if digest == _DIGEST else "no-store"
    return Response(content, media_type=media_type, headers={"cache-control": keep})
