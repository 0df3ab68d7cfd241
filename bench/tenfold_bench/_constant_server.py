"""The least that an answer over HTTP costs here: uvicorn and a constant answer with the headers of ours.

`python -m tenfold_bench._constant_server PORT`
"""

import sys
from typing import Any

import uvicorn

from tenfold.web.instrumentation import SECURITY_HEADERS

_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", b"2"),
    (b"x-request-id", b"0123456789abcdef"),
    *SECURITY_HEADERS.items(),
]


async def constant(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


def main() -> None:
    uvicorn.run(
        constant,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
