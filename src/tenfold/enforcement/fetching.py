"""One request to somebody else's server: to a judged address, without redirects, bounded in time and size."""

import ssl
import time
from collections.abc import Mapping
from typing import Final

import httpx

from tenfold import __version__
from tenfold.enforcement import addresses
from tenfold.enforcement.addresses import AddressError, Place

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0  # of silence
TOTAL_SECONDS: Final = 30.0
WEBHOOK_SETTING: Final = "TENFOLD_WEBHOOK_PRIVATE_ADDRESSES"


class FetchError(ValueError):
    """Nothing was fetched; says why. `refused`: because of the URL or its address, and nobody was asked.
    `status`: what the server answered, if that was it."""

    def __init__(self, message: str, *, refused: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.refused = refused
        self.status = status


def fetch(
    url: str,
    *,
    most: int,
    allow_private: bool,
    setting: str = WEBHOOK_SETTING,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | bool = True,
) -> bytes:
    """The body at a URL, at most `most` bytes; raises FetchError. A `form` is posted. The environment's
    proxies are not used, as they would resolve the host unjudged. `setting`: what allows private addresses;
    `tls`: the certificates to trust, if not the usual ones."""
    try:
        place = addresses.parse(url)
        found = addresses.resolve(place, allow_private, setting)
    except AddressError as error:
        raise FetchError(str(error), refused=True) from None
    own = {"host": place.authority, "user-agent": f"Tenfold/{__version__}", "accept-encoding": "identity"}
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        with httpx.Client(verify=tls, timeout=timeout, follow_redirects=False, trust_env=False) as client:
            request = client.build_request(
                "GET" if form is None else "POST",
                place.at(found[0]),
                headers={**(headers or {}), **own},
                data=form,
                extensions={"sni_hostname": place.host, "timeout": timeout.as_dict()},
            )
            return _read(client, request, place, most)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
        raise FetchError(f"{place.host}: {type(error).__name__}: {error}"[:300]) from None


def _read(client: httpx.Client, request: httpx.Request, place: Place, most: int) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    reply = client.send(request, stream=True)
    try:
        if reply.status_code != 200:
            raise FetchError(f"{place.host} answered {reply.status_code}", status=reply.status_code)
        body = bytearray()
        for chunk in reply.iter_raw():
            body += chunk
            if len(body) > most:
                raise FetchError(f"the file is larger than {most:,} bytes")
            if time.monotonic() > deadline:
                raise FetchError(f"{place.host} took longer than {TOTAL_SECONDS:.0f} s")
        return bytes(body)
    finally:
        reply.close()
