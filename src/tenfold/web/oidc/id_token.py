"""Checking an ID token: OpenID Connect Core 1.0, section 3.1.3.7."""

import secrets
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from tenfold.web.oidc.provider import Provider

# Signatures with a private key only: neither `none` nor HMAC, for which the public key would serve as secret.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
LEEWAY: Final = 60  # seconds that clocks may be apart
MAX_TOKEN: Final = 32 * 1024  # characters
MAX_SUBJECT: Final = 255  # characters, by the standard


class TokenError(Exception):
    """The ID token is not to be trusted; says why, for the log, without the token."""


def verified(token: str, provider: Provider, *, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that this provider made for us and for this login. Raises TokenError, and
    ProviderError when its keys cannot be had."""
    if len(token) > MAX_TOKEN:
        raise TokenError(f"the token has more than {MAX_TOKEN:,} characters")
    try:
        claims = _signed(token, provider)
        JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": provider.metadata().issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenError(f"{type(error).__name__}: {error}"[:300]) from None
    _ours(claims, client_id, nonce)
    return claims


def _signed(token: str, provider: Provider) -> dict[str, Any]:
    """The claims if the signature holds; a key that is not known yet is asked for."""
    try:
        return _decoded(token, provider.keys())
    except (InvalidKeyIdError, BadSignatureError):
        return _decoded(token, provider.keys(anew=True))


def _decoded(token: str, keys: KeySet) -> dict[str, Any]:
    return jwt.decode(token, keys, algorithms=ALGORITHMS).claims


def _ours(claims: dict[str, Any], client_id: str, nonce: str) -> None:
    given = claims.get("nonce")
    if not isinstance(given, str) or not secrets.compare_digest(given.encode(), nonce.encode()):
        raise TokenError("the nonce is that of another login")
    party = claims.get("azp")
    audience = claims["aud"]
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise TokenError("made for several, it does not say for whom in the first place (azp)")
    if party not in (None, client_id):
        raise TokenError("made for another client in the first place (azp)")
    subject = claims["sub"]
    if not 0 < len(subject) <= MAX_SUBJECT or not (subject.isascii() and subject.isprintable()):
        raise TokenError(f"the subject is not 1 to {MAX_SUBJECT} printable ASCII characters")
