"""Events: what happened on the platform, as the platform tells it. No I/O.

An event on the wire is one JSON object:

    {"id": "e-17", "type": "post.created", "time": "2026-03-01T12:00:00Z", "account": "a-9",
     "data": {"post": "p-3", "text": "..."}}

`id` is the platform's own; with `source` (default "platform") it makes sending twice harmless.
Fields that Tenfold does not know are kept with the event.
"""

import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

MAX_ID_LENGTH = 255  # two of them, four bytes a character, fit into an index row of PostgreSQL (2,704 bytes)
MAX_TEXT_LENGTH = 100_000
MAX_FILM_LENGTH = 400_000  # characters of Base64: 6,000 frames, or an hour of sound
MAX_POINTS_LENGTH = 14_676  # 500 points
MAX_PANELS = 6  # pictures in a picture
MAX_LINES, MAX_LINE_LENGTH = 200, 500  # of text in a picture or film
FRAME_BYTES, PEAK_BYTES = 36, 5  # of one frame of a film, of one peak of a sound; see detectors/media
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(days=1)
FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)  # "now" for events that were already let in

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
Short = Annotated[str, Meta(max_length=2_000)]
Text = Annotated[str, Meta(max_length=MAX_TEXT_LENGTH)]
Links = Annotated[list[Short], Meta(max_length=200)]
Ids = Annotated[list[Id], Meta(max_length=200)]
Count = Annotated[int, Meta(ge=0, le=2**62)]
Thousandth = Annotated[int, Meta(ge=0, le=1_000)]


class AccountProfile(msgspec.Struct, kw_only=True):
    """`account.created` and `account.updated`. A field left out is unchanged, null clears it.

    `email` and `phone` are personal: intake replaces them by keyed tokens before anything is kept.
    `avatar` and `banner` are the platform's media ids or its own hashes of the picture.
    """

    handle: Short | UnsetType | None = UNSET
    display_name: Short | UnsetType | None = UNSET
    bio: Text | UnsetType | None = UNSET
    avatar: Short | UnsetType | None = UNSET
    banner: Short | UnsetType | None = UNSET
    location: Short | UnsetType | None = UNSET
    links: Links | UnsetType | None = UNSET
    language: Short | UnsetType | None = UNSET
    email: Short | UnsetType | None = UNSET
    phone: Short | UnsetType | None = UNSET
    followers: Count | UnsetType | None = UNSET
    following: Count | UnsetType | None = UNSET
    verified: bool | UnsetType | None = UNSET
    created_at: datetime | UnsetType | None = UNSET


class AccountEnded(msgspec.Struct, kw_only=True):
    """`account.closed` (by the platform), `account.deleted` (by its owner), `account.restored`."""

    reason: Short | None = None


class SessionStarted(msgspec.Struct, kw_only=True):
    """`session.started`. `ip`, `device` and `user_agent` are personal: kept as keyed tokens only.

    `network` is the token of the address's /24 or /48, which intake adds beside that of the address.
    """

    ip: Short | None = None
    network: Short | None = None
    device: Short | None = None
    user_agent: Short | None = None


class PostCreated(msgspec.Struct, kw_only=True):
    """`post.created`. `links` and `mentions` are found in the text too; listing them is optional."""

    post: Id
    text: Text = ""
    reply_to: Id | None = None
    repost_of: Id | None = None
    quote_of: Id | None = None
    group: Id | None = None
    media: Ids = []
    links: Links = []
    mentions: Ids = []
    language: Short | None = None
    url: Short | None = None


class PostUpdated(msgspec.Struct, kw_only=True):
    """`post.updated`: the whole new text."""

    post: Id
    text: Text


class PostDeleted(msgspec.Struct, kw_only=True):
    """`post.deleted` by its author."""

    post: Id


class Line(msgspec.Struct, frozen=True):
    """A line of text in a picture. `box`: its left, top, right and bottom in thousandths of the picture's
    sides; `sure`: how sure the reading is, of 1; `at`: seconds into a film."""

    text: Annotated[str, Meta(max_length=MAX_LINE_LENGTH)]
    box: tuple[Thousandth, Thousandth, Thousandth, Thousandth] | None = None
    sure: Annotated[float, Meta(ge=0, le=1)] | None = None
    at: Annotated[float, Meta(ge=0)] | None = None


