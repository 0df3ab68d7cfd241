"""What a provider that lies, breaks or was broken into gets past us: nothing."""

import hmac
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from tenfold import config
from tenfold.config import SettingsError
from tenfold.taxonomy import Role
from tenfold.web.oidc import id_token, who
from tenfold.web.oidc.provider import Provider, ProviderError
from tests.conftest import Server
from tests.oidc.providers import CLIENT, Liar, lying

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
HEADER = {"alg": "RS256", "kid": "one"}
NONCE = "n" * 43


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as running:
        running.keys = KeySet([KEY]).as_dict()  # type: ignore[assignment]
        yield running


def provider_of(liar: Liar, **settings: Any) -> Provider:
    given = {"oidc_issuer": liar.issuer, "oidc_client_id": CLIENT, "oidc_private_addresses": True}
    return Provider(config.load({}, **(given | settings)))


def claims_of(liar: Liar, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": liar.issuer, "aud": CLIENT, "sub": "7", "exp": now + 300, "iat": now, "nonce": NONCE}
    return {name: value for name, value in (good | changed).items() if value is not None}


def check(liar: Liar, token: str) -> dict[str, Any]:
    return id_token.verified(token, provider_of(liar), client_id=CLIENT, nonce=NONCE)


def test_a_good_token_is_taken(liar: Liar) -> None:
    claims = claims_of(liar)
    assert check(liar, jwt.encode(HEADER, claims, KEY)) == claims


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "m" * 43},
        {"nonce": None},
        {"nonce": 7},
        {"exp": 1},
        {"exp": None},
        {"exp": float("nan")},
        {"exp": "tomorrow"},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"aud": "another client"},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
        {"sub": "a\0b"},
        {"sub": "ё"},
    ],
)
def test_a_token_for_another_login_client_or_time_is_refused(liar: Liar, change: dict[str, Any]) -> None:
    with pytest.raises(id_token.TokenError):
        check(liar, jwt.encode(HEADER, claims_of(liar, **change), KEY))


def test_a_token_for_several_that_names_us_first_is_taken(liar: Liar) -> None:
    claims = claims_of(liar, aud=[CLIENT, "another client"], azp=CLIENT)
    assert check(liar, jwt.encode(HEADER, claims, KEY))["sub"] == "7"


