"""`/c/banks` and `/c/bank/{name}`: banks of media, by names in capitals."""

import hashlib
import re
from typing import Any, Final

from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath

from tenfold.banks import BANK_ID
from tenfold.store import audit, banks, media_contents
from tenfold.store.database import Conn
from tenfold.store.media_contents import WireBank
from tenfold.web.auth import ApiKey, Scope
from tenfold.web.hma import wire
from tenfold.web.hma.lookup import Index
from tenfold.web.hma.wire import Answer, Body, Refusal, answer
from tenfold.web.runtime import Running

Auth = Request[None, ApiKey, State]
NAME: Final = re.compile(r"[A-Z0-9_]{1,100}")


def shown(bank: WireBank) -> dict[str, Any]:
    """A bank as it is answered."""
    return {"matching_enabled_ratio": bank.ratio, "name": bank.name}


def known(conn: Conn, name: str, message: str = "bank {!r} not found") -> WireBank:
    """A bank by its name; refuses with 404."""
    found = media_contents.banks(conn, [name]) if NAME.fullmatch(name) else []
    if not found:
        raise Refusal(404, message.format(name[:100]))
    return found[0]


def note(conn: Conn, request: Auth, act: str, bank: str, **details: Any) -> None:
    """Into the audit chain."""
    entry = audit.Entry(actor=request.auth.actor, act=act, subject=f"bank:{bank}", details=details)
    audit.append(conn, [entry])


@get("/c/banks", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def all_banks(runtime: Running) -> Answer:
    """Every bank of media."""
    with runtime.pool.connection() as conn:
        return answer([shown(bank) for bank in media_contents.banks(conn)])


@post("/c/banks", guards=[wire.needs(Scope.BANKS_WRITE)], sync_to_thread=True)
def create(request: Auth, index: Index, raw: Body) -> Answer:
    """Make a bank. One that is not enabled is asked of no upload."""
    given = wire.fields(raw)
    if "name" not in given:
        raise wire.missing("name", given)
    name = _name(given["name"])
    ratio = _ratio(given)
    with index.changing() as conn:
        if media_contents.banks(conn, [name]):
            raise Refusal(403, "Bank already exists")
        id_ = _id(name)
        banks.create(conn, id=id_, kind="media", title=name)
        media_contents.name_bank(conn, id_, name)
        if ratio is not None:
            media_contents.set_ratio(conn, id_, ratio)
        note(conn, request, "bank.created", id_, name=name)
        return answer(shown(known(conn, name)), 201)


@get("/c/bank/{name:str}", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def one(runtime: Running, name: FromPath[str]) -> Answer:
    """One bank."""
    with runtime.pool.connection() as conn:
        return answer(shown(known(conn, name)))


@put("/c/bank/{name:str}", guards=[wire.needs(Scope.BANKS_WRITE)], sync_to_thread=True)
def change(request: Auth, index: Index, name: FromPath[str], raw: Body) -> Answer:
    """Rename a bank, or set of how many uploads it is asked; its entries stay."""
    given = wire.fields(raw)
    ratio = _ratio(given)
    with index.changing() as conn:
        bank = known(conn, name, "Bank not found")
        wished = _name(given["name"]) if given.get("name") is not None else bank.name
        if wished != bank.name:
            if media_contents.banks(conn, [wished]):
                raise Refusal(403, "Bank already exists")
            media_contents.name_bank(conn, bank.id, wished)
        if ratio is not None:
            media_contents.set_ratio(conn, bank.id, ratio)
        note(conn, request, "bank.changed", bank.id, name=wished, ratio=ratio)
        return answer(shown(known(conn, wished)))


@delete("/c/bank/{name:str}", guards=[wire.needs(Scope.BANKS_WRITE)], status_code=200, sync_to_thread=True)
def remove(request: Auth, index: Index, name: FromPath[str]) -> Answer:
    """Remove a bank with its entries; one that is not there is as good as removed."""
    with index.changing() as conn:
        for bank in media_contents.banks(conn, [name]):
            media_contents.delete_bank(conn, bank.id)
            note(conn, request, "bank.deleted", bank.id, name=bank.name)
    return answer({"message": "Done"})


def _name(given: Any) -> str:
    if not isinstance(given, str):
        raise wire.wrong("name", "string_type", "Input should be a valid string", given)
    if not NAME.fullmatch(given):
        raise Refusal(400, "Bank names must be UPPER_WITH_UNDERSCORE")
    return given


def _ratio(given: dict[str, Any]) -> float | None:
    """The ratio that is asked for, None where nothing is said; programs send it as text, too."""
    if given.get("enabled") is False:
        return 0.0
    if given.get("enabled_ratio") is None:
        return None
    try:
        ratio = float(given["enabled_ratio"])
    except (TypeError, ValueError):
        message = "Input should be a valid number"
        raise wire.wrong("enabled_ratio", "float_parsing", message, given["enabled_ratio"]) from None
    if not 0 <= ratio <= 1:
        raise Refusal(400, "enabled_ratio must be between 0.0 and 1.0")
    return ratio


def _id(name: str) -> str:
    """The bank's id for the rest of Tenfold: small letters and hyphens, told apart from its neighbours."""
    id_ = name.lower().replace("_", "-")
    if re.fullmatch(BANK_ID, id_) and id_.replace("-", "_").upper() == name:
        return id_
    return f"bank-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


handlers = [all_banks, create, one, change, remove]