class MediaUploaded(msgspec.Struct, kw_only=True):
    """`media.uploaded`: hashes are hexadecimal digits. `pdq_trimmed`: of the picture without its
    border of one colour, where it has one; `pdq_panels`: of pictures that stand in it; `points`: what parts
    of it are known by; `film` and `sound`: what a film is. `tenfold hash` makes all of them. `words`: what is
    written in it. `file`: instead of them, where the bytes are in the agreed directory. `note`: why its bytes
    could not be read."""

    media: Id
    kind: Literal["image", "video", "audio", "file"] = "file"
    mime: Short | None = None
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    md5: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{32}$")] | None = None
    pdq: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    pdq_trimmed: Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    pdq_panels: Annotated[
        list[Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}$")]], Meta(max_length=MAX_PANELS)
    ] = []
    points: Annotated[str, Meta(max_length=MAX_POINTS_LENGTH)] | None = None
    film: Annotated[str, Meta(max_length=MAX_FILM_LENGTH)] | None = None
    sound: Annotated[str, Meta(max_length=MAX_FILM_LENGTH)] | None = None
    words: Annotated[list[Line], Meta(max_length=MAX_LINES)] = []
    bytes: Count | None = None
    url: Short | None = None
    file: Short | None = None
    note: Short | None = None


class GroupProfile(msgspec.Struct, kw_only=True):
    """`group.created` and `group.updated`."""

    group: Id
    name: Short | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    avatar: Short | UnsetType | None = UNSET
    links: Links | UnsetType | None = UNSET
    visibility: Short | UnsetType | None = UNSET


class GroupMembership(msgspec.Struct, kw_only=True):
    """`group.joined` and `group.left`."""

    group: Id
    role: Short = "member"


class GroupEnded(msgspec.Struct, kw_only=True):
    """`group.closed` (by the platform) and `group.deleted` (by its owner)."""

    group: Id
    reason: Short | None = None


class Follow(msgspec.Struct, kw_only=True):
    """`follow.created` and `follow.deleted`: the event's account follows `target`."""

    target: Id


class ReportedSubject(msgspec.Struct, kw_only=True):
    """Whom or what a user reports."""

    kind: Literal["account", "post", "media", "group"]
    id: Id


class ReportFiled(msgspec.Struct, kw_only=True):
    """`report.filed` by a user; the event's account is the reporter, if the platform says who."""

    subject: ReportedSubject
    reason: Short = ""
    text: Text = ""


EventData = (
    AccountProfile
    | AccountEnded
    | SessionStarted
    | PostCreated
    | PostUpdated
    | PostDeleted
    | MediaUploaded
    | GroupProfile
    | GroupMembership
    | GroupEnded
    | Follow
    | ReportFiled
)

DATA_TYPES: dict[str, type[EventData]] = {
    "account.created": AccountProfile,
    "account.updated": AccountProfile,
    "account.closed": AccountEnded,
    "account.deleted": AccountEnded,
    "account.restored": AccountEnded,
    "session.started": SessionStarted,
    "post.created": PostCreated,
    "post.updated": PostUpdated,
    "post.deleted": PostDeleted,
    "media.uploaded": MediaUploaded,
    "group.created": GroupProfile,
    "group.updated": GroupProfile,
    "group.joined": GroupMembership,
    "group.left": GroupMembership,
    "group.closed": GroupEnded,
    "group.deleted": GroupEnded,
    "follow.created": Follow,
    "follow.deleted": Follow,
    "report.filed": ReportFiled,
}

EVENT_TYPES = tuple(DATA_TYPES)
ACCOUNT_OPTIONAL = frozenset({"report.filed"})


