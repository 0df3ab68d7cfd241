"""How far a long bench is, on standard error."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def followed(items: Sequence[T], what: str) -> Iterable[T]:
    """The items, one after the other, with a bar that says how many are done."""
    return track(items, what, console=Console(stderr=True), transient=True)
