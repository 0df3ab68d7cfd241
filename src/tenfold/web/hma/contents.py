"""`/c/bank/{name}/content` and `/signal`: entries of banks of media, by number."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from anyio import to_thread
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks, media_contents
from tenfold.store.database import Conn
from tenfold.store.media_contents import Content, WireBank
from tenfold.web.auth import ApiKey, Scope
from tenfold.web.hma import wire
from tenfold.web.hma.banks import known, note, shown
from tenfold.web.hma.files import Hashing, signals, uploaded, wanted_types
from tenfold.web.hma.lookup import Index, Lookup
from tenfold.web.hma.wire import Answer, Body, Form, Refusal, answer
from tenfold.web.runtime import Running, Runtime

Auth = Request[None, ApiKey, State]
MOST_NOTE: Final = 255  # characters
LONGEST_DISABLED: Final = timedelta(days=5 * 366)
ENABLED, DISABLED = 1, 0  # values of disable_until_ts that are no times
_METADATA: Final = frozenset({"content_id", "content_uri", "json"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted of an entry."""

    note: str = ""
    metadata: dict[str, Any] | None = None
    uri: str | None = None


@post("/c/bank/{name:str}/content", guards=[wire.needs(Scope.BANKS_WRITE)], status_code=200)
async def add_file(
    request: Auth, runtime: Running, name: FromPath[str], files: Hashing, form: Form
) -> Answer:
    """Add a file that is sent or named by its address, with all its hashes."""
    values = wire.parameters(request.scope["query_string"])
    url = values.get("url")
    wanted_types(values.get("types", ""))
    said = _said(form)
    await to_thread.run_sync(_check_bank, runtime, name)
    if url is None:
        sent = await uploaded(form, "Neither `url` nor multipart file upload was received")
    else:
        sent = await to_thread.run_sync(files.fetched, url, values.get("content_type"))
    hashes = await to_thread.run_sync(files.hashes, sent)
    said = msgspec.structs.replace(said, uri=sent.uri)
    content = await to_thread.run_sync(_add_value, request, name, hashes.value, said)
    return answer({"id": content.id, "signals": signals(hashes, sent.content, ())})


@post(
    "/c/bank/{name:str}/signal", guards=[wire.needs(Scope.BANKS_WRITE)], status_code=200, sync_to_thread=True
)
def add_signal(request: Auth, index: Index, name: FromPath[str], raw: Body) -> Answer:
    """Add an entry by its hashes alone."""
    given = wire.fields(raw)
    said = Said(note=_note(given.pop("note", "")))
    values, told = [], {}
    for type_name, signal in given.items():
        type_ = wire.signal_name(type_name, "No such signal type {}")
        told[type_] = wire.digits(type_, str(signal), f"Invalid {type_} signal")
        values.append(f"{'pdq' if type_ == 'pdq' else 'md5'}:{told[type_]}")
    if not values:
        raise Refusal(400, "No signals given")
    with index.changing() as conn:
        content = _add(conn, request, known(conn, name), " ".join(values), said)
    return answer({"id": content.id, "signals": told})