class Envelope(msgspec.Struct, kw_only=True):
    """The outside of an event, its data still bytes."""

    id: Id
    type: Short
    time: datetime
    source: Id = "platform"
    account: Id | None = None
    data: Raw = Raw(b"{}")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A checked event. `raw` is the whole JSON object as it came, unknown fields and all."""

    id: str
    type: str
    time: datetime
    source: str
    account: str | None
    data: EventData
    raw: bytes


class EventError(ValueError):
    """An event that cannot be taken. `field` is a path like `data.text`; `hint` says how to mend it."""

    def __init__(self, field: str, reason: str, hint: str = "", event_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" + (f" ({hint})" if hint else ""))
        self.field = field
        self.reason = reason
        self.hint = hint
        self.event_id = event_id


_envelope_decoder = msgspec.json.Decoder(Envelope)
_data_decoders: dict[str, Callable[[Raw], EventData]] = {
    name: msgspec.json.Decoder(type_).decode for name, type_ in DATA_TYPES.items()
}

_Decoded = TypeVar("_Decoded")


def _decode(decoder: Callable[[Any], _Decoded], raw: Any, prefix: str, event_id: str | None) -> _Decoded:
    try:
        return decoder(raw)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = prefix + path.rstrip("`")
        if message.startswith("Object missing required field"):
            field += "." + message.split("`")[1]
        field = field.lstrip(".") or "event"
        raise EventError(field, message[0].lower() + message[1:], event_id=event_id) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        hint = "send valid JSON in UTF-8; a lone surrogate such as \\ud800 is not a character"
        raise EventError(prefix or "event", f"not valid JSON: {error}", hint, event_id) from None
    except RecursionError:
        raise EventError(prefix or "event", "nested too deeply", "flatten it", event_id) from None


def parse(raw: bytes, now: datetime | None = None) -> Event:
    """Check one event given as JSON bytes (UTF-8); raises EventError naming field and reason."""
    envelope = _decode(_envelope_decoder.decode, raw, "", None)
    event_id = envelope.id
    decoder = _data_decoders.get(envelope.type)
    if decoder is None:
        known = ", ".join(EVENT_TYPES)
        raise EventError("type", f"{envelope.type!r} is no event type", f"one of {known}", event_id)
    _check_time(envelope.time, now or datetime.now(UTC), event_id)
    data = _decode(decoder, envelope.data, "data", event_id)
    if isinstance(data, AccountProfile) and isinstance(data.created_at, datetime):
        _check_time(data.created_at, now or datetime.now(UTC), event_id, "data.created_at")
    if isinstance(data, MediaUploaded):
        _check_packed(data, event_id)
    if envelope.account is None and envelope.type not in ACCOUNT_OPTIONAL:
        raise EventError("account", "missing", "say which account did this", event_id)
    if b"\\u0000" in raw:
        _refuse_nul(raw, event_id)
    _check_utf8(raw, event_id)
    return Event(
        id=event_id,
        type=envelope.type,
        time=envelope.time,
        source=envelope.source,
        account=envelope.account,
        data=data,
        raw=raw,
    )


def _check_time(time: datetime, now: datetime, event_id: str, field: str = "time") -> None:
    if time.tzinfo is None:
        raise EventError(field, "has no time zone", "end it with Z or an offset such as +03:00", event_id)
    if time < EARLIEST:
        raise EventError(field, f"{time.isoformat()} is before {EARLIEST:%Y-%m-%d}", "", event_id)
    if time > now + FUTURE_TOLERANCE:
        hint = "check the clock, and that the year is not in milliseconds"
        raise EventError(field, f"{time.isoformat()} is more than a day in the future", hint, event_id)


def _check_packed(data: MediaUploaded, event_id: str) -> None:
    for field, text, size in (
        ("points", data.points, 1),
        ("film", data.film, FRAME_BYTES),
        ("sound", data.sound, PEAK_BYTES),
    ):
        try:
            packed = binascii.a2b_base64(text, strict_mode=True) if text else b""
        except ValueError:
            hint = "send what `tenfold hash --json` gives"
            raise EventError(f"data.{field}", "not Base64", hint, event_id) from None
        if len(packed) % size:
            reason = f"{len(packed):,} bytes, which are no number of {size} each"
            raise EventError(f"data.{field}", reason, "send what `tenfold hash --json` gives", event_id)


def _check_utf8(raw: bytes, event_id: str) -> None:
    """Fields that are not ours are skipped by the decoder, so their encoding is checked here."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        hint = "send UTF-8"
        raise EventError("event", f"byte {error.start} is not UTF-8", hint, event_id) from None


def _refuse_nul(raw: bytes, event_id: str) -> None:
    """Find where U+0000 stands: PostgreSQL keeps no text that holds it, in any field."""

    def find(value: Any, path: str) -> str | None:
        if isinstance(value, str):
            return path if "\0" in value else None
        items: Any = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, item in items:
            step = f"{path}.{key}" if isinstance(value, dict) else f"{path}[{key}]"
            found = step.replace("\0", "\\0") if isinstance(key, str) and "\0" in key else find(item, step)
            if found:
                return found
        return None

    try:
        found = find(msgspec.json.decode(raw), "")
    except (msgspec.MsgspecError, RecursionError) as error:
        raise EventError("event", f"not valid JSON: {error}", event_id=event_id) from None
    if found:
        raise EventError(found.lstrip("."), "holds the character U+0000", "remove it", event_id)
