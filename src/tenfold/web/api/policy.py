"""`/v1/policy`: rules and how they do, versions, drafts, shadow, back-tests.

Programs can write drafts, measure them and test them. To approve, go live and roll back is for people: at the
console or with `tenfold policy`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from tenfold.lab import jobs, shown
from tenfold.lab.shown import RuleRow
from tenfold.policy import PolicyErrors, versions
from tenfold.policy.versions import VersionError
from tenfold.store import backtests, policies
from tenfold.store.backtests import Asked
from tenfold.store.database import Conn
from tenfold.store.policies import Version
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

MAX_BODY = 16 * 1024 * 1024  # bytes: several files of the largest size that the loader reads
READ, WRITE = [requires(Scope.POLICY_READ)], [requires(Scope.POLICY_WRITE)]
STATUS = {"unknown": 404, "reason": 422, "name": 422}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`files` maps names of files to their texts; `reason` says why."""

    files: dict[str, str]
    reason: str


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its files."""

    version: Version
    files: dict[str, str]


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """`in_force` is the version that judges; `from_files`: that of the files, as none of the store is live.

    `rules`: those of drafts and of the shadow that are new or other, then the live, then the retired.
    """

    in_force: str
    from_files: bool
    rules: list[RuleRow]
    versions: list[Version]


@contextmanager
def _step(runtime: Runtime) -> Iterator[Conn]:
    """A connection; what cannot be done becomes a problem that says why."""
    try:
        with runtime.pool.connection() as conn:
            yield conn
    except VersionError as error:
        raise Problem(STATUS.get(error.code, 409), "Not possible", str(error)) from None
    except PolicyErrors as found:
        errors = [
            FieldProblem(field=f"{one.file}:{one.line}:{one.column}", reason=one.message, hint=one.hint)
            for one in found.errors
        ]
        raise Problem(422, "Rules refused", str(found), errors=errors) from None


def _actor(request: Request[None, ApiKey, State]) -> str:
    return f"key:{request.auth.id}"


def _found(conn: Conn, version: str) -> Version:
    known = policies.get(conn, version)
    if known is None:
        raise VersionError("unknown", f"there is no version {version}")
    return known


@get("/v1/policy", summary="Rules and how they do", tags=["policy"], guards=READ, sync_to_thread=True)
def get_policy(runtime: Running) -> PolicyPage:
    """Every rule with its state, what it asks for, hits of 7 and 30 days, precision from decisions of 90."""
    with _step(runtime) as conn:
        known = policies.listing(conn)
        return PolicyPage(
            in_force=shown.in_force(conn, runtime.settings).version,
            from_files=all(one.state != "live" for one in known),
            rules=shown.rows(conn, runtime.settings, known, datetime.now(UTC)),
            versions=known,
        )


@get(
    "/v1/policy/versions/{version:str}",
    summary="A version with its files",
    tags=["policy"],
    guards=READ,
    sync_to_thread=True,
)
def get_version(runtime: Running, version: FromPath[str]) -> Whole:
    """Where it stands, who saved, asked and approved, and the text of every file."""
    with _step(runtime) as conn:
        return Whole(version=_found(conn, version), files=policies.sources(conn, version) or {})


@post(
    "/v1/policy/versions",
    summary="Save a draft",
    tags=["policy"],
    guards=WRITE,
    sync_to_thread=True,
    request_max_body_size=MAX_BODY,
)
def post_version(runtime: Running, request: Request[None, ApiKey, State], data: JSONBody[Draft]) -> Version:
    """Checks the rules and keeps them; nothing changes yet. The same text again is the same version."""
    with _step(runtime) as conn:
        version = versions.save(conn, data.files, actor=_actor(request), reason=data.reason)
        return _found(conn, version)


@post(
    "/v1/policy/versions/{version:str}/shadow",
    summary="Run a draft in shadow",
    tags=["policy"],
    guards=WRITE,
    status_code=200,
    sync_to_thread=True,
)
def post_shadow(runtime: Running, request: Request[None, ApiKey, State], version: FromPath[str]) -> Version:
    """It fires, does nothing and is measured; a version that was in shadow is a draft again."""
    with _step(runtime) as conn:
        versions.shadow(conn, version, actor=_actor(request), now=datetime.now(UTC))
        return _found(conn, version)


@post(
    "/v1/policy/versions/{version:str}/withdraw",
    summary="End a shadow, or put a draft away",
    tags=["policy"],
    guards=WRITE,
    status_code=200,
    sync_to_thread=True,
)
def post_withdraw(runtime: Running, request: Request[None, ApiKey, State], version: FromPath[str]) -> Version:
    """What was asked for it is void."""
    with _step(runtime) as conn:
        versions.withdraw(conn, version, actor=_actor(request), now=datetime.now(UTC))
        return _found(conn, version)


@post(
    "/v1/policy/versions/{version:str}/backtests",
    summary="Test a version on the past",
    tags=["policy"],
    guards=WRITE,
    status_code=202,
    sync_to_thread=True,
)
def post_backtest(runtime: Running, request: Request[None, ApiKey, State], version: FromPath[str]) -> Asked:
    """A worker replays the kept events under it and under what is in force; ask for the result by its id."""
    with _step(runtime) as conn:
        _found(conn, version)
        files = shown.files_policy(runtime.settings)
        asked = jobs.ask(conn, version, files, actor=_actor(request), since=None)
        found = backtests.get(conn, asked)
        assert found is not None
        return found


@get(
    "/v1/policy/backtests/{number:int}",
    summary="How far a back-test is, and what it found",
    tags=["policy"],
    guards=READ,
    sync_to_thread=True,
)
def get_backtest(runtime: Running, number: FromPath[int]) -> Asked:
    """`report` is there once the state is done."""
    with _step(runtime) as conn:
        found = backtests.get(conn, number) if number < 2**63 else None
        if found is None:
            raise VersionError("unknown", f"there is no back-test {number}")
        return found


handlers: list[Any] = [
    get_policy,
    get_version,
    post_version,
    post_shadow,
    post_withdraw,
    post_backtest,
    get_backtest,
]