@get("/c/bank/{name:str}/content/{content:int}", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def one(request: Auth, runtime: Running, name: FromPath[str], content: FromPath[int]) -> Answer:
    """One entry of this bank."""
    values = wire.parameters(request.scope["query_string"])
    with runtime.pool.connection() as conn:
        bank = known(conn, name)
        found = _content(conn, bank, content)
    body = _shown(bank, found) | {"note": found.note or None}
    if wire.flag(values, "include_metadata", default=True):
        body["metadata"] = {**_metadata(found), "collab": None}
    if wire.flag(values, "include_signals"):
        body["signals"] = _signals(found)
    return answer(body)


@put("/c/bank/{name:str}/content/{content:int}", guards=[wire.needs(Scope.BANKS_WRITE)], sync_to_thread=True)
def change(request: Auth, index: Index, name: FromPath[str], content: FromPath[int], raw: Body) -> Answer:
    """Disable an entry (0: for good, 1: not at all, else until that time), or write its note."""
    given = wire.fields(raw)
    with index.changing() as conn:
        bank = known(conn, name)
        found = _content(conn, bank, content)
        if "disable_until_ts" in given:
            _disable(conn, found.id, given["disable_until_ts"])
        if given.get("note") is not None:
            media_contents.set_note(conn, found.id, _note(given["note"]))
        note(conn, request, "bank.entry_changed", bank.id, key=found.key, fields=sorted(given))
        found = _content(conn, bank, content)
    told = {"note": found.note or None, "collab_metadata": {}, "user_metadata": _metadata(found)}
    return answer(_shown(bank, found) | told)


@delete(
    "/c/bank/{name:str}/content/{content:int}",
    guards=[wire.needs(Scope.BANKS_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
def remove(request: Auth, index: Index, name: FromPath[str], content: FromPath[int]) -> Answer:
    """Remove an entry of this bank."""
    with index.changing() as conn:
        bank = known(conn, name)
        found = media_contents.by_id(conn, bank.id, content)
        removed = banks.remove_entries(conn, bank.id, [found.key]) if found else 0
        if found:
            note(conn, request, "bank.entries_removed", bank.id, keys=[found.key])
    return answer({"deleted": removed})


def _check_bank(runtime: Runtime, name: str) -> None:
    with runtime.pool.connection() as conn:
        known(conn, name)


def _add_value(request: Auth, name: str, value: str, said: Said) -> Content:
    index: Lookup = request.app.state.lookup
    with index.changing() as conn:
        return _add(conn, request, known(conn, name), value, said)


def _add(conn: Conn, request: Auth, bank: WireBank, value: str, said: Said) -> Content:
    """Add an entry; one that the bank has already is the answer, with what is newly said of it."""
    entries, refused = bank_values.check("media", [GivenEntry(value=value)])
    if refused:
        raise Refusal(400, f"Invalid pdq signal: {refused[0].reason}")
    added = banks.add_entries(conn, bank.id, entries, request.auth.actor)
    key = entries[0].key
    media_contents.describe(conn, bank.id, key, note=said.note, metadata=said.metadata, uri=said.uri)
    note(conn, request, "bank.entries_added", bank.id, added=added.added, duplicates=added.duplicates)
    content = media_contents.by_key(conn, bank.id, key)
    assert content is not None, "it was added just now"
    return content


def _content(conn: Conn, bank: WireBank, id_: int) -> Content:
    found = media_contents.by_id(conn, bank.id, id_) if 0 < id_ < 2**63 else None
    if found is None:
        raise Refusal(404, f"content '{id_}' not found")
    return found


def _disable(conn: Conn, id_: int, until: Any) -> None:
    if not isinstance(until, int) or isinstance(until, bool) or until < 0:
        raise Refusal(400, "disable_until_ts must be a non-negative integer")
    if until in (ENABLED, DISABLED):
        media_contents.disable(conn, id_, None, forever=until == DISABLED)
        return
    if until > (datetime.now(UTC) + LONGEST_DISABLED).timestamp():
        raise Refusal(400, "disable_until_ts must be within five years, or 0 for good")
    media_contents.disable(conn, id_, datetime.fromtimestamp(until, UTC))


def _said(form: Mapping[str, Any]) -> Said:
    """Note and metadata of a form. Metadata of another shape are kept as what the shape has room for."""
    given = form.get("metadata")
    if given is None:
        return Said(note=_note(form.get("note", "")))
    try:
        metadata = msgspec.json.decode(given) if isinstance(given, str) else given
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(400, f"Invalid metadata: {error}") from None
    if not isinstance(metadata, dict):
        raise Refusal(400, "Invalid metadata: it is a JSON object")
    if not metadata.keys() <= _METADATA:
        metadata = {"json": metadata}
    return Said(note=_note(form.get("note", "")), metadata=metadata)


def _note(text: Any) -> str:
    if not isinstance(text, str) or len(text) > MOST_NOTE or "\0" in text:
        raise Refusal(400, f"note must be a text of at most {MOST_NOTE} characters")
    return text


def _shown(bank: WireBank, content: Content) -> dict[str, Any]:
    until = content.disabled_until
    stamp = DISABLED if content.forever else ENABLED if until is None else int(until.timestamp())
    return {
        "id": content.id,
        "disable_until_ts": stamp,
        "original_media_uri": content.original_uri,
        "bank": shown(bank),
    }


def _metadata(content: Content) -> dict[str, Any]:
    given = content.metadata or {}
    return {name: given.get(name) for name in ("content_id", "content_uri", "json")}


def _signals(content: Content) -> dict[str, str]:
    found = {"pdq": content.pdq} if content.pdq else {"video_md5": content.md5}
    return {name: digits for name, digits in found.items() if digits}


handlers = [add_file, add_signal, one, change, remove]
