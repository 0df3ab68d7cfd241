"""Protectees for tests, with an index over them and no store. All of them are made up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tenfold.store.protectees import Watched
from tenfold.threats.protectees import Match, addresses
from tenfold.threats.protectees.index import Index

SECRET = b"the installation's key, for tests"


def watched(id_: int, kind: str, name: str, *, address: Sequence[str] = (), **fields: Any) -> Watched:
    """A protectee as the store gives it; what is not given is empty."""
    lists = {field: fields.get(field, []) for field in ("names", "handles", "accounts", "domains", "cities")}
    tokens = [token for one in address for token in addresses.tokens(SECRET, one, lists["cities"])]
    return Watched(
        id=id_,
        kind=kind,  # type: ignore[arg-type]
        name=name,
        member_of=fields.get("member_of"),
        starts_at=fields.get("starts_at"),
        ends_at=fields.get("ends_at"),
        tokens=tokens,
        **lists,
    )


class Eye:
    """An index that is asked one text at a time."""

    def __init__(self, *all_: Watched) -> None:
        self.index = Index(all_, SECRET)

    def matches(
        self, text: str, targets: Sequence[dict[str, Any]] = (), mentions: Sequence[str] = ()
    ) -> list[Match]:
        return self.index.find([(text, targets, mentions)], datetime.now(UTC))[0]

    def ids(self, text: str, **about: Any) -> list[int]:
        return [match.protectee for match in self.matches(text, **about)]


def target(text: str, words: str, kind: str = "named_person") -> dict[str, Any]:
    """A mention as the signal of a text tells it."""
    start = text.index(words)
    return {"kind": kind, "text": words, "start": start, "end": start + len(words)}
