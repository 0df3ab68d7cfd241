"""What a bench reports."""

import msgspec


class Figure(msgspec.Struct, kw_only=True):
    """One measured figure. `peer` is what we are compared with, measured in the same run if it can be.

    `ratio` is how many times better ours is; None when there is no peer. `goal` is in words.
    """

    label: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None
    goal: str = ""


class Result(msgspec.Struct, kw_only=True):
    """One run of one bench; `n` is its size (events, posts, terms), `notes` are lines of text."""

    name: str
    n: int
    figures: list[Figure]
    notes: list[str] = []
