"""What a list of an exchange says of one thing, whatever the format."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from tenfold.banks import MAX_LABEL_LENGTH, MAX_PROVENANCE_LENGTH

Verdict = Literal["agrees", "disagrees", "unsure"]
_SECONDS: Final = re.compile(r"\d{1,12}(\.\d{1,9})?")


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of the exchange thinks of a record; `source`: who, as the exchange names him."""

    source: str
    verdict: Verdict
    tags: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `line`: where it begins; `id`: the exchange's own, by which it is updated and withdrawn.

    `hashes` as entries of banks write them (`pdq:<hex>`); `others`: kinds of hashes in it that are not held.
    `disputed`: the exchange says that the hash is of nothing bad. `updated_at`: when the record last changed.
    """

    line: int
    id: str
    hashes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    label: str = ""
    provenance: str = ""
    confidence: float | None = None
    marking: str | None = None
    expires_at: datetime | None = None
    updated_at: datetime | None = None
    withdrawn: bool = False
    disputed: bool = False
    opinions: tuple[Opinion, ...] = ()


class Unread(msgspec.Struct, frozen=True):
    """A record that cannot be taken, where it begins and why."""

    line: int
    reason: str


Read = Record | Unread


class BrokenListError(ValueError):
    """A list that cannot be read on: says where and why."""


class ValueProblem(ValueError):  # noqa: N818 - of one record, which is told and left out
    """A value of a record that cannot be understood."""


def moment(value: str | float | None, field: str) -> datetime | None:
    """A time as seconds since 1970, or in ISO 8601; without a zone it is UTC, 0 and "" are none.

    Raises ValueProblem.
    """
    if value is None or value in ("", 0, "0"):
        return None
    try:
        if isinstance(value, (int, float)) or _SECONDS.fullmatch(value):
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueProblem(f"{field}: {str(value)[:60]!r} is no time") from None


def label_of(tags: Iterable[str]) -> str:
    """Tags as one label, each once, in order."""
    return ", ".join(sorted({tag.strip() for tag in tags} - {""}))[:MAX_LABEL_LENGTH]


def provenance_of(*parts: str) -> str:
    """Where a record comes from, of the parts that are known."""
    return ", ".join(part for part in parts if part)[:MAX_PROVENANCE_LENGTH]
