"""Logging in and out through the OpenID provider."""

import hmac
import logging
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.connection import Request
from litestar.params import FromQuery

from tenfold.store import identities, sealed
from tenfold.store.people import User
from tenfold.web.console import access, entering, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.oidc import id_token, who
from tenfold.web.oidc.id_token import TokenError
from tenfold.web.oidc.provider import Provider, ProviderError
from tenfold.web.oidc.who import NotLetIn

RETURN: Final = "/login/sso/return"
PURPOSE: Final = "ID tokens"  # what they are sealed for

_log = logging.getLogger("tenfold.login")


def provider_of(request: Request[Any, Any, Any]) -> Provider | None:
    """The provider of this installation, if it has one."""
    found = request.app.state.oidc
    return found if isinstance(found, Provider) else None


def _wanted(request: Request[Any, Any, Any]) -> Provider:
    provider = provider_of(request)
    if provider is None:
        raise Refused(404, "error.404")
    return provider


def _derived(secret: bytes, what: str, state: str) -> str:
    """Nonce and verifier of a login follow from its state: the store holds nothing that logs anybody in."""
    return _base64(hmac.digest(secret, f"oidc {what} {state}".encode(), sha256))


def _base64(raw: bytes) -> str:
    """For URLs, without padding (RFC 7636, appendix A)."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


@get("/login/sso", opt={"public": True}, sync_to_thread=True)
def leave(visit: Visiting, request: Request[Any, Any, Any], next: FromQuery[str] = "/") -> Response[Any]:
    """Send the person to the provider."""
    provider = _wanted(request)
    if visit.user is not None:
        return pages.redirect(access.safe_return(next))
    try:
        endpoint = provider.metadata().authorization_endpoint
    except ProviderError as error:
        raise _down(error) from None
    settings, secret = visit.runtime.settings, visit.runtime.secret
    with visit.runtime.pool.connection() as conn:
        state = identities.begin(conn, visit.anchor, access.safe_return(next[:2000]))
    verifier = _derived(secret, "verifier", state)
    challenge = _base64(sha256(verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": settings.url + RETURN,
        "scope": settings.oidc_scopes,
        "state": state,
        "nonce": _derived(secret, "nonce", state),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    response = pages.redirect(endpoint + ("&" if "?" in endpoint else "?") + urlencode(asked))
    if visit.new_anchor:
        response.set_cookie(access.cookie(visit.runtime, access.VISIT_COOKIE, visit.anchor, None))
    return response


@get(RETURN, opt={"public": True}, sync_to_thread=True)
def come_back(visit: Visiting, request: Request[Any, Any, Any]) -> Response[Any]:
    """What the provider sent back: used once, checked, and turned into a session."""
    provider = _wanted(request)
    if visit.user is not None:
        return pages.redirect("/")
    answer = request.query_params
    state, code = str(answer.get("state", "")), str(answer.get("code", ""))
    with visit.runtime.pool.connection() as conn:  # used up, whatever comes of it
        back = identities.finish(conn, state, visit.anchor)
    if back is None:
        raise Refused(403, "sso.stale")
    if not code:
        why = str(answer.get("error", ""))[:100].encode("ascii", "replace").decode()
        _log.info("the provider let nobody in: %s", why)
        raise Refused(403, "sso.refused")
    try:
        claims, token = _claims(visit, provider, state, code, str(answer.get("iss", "")))
    except ProviderError as trouble:
        raise _down(trouble) from None
    except TokenError as trouble:
        _log.warning("an ID token was refused: %s", trouble)
        raise Refused(403, "sso.untrusted") from None
    return _admit(visit, request, claims, token, back)


def _claims(visit: Visit, provider: Provider, state: str, code: str, iss: str) -> tuple[dict[str, Any], str]:
    """The verified claims and the ID token; userinfo is asked when the token does not say enough."""
    settings, secret = visit.runtime.settings, visit.runtime.secret
    metadata = provider.metadata()
    if (iss or metadata.authorization_response_iss_parameter_supported) and iss != metadata.issuer:
        raise TokenError("the answer is another provider's")  # RFC 9207
    tokens = provider.exchange(code, _derived(secret, "verifier", state), settings.url + RETURN)
    nonce = _derived(secret, "nonce", state)
    claims = id_token.verified(tokens.id_token, provider, client_id=settings.oidc_client_id, nonce=nonce)
    if metadata.userinfo_endpoint and not who.complete(claims, settings):
        further = provider.userinfo(tokens.access_token)
        if further.get("sub") != claims["sub"]:
            raise TokenError("userinfo is about somebody else")
        claims = further | claims
    return claims, tokens.id_token


def _admit(
    visit: Visit, request: Request[Any, Any, Any], claims: dict[str, Any], token: str, back: str
) -> Response[Any]:
    settings = visit.runtime.settings
    person = who.person(claims, settings, visit.translator.locale)
    refusal = None
    with visit.runtime.pool.connection() as conn:
        try:
            user: User = who.admit(conn, person, everyone=settings.oidc_accounts == "everyone")
        except NotLetIn as reason:
            refusal = reason.reason
        else:
            kept = sealed.seal(token, visit.runtime.secret, PURPOSE)
            return entering.let_in(
                visit, request, conn, user, came_by="provider", back=back, strong=True, id_token=kept
            )
    _log.info("somebody the provider knows was not let in: %s", refusal)
    raise Refused(403, f"sso.{refusal}")


def _down(error: ProviderError) -> Refused:
    _log.error("the OpenID provider: %s", error)
    return Refused(503, "sso.down")


def farewell(visit: Visit, request: Request[Any, Any, Any], kept: str) -> str | None:
    """Where to log out at the provider too (OpenID Connect RP-Initiated Logout 1.0), None if it has no such
    place or does not answer. `kept`: the sealed ID token of the session."""
    provider = provider_of(request)
    if provider is None:
        return None
    try:
        endpoint = provider.metadata().end_session_endpoint
        hint = sealed.unseal(kept, visit.runtime.secret, PURPOSE)
    except (ProviderError, sealed.UnsealError):
        return None
    if not endpoint:
        return None
    settings = visit.runtime.settings
    asked = {
        "id_token_hint": hint,
        "client_id": settings.oidc_client_id,
        "post_logout_redirect_uri": settings.url + "/login",
    }
    return endpoint + ("&" if "?" in endpoint else "?") + urlencode(asked)


handlers = [leave, come_back]
