"""What an event must be to be taken, and how it is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tenfold.events import EVENT_TYPES, AccountProfile, EventError, PostCreated, parse

GOOD = {
    "id": "e-1",
    "type": "post.created",
    "time": "2026-03-01T12:00:00Z",
    "account": "a-1",
    "data": {"post": "p-1", "text": "مرحبا hello"},
}


def encoded(**changes: object) -> bytes:
    body = {**GOOD, **changes}
    return json.dumps({key: value for key, value in body.items() if value is not ...}).encode()


def refusal(raw: bytes) -> EventError:
    with pytest.raises(EventError) as caught:
        parse(raw)
    return caught.value


def test_a_good_event_is_kept_whole_with_fields_that_tenfold_does_not_know():
    raw = encoded(shard=7, data={"post": "p-1", "text": "hi", "mood": "calm"})
    event = parse(raw)
    assert (event.id, event.type, event.source, event.account) == ("e-1", "post.created", "platform", "a-1")
    assert isinstance(event.data, PostCreated)
    assert event.data.text == "hi"
    assert json.loads(event.raw)["data"]["mood"] == "calm"
    assert json.loads(event.raw)["shard"] == 7


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        (encoded(id=...), "id", "missing"),
        (encoded(id=""), "id", "length"),
        (encoded(id="x" * 10_000), "id", "length"),
        (encoded(id=7), "id", "expected `str`"),
        (encoded(type="post.exploded"), "type", "no event type"),
        (encoded(time="yesterday"), "time", "datetime"),
        (encoded(time="2026-03-01T12:00:00"), "time", "no time zone"),
        (encoded(time="0099-03-01T12:00:00Z"), "time", "before 1970"),
        (encoded(time="2999-03-01T12:00:00Z"), "time", "in the future"),
        (encoded(account=...), "account", "missing"),
        (encoded(data={}), "data.post", "missing"),
        (encoded(data={"post": "p", "text": 5}), "data.text", "expected `str`"),
        (encoded(data={"post": "p", "text": "x" * 100_001}), "data.text", "length"),
        (encoded(data={"post": "p", "media": ["m"] * 201}), "data.media", "length"),
        (encoded(data={"post": "p", "media": ["m", 3]}), "data.media[1]", "expected `str`"),
        (encoded(type="report.filed", data={"subject": {"kind": "post"}}), "data.subject.id", "missing"),
        (
            encoded(type="report.filed", data={"subject": {"kind": "ship", "id": "1"}}),
            "data.subject.kind",
            "ship",
        ),
        (encoded(extra=["fine", "bad \0 one"]), "extra[1]", "U+0000"),
        (encoded(data={"post": "p", "text": "a\0b"}), "data.text", "U+0000"),
        (b'{"id": "e", "type": "\\ud800"}', "event", "not valid JSON"),
        (encoded().replace(b"a-1", b"a-\xff"), "event", "not valid JSON"),
        (encoded(note="#").replace(b"#", b"\xff\xfe"), "event", "UTF-8"),
        (encoded()[:-10], "event", "not valid JSON"),
        (b"", "event", "not valid JSON"),
        (b"[]", "event", "expected `object`"),
        (
            encoded(data=...).replace(
                b'"account"', b'"data": ' + b"[" * 100_000 + b"]" * 100_000 + b', "account"'
            ),
            "event",
            "deep",
        ),
    ],
)
def test_a_bad_event_is_refused_with_the_field_and_the_reason(raw: bytes, field: str, reason: str):
    error = refusal(raw)
    assert error.field == field
    assert reason.lower() in error.reason.lower()


def test_a_refusal_names_the_event_when_its_id_could_be_read():
    assert refusal(encoded(data={})).event_id == "e-1"
    assert refusal(b"{").event_id is None


def test_a_clock_that_runs_a_little_ahead_is_no_reason_to_refuse():
    soon = datetime.now(UTC) + timedelta(hours=20)
    assert parse(encoded(time=soon.isoformat())).time == soon


def test_a_report_needs_no_reporter():
    event = parse(encoded(type="report.filed", account=..., data={"subject": {"kind": "post", "id": "p"}}))
    assert event.account is None


def test_a_cleared_field_and_an_absent_one_are_told_apart():
    event = parse(encoded(type="account.updated", data={"bio": None}))
    assert isinstance(event.data, AccountProfile)
    assert event.data.bio is None
    assert event.data.handle is UNSET


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(raw: bytes):
    try:
        parse(raw)
    except EventError as error:
        assert error.field and error.reason


@given(
    st.fixed_dictionaries(
        {
            "id": st.text(max_size=5),
            "type": st.sampled_from(EVENT_TYPES),
            "time": st.just("2026-01-01T00:00:00Z"),
        },
        optional={
            "account": st.text(max_size=3) | st.none(),
            "data": st.recursive(
                st.none() | st.booleans() | st.floats() | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(["post", "text", "group", "subject", "target", "media"]), inner
                    )
                ),
                max_leaves=8,
            ),
        },
    )
)
def test_any_json_is_taken_or_refused_with_a_field(body: dict[str, object]):
    try:
        event = parse(json.dumps(body).encode())
        assert event.type == body["type"]
    except EventError as error:
        assert error.field and error.reason


@pytest.mark.parametrize(
    "created_at", ["2020-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_an_account_created_at_no_possible_time_is_refused(created_at: str):
    with pytest.raises(EventError) as refused:
        parse(encoded(type="account.created", data={"created_at": created_at}))
    assert refused.value.field == "data.created_at"
