"""A file of protectees at the console: looked through first, then kept whole or not at all."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from tenfold.threats.protectees.importing import Imported, import_csv
from tenfold.threats.protectees.tables import COLUMNS, TableError
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.protectees import record

MAX_FILE: Final = 4 * 1024 * 1024  # bytes


@get("/protectees/import", opt={"needs": Permission.PROTECT}, sync_to_thread=True)
def import_page(visit: Visiting) -> Response[str]:
    """Which file, and what it must look like."""
    return _page(visit, "protectees_import.html")


@post(
    "/protectees/import",
    opt={"needs": Permission.PROTECT},
    sync_to_thread=True,
    status_code=200,
    request_max_body_size=MAX_FILE + 64 * 1024,
)
def import_file(visit: Visiting) -> Response[Any]:
    """Look through the file, and keep it if that was asked for and nothing is wrong with it."""
    keep = visit.field("act") == "keep"
    template = "parts/protectees_report.html" if visit.fragment else "protectees_import.html"
    given = visit.form.get("file")
    data = given.file.read() if isinstance(given, UploadFile) else b""
    if not data:
        return _page(visit, template, missing=True)
    try:
        with visit.runtime.pool.connection() as conn:
            report = import_csv(conn, data, visit.runtime.secret, visit.person.actor)
            if keep and not report.faults:
                if report.ids:
                    record(conn, visit, "protectees.imported", ids=report.ids)
            else:
                conn.rollback()
    except TableError as error:
        return _page(visit, template, error=error)
    if keep and not report.faults:
        if visit.fragment:
            return Response("", headers={"hx-redirect": "/protectees?done=imported"})
        return pages.redirect("/protectees?done=imported")
    return _page(visit, template, report=report)


def _page(
    visit: Visit,
    template: str,
    *,
    report: Imported | None = None,
    error: TableError | None = None,
    missing: bool = False,
) -> Response[str]:
    failed = missing or error is not None or bool(report and report.faults)
    return pages.render(
        visit,
        template,
        422 if failed and not visit.fragment else 200,
        section="protectees",
        columns=COLUMNS,
        report=report,
        error=error,
        missing=missing,
    )


handlers = [import_page, import_file]
