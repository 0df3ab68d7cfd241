"""What the browser gets of a network: everything that is shown of it, each text once."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tenfold.web.console.networks_packed import pack
from tenfold.web.console.networks_words import Shown, ShownEdge, ShownNode, ties_of

TEXT = st.text("abاب ١", min_size=1, max_size=4)
NODES = st.lists(
    st.builds(
        ShownNode,
        id=TEXT,
        kind=st.sampled_from(["account", "group", "domain"]),
        kind_name=TEXT,
        label=TEXT,
        title=TEXT,
        closed=st.booleans(),
        known=st.booleans(),
        start=st.booleans(),
        standing=st.none() | TEXT,
        standing_name=st.none() | TEXT,
        facts=st.lists(TEXT, max_size=3),
        case=st.none() | st.integers(1, 9),
        opened=st.booleans(),
        more=st.none() | TEXT,
        place=st.none() | st.integers(1, 9),
        association=st.lists(TEXT, max_size=2),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda node: node.id,
)


@st.composite
def networks(draw: st.DrawFn) -> Shown:
    nodes = draw(NODES)
    end = st.sampled_from([node.id for node in nodes])
    edge = st.builds(
        ShownEdge,
        source=end,
        target=end,
        kind=st.sampled_from(["link", "follows"]),
        mark=st.none() | st.sampled_from(["confirmed", "likely"]),
        weight=st.integers(0, 1000).map(lambda thousandths: thousandths / 1000),
        words=TEXT,
        back=TEXT,
        href=st.none() | TEXT,
    )
    return Shown(nodes=nodes, edges=draw(st.lists(edge, max_size=8)), told=draw(st.lists(TEXT, max_size=2)))


WORDS_OF_NODES = ("kind", "kind_name", "standing", "standing_name", "more")
WORDS_OF_EDGES = ("kind", "mark", "words", "back", "href")


def unpack(packed: dict[str, Any]) -> Shown:
    """As a program reads it."""
    texts: list[str] = packed["texts"]

    def records(columns: dict[str, list[Any]], worded: tuple[str, ...]) -> list[dict[str, Any]]:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return [row | {name: texts[row[name]] or None for name in worded} for row in rows]

    nodes = [
        row
        | {name: [texts[place] for place in row[name]] for name in ("facts", "association")}
        | {name: bool(row[name]) for name in ("closed", "known", "start", "opened")}
        for row in records(packed["nodes"], WORDS_OF_NODES)
    ]
    edges = [
        row | {end: nodes[row[end]]["id"] for end in ("source", "target")}
        for row in records(packed["edges"], WORDS_OF_EDGES)
    ]
    return msgspec.convert({"nodes": nodes, "edges": edges, "told": packed["told"]}, Shown)


@given(networks())
def test_nothing_is_lost_and_no_text_is_said_twice(one: Shown) -> None:
    packed: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(pack(one)))
    assert unpack(packed) == one
    assert len(set(packed["texts"])) == len(packed["texts"])


@given(networks(), st.data())
def test_each_tie_is_told_at_the_ends_that_were_asked_for(one: Shown, data: st.DataObject) -> None:
    asked = data.draw(st.sets(st.sampled_from([node.id for node in one.nodes])))
    ties = ties_of(one, asked)
    assert ties.keys() <= asked
    for node in asked:
        told = [tie.other for tie in ties.get(node, [])]
        outward = [edge.target for edge in one.edges if edge.source == node]
        inward = [edge.source for edge in one.edges if edge.target == node]
        assert sorted(told) == sorted(outward + inward)