def by_hand(algorithm: str, claims: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as an attacker makes it: without a signature, or with an HMAC under `secret`."""

    def part(raw: bytes) -> str:
        return urlsafe_b64encode(raw).decode().rstrip("=")

    header = {"alg": algorithm, "kid": "one"}
    signed = f"{part(msgspec.json.encode(header))}.{part(msgspec.json.encode(claims))}"
    mac = b"" if secret is None else hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{part(mac)}"


def test_no_signature_another_key_and_the_public_key_as_secret_are_refused(liar: Liar) -> None:
    claims = claims_of(liar)
    curve = ECKey.generate_key("P-256", {"kid": "one"})
    for token in (
        by_hand("none", claims),
        by_hand("None", claims),
        jwt.encode(HEADER, claims, OTHER),
        by_hand("HS256", claims, KEY.as_pem(private=False)),
        jwt.encode({"alg": "ES256", "kid": "one"}, claims, curve, algorithms=["ES256"]),
        jwt.encode(HEADER, claims, KEY)[:-4] + "AAAA",
    ):
        with pytest.raises(id_token.TokenError):
            check(liar, token)


def test_a_symmetric_key_in_the_list_of_keys_is_not_used(liar: Liar) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    liar.keys["keys"].append(secret.as_dict(private=True))
    token = jwt.encode({"alg": "HS256", "kid": "shared"}, claims_of(liar), secret, algorithms=["HS256"])
    with pytest.raises(id_token.TokenError):
        check(liar, token)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(token=st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[\w-]{0,9}"))
def test_no_nonsense_is_taken_or_breaks_anything(liar: Liar, token: str) -> None:
    provider = provider_of(liar)
    with pytest.raises(id_token.TokenError):
        id_token.verified(token, provider, client_id=CLIENT, nonce=NONCE)


def test_strangers_who_name_unknown_keys_do_not_make_us_ask_for_ever(liar: Liar) -> None:
    provider = provider_of(liar)
    for number in range(20):
        token = jwt.encode({"alg": "RS256", "kid": f"key-{number}"}, claims_of(liar), KEY)
        with pytest.raises(id_token.TokenError):
            id_token.verified(token, provider, client_id=CLIENT, nonce=NONCE)
    assert liar.asked.count("/keys") == 5


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"end_session_endpoint": "ftp://elsewhere.example"},
    ],
)
def test_metadata_that_make_no_sense_are_refused(liar: Liar, metadata: dict[str, Any]) -> None:
    liar.metadata = metadata
    with pytest.raises(ProviderError):
        provider_of(liar).metadata()


@pytest.mark.parametrize("raw", [b"", b"[1]", b"\xff\xfe", b"{" * 5000, b" " * 600_000])
def test_answers_that_are_broken_or_too_long_are_refused(liar: Liar, raw: bytes) -> None:
    liar.raw = raw
    provider = provider_of(liar)
    with pytest.raises(ProviderError):
        provider.metadata()
    asked = len(liar.asked)
    with pytest.raises(ProviderError):
        provider.metadata()
    assert len(liar.asked) == asked, "after a failure it is left in peace for a moment"


def test_a_private_provider_needs_the_operators_word(liar: Liar) -> None:
    with pytest.raises(ProviderError, match="TENFOLD_OIDC_PRIVATE_ADDRESSES"):
        provider_of(liar, oidc_private_addresses=False).metadata()


@pytest.mark.parametrize(
    "claims",
    [
        {"preferred_username": "two\nlines"},
        {"preferred_username": "n" * 101},
        {"preferred_username": "\ud800"},
        {"preferred_username": ["Nadia"]},
        {"preferred_username": None},
        {},
    ],
)
def test_what_is_no_name_is_not_taken_for_one(claims: dict[str, Any]) -> None:
    found = who.person({"sub": "7"} | claims, config.load({}), "en")
    assert found.name == ""


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["desk", "leads", 7, None, {"a": 1}, ["desk"]], {Role.MODERATOR, Role.LEAD}),
        ("desk", {Role.MODERATOR}),
        ({"desk": True}, set()),
        (None, set()),
    ],
)
def test_groups_become_roles_wherever_the_provider_keeps_them(groups: object, roles: set[Role]) -> None:
    given = {"oidc_roles": {"desk": ["moderator"], "leads": ["lead"]}}
    for name, claims in (
        ("groups", {"groups": groups}),
        ("realm_access.roles", {"realm_access": {"roles": groups}}),
        ("https://example.org/groups", {"https://example.org/groups": groups}),
    ):
        settings = config.load({}, oidc_groups_claim=name, **given)
        found = who.person({"sub": "7"} | claims, settings, "en").roles
        assert found is not None
        assert set(found) == roles


def test_an_address_counts_as_a_name_only_when_it_is_verified() -> None:
    settings = config.load({}, oidc_name_claim="email")
    for verified, name in ((True, "n@example.org"), (False, ""), ("true", ""), (None, "")):
        claims = {"sub": "7", "email": "n@example.org", "email_verified": verified}
        assert who.person(claims, settings, "en").name == name


def test_what_is_set_up_wrongly_is_said_at_the_start(liar: Liar, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("")
    with pytest.raises(SettingsError, match="TENFOLD_OIDC_CLIENT_ID"):
        provider_of(liar, oidc_client_id="")
    for file in (str(empty), "/none"):
        with pytest.raises(SettingsError, match="TENFOLD_OIDC_CA_FILE"):
            provider_of(liar, oidc_ca_file=file)
    for roles in ("desk=lead", '{"desk": "lead"}', '{"desk": ["king"]}'):
        with pytest.raises(SettingsError, match="TENFOLD_OIDC_ROLES"):
            config.load({"TENFOLD_OIDC_ROLES": roles})
    given = {"TENFOLD_OIDC_ROLES": '{"desk": ["lead"]}', "TENFOLD_SECOND_FACTOR_ROLES": "lead, admin"}
    read = config.load(given)
    assert read.oidc_roles == {"desk": (Role.LEAD,)}
    assert read.second_factor_roles == (Role.LEAD, Role.ADMIN)


def test_a_bad_token_of_a_whole_login_lets_nobody_in_and_a_good_one_does(
    liar: Liar, serve: Callable[..., Server]
) -> None:
    server = serve(
        oidc_issuer=liar.issuer,
        oidc_client_id=CLIENT,
        oidc_private_addresses=True,
        oidc_accounts="everyone",
        base_url="http://testserver.local",
    )
    for good in (False, True):
        sent = server.client.get("/login/sso", follow_redirects=False).headers["location"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
        nonce = asked["nonce"] if good else asked["nonce"][::-1]
        claims = claims_of(liar, nonce=nonce, preferred_username="Nadia")
        liar.answer = {"id_token": jwt.encode(HEADER, claims, KEY), "access_token": "x"}
        back = {"state": asked["state"], "code": "c"}
        answer: httpx.Response = server.client.get("/login/sso/return", params=back, follow_redirects=False)
        assert answer.status_code == (303 if good else 403)
        assert ("tenfold_session" in server.client.cookies) is good
    form = {name: values[0] for name, values in liar.forms[-1].items()}
    assert form["grant_type"] == "authorization_code"
    assert re.fullmatch(r"[\w-]{43}", form["code_verifier"]), "RFC 7636, section 4.1"
