"""Administration of banks: what there is, on or off, and entries added from a file."""

import tempfile
from pathlib import Path
from typing import Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from tenfold.detectors import bank_transfer
from tenfold.detectors.bank_transfer import EntryFileError, Imported
from tenfold.store import audit, bank_changes, banks
from tenfold.store.banks import UnknownBankError
from tenfold.web.console import administration, pages
from tenfold.web.console.access import Visit, Visiting
from tenfold.web.console.administration import CHANGE, SEE
from tenfold.web.console.errors import Refused

MAX_FILE: Final = 4 * 1024 * 1024  # bytes; larger ones go in by `tenfold banks import`
SHOWN: Final = 50  # entries on a page


@get("/admin/banks", opt=SEE, sync_to_thread=True)
def list_page(visit: Visiting) -> Response[str]:
    """Every bank."""
    with visit.runtime.pool.connection() as conn:
        return administration.render(
            visit,
            "banks",
            "admin_banks.html",
            rows=banks.listing(conn),
            expiry=banks.next_expiry(conn),
        )


@get("/admin/banks/{bank:str}", opt=SEE, sync_to_thread=True)
def one_page(
    visit: Visiting, bank: FromPath[str], after: FromQuery[str] = "", done: FromQuery[str] = ""
) -> Response[str]:
    """A bank and its entries in the order of their keys."""
    return _one(visit, bank, after=after.replace("\0", ""), done=done)


def _one(
    visit: Visit,
    bank: str,
    status: int = 200,
    *,
    after: str = "",
    done: str = "",
    failure: str = "",
    report: Imported | None = None,
) -> Response[str]:
    with visit.runtime.pool.connection() as conn:
        try:
            found = banks.get(conn, bank)
        except UnknownBankError:
            raise NotFoundException from None
        entries = banks.page(conn, bank, after=after, limit=SHOWN + 1)
        return administration.render(
            visit,
            "banks",
            "admin_bank.html",
            status,
            bank=found,
            entries=entries[:SHOWN],
            more=entries[SHOWN - 1].key if len(entries) > SHOWN else "",
            expiry=banks.next_expiry(conn).get(bank),
            failure=failure,
            report=report,
            done=done if done in ("enabled", "disabled") else "",
        )


@post("/admin/banks/{bank:str}/{act:str}", opt=CHANGE, sync_to_thread=True, status_code=303)
def switch(visit: Visiting, bank: FromPath[str], act: FromPath[str]) -> Redirect:
    """Switch a bank on or off."""
    if act not in ("enabled", "disabled"):
        raise Refused(404, "error.404")
    try:
        with visit.runtime.pool.connection() as conn:
            bank_changes.set_enabled(conn, administration.by(visit), bank, act == "enabled")
    except UnknownBankError:
        raise NotFoundException from None
    return pages.redirect(f"/admin/banks/{bank}?done={act}")


@post(
    "/admin/banks/{bank:str}/import",
    opt=CHANGE,
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=MAX_FILE + 64 * 1024,
)
def import_file(visit: Visiting, bank: FromPath[str]) -> Response[str]:
    """Add the entries of a CSV file, all good lines of it or, when it cannot be read, none."""
    why, given = administration.by(visit), visit.form.get("file")
    data = given.file.read() if isinstance(given, UploadFile) else b""
    try:
        with tempfile.TemporaryDirectory() as folder, visit.runtime.pool.connection() as conn:
            path = Path(folder) / "entries.csv"
            path.write_bytes(data)
            report = Imported(bank=bank)
            for report in bank_transfer.import_file(conn, bank, path, why.actor):  # noqa: B007 - the last one
                pass
            counts = {"added": report.added, "refused": report.refused}
            audit.append(conn, [why.entry("bank.imported", f"bank:{bank}", **counts)])
    except UnknownBankError:
        raise NotFoundException from None
    except EntryFileError as error:
        return _one(visit, bank, 422, failure=str(error).rpartition("entries.csv: ")[2])
    return _one(visit, bank, report=report)


handlers = [list_page, one_page, import_file, switch]
