"""What is asked of an OpenID provider: its metadata, its keys, tokens for a code, claims for a token.

Every request goes to a judged address, follows no redirect and is bounded in time and size
(enforcement/fetching.py). Metadata and keys are kept for an hour; keys are fetched again when a token names
one that is not among them, a few times a minute at most. After a failure nobody is asked for some seconds,
so that a provider that is down costs no thread.
"""

import ssl
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, KeySet

from tenfold.config import Settings, SettingsError
from tenfold.enforcement.fetching import FetchError, fetch

KEEP_SECONDS: Final = 3600.0
REST_SECONDS: Final = 5.0  # after a failure
REFRESHES: Final = 5  # of the keys, within REFRESH_WINDOW
REFRESH_WINDOW: Final = 60.0  # seconds
MOST: Final = 512 * 1024  # bytes of any answer
SETTING: Final = "TENFOLD_OIDC_PRIVATE_ADDRESSES"
KEY_TYPES: Final = frozenset({"RSA", "EC", "OKP"})  # never symmetric ones: everybody can read this list


Answer = TypeVar("Answer")


class ProviderError(Exception):
    """The provider did not answer as it should; for the log, never with a token in it."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we use of OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint, OpenID Connect Core 1.0, section 3.1.3.3."""

    id_token: str
    access_token: str


class Provider:
    """One provider; used by many threads. SettingsError when it is set up wrongly."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._refreshed: deque[float] = deque(maxlen=REFRESHES)
        self._failed: tuple[float, str] = (float("-inf"), "")
        self._tls = _trust(settings.oidc_ca_file)
        if not settings.oidc_client_id:
            raise SettingsError("TENFOLD_OIDC_CLIENT_ID: missing; the provider knows Tenfold by it")

    def metadata(self) -> Metadata:
        """Where its endpoints are; raises ProviderError."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEEP_SECONDS:
                self._metadata = (time.monotonic(), self._unless_resting(self._discover))
            return self._metadata[1]

    def _discover(self) -> Metadata:
        issuer = self._settings.oidc_issuer
        body = self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(body, type=Metadata)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProviderError(f"its metadata cannot be read: {error}") from None
        if found.issuer != issuer:
            raise ProviderError(f"it calls itself {found.issuer[:200]!r}; set TENFOLD_OIDC_ISSUER to that")
        for endpoint in (found.authorization_endpoint, found.end_session_endpoint):
            if endpoint and not self._allowed(endpoint):
                raise ProviderError(f"its endpoint {endpoint[:200]!r} is not https")
        return found

    def keys(self, *, anew: bool = False) -> KeySet:
        """The keys that ID tokens are signed with. `anew`: a token names another one; the old ones again if
        that was asked too often. Raises ProviderError."""
        address = self.metadata().jwks_uri
        with self._lock:
            now = time.monotonic()
            often = len(self._refreshed) == REFRESHES and now - self._refreshed[0] < REFRESH_WINDOW
            if self._keys and now - self._keys[0] < KEEP_SECONDS and (often or not anew):
                return self._keys[1]
            self._refreshed.append(now)
            self._keys = (now, self._unless_resting(lambda: _key_set(self._fetch(address))))
            return self._keys[1]

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Tokens for a code; raises ProviderError."""
        metadata = self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": self._settings.oidc_client_id,
        }
        headers: dict[str, str] = {}
        secret = self._settings.oidc_client_secret
        methods = metadata.token_endpoint_auth_methods_supported
        if secret and "client_secret_basic" in methods:
            both = f"{quote_plus(self._settings.oidc_client_id)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {b64encode(both.encode()).decode()}"
        elif secret:
            form["client_secret"] = secret
        body = self._fetch(metadata.token_endpoint, form=form, headers=headers)
        try:
            return msgspec.json.decode(body, type=Tokens)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ProviderError("the answer of its token endpoint holds no tokens") from None

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """Further claims about whoever has the token; raises ProviderError."""
        address = self.metadata().userinfo_endpoint
        body = self._fetch(address, headers={"authorization": f"Bearer {access_token}"})
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ProviderError("the answer of its userinfo endpoint holds no claims") from None

    def _unless_resting(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the provider; after a failure it is left in peace for a moment."""
        at, why = self._failed
        if time.monotonic() - at < REST_SECONDS:
            raise ProviderError(why)
        try:
            return ask()
        except ProviderError as error:
            self._failed = (time.monotonic(), str(error))
            raise

    def _fetch(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        private = self._settings.oidc_private_addresses
        if not self._allowed(url):
            raise ProviderError(f"{url[:200]!r} is not https, which only {SETTING}=true allows")
        try:
            return fetch(
                url,
                most=MOST,
                allow_private=private,
                setting=SETTING,
                form=form,
                headers=headers,
                tls=self._tls,
            )
        except FetchError as error:
            raise ProviderError(str(error)) from None

    def _allowed(self, url: str) -> bool:
        return url.startswith("https://") or (
            self._settings.oidc_private_addresses and url.startswith("http://")
        )


def _trust(ca_file: str) -> ssl.SSLContext | bool:
    """The authorities that the provider's certificate is checked against."""
    if not ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"TENFOLD_OIDC_CA_FILE: {ca_file} holds no certificates: {error}") from None


def _key_set(body: bytes) -> KeySet:
    """The keys for signatures; those that we cannot read are left out. Raises ProviderError without any."""
    try:
        listed = msgspec.json.decode(body, type=dict[str, Any]).get("keys", [])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderError("its keys cannot be read") from None
    keys = []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("kty") in KEY_TYPES and one.get("use", "sig") == "sig":
            try:
                keys.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
    if not keys:
        raise ProviderError("it lists no key for signatures")
    return KeySet(keys)
