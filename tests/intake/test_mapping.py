"""Mapping files: what they say, what they refuse to say, what they cannot do."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold import events
from tenfold.intake import mapping
from tenfold.intake.mapping import MappingError
from tenfold.intake.values import CellError

POST = """
events:
  - type: post.created
    id: "{id}"
    time: %s
    account: "{who}"
    data: {post: "{id}", text: %s}
"""


def one(text: str, **cells: Any) -> dict[str, Any]:
    rows = [json.loads(raw) for raw in mapping.parse(text, "m").events({"id": "1", "who": "jo"} | cells, 1)]
    assert len(rows) == 1
    first: dict[str, Any] = rows[0]
    return first


def faults(text: str) -> list[str]:
    with pytest.raises(MappingError) as raised:
        mapping.parse(text, "m")
    return raised.value.errors


@pytest.mark.parametrize(
    ("spec", "cell", "expected"),
    [
        ("{column: at, time: twitter}", "Fri Jan 09 12:29:56 +0000 2015", "2015-01-09T12:29:56+00:00"),
        ("{column: at, time: epoch}", "1420806596", "2015-01-09T12:29:56+00:00"),
        ("{column: at, time: epoch_ms}", 1420806596000, "2015-01-09T12:29:56+00:00"),
        ("{column: at, time: iso, zone: Asia/Baghdad}", "2015-01-09T12:29", "2015-01-09T12:29:00+03:00"),
        ("{column: at, time: '%d.%m.%Y'}", "09.01.2015", "2015-01-09T00:00:00+00:00"),
        ("'{at}'", "2015-01-09T12:29:56Z", "2015-01-09T12:29:56Z"),
        ("{from: 2020-01-01T00:00:00Z, every: 2h}", "", "2020-01-01T00:00:00+00:00"),
    ],
)
def test_times(spec: str, cell: object, expected: str) -> None:
    assert one(POST % (spec, "x"), at=cell)["time"] == expected


@pytest.mark.parametrize(
    ("spec", "cell", "expected"),
    [
        ("'{t}!'", "hi", "hi!"),
        ("'{{{t}}}'", "hi", "{hi}"),
        ("'{t}'", "", None),
        ("{column: t, as: integer}", "15,349", 15349),
        ("{column: t, as: integer}", 2.0, 2),
        ("{column: t, as: number}", "2.5", 2.5),
        ("{column: t, as: boolean}", "True", True),
        ("{column: t, split: '|'}", " a |b||", ["a", "b"]),
        ("{column: t, split: ',', as: integer}", "1,2", [1, 2]),
        ("['{t}', '{none}', c]", "a", ["a", "c"]),
        ("{kind: post, id: '{t}'}", "7", {"kind": "post", "id": "7"}),
        ("5", "", 5),
    ],
)
def test_values(spec: str, cell: object, expected: object) -> None:
    text = POST % ("'2020-01-01T00:00:00Z'", spec)
    assert one(text, t=cell, none=None)["data"].get("text") == expected


@pytest.mark.parametrize(
    ("spec", "cell", "message"),
    [
        ("{column: t, as: integer}", "many", "'many' is not a whole number"),
        ("{column: t, as: integer}", "1.5", "whole number"),
        ("{column: t, as: number}", "nan", "not a number"),
        ("{column: t, as: boolean}", "maybe", "true or false"),
        ("{column: t, time: iso}", "x" * 100, "…"),
    ],
)
def test_cells_that_are_something_else(spec: str, cell: object, message: str) -> None:
    with pytest.raises(CellError, match=message):
        one(POST % ("'2020-01-01T00:00:00Z'", spec), t=cell)


@pytest.mark.parametrize(
    ("when", "cell", "holds"),
    [
        ("{column: c, equals: en}", "en", True),
        ("{column: c, equals: 5}", 5, True),
        ("{column: c, in: [en, ar]}", "ar", True),
        ("{column: c, in: [en, ar]}", None, False),
        ("{column: c, not_in: [en]}", "ar", True),
        ("{column: c, present: true}", "", False),
        ("{column: c, present: false}", "", True),
        ("{column: c, starts_with: RT}", "RT @x", True),
        ("[{column: c, present: true}, {column: c, equals: b}]", "a", False),
    ],
)
def test_conditions(when: str, cell: object, holds: bool) -> None:
    text = POST % ("'2020-01-01T00:00:00Z'", "x") + f"    when: {when}\n"
    made = list(mapping.parse(text, "m").events({"id": "1", "who": "jo", "c": cell}, 1))
    assert bool(made) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("events: [", "line 1, column"),
        ("- a", "a list `events`"),
        ("events: []", "empty"),
        ("event: []\nevents: [{type: post.created, id: x, time: y}]", "did you mean 'events'"),
        ("events: [{type: post.create, id: x, time: y}]", "did you mean 'post.created'"),
        ("events: [{type: post.created}]", r"events\[0\].id: missing"),
        (
            "events: [{type: post.created, id: x, time: y, data: {txt: z}}]",
            r"data.txt: .*did you mean 'text'",
        ),
        ("events: [{type: post.created, id: '{a', time: y}]", "names no column"),
        ("events: [{type: post.created, id: x, time: {column: a, time: soon}}]", "no time format"),
        ("events: [{type: post.created, id: x, time: {column: a, time: iso, zone: Mars}}]", "no time zone"),
        ("events: [{type: post.created, id: x, time: {from: 2020-01-01, every: often}}]", "units s, m, h, d"),
        ("events: [{type: post.created, id: x, time: y, when: {column: a, like: b}}]", "OPERATOR"),
        ("events: [{type: post.created, id: {column: a, as: float}, time: y}]", "one of text, integer"),
        ("a: &x [1]\nevents: *x", "aliases"),
        ("events: !!python/object/apply:os.system [ls]", "constructor"),
        ("a: " + "[" * 5_000, "m: "),
    ],
)
def test_faults_are_named(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping.parse(text, "m")


def test_every_fault_is_told_at_once() -> None:
    assert len(faults("events: [{type: post.created, data: {txt: z}}, {type: nothing}]")) == 4


def test_a_template_is_no_format_string() -> None:
    text = POST % ("'2020-01-01T00:00:00Z'", "'{t.__class__}'")
    assert mapping.parse(text, "m").columns == {"id", "who", "t.__class__"}


@given(st.text(max_size=300))
def test_any_text_is_a_mapping_or_an_error(text: str) -> None:
    try:
        mapping.parse(text, "m")
    except MappingError as error:
        assert error.errors


def test_shipped_mappings_make_valid_events() -> None:
    assert mapping.shipped() == ["pheme", "twibot20_profiles", "twibot20_tweets"]
    rows: dict[str, dict[str, str]] = {
        "pheme": {
            "time": "Fri Jan 09 12:29:56 +0000 2015",
            "followers": "3",
            "verified": "False",
        },
        "twibot20_profiles": {
            "created_at": "Fri Jan 09 12:29:56 +0000 2015",
            "followers_count": "3",
            "friends_count": "4",
            "verified": "False",
        },
        "twibot20_tweets": {},
    }
    for name, special in rows.items():
        loaded = mapping.load(name)
        for raw in loaded.events(dict.fromkeys(loaded.columns, "x") | special, 1):
            assert events.parse(raw).source == loaded.source


def test_the_digest_tells_rows_apart_and_knows_them_again() -> None:
    loaded = mapping.load("twibot20_tweets")

    def id_of(number: int, **cells: str) -> str:
        return str(json.loads(next(iter(loaded.events({"user_id": "1"} | cells, number))))["id"])

    assert id_of(1, text="a") == id_of(2, text="a")
    assert id_of(1, text="a") != id_of(1, text="b")


def test_an_unknown_name(tmp_path: Any) -> None:
    with pytest.raises(MappingError, match="pheme"):
        mapping.load("phem")
    with pytest.raises(MappingError, match="cannot be read"):
        mapping.load(str(tmp_path / "none.yaml"))
