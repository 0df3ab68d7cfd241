"""Closures that come from elsewhere: other systems, earlier years, another platform of the same operator.

Personal data become keyed tokens at once, texts become hashes and a sketch; nothing else of them is kept.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tenfold.detectors.text.url_form import normal_url
from tenfold.events import MAX_ID_LENGTH
from tenfold.fingerprint import MAX_SHOWN, MAX_TEXTS, MAX_TIES, Fingerprint
from tenfold.intake.pseudonyms import Pseudonymiser, network_of, says_nothing
from tenfold.linkage import style
from tenfold.linkage.keys import keys_of
from tenfold.store.closures import Closure

NO_NUL = "^[^\\x00]*$"
_Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]
_Short = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=NO_NUL)]
_Long = Annotated[str, Meta(min_length=1, max_length=100_000, pattern=NO_NUL)]
_Shown = Annotated[list[_Short], Meta(max_length=100)]
_Ties = Annotated[list[_Id], Meta(max_length=1_000)]
_OWN_TOKEN = re.compile(r"(?:email|phone|ip|network|device):[0-9a-f]{32}")
_LIST_END = "|"  # between the values of one cell of a CSV file


class GivenClosure(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One closed account as it is imported. Only `account` and `closed_at` must be known.

    Times are RFC 3339 with an offset. `handles`, `names`, `bios`, `avatars`, `banners`: each that was shown,
    the latest first; a picture is 64 hex digits of its PDQ hash, or an id. `emails`, `phones`, `devices`,
    `addresses` are raw, or hashed by you (`hmac:<hex>`, under a key that your events use, too). `media`
    are `pdq:<64 hex>` or `sha256:<64 hex>`. `texts` are whole posts, the latest first. Ties are ids of
    accounts and groups.
    """

    account: _Id
    closed_at: datetime
    created_at: datetime | None = None
    expires_at: datetime | None = None
    ground: Annotated[str, Meta(max_length=2_000, pattern=NO_NUL)] = ""
    handles: _Shown = []
    names: _Shown = []
    bios: Annotated[list[_Long], Meta(max_length=100)] = []
    avatars: _Shown = []
    banners: _Shown = []
    emails: _Shown = []
    phones: _Shown = []
    devices: _Shown = []
    addresses: _Shown = []
    links: Annotated[list[_Short], Meta(max_length=1_000)] = []
    media: Annotated[
        list[Annotated[str, Meta(pattern="^(pdq|sha256):[0-9a-f]{64}$")]], Meta(max_length=1_000)
    ] = []
    texts: Annotated[list[_Long], Meta(max_length=1_000)] = []
    groups: _Ties = []
    follows: _Ties = []
    mentions: _Ties = []
    followed_by: _Ties = []
    mentioned_by: _Ties = []
    announces: _Ties = []


FIELDS = GivenClosure.__struct_fields__
_SINGLE = frozenset({"account", "closed_at", "created_at", "expires_at", "ground"})
_OTHER_NAMES = {
    "handle": "handles",
    "name": "names",
    "display_name": "names",
    "bio": "bios",
    "avatar": "avatars",
    "banner": "banners",
    "email": "emails",
    "phone": "phones",
    "device": "devices",
    "ip": "addresses",
    "reason": "ground",
}


class GivenError(ValueError):
    """A closure that cannot be taken: which field, and why."""


