"""What of texts a person is spared until they ask: all letters, or the slurs among them."""

import hmac
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final

import msgspec
from markupsafe import Markup

from tenfold.casework import slurs
from tenfold.store import care
from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.web.console.access import Visit
from tenfold.web.console.highlight import Hit, highlighted

EXCERPT: Final = 160  # code points of a text in a list
LONGEST_VALUE: Final = 60  # code points of what a part of a rule saw
BEYOND: Final = 100  # code points after the cut in which a slur that the cut falls into may end


class Spared(msgspec.Struct, frozen=True):
    """How texts are sent to this person now. `slurs`: finds what is masked within them, None: nothing is;
    `revealed`: they asked to see everything."""

    masked: bool
    slurs: Callable[[str], list[tuple[int, int]]] | None
    revealed: bool
    care: Care

    @property
    def something(self) -> bool:
        """Whether there is anything that could still be revealed."""
        return self.masked or self.slurs is not None

    def told(self, text: str, hits: Iterable[Hit] = (), most: int | None = None) -> Markup:
        """A text, or its first `most` code points, as HTML with the evidence marked."""
        return self._cut(text, hits, most, masked=self.masked)

    def named(self, text: str, hits: Iterable[Hit] = ()) -> Markup:
        """A name, of which nothing but slurs is covered."""
        return self._cut(text, hits, None, masked=False)

    def seen(self, value: str) -> Markup:
        """What a part of a rule saw, cut; several words may be the text itself and are masked with it."""
        long = len(value) > LONGEST_VALUE
        hidden = self.masked and (long or len(value.split()) > 1)
        shown = self._cut(value, (), LONGEST_VALUE, masked=hidden)
        return shown + "…" if long else shown

    def beginning(self, text: str) -> Markup:
        """The beginning of a text in one line, as lists show it."""
        return self.told(" ".join(text[: 2 * (EXCERPT + BEYOND)].split()), most=EXCERPT)

    def _cut(self, text: str, hits: Iterable[Hit], most: int | None, *, masked: bool) -> Markup:
        whole = text if most is None else text[: most + BEYOND]
        covered = self.slurs(whole) if self.slurs and not masked else ()
        return highlighted(text[:most], hits, masked=masked, covered=covered)


class AsLiked:
    """Texts as the person likes them, for pages that reveal nothing. What they chose is read when the first
    text is told, so that pages without texts ask nothing."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def masked(self) -> bool:
        """Whether all letters are."""
        return self._visit.person.blur

    @cached_property
    def _spared(self) -> Spared:
        with self._visit.runtime.pool.connection() as conn:
            return spare(conn, self._visit)

    def told(self, text: str, hits: Iterable[Hit] = (), most: int | None = None) -> Markup:
        """As `Spared.told`."""
        return self._spared.told(text, hits, most)

    def named(self, text: str) -> Markup:
        """As `Spared.named`."""
        return self._spared.named(text)

    def seen(self, value: str) -> Markup:
        """As `Spared.seen`."""
        return self._spared.seen(value)

    def beginning(self, text: str) -> Markup:
        """As `Spared.beginning`."""
        return self._spared.beginning(text)


def spare(conn: Conn, visit: Visit, *, revealed: bool = False) -> Spared:
    """As the person likes it, or everything as it was written once they asked for it."""
    chosen = care.load(conn, visit.person.id)
    if revealed:
        return Spared(masked=False, slurs=None, revealed=True, care=chosen)
    find = slurs.LOADED.get(conn).find if chosen.mask_slurs else None
    return Spared(masked=visit.person.blur, slurs=find, revealed=False, care=chosen)


def shown_token(visit: Visit, case_id: int) -> str:
    """What a page carries on which somebody revealed a case's texts, so that its other parts come readable
    too. Worth something in this session only."""
    return hmac.new(visit.runtime.secret, f"shown\0{visit.anchor}\0{case_id}".encode(), "sha256").hexdigest()


def was_shown(visit: Visit, case_id: int, token: str) -> bool:
    """Whether the token is that one."""
    return hmac.compare_digest(token.encode(), shown_token(visit, case_id).encode())
