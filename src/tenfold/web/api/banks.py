"""`/v1/banks`: curated lists of known material, for programs that keep them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from tenfold.banks import BANK_ID, MARKINGS, MAX_LABEL_LENGTH, BankKind
from tenfold.casework import banking
from tenfold.casework.banking import UnknownCaseError
from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import audit, bank_changes, banks
from tenfold.store.audit import By
from tenfold.store.banks import BankError, StoredBank, StoredEntry, UnknownBankError
from tenfold.store.database import Conn
from tenfold.web.api.cases import ApiRequest
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running, Runtime

MAX_ENTRIES = 10_000  # in one request
MAX_PAGE = 1_000

_Text = Annotated[str, Meta(max_length=2_000, pattern=NO_NUL)]
_Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
_BankId = Annotated[str, PathParameter(description="Id of the bank.")]


class BankWish(msgspec.Struct, kw_only=True):
    """A bank to make. `confidence` is that of entries without their own."""

    id: Annotated[str, Meta(pattern=BANK_ID)]
    kind: BankKind
    title: _Title
    purpose: _Text = ""
    provenance: _Text = ""
    marking: Annotated[str, Meta(description=f"One of {', '.join(MARKINGS)}.")] = "TLP:AMBER"
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0


class BankChange(msgspec.Struct, kw_only=True):
    """Whether the bank matches; `ratio`: of which share of uploads a bank of media is asked, always the same
    ones. What is left out stays as it is."""

    enabled: bool | None = None
    ratio: Annotated[float, Meta(ge=0, le=1)] | None = None


class EntriesPage(msgspec.Struct, kw_only=True):
    """Entries in the order of their keys; `next` is the `after` of the next page, null at the end."""

    entries: list[StoredEntry]
    next: str | None = None


class EntriesWish(msgspec.Struct, kw_only=True):
    """Entries to add, at most 10,000."""

    entries: Annotated[list[GivenEntry], Meta(min_length=1, max_length=MAX_ENTRIES)]


class CaseWish(msgspec.Struct, kw_only=True):
    """A decided case whose media are to be known from now on."""

    case: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    label: Annotated[str, Meta(max_length=MAX_LABEL_LENGTH, pattern=NO_NUL)] = ""


class RefusedEntry(msgspec.Struct, kw_only=True):
    """An entry that the bank cannot hold: its place in the request, from 0, and why."""

    index: int
    reason: str


class EntriesAdded(msgspec.Struct, kw_only=True):
    """What came of the entries; `duplicates` were there already, or twice in the request."""

    added: int
    duplicates: int
    refused: list[RefusedEntry]


@contextmanager
def _store(runtime: Runtime) -> Iterator[Conn]:
    try:
        with runtime.pool.connection() as conn:
            yield conn
    except UnknownBankError as error:
        raise Problem(404, "Not found", f"{error}.") from None


def _record(conn: Conn, request: ApiRequest, act: str, bank: str, **details: Any) -> None:
    entry = audit.Entry(actor=request.auth.actor, act=act, subject=f"bank:{bank}", details=details)
    audit.append(conn, [entry])


@get(
    "/v1/banks",
    summary="All banks",
    tags=["banks"],
    guards=[requires(Scope.BANKS_READ)],
    sync_to_thread=True,
)
def list_banks(runtime: Running) -> list[StoredBank]:
    """By id, disabled ones too."""
    with _store(runtime) as conn:
        return banks.listing(conn)


@post(
    "/v1/banks",
    summary="Make a bank",
    tags=["banks"],
    guards=[requires(Scope.BANKS_WRITE)],
    sync_to_thread=True,
)
@retried
def post_bank(data: JSONBody[BankWish], request: ApiRequest, runtime: Running) -> StoredBank:
    """It is empty and enabled. 409 when there is one with this id."""
    if data.marking not in MARKINGS:
        raise Problem(422, "Invalid request", f"marking: one of {', '.join(MARKINGS)}.")
    try:
        with _store(runtime) as conn:
            made = banks.create(conn, **msgspec.structs.asdict(data))
            _record(conn, request, "bank.created", data.id, kind=data.kind, title=data.title)
            return made
    except BankError as error:
        raise Problem(409, "Bank exists", f"{error}.") from None


@get(
    "/v1/banks/{bank:str}",
    summary="One bank",
    tags=["banks"],
    guards=[requires(Scope.BANKS_READ)],
    sync_to_thread=True,
)
def get_bank(bank: _BankId, runtime: Running) -> StoredBank:
    """With the number of its entries."""
    with _store(runtime) as conn:
        return banks.get(conn, bank)


@patch(
    "/v1/banks/{bank:str}",
    summary="Enable or disable a bank, wholly or for a share of uploads",
    tags=["banks"],
    guards=[requires(Scope.BANKS_WRITE)],
    sync_to_thread=True,
)
@retried
def patch_bank(
    bank: _BankId, data: JSONBody[BankChange], request: ApiRequest, runtime: Running
) -> StoredBank:
    """A disabled bank keeps its entries and matches nothing. 409: a ratio for a bank that holds no media."""
    by = By(actor=request.auth.actor)
    try:
        with _store(runtime) as conn:
            if data.enabled is not None:
                bank_changes.set_enabled(conn, by, bank, data.enabled)
            if data.ratio is not None:
                bank_changes.set_ratio(conn, by, bank, data.ratio)
            return banks.get(conn, bank)
    except BankError as error:
        raise Problem(409, "Not changed", f"{error}.") from None


@get(
    "/v1/banks/{bank:str}/entries",
    summary="Entries of a bank",
    tags=["banks"],
    guards=[requires(Scope.BANKS_READ)],
    sync_to_thread=True,
)
def get_entries(
    bank: _BankId,
    runtime: Running,
    after: Annotated[str, QueryParameter(description="Key after which to begin.", pattern=NO_NUL)] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_PAGE)] = 100,
) -> EntriesPage:
    """Expired ones too, until they are removed."""
    with _store(runtime) as conn:
        banks.get(conn, bank)
        entries = banks.page(conn, bank, after, limit)
    return EntriesPage(entries=entries, next=entries[-1].key if len(entries) == limit else None)


@post(
    "/v1/banks/{bank:str}/entries",
    summary="Add entries",
    tags=["banks"],
    guards=[requires(Scope.BANKS_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_entries(
    bank: _BankId, data: JSONBody[EntriesWish], request: ApiRequest, runtime: Running
) -> EntriesAdded:
    """Those that the bank cannot hold are refused with the reason; the others are added."""
    with _store(runtime) as conn:
        good, refused = bank_values.check(banks.get(conn, bank).kind, data.entries)
        result = banks.add_entries(conn, bank, good, request.auth.actor)
        if result.added:
            _record(conn, request, "bank.added", bank, added=result.added)
    return EntriesAdded(
        added=result.added,
        duplicates=result.duplicates,
        refused=[RefusedEntry(index=one.place, reason=one.reason) for one in refused],
    )


@post(
    "/v1/banks/{bank:str}/case",
    summary="Add the media of a decided case",
    tags=["banks"],
    guards=[requires(Scope.BANKS_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_case(bank: _BankId, data: JSONBody[CaseWish], request: ApiRequest, runtime: Running) -> EntriesAdded:
    """The hashes of the media that the case is about, or of those of its post. They match until the decision
    is reversed. 409 when the case was not decided as a violation or has no hashes."""
    try:
        with _store(runtime) as conn:
            result = banking.add_case(conn, bank, data.case, data.label, request.auth.actor)
            if result.added:
                _record(conn, request, "bank.added", bank, added=result.added, case=data.case)
    except UnknownCaseError as error:
        raise Problem(404, "Not found", f"{error}.") from None
    except BankError as error:
        raise Problem(409, "Not banked", f"{error}.") from None
    return EntriesAdded(added=result.added, duplicates=result.duplicates, refused=[])


@delete(
    "/v1/banks/{bank:str}/entry",
    summary="Remove an entry",
    tags=["banks"],
    guards=[requires(Scope.BANKS_WRITE)],
    sync_to_thread=True,
)
@retried
def delete_entry(
    bank: _BankId,
    request: ApiRequest,
    runtime: Running,
    key: Annotated[str, QueryParameter(description="Key of the entry, as it is listed.", min_length=1)],
) -> None:
    """404 when the bank has no entry with this key."""
    with _store(runtime) as conn:
        if not banks.remove_entries(conn, bank, [key]):
            raise Problem(404, "Not found", f"Bank {bank!r} has no entry with this key.")
        _record(conn, request, "bank.removed", bank, removed=1)


handlers = [list_banks, post_bank, get_bank, patch_bank, get_entries, post_entries, post_case, delete_entry]
