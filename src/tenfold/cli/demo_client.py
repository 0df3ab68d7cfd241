"""What a platform's engineer would write: send events, ask how far things are, read the cases."""

import gzip
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import httpx
import msgspec

from tenfold.cli.common import CommandError

BATCH = 1_000
PAGE = 500
TRIES = 20  # of one request, while the server asks to wait
STALLED_AFTER = 120.0  # seconds in which the queue did not get shorter

NDJSON = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}


class Client:
    """The public API under one key."""

    def __init__(self, url: str, key: str) -> None:
        self.known_before = 0  # events sent that the server had already
        self._http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, events: Iterable[dict[str, Any]]) -> Iterator[int]:
        """Send events in batches; yields how many the server has so far (sent twice counts once)."""
        encoder = msgspec.json.Encoder()
        events, sent = iter(events), 0
        while batch := list(islice(events, BATCH)):
            body = gzip.compress(encoder.encode_lines(batch), compresslevel=1)
            answer = self._ask("POST", "/v1/events", content=body, headers=NDJSON)
            if answer["refused"]:
                raise CommandError(f"the server refused events: {answer['results'][:3]}")
            sent += len(batch)
            self.known_before += answer["duplicates"]
            yield sent

    def drain(self) -> Iterator[int]:
        """Yields the number of waiting events until none waits; CommandError when they stall."""
        least, since = -1, time.monotonic()
        while True:
            status = self._ask("GET", "/v1/status")
            if status["poisoned"]:
                latest = status["poisoned_latest"][:1]
                raise CommandError(
                    f"{status['poisoned']} events could not be processed, the latest: {latest}"
                )
            waiting = int(status["queue"]) + int(status["links_due"])
            yield waiting
            if waiting == 0:
                return
            if least < 0 or waiting < least:
                least, since = waiting, time.monotonic()
            elif time.monotonic() - since > STALLED_AFTER:
                raise CommandError(f"{waiting:,} events wait and nothing moves for {STALLED_AFTER:.0f} s")
            time.sleep(0.3)

    def cases(self) -> Iterator[dict[str, Any]]:
        """Every case, those that were decided last."""
        for extra in ({}, {"state": "decided"}):
            cursor: str | None = None
            while True:
                wanted = extra | {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
                page = self._ask("GET", "/v1/cases", params=wanted)
                yield from page["cases"]
                cursor = page["next"]
                if cursor is None:
                    break

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """One request; waits and asks again when the server says so."""
        for _ in range(TRIES):
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                raise CommandError(f"{method} {path}: {error}") from None
            if answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
                time.sleep(float(answer.headers.get("retry-after", 1)))
                continue
            if answer.is_success:
                return dict(answer.json())
            raise CommandError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        raise CommandError(f"{method} {path}: the server still asks to wait after {TRIES} tries")
