"""What a bank of each kind takes: values are checked and get their key, the normal form that is compared."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tenfold.banks import (
    BANK_ID,
    KINDS,
    MARKINGS,
    MAX_KEY_BYTES,
    MAX_LABEL_LENGTH,
    MAX_MEDIA_LENGTH,
    MAX_PROVENANCE_LENGTH,
    MAX_VALUE_LENGTH,
    BankKind,
    NewEntry,
)
from tenfold.detectors.media import hashes
from tenfold.detectors.media.hashes import HashError
from tenfold.detectors.text.terms import normal_lines
from tenfold.detectors.text.url_form import normal_domain, normal_url
from tenfold.store.banks import BankError

_ID = re.compile(BANK_ID)
LAST_EXPIRY = datetime(9000, 1, 1, tzinfo=UTC)  # near year 10000 a time zone's offset leads out of range


class GivenEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as people and files give it. `expires_at` needs a time zone."""

    value: Annotated[str, Meta(min_length=1, max_length=MAX_MEDIA_LENGTH)]
    label: Annotated[str, Meta(max_length=MAX_LABEL_LENGTH)] = ""
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    provenance: Annotated[str, Meta(max_length=MAX_PROVENANCE_LENGTH)] = ""
    expires_at: datetime | None = None
    marking: str | None = None


class Refused(msgspec.Struct, frozen=True):
    """Why an entry cannot be taken; `place` is its number among those given, from 0."""

    place: int
    reason: str


def check(kind: BankKind, given: Sequence[GivenEntry]) -> tuple[list[NewEntry], list[Refused]]:
    """The entries that a bank of this kind can hold, with keys, and what is wrong with the others."""
    keys = entry_keys(kind, [entry.value for entry in given])
    good: list[NewEntry] = []
    refused: list[Refused] = []
    for place, (entry, key) in enumerate(zip(given, keys, strict=True)):
        reason = _fault(kind, entry, key)
        if reason:
            refused.append(Refused(place, reason))
        else:
            good.append(NewEntry(key=key, **msgspec.structs.asdict(entry)))
    return good, refused


def checked_kind(kind: str) -> BankKind:
    """The kind of bank with this name; BankError when there is none."""
    for known in KINDS:
        if kind == known:
            return known
    raise BankError(f"{kind!r} is no kind of bank; one of {', '.join(KINDS)}")


def checked_id(bank: str) -> str:
    """The id, if a new bank can have it; BankError when not."""
    if not _ID.fullmatch(bank):
        raise BankError(f"{bank!r} cannot be a bank's id: use 1 to 100 of a-z, 0-9 and hyphens")
    return bank


def entry_keys(kind: BankKind, values: Sequence[str]) -> list[str]:
    """The key of each value, "" for those that such a bank cannot hold."""
    return _KEYS[kind](values)


def _fault(kind: BankKind, entry: GivenEntry, key: str) -> str:
    """What is wrong with an entry, or ""."""
    texts = (entry.value, entry.label, entry.provenance)
    if any("\0" in text for text in texts):
        return "holds the character U+0000; remove it"
    if not all(_encodable(text) for text in texts):
        return "holds half of a surrogate pair, which is no character; remove it"
    longest = MAX_MEDIA_LENGTH if kind == "media" else MAX_VALUE_LENGTH
    if len(entry.value) > longest:
        return f"longer than {longest:,} characters; shorten it"
    if not key:
        return _not_held(kind, entry.value)
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"its normal form is longer than {MAX_KEY_BYTES:,} bytes; shorten it or use a bank of texts"
    if entry.marking is not None and entry.marking not in MARKINGS:
        return f"{entry.marking!r} is no marking; one of {', '.join(MARKINGS)}"
    if entry.expires_at is not None and entry.expires_at.tzinfo is None:
        return "expires_at has no time zone; end it with Z or an offset such as +03:00"
    if entry.expires_at is not None and entry.expires_at <= datetime.now(UTC):
        return f"expired already, at {entry.expires_at.isoformat()}"
    if entry.expires_at is not None and entry.expires_at > LAST_EXPIRY:
        return "expires_at lies after the year 9000; leave it out for an entry that stays"
    return ""


def _not_held(kind: BankKind, value: str) -> str:
    """Why a value has no key."""
    if kind != "media":
        return f"{value[:60]!r} {_NOT_HELD[kind]}"
    try:
        hashes.read(value)
    except HashError as error:
        return str(error)
    raise AssertionError(f"{value!r} has a key")


_NOT_HELD = {
    "terms": "has no letter or digit, so it would match nothing",
    "urls": "is no web address; write it like https://example.org/page",
    "domains": "is no domain that somebody owns; write it like example.org",
    "texts": "has no letter or digit, so it would match nothing",
    "meanings": "has no letter or digit, so it would match nothing",
}


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _url_keys(values: Sequence[str]) -> list[str]:
    return [url.key if (url := normal_url(value)) else "" for value in values]


def _domain_keys(values: Sequence[str]) -> list[str]:
    return [normal_domain(value) or "" for value in values]


def _digests(values: Sequence[str]) -> list[str]:
    return [hashlib.sha256(line.encode()).hexdigest() if line else "" for line in normal_lines(values)]


def _hash_keys(values: Sequence[str]) -> list[str]:
    keys = []
    for value in values:
        try:
            keys.append(hashes.key_of(hashes.read(value)))
        except HashError:
            keys.append("")
    return keys


_KEYS: dict[BankKind, Callable[[Sequence[str]], list[str]]] = {
    "terms": normal_lines,
    "urls": _url_keys,
    "domains": _domain_keys,
    "texts": _digests,
    "meanings": _digests,
    "media": _hash_keys,
}
