"""The API of Hasher-Matcher-Actioner (hashing, matching, banks), so that its clients work unchanged.

Under `/hma` with the key in the header, and under `/hma/key/{token}` for clients that can only be given an
address. True to what goes over the wire, not to its faults; docs/hma.md tells them apart.
"""

from typing import Any

from litestar import Request, Router
from litestar.datastructures import FormMultiDict, State
from litestar.di import Provide

from tenfold.web.auth import ApiKey
from tenfold.web.hma import about, banks, contents, exchanges, hashing, matching
from tenfold.web.hma.files import MAX_FILE, Files
from tenfold.web.hma.lookup import Lookup
from tenfold.web.hma.wire import EXCEPTION_HANDLERS

OVERHEAD = 1024 * 1024  # bytes of a form beside its file

_HANDLERS = [
    *about.handlers,
    *banks.handlers,
    *contents.handlers,
    *exchanges.handlers,
    *hashing.handlers,
    *matching.handlers,
]


async def _raw(request: Request[None, ApiKey, State]) -> bytes:
    return await request.body()


async def _form(request: Request[None, ApiKey, State]) -> FormMultiDict | dict[str, Any]:
    """The form of a request; none where it has another body."""
    multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    return await request.form() if multipart else {}


def _index(state: State) -> Lookup:
    found: Lookup = state["lookup"]
    return found


def _files(state: State) -> Files:
    found: Files = state["files"]
    return found


def routers() -> list[Router]:
    """The two places where the API stands, around one index."""
    return [
        Router(
            path=path,
            route_handlers=_HANDLERS,
            dependencies={
                "raw": Provide(_raw),
                "form": Provide(_form),
                "index": Provide(_index, sync_to_thread=False),
                "files": Provide(_files, sync_to_thread=False),
            },
            exception_handlers=EXCEPTION_HANDLERS,
            request_max_body_size=MAX_FILE + OVERHEAD,
            include_in_schema=False,
        )
        for path in ("/hma", "/hma/key/{token:str}")
    ]
