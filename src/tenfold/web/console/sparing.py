"""What of texts a person is spared until they ask: all letters, or the slurs among them."""

import hmac
from collections.abc import Callable, Iterable

import msgspec
from markupsafe import Markup

from tenfold.casework import slurs
from tenfold.store import care
from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.web.console.access import Visit
from tenfold.web.console.highlight import Hit, highlighted


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

    def told(self, text: str, hits: Iterable[Hit] = ()) -> Markup:
        """A text as HTML, with the evidence marked."""
        covered = self.slurs(text) if self.slurs and not self.masked else ()
        return highlighted(text, hits, masked=self.masked, covered=covered)


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
