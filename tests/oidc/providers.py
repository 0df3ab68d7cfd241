"""OpenID providers for tests: a real one in a process of its own, and one that lies as it is told to."""

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

HERE = Path(__file__).parent
CLIENT, SECRET = "tenfold", "the client's secret: a+b/c"


NAMES = {"maryam": "مريم"}  # of those whose name is not what they log in with


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class RealProvider:
    """Panva's oidc-provider for Node.js."""

    console: str
    groups: dict[str, list[str]]
    by_userinfo: bool = False
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, key: str = "first") -> None:
        """With a fresh key of this name, so a second start is a rotation."""
        if shutil.which("node") is None or not (HERE / "node_modules").exists():
            pytest.fail("these tests need Node.js and its packages: `make provider`", pytrace=False)
        given = {
            "issuer": self.issuer,
            "client": CLIENT,
            "secret": SECRET,
            "redirect": f"{self.console}/login/sso/return",
            "after_logout": f"{self.console}/login",
            "kid": key,
            "by_userinfo": self.by_userinfo,
            "groups": self.groups,
            "names": NAMES,
        }
        self.process = subprocess.Popen(
            ["node", "provider.mjs", json.dumps(given)],
            cwd=HERE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass
class Liar:
    """Answers with whatever tokens and documents it was given; remembers what it was asked."""

    port: int
    keys: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    raw: bytes | None = None  # instead of every answer
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def document(self, path: str) -> bytes:
        self.asked.append(path)
        if self.raw is not None:
            return self.raw
        documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            | self.metadata,
            "/keys": self.keys,
            "/token": self.answer,
        }
        return json.dumps(documents[path]).encode()


@contextmanager
def lying() -> Iterator[Liar]:
    """A provider that says what a test lets it say."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = liar.document(self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            liar.forms.append(parse_qs(self.rfile.read(size).decode()))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar = Liar(port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield liar
    server.shutdown()
    thread.join()
    server.server_close()
