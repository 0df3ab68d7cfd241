"""A real HTTP receiver in a thread, which behaves as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Received:
    """One request: its headers (lower case) and its body."""

    def __init__(self, headers: dict[str, str], body: bytes) -> None:
        self.headers = headers
        self.body = body

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The message, after checking its signature as a platform would."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Where it listens, what it has received, how it answers next."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook?from=tenfold"
        self.received: list[Received] = []
        self.answer: Behaviour = status(200)
        self.released = threading.Event()


def status(code: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Behaviour:
    """Answers with a status."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def endless(request: BaseHTTPRequestHandler) -> None:
    """A good status, and then a body without end."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"x" * 65536)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200 until told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            target.received.append(Received(headers, body))
            try:
                target.answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    target = Receiver(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield target
    finally:
        target.released.set()
        server.shutdown()
        server.server_close()


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something that will happen; the limit only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
