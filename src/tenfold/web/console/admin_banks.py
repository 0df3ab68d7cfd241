"""Administration of banks: what there is, on or off, and entries or an exchange's list from a file."""

import re
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
from tenfold.detectors.exchanges import formats
from tenfold.detectors.exchanges.formats import FORMATS, Format
from tenfold.detectors.exchanges.importing import ListImported, import_list
from tenfold.store import audit, bank_changes, banks
from tenfold.store.audit import By
from tenfold.store.banks import BankError, UnknownBankError
from tenfold.store.database import Conn
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
    report: Imported | ListImported | None = None,
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
            is_list=isinstance(report, ListImported),
            formats=FORMATS,
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
    """Add the entries of a file, all good lines of it or, when it cannot be read, none; or take in the list
    of an exchange, whole or not at all."""
    why, given = administration.by(visit), visit.form.get("file")
    name, data = (given.filename, given.file.read()) if isinstance(given, UploadFile) else ("", b"")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"entries{_ending(name)}"
        path.write_bytes(data)
        try:
            format_ = formats.format_of(path, visit.field("format"))
            with visit.runtime.pool.connection() as conn:
                report = _take_in(conn, bank, path, format_, why) if format_ else _add(conn, bank, path, why)
        except UnknownBankError:
            raise NotFoundException from None
        except (EntryFileError, BankError) as error:
            return _one(visit, bank, 422, failure=str(error).removeprefix(f"{path}: "))
    return _one(visit, bank, report=report)


def _ending(name: str) -> str:
    """What a file's name says of its form."""
    found = re.search(r"\.\w{1,10}\Z", name, re.ASCII)
    return found[0] if found else ""


def _add(conn: Conn, bank: str, path: Path, why: By) -> Imported:
    report = Imported(bank=bank)
    for report in bank_transfer.import_file(conn, bank, path, why.actor):  # noqa: B007 - the last one
        pass
    counts = {"added": report.added, "refused": report.refused}
    audit.append(conn, [why.entry("bank.imported", f"bank:{bank}", **counts)])
    return report


def _take_in(conn: Conn, bank: str, path: Path, format_: Format, why: By) -> ListImported:
    report = ListImported(bank=bank, format=format_)
    for report in import_list(conn, bank, path, format_):  # noqa: B007 - the last one
        pass
    audit.append(conn, [why.entry("bank.list_imported", f"bank:{bank}", **report.counts)])
    return report


handlers = [list_page, one_page, import_file, switch]
