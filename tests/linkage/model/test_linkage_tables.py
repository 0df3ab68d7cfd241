"""Fingerprints by column."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.fingerprint import HOURS, Fingerprint
from tenfold.linkage.keys import keys_of
from tenfold.linkage.style import STYLE_BYTES
from tenfold.linkage.table import NEVER, SCHEMA, Columns, Table
from tests.linkage.model.people import closed_account, other_account

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts = st.lists(text, max_size=3).map(tuple)
times = st.none() | st.integers(0, 2**60)
fingerprints = st.builds(
    Fingerprint,
    account=text,
    created_us=times,
    closed_us=times,
    handles=texts,
    names=texts,
    avatars=texts,
    follows=texts,
    urls=texts,
    hours=st.just(()) | st.lists(st.integers(0, 99), min_size=HOURS, max_size=HOURS).map(tuple),
    style=st.just(b"") | st.binary(min_size=STYLE_BYTES, max_size=STYLE_BYTES),
    style_chars=st.integers(0, 10**6),
    posts=st.integers(0, 10**6),
)


def same(one: Table, other: Table) -> bool:
    return all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b
        for a, b in (
            (getattr(one.columns, name), getattr(other.columns, name)) for name in Columns.__struct_fields__
        )
    )


@settings(deadline=None)
@given(st.lists(fingerprints, max_size=5))
def test_arrow_and_back(rows: list[Fingerprint]):
    table = Table.of(rows)
    assert table.to_arrow().schema == SCHEMA
    assert same(Table.from_arrow(table.to_arrow()), table)


@settings(deadline=None)
@given(st.lists(fingerprints, min_size=1, max_size=5), st.data())
def test_taking_rows_is_making_a_table_of_them(rows: list[Fingerprint], data: st.DataObject):
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=6))
    taken = Table.of(rows).take(np.array(chosen, np.int64))
    assert same(taken, Table.of([rows[i] for i in chosen]))


@settings(deadline=None)
@given(st.lists(st.lists(fingerprints, max_size=3), max_size=3))
def test_joining_tables_is_making_one(parts: list[list[Fingerprint]]):
    joined = Table.concat([Table.of(part) for part in parts])
    assert same(joined, Table.of([row for part in parts for row in part]))


def test_a_part_of_an_arrow_table_is_read_as_itself():
    whole = Table.of([closed_account(), other_account(), closed_account(account="third")]).to_arrow()
    assert same(
        Table.from_arrow(whole.slice(1, 2)), Table.of([other_account(), closed_account(account="third")])
    )
    chunks = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2)])
    assert same(Table.from_arrow(chunks), Table.from_arrow(whole))


def test_unknown_times_are_null_in_arrow_and_never_in_tables():
    table = Table.of([Fingerprint(account="a")])
    assert table.created_us.tolist() == [NEVER]
    assert table.to_arrow().column("created_us").null_count == 1


def test_keys_at_hand_are_taken_as_they_are():
    given_keys = keys_of(closed_account())[:5]
    assert Table.of([closed_account()], [given_keys]).keys.tolist() == given_keys.tolist()


def test_a_table_of_something_else_is_refused():
    with pytest.raises(ValueError, match="no column account, created_us"):
        Table.from_arrow(pa.table({"x": [1]}))


def test_sketches_of_another_size_count_as_none():
    sketches, chars = Table.of([Fingerprint(account="a", style=b"xx", style_chars=900)]).style_of(
        np.zeros(1, np.int64)
    )
    assert not sketches.any()
    assert chars.tolist() == [0]
