"""One GET to somebody else's server: to a judged address, without redirects, bounded in time and size."""

import ssl
import time
from typing import Final

import httpx

from tenfold import __version__
from tenfold.enforcement import addresses
from tenfold.enforcement.addresses import AddressError

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0  # of silence
TOTAL_SECONDS: Final = 30.0


class FetchError(ValueError):
    """Nothing was fetched; says why. `refused`: because of the URL or its address, and nobody was asked."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


def fetch(url: str, *, most: int, allow_private: bool) -> bytes:
    """The body at a URL, at most `most` bytes; raises FetchError. The environment's proxies are not used, as
    they would resolve the host unjudged."""
    try:
        place = addresses.parse(url)
        found = addresses.resolve(place, allow_private)
    except AddressError as error:
        raise FetchError(str(error), refused=True) from None
    headers = {"host": place.authority, "user-agent": f"Tenfold/{__version__}", "accept-encoding": "identity"}
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    extensions = {"sni_hostname": place.host}  # certificates are checked against the name
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", place.at(found[0]), headers=headers, extensions=extensions) as reply,
        ):
            if reply.status_code != 200:
                raise FetchError(f"{place.host} answered {reply.status_code}")
            body = bytearray()
            for chunk in reply.iter_raw():
                body += chunk
                if len(body) > most:
                    raise FetchError(f"the file is larger than {most:,} bytes")
                if time.monotonic() > deadline:
                    raise FetchError(f"{place.host} took longer than {TOTAL_SECONDS:.0f} s")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
        raise FetchError(f"{place.host}: {type(error).__name__}: {error}"[:300]) from None
