"""Media of a decided case into a bank: the next copy is known."""

from typing import Any

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.casework import banking
from tenfold.casework.banking import UnknownCaseError
from tenfold.store import audit
from tenfold.store.banks import BankError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visiting
from tenfold.web.console.errors import Refused


@post("/cases/{case_id:int}/known", opt={"needs": Permission.DECIDE}, sync_to_thread=True, status_code=200)
def known(visit: Visiting, case_id: FromPath[int]) -> Response[Any]:
    """Add them to the bank that is named, or to that of decided cases; htmx gets what came of it, a browser
    without scripts the page of the case."""
    bank, actor = visit.field("bank") or banking.OWN, visit.person.actor
    try:
        with visit.runtime.pool.connection() as conn:
            if bank == banking.OWN:
                added = banking.add_to_own(conn, case_id, actor)
            else:
                added = banking.add_case(conn, bank, case_id, "", actor)
            details = {"case": case_id, "added": added.added}
            audit.append(
                conn, [audit.Entry(actor=actor, act="bank.added", subject=f"bank:{bank}", details=details)]
            )
    except UnknownCaseError:
        raise NotFoundException from None
    except BankError:
        raise Refused(409, "error.known") from None
    if not visit.fragment:
        return pages.redirect(f"/cases/{case_id}#media")
    return pages.render(visit, "parts/known.html", added=added, bank=bank)


handlers = [known]
