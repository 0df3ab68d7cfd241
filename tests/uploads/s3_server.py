"""A server that speaks S3, in this process, with one bucket."""

import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer


@contextmanager
def s3_server(*buckets: str) -> Iterator[str]:
    """Its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        ask(f"{url}/moto-api/reset-auth", "POST", b"inf")
        ask(f"{url}/moto-api/reset", "POST")
        for bucket in buckets:
            ask(f"{url}/{bucket}", "PUT")
        yield url
    finally:
        server.stop()


def ask(url: str, method: str, body: bytes = b"") -> bytes:
    """One request without credentials; the answer's body."""
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=body or None, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


def check_credentials(url: str) -> None:
    """From now on only known users are let in, and there are none."""
    ask(f"{url}/moto-api/reset-auth", "POST", b"0")


def nobody_listens() -> str:
    """A URL where nothing answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
