"""A network for the browser and for programs, without saying anything twice: columns instead of records,
sentences once each, the ends of an edge as places among the nodes."""

from typing import Any

from tenfold.web.console.networks_words import Shown


class Texts:
    """Each text once, by its place; nothing, or no text, is at place 0."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}

    def place(self, text: str | None) -> int:
        """Where a text is."""
        return self._places.setdefault(text or "", len(self._places))

    def places(self, texts: list[str]) -> list[int]:
        """Where each of some texts is."""
        return [self.place(text) for text in texts]

    def all(self) -> list[str]:
        """The texts by their places."""
        return list(self._places)


def pack(one: Shown) -> dict[str, Any]:
    """The network as columns, of nodes and of edges: one list for each field of ShownNode and ShownEdge.

    Fields that say words (all but `id`, `label` and `title`) are places in `texts`; `source` and `target`
    of an edge are places among the nodes; what is true or false is 1 or 0.
    """
    texts, at = Texts(), {node.id: place for place, node in enumerate(one.nodes)}
    nodes = {
        "id": [node.id for node in one.nodes],
        "label": [node.label for node in one.nodes],
        "title": [node.title for node in one.nodes],
        "kind": [texts.place(node.kind) for node in one.nodes],
        "kind_name": [texts.place(node.kind_name) for node in one.nodes],
        "standing": [texts.place(node.standing) for node in one.nodes],
        "standing_name": [texts.place(node.standing_name) for node in one.nodes],
        "more": [texts.place(node.more) for node in one.nodes],
        "closed": [int(node.closed) for node in one.nodes],
        "known": [int(node.known) for node in one.nodes],
        "start": [int(node.start) for node in one.nodes],
        "opened": [int(node.opened) for node in one.nodes],
        "case": [node.case for node in one.nodes],
        "place": [node.place for node in one.nodes],
        "facts": [texts.places(node.facts) for node in one.nodes],
        "association": [texts.places(node.association) for node in one.nodes],
    }
    edges = {
        "source": [at[edge.source] for edge in one.edges],
        "target": [at[edge.target] for edge in one.edges],
        "kind": [texts.place(edge.kind) for edge in one.edges],
        "mark": [texts.place(edge.mark) for edge in one.edges],
        "words": [texts.place(edge.words) for edge in one.edges],
        "back": [texts.place(edge.back) for edge in one.edges],
        "href": [texts.place(edge.href) for edge in one.edges],
        "weight": [round(edge.weight, 3) for edge in one.edges],
    }
    return {"nodes": nodes, "edges": edges, "told": one.told, "texts": texts.all()}
