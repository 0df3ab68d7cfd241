"""Protectees as people and programs give them: checked, put into the form that is kept, and kept.

Street addresses become keyed tokens here; a text of one goes no further and is in no message.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tenfold.events import MAX_ID_LENGTH
from tenfold.store import protectees
from tenfold.store.database import Conn
from tenfold.store.protectees import Kind, ProtecteeError
from tenfold.threats.protectees import addresses, words
from tenfold.threats.protectees.exact import folded_handle

_NO_NUL = "^[^\\x00]*$"
_Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
_Key = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
_Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=_NO_NUL)]
_Handle = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NO_NUL)]
_Long = Annotated[str, Meta(max_length=2_000, pattern=_NO_NUL)]
_Names = Annotated[list[_Name], Meta(max_length=100)]
_Handles = Annotated[list[_Handle], Meta(max_length=100)]
_Ids = Annotated[list[_Id], Meta(max_length=100)]
_Address = Annotated[str, Meta(min_length=1, max_length=500, pattern=_NO_NUL)]
_Addresses = Annotated[list[_Address], Meta(max_length=20)]

_is_domain = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}").fullmatch


class Given(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Fields of a protectee; those left out stay as they are, or empty for a new one.

    `key` is your own id. `names` are other names and spellings, in any script. `handles` are without @.
    `accounts` are your platform's ids. `domains` are those of staff's e-mail addresses. `cities` are
    spellings of the cities where it is. `member_of` is the id of a team or office. `addresses` are street
    addresses, each with its house number, as people write them: only keyed hashes of them are kept, and they
    replace those before. `contact` is how security reaches them. Nothing matches before `starts_at` and from
    `ends_at` on.
    """

    kind: Kind | UnsetType = UNSET
    name: _Name | UnsetType = UNSET
    key: _Key | UnsetType = UNSET
    names: _Names | UnsetType = UNSET
    handles: _Handles | UnsetType = UNSET
    accounts: _Ids | UnsetType = UNSET
    domains: _Handles | UnsetType = UNSET
    cities: _Names | UnsetType = UNSET
    member_of: int | UnsetType | None = UNSET
    addresses: _Addresses | UnsetType = UNSET
    contact: _Long | UnsetType = UNSET
    note: _Long | UnsetType = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class GivenError(ProtecteeError):
    """A field that cannot be kept: `field`, why, and how to mend it; `code` says why for other languages."""

    def __init__(self, field: str, reason: str, code: str = "invalid") -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
        self.code = code


def from_values(values: Mapping[str, Any]) -> Given:
    """From values by field, numbers and times as texts too; raises GivenError."""
    try:
        return msgspec.convert(values, Given, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        field = re.split(r"[.\[`]", path)[0]
        if field == "kind":
            raise GivenError(field, f"is none of {', '.join(protectees.KINDS)}", "kind") from None
        raise GivenError(field, f"{message[0].lower()}{message[1:]}") from None


def fields_of(given: Given) -> dict[str, Any]:
    """What is given, by column, in the form that is kept; without addresses. Raises GivenError."""
    fields = {name: value for name in protectees.FIELDS if (value := getattr(given, name)) is not UNSET}
    for name in ("names", "handles", "accounts", "domains", "cities"):
        if name in fields:
            fields[name] = list(dict.fromkeys(_FORMS[name](value) for value in fields[name] if value.strip()))
    for name in ("name", "key"):
        if name in fields:
            fields[name] = fields[name].strip()
            if not fields[name]:
                raise GivenError(name, "is empty", "empty")
    _check(fields)
    return fields


def tokens_of(given: Given, secret: bytes, cities: Sequence[str]) -> list[set[bytes]] | None:
    """The tokens of each address; None when none are given. Raises GivenError, which tells no address."""
    if isinstance(given.addresses, UnsetType):
        return None
    found = []
    for number, address in enumerate((one for one in given.addresses if one.strip()), 1):
        try:
            found.append(addresses.tokens(secret, address, cities))
        except addresses.AddressError as error:
            raise GivenError("addresses", f"number {number} {error}", "address") from None
    return found


def add(conn: Conn, given: Given, secret: bytes, actor: str) -> int:
    """Keep a new protectee; returns its id. Raises ProtecteeError."""
    fields = fields_of(given)
    for needed in ("kind", "name"):
        if needed not in fields:
            raise GivenError(needed, "is missing", "empty")
    tokens = tokens_of(given, secret, fields.get("cities", ()))
    id_ = protectees.add(conn, fields, actor)
    if tokens:
        protectees.set_addresses(conn, id_, tokens)
    return id_


def change(conn: Conn, id_: int, given: Given, secret: bytes) -> bool:
    """Change what is given; returns whether anything is another than before. Raises ProtecteeError."""
    fields = fields_of(given)
    known = protectees.get(conn, id_)
    _check({"starts_at": known.starts_at, "ends_at": known.ends_at} | fields)
    tokens = tokens_of(given, secret, fields.get("cities", known.cities))
    changed = protectees.change(conn, id_, fields)
    return (tokens is not None and protectees.set_addresses(conn, id_, tokens)) or changed


def _check(fields: Mapping[str, Any]) -> None:
    """What types cannot say."""
    for name in ("name", "names", "cities"):
        value = fields.get(name, [])
        for one in [value] if isinstance(value, str) else value:
            if not words.split(one).words:
                raise GivenError(name, f"{one[:40]!r} has no letter to be named by", "letters")
    for domain in fields.get("domains", ()):
        if not _is_domain(domain):
            raise GivenError(
                "domains", f"{domain[:60]!r} is no domain; write it like staff.example.org", "domain"
            )
    for name in ("starts_at", "ends_at"):
        at = fields.get(name)
        if at is not None and at.tzinfo is None:
            raise GivenError(name, "has no time zone; end it with Z or an offset such as +03:00", "zone")
    if fields.get("starts_at") and fields.get("ends_at") and fields["ends_at"] <= fields["starts_at"]:
        raise GivenError("ends_at", "is not later than starts_at", "order")


def _domain(text: str) -> str:
    return folded_handle(text.strip().rpartition("@")[2])


_FORMS: dict[str, Callable[[str], str]] = {
    "names": str.strip,
    "handles": lambda text: text.strip().removeprefix("@"),
    "accounts": str.strip,
    "domains": _domain,
    "cities": str.strip,
}