def parse(cells: Mapping[str, Any]) -> GivenClosure:
    """From a row of a file: cells of CSV (lists as `a|b`, or as JSON), objects of NDJSON, rows of Parquet.

    A column that is named in the singular (`bio`) holds one value, whatever signs are in it. Empty cells are
    not known. Raises GivenError naming the column.
    """
    fields: dict[str, Any] = {}
    for column, value in cells.items():
        name = _OTHER_NAMES.get(column, column)
        if value is None or value in ("", []):
            continue
        if name not in FIELDS:
            raise GivenError(f"{column}: no such column; there are {', '.join(FIELDS)}")
        if name in fields:
            raise GivenError(f"{column}: says the same as another column; leave one out")
        if name in _SINGLE:
            fields[name] = value
        elif column != name and isinstance(value, str):
            fields[name] = [value]
        else:
            fields[name] = _as_list(column, value)
    try:
        given = msgspec.convert(fields, GivenClosure, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise GivenError(
            f"{path.rstrip('`') + ': ' if path else ''}{message[0].lower()}{message[1:]}"
        ) from None
    return check(given)


def check(given: GivenClosure) -> GivenClosure:
    """What types cannot say. Raises GivenError."""
    for name in ("closed_at", "created_at", "expires_at"):
        time: datetime | None = getattr(given, name)
        if time is not None and time.tzinfo is None:
            raise GivenError(f"{name}: has no time zone; end it with Z or an offset such as +03:00")
    if given.closed_at > datetime.now(UTC):
        raise GivenError("closed_at: is in the future")
    if given.created_at and given.created_at > given.closed_at:
        raise GivenError("created_at: is later than closed_at")
    for link in given.links:
        if normal_url(link) is None:
            raise GivenError(f"links: {link[:100]!r} is no URL; leave it out, or write it as https://...")
    return given


def _as_list(column: str, value: Any) -> list[Any]:
    if not isinstance(value, str):
        return list(value) if isinstance(value, list | tuple) else [value]
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(_LIST_END) if part.strip()]
    try:
        return msgspec.json.decode(value, type=list[Any])
    except msgspec.MsgspecError as error:
        raise GivenError(f"{column}: begins with [ and is no JSON list: {error}") from None


def closure(given: GivenClosure, pseudonyms: Pseudonymiser, origin: str) -> Closure:
    """As it is kept; `origin` says where it came from."""
    made = fingerprint(given, pseudonyms)
    return Closure(
        account=given.account,
        created_at=given.created_at,
        closed_at=given.closed_at,
        expires_at=given.expires_at,
        origin=origin,
        ground=given.ground,
        fingerprint=made,
        keys=keys_of(made).tolist(),
    )


def fingerprint(given: GivenClosure, pseudonyms: Pseudonymiser) -> Fingerprint:
    """What stays of a closed account."""
    links = [url.text for link in given.links if (url := normal_url(link))]
    texts = given.texts[:MAX_TEXTS]
    hashes = [hashed for hashed in map(style.text_hash, texts) if hashed]
    sketch, chars = style.sketch(texts[::-1])
    return Fingerprint(
        account=given.account,
        created_us=_microseconds(given.created_at),
        closed_us=_microseconds(given.closed_at),
        handles=_first(given.handles, MAX_SHOWN),
        names=_first(given.names, MAX_SHOWN),
        bios=_first(given.bios, MAX_SHOWN),
        avatars=_first(given.avatars, MAX_SHOWN),
        banners=_first(given.banners, MAX_SHOWN),
        tokens=tuple(dict.fromkeys(_tokens(given, pseudonyms))),
        urls=_first(links, MAX_TIES),
        media=_first(given.media, MAX_TIES),
        texts=tuple(dict.fromkeys(hashes)),
        groups=_first(given.groups, MAX_TIES),
        follows=_first(given.follows, MAX_TIES),
        mentions=_first(given.mentions, MAX_TIES),
        followed_by=_first(given.followed_by, MAX_TIES),
        mentioned_by=_first(given.mentioned_by, MAX_TIES),
        announces=_first(given.announces, MAX_TIES),
        style=sketch,
        style_chars=chars,
        posts=len(given.texts),
    )


def _first(values: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:most]


def _tokens(given: GivenClosure, pseudonyms: Pseudonymiser) -> list[tuple[str, str]]:
    """The tokens that the same values have in events, none for placeholders."""
    found = []
    for kind, values in (("email", given.emails), ("phone", given.phones), ("device", given.devices)):
        found += [
            (kind, _token(pseudonyms, kind, value)) for value in values if not says_nothing(kind, value)
        ]
    for address in given.addresses:
        if says_nothing("ip", address):
            continue
        found.append(("address", _token(pseudonyms, "ip", address)))
        network = network_of(address)
        if network:
            found.append(("network", pseudonyms.token("network", network)))
    return found


def _token(pseudonyms: Pseudonymiser, kind: str, value: str) -> str:
    """What was exported from here is a token already."""
    return value if _OWN_TOKEN.fullmatch(value) else pseudonyms.token(kind, value)


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1_000_000)
