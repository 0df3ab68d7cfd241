"""One attempt to deliver one message: signed, to a judged address, bounded in time and size."""

import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec
from standardwebhooks.webhooks import Webhook as Signer

from tenfold import __version__
from tenfold.enforcement import addresses, sealing
from tenfold.enforcement.addresses import AddressError
from tenfold.enforcement.sealing import SecretError
from tenfold.store.deliveries import Due

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0  # of silence
TOTAL_SECONDS = 20.0  # for the whole answer
MAX_ANSWER = 64 * 1024  # bytes read of an answer; nothing in it matters but its status
MAX_ERROR = 300  # characters of an error kept with the delivery
_TIMEOUT = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver said: an HTTP status, or none and why. `retry_after` in seconds, if it asked."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    seconds: float = 0.0  # that it took

    @property
    def taken(self) -> bool:
        """Whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300 and self.error is None


class Sender:
    """Sends to one webhook. Keeps its connections open between messages; used by several threads."""

    def __init__(self, allow_private: bool, tls: ssl.SSLContext, connections: int) -> None:
        self._allow_private = allow_private
        limits = httpx.Limits(max_connections=connections, keepalive_expiry=30)
        # Proxies of the environment would be asked to resolve the host themselves, unjudged.
        self._client = httpx.Client(
            verify=tls, timeout=_TIMEOUT, limits=limits, follow_redirects=False, trust_env=False
        )

    def send(self, due: Due, key: bytes) -> Answer:
        """Try once; never raises for what the receiver or the network does."""
        begun = time.monotonic()
        answer = self._try(due, key)
        return msgspec.structs.replace(answer, seconds=time.monotonic() - begun)

    def _try(self, due: Due, key: bytes) -> Answer:
        try:
            place = addresses.parse(due.url)
            found = addresses.resolve(place, self._allow_private)
            secrets = [sealing.unseal(one, key) for one in (due.secret, due.old_secret) if one]
        except (AddressError, SecretError) as error:
            return Answer(error=str(error)[:MAX_ERROR])
        # The next attempt tries the next address, should one of them be out of order.
        url = place.at(found[(due.attempts - 1) % len(found)])
        body = due.body.encode()
        headers = signed_headers(str(due.id), body, secrets, datetime.now(UTC)) | {"host": place.authority}
        try:
            return self._exchange(url, body, headers, place.host)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            return Answer(error=f"{type(error).__name__}: {error}"[:MAX_ERROR])

    def _exchange(self, url: str, body: bytes, headers: dict[str, str], host: str) -> Answer:
        deadline = time.monotonic() + TOTAL_SECONDS
        request = self._client.build_request(
            "POST", url, content=body, headers=headers, extensions=self._extensions(host)
        )
        answer = self._client.send(request, stream=True)
        try:
            size = 0
            for chunk in answer.iter_raw():
                size += len(chunk)
                if size > MAX_ANSWER or time.monotonic() > deadline:
                    break  # the status has come; the connection is not used again
            return _answer(answer)
        finally:
            answer.close()

    def _extensions(self, host: str) -> dict[str, object]:
        timeout = {
            "connect": CONNECT_SECONDS,
            "read": READ_SECONDS,
            "write": READ_SECONDS,
            "pool": READ_SECONDS,
        }
        return {"timeout": timeout, "sni_hostname": host}  # certificates are checked against the name

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def signed_headers(message_id: str, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA-256 over id, time and body, once for each secret."""
    text = body.decode()
    return {
        "content-type": "application/json",
        "user-agent": f"Tenfold/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message_id, at, text) for secret in secrets),
    }


def _answer(answer: httpx.Response) -> Answer:
    status = answer.status_code
    if 200 <= status < 300:
        return Answer(status=status)
    error = f"answered {status}"
    if answer.is_redirect:
        error += "; redirects are not followed, change the webhook's URL"
    return Answer(status=status, error=error, retry_after=_retry_after(answer.headers.get("retry-after")))


def _retry_after(value: str | None) -> float | None:
    """Seconds until the receiver wants to be asked again: given as such, or as a date."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:10])
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
