"""What programs write where they know nothing ties nobody to anybody."""

import json

import pytest

from tenfold import events
from tenfold.intake.pseudonyms import Pseudonymiser, says_nothing
from tenfold.linkage import given

TOKENS = Pseudonymiser(b"one secret")
NOTHING = {
    "device": [
        "unknown",
        " NULL ",
        "None",
        "undefined",
        "n/a",
        "-",
        "",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "11111111-1111-1111-1111-111111111111",
        "9774D56D682E549C",
        "02:00:00:00:00:00",
    ],
    "email": ["unknown", "none@example.org", "No-Reply@example.org", "null@null"],
    "phone": ["000", "+1 111 111 1111", "1234567890", "٠٠٠٠٠٠", "unknown"],
    "ip": ["0.0.0.0", "::", "127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.3.4", "fe80::1", "unknown"],
    "network": ["0.0.0.0/24", "127.0.0.0/8"],
}
SOMETHING = {
    "device": ["abc", "1", "00000000-0000-0000-0000-000000000001", "unknown-7f3a"],
    "email": ["nobody@example.org", "unknown.soldier@example.org", "null.byte@example.org"],
    "phone": ["+49 170 1234567", "12345"],
    "ip": ["192.0.2.7", "10.0.0.1", "2001:db8::1"],
    "network": ["192.0.2.0/24"],
}


def pairs(values):
    return [(kind, value) for kind, some in values.items() for value in some]


@pytest.mark.parametrize(("kind", "value"), pairs(NOTHING))
def test_a_placeholder_leaves_no_token(kind, value):
    assert says_nothing(kind, value)
    raw = {"id": "e", "type": "session.started", "time": "2026-03-01T00:00:00Z", "account": "a"}
    event = TOKENS.apply(events.parse(json.dumps({**raw, "data": {kind: value}}).encode()))
    stored = json.loads(event.raw)["data"]
    assert stored == {kind: None}
    assert getattr(event.data, kind, None) is None


@pytest.mark.parametrize(("kind", "value"), pairs(SOMETHING))
def test_what_only_looks_like_one_is_a_value(kind, value):
    assert not says_nothing(kind, value)


def test_imported_placeholders_are_no_tokens_either():
    one = given.parse(
        {
            "account": "a",
            "closed_at": "2026-01-01T00:00:00Z",
            "devices": ["unknown", "d-1"],
            "email": "none@example.org",
            "phone": "0000000000",
            "addresses": ["127.0.0.1", "192.0.2.7"],
        }
    )
    kinds = [kind for kind, _ in given.fingerprint(one, TOKENS).tokens]
    assert kinds == ["device", "address", "network"]
