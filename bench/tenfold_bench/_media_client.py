"""A client of the API of Hasher-Matcher-Actioner, and of ours for many hashes at once."""

import http.client
import json
import socket
from collections.abc import Sequence


class Client:
    """One kept connection to a server, with a key in the path."""

    def __init__(self, port: int, token: str) -> None:
        self._base = f"/hma/key/{token}"
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.connect()

    def connect(self) -> None:
        """Begin a connection, which is kept from look-up to look-up."""
        self._connection.close()
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, method: str, path: str, body: object = None) -> dict[str, object]:
        return self._answer(method, self._base + path, body)

    def _answer(self, method: str, path: str, body: object) -> dict[str, object]:
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {text[:300]!r}")
        found: dict[str, object] = json.loads(text)
        return found

    def look_up(self, digits: str) -> dict[str, object]:
        return self("GET", f"/m/lookup?signal_type=pdq&signal={digits}")

    def look_up_all(self, digits: Sequence[str]) -> dict[str, object]:
        """Many hashes in one request of our own API."""
        return self._answer("POST", "/v1/media/look-up", {"hashes": [f"pdq:{one}" for one in digits]})
