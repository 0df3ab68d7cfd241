"""Writing a draft at the console: the files of a version as text, checked, and saved as a new version."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Request, Response, get, post

from tenfold.lab import shown as lab
from tenfold.policy import PolicyErrors, load_texts, versions
from tenfold.policy.errors import PolicyError
from tenfold.policy.kinds import KINDS
from tenfold.policy.versions import VersionError
from tenfold.store import policies
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting

MAX_FORM: Final = 16 * 1024 * 1024  # bytes: several files of the largest size that the loader reads


@get("/policy/new", opt={"needs": Permission.POLICY}, sync_to_thread=True)
def new_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """The files of a version, or of what is in force, to change."""
    start = request.query_params.get("from", "")
    with visit.runtime.pool.connection() as conn:
        policy = policies.sources(conn, start) if start else None
        texts = policy or dict(lab.in_force(conn, visit.runtime.settings).sources)
    return _form(visit, texts, start=start)


def _form(
    visit: Visit,
    texts: dict[str, str],
    *,
    start: str = "",
    errors: list[PolicyError] | None = None,
    failing: Sequence[str] = (),
    failure: str = "",
    status: int = 200,
) -> Response[str]:
    """`errors` None: not checked yet; empty: all is well."""
    faulty = {error.file for error in errors or ()}
    return pages.render(
        visit,
        "policy_edit.html",
        status,
        section="policy",
        files=list(texts.items()),
        start=start,
        errors=errors,
        failing=failing,
        faulty=faulty,
        reason=visit.field("reason"),
        failure=failure,
    )


def read_texts(visit: Visit) -> dict[str, str]:
    """The files of the form by name; those with no text are left out."""
    found: dict[str, str] = {}
    for number, given in enumerate(visit.fields("name")):
        text = visit.form.get(f"text:{number}", "")
        name = given.strip()
        if isinstance(text, str) and text.strip():
            name = name or "rules.yaml"
            while name in found:
                name = f"{name} (2)"
            found[name] = text.replace("\r\n", "\n")
    return found


@post(
    "/policy/new",
    opt={"needs": Permission.POLICY},
    sync_to_thread=True,
    status_code=303,
    request_max_body_size=MAX_FORM,
)
def save(visit: Visiting) -> Response[Any]:
    """Check the texts or, with the button for it, save them."""
    texts, start = read_texts(visit), visit.field("start")
    try:
        policy = load_texts(texts, KINDS)
    except PolicyErrors as found:
        return _form(visit, texts, start=start, errors=found.errors, status=422)
    if visit.field("do") == "check":
        return _form(visit, texts, start=start, errors=[], failing=versions.failing(policy))
    try:
        with visit.runtime.pool.connection() as conn:
            version = versions.save(conn, texts, actor=visit.person.actor, reason=visit.field("reason"))
    except VersionError as error:
        return _form(visit, texts, start=start, errors=[], failure=error.code, status=422)
    return pages.redirect(f"/policy/versions/{version}?done=saved")


handlers = [new_page, save]
