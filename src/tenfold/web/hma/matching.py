"""`/m/...`: which entries of banks a hash, a file or an address matches.

Look-ups of a hash are what programs ask for by the million: direct.py answers most of them from memory, with
`raw_answer` and `matches_answer` of here. What it leaves comes to the handlers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, get, post
from litestar.datastructures import State

from tenfold.detectors.media.pdq import NEAR
from tenfold.store import media_contents
from tenfold.web.auth import ApiKey, Scope
from tenfold.web.hma import lookup, wire
from tenfold.web.hma.files import Files, Hashing, Sent, signals, uploaded, wanted_types
from tenfold.web.hma.lookup import Index, Lookup, Near
from tenfold.web.hma.wire import SIGNALS, Answer, Body, Form, Refusal, SignalName, answer
from tenfold.web.runtime import Running, Runtime

Auth = Request[None, ApiKey, State]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which banks answer: those named, or all; by their ratio and a seed, or whatever their ratio is."""

    banks: frozenset[str]
    seed: str | None
    everything: bool


@get("/m/raw_lookup", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def raw_lookup(request: Auth, index: Index) -> Answer:
    """Entries near a hash, whether they match now or not."""
    values = wire.parameters(request.scope["query_string"])
    for field in ("signal", "signal_type"):
        if field not in values:
            raise wire.missing(field, dict(values))
    return raw_answer(_near(index, wire.signal_name(values["signal_type"]), values["signal"]), values)


def raw_answer(near: Sequence[Near], values: Mapping[str, str]) -> Answer:
    """What raw look-ups tell of entries near a hash."""
    near = lookup.of_banks(near, _asked(values).banks)
    if wire.flag(values, "include_distance"):
        return answer({"matches": [_shown(one) for one in near]})
    return answer({"matches": [one.hit.content for one in near]})


@get("/m/lookup", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def look_up(request: Auth, index: Index, files: Hashing) -> Answer:
    """What matches a hash, or the file at a URL, by bank."""
    values = wire.parameters(request.scope["query_string"])
    type_ = wire.signal_name(values["signal_type"]) if "signal_type" in values else None
    if "url" in values:
        wanted = [type_] if type_ else wanted_types(values.get("types", ""))
        sent = files.fetched(values["url"], values.get("content_type"))
        found = _matched(index, files, sent, wanted, _asked(values))
        return answer(found.get(type_, {}) if type_ else found)
    if type_ is None or "signal" not in values:
        raise Refusal(400, "Either url or both signal and signal_type are required")
    return matches_answer(_near(index, type_, values["signal"]), values)


def matches_answer(near: Sequence[Near], values: Mapping[str, str]) -> Answer:
    """What look-ups tell of entries near a hash."""
    return answer(_by_bank(near, _asked(values)) if near else {})


@post("/m/lookup", guards=[wire.needs(Scope.BANKS_READ)], status_code=200)
async def look_up_upload(request: Auth, index: Index, files: Hashing, form: Form) -> Answer:
    """What matches the file that is sent, by type of signal and bank."""
    values = wire.parameters(request.scope["query_string"])
    wanted, asked = wanted_types(values.get("types", "")), _asked(values)
    sent = await uploaded(form, "Missing multipart/form-data file upload")
    return answer(await to_thread.run_sync(_matched, index, files, sent, wanted, asked))


@post("/m/compare", guards=[wire.needs(Scope.BANKS_READ)], status_code=200, sync_to_thread=True)
def compare(raw: Body) -> Answer:
    """Whether two hashes of a type match, and their distance."""
    compared: dict[str, Any] = {}
    for name, pair in wire.fields(raw).items():
        type_ = wire.signal_name(name)
        if not isinstance(pair, list) or len(pair) != 2:
            raise Refusal(400, "Comparison hash list length must be exactly 2")
        left, right = (wire.digits(type_, str(one), "invalid signal") for one in pair)
        apart = (int(left, 16) ^ int(right, 16)).bit_count()
        compared[name] = [apart <= (NEAR if type_ == "pdq" else 0), {"distance": apart}]
    return answer(compared)


@get("/m/index/status", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def index_status(request: Auth, runtime: Running) -> Answer:
    """How many hashes are searched; what was added is found at once."""
    only = wire.parameters(request.scope["query_string"]).get("signal_type")
    names = (wire.signal_name(only, "No such signal type {!r}"),) if only else SIGNALS
    return answer(
        {
            name: {"built_to": newest, "present": True, "size": size}
            for name, (size, newest) in held(runtime, names).items()
        }
    )


def held(runtime: Runtime, names: Sequence[SignalName]) -> dict[SignalName, tuple[int, int]]:
    """How many hashes of each type are held, and when the newest came in Unix seconds, -1 for none."""
    found = {}
    with runtime.pool.connection() as conn:
        for name in names:
            one = media_contents.held(conn, "pdq" if name == "pdq" else "md5")
            found[name] = (one.size, -1 if one.newest is None else int(one.newest.timestamp()))
    return found


def _asked(values: Mapping[str, str]) -> Asked:
    named = values.get("banks")
    return Asked(
        banks=frozenset(filter(None, named.split(","))) if named else frozenset(),
        seed=values.get("seed"),
        everything=wire.flag(values, "bypass_coinflip"),
    )


def _near(index: Lookup, type_: SignalName, signal: str) -> list[Near]:
    signal = wire.digits(type_, signal, "invalid signal")
    return index.near(signal) if type_ == "pdq" else index.file(signal)


def _matched(
    index: Lookup, files: Files, sent: Sent, wanted: Sequence[SignalName], asked: Asked
) -> dict[SignalName, Any]:
    """A picture that shows too little matches nothing."""
    found: dict[SignalName, Any] = {}
    for type_, signal in signals(files.hashes(sent), sent.content, wanted).items():
        near = index.near(signal) if type_ == "pdq" and signal else []
        near = index.file(signal) if type_ == "video_md5" else near
        found[type_] = _by_bank(near, asked)
    return found


def _by_bank(near: Sequence[Near], asked: Asked) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in lookup.chosen(
        lookup.of_banks(near, asked.banks), seed=asked.seed, everything=asked.everything
    ):
        found.setdefault(one.hit.bank, []).append(_shown(one))
    return found


def _shown(near: Near) -> dict[str, Any]:
    return {"bank_content_id": near.hit.content, "distance": str(near.distance)}


handlers = [raw_lookup, look_up, look_up_upload, compare, index_status]
