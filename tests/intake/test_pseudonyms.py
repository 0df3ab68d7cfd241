"""Personal data become tokens: equal for equal people, nothing without the secret."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold import events
from tenfold.intake.pseudonyms import NORMAL_FORMS, Pseudonymiser

TOKENS = Pseudonymiser(b"one secret")


@pytest.mark.parametrize(
    ("kind", "forms", "other"),
    [
        ("email", ["Jo.Doe@gmail.com", "jodoe+news@googlemail.com", " JODOE@GMAIL.COM. "], "jodo@gmail.com"),
        ("email", ["jo.doe@example.org", "JO.DOE+x@EXAMPLE.ORG"], "jodoe@example.org"),
        ("email", ["jo@bücher.example", "jo@xn--bcher-kva.example"], "jo@bucher.example"),
        (
            "phone",
            ["+49 170 123-4567", "0049 (170) 1234567", "٤٩١٧٠١٢٣٤٥٦٧", "۴۹۱۷۰۱۲۳۴۵۶۷"],
            "+491701234568",
        ),
        ("ip", ["192.0.2.7", "::ffff:192.0.2.7", " 192.0.2.7 "], "192.0.2.8"),
        ("ip", ["2001:db8::1", "2001:0DB8:0:0::1", "[2001:db8::1]", "2001:db8::1%eth0"], "2001:db8::2"),
        ("network", ["192.0.2.0/24", "192.0.2.77"], "192.0.3.0/24"),
        ("device", ["abc", " abc "], "ABC"),
        ("user_agent", ["Browser 1.0  (X)", "Browser 1.0 (X)"], "Browser 1.1 (X)"),
    ],
)
def test_equal_people_give_equal_tokens(kind: str, forms: list[str], other: str) -> None:
    tokens = {TOKENS.token(kind, form) for form in forms}
    assert len(tokens) == 1
    assert TOKENS.token(kind, other) not in tokens


def test_a_token_depends_on_secret_and_kind_and_shows_nothing() -> None:
    token = TOKENS.token("email", "jo@example.org")
    assert token.startswith("email:")
    assert len(token) == len("email:") + 32
    assert "jo" not in token
    assert Pseudonymiser(b"another").token("email", "jo@example.org") != token
    assert TOKENS.token("device", "jo@example.org").split(":")[1] != token.split(":")[1]


def test_tokens_that_a_platform_makes_itself_stay() -> None:
    assert TOKENS.token("email", "hmac:" + "ab" * 16) == "hmac:" + "ab" * 16
    assert TOKENS.token("email", "hmac:not hex").startswith("email:")


@given(st.sampled_from(sorted(NORMAL_FORMS)), st.text(max_size=60))
def test_any_text_becomes_a_token(kind: str, text: str) -> None:
    token = TOKENS.token(kind, text)
    assert token.startswith(("hmac:", f"{kind}:"))
    assert TOKENS.token(kind, text) == token


def parsed(type_: str, data: Any, **more: Any) -> events.Event:
    body = {"id": "e", "type": type_, "time": "2026-03-01T00:00:00Z", "account": "a", "data": data} | more
    return events.parse(json.dumps(body).encode())


def test_an_address_brings_the_token_of_its_network() -> None:
    one, near = (
        json.loads(TOKENS.apply(parsed("session.started", {"ip": ip})).raw)["data"]
        for ip in ("192.0.2.7", "192.0.2.9")
    )
    assert one["ip"] != near["ip"]
    assert one["network"] == near["network"]
    assert one["network"] == TOKENS.token("network", "192.0.2.0/24")


def test_the_typed_data_are_replaced_with_the_bytes() -> None:
    event = TOKENS.apply(
        parsed("account.created", {"handle": "jo", "email": "jo@example.org", "phone": None})
    )
    assert isinstance(event.data, events.AccountProfile)
    stored = json.loads(event.raw)["data"]
    assert stored == {"handle": "jo", "email": event.data.email, "phone": None}
    assert event.data.email == TOKENS.token("email", "jo@example.org")


@pytest.mark.parametrize("name", sorted(NORMAL_FORMS))
def test_personal_names_are_replaced_in_every_type_of_event(name: str) -> None:
    for raw_name in (name, "".join(f"\\u{ord(c):04x}" for c in name)):
        raw = (
            f'{{"id":"e","type":"post.created","time":"2026-03-01T00:00:00Z","account":"a",'
            f'"{raw_name}":"very-personal","data":{{"post":"p","{raw_name}":{{"deep":"very-personal"}}}}}}'
        )
        event = TOKENS.apply(events.parse(raw.encode()))
        assert b"very-personal" not in event.raw
        assert json.loads(event.raw)["data"][name].startswith(f"{name}:")


def test_events_without_personal_data_keep_their_bytes() -> None:
    event = parsed("post.created", {"post": "p", "text": 'an "email" and an \\"ip\\"'})
    assert TOKENS.apply(event) is event
