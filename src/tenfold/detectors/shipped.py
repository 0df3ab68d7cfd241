"""The banks that come with Tenfold: YAML files beside the starter pack's rules, all of them fictional.

A bank file says what the bank is and lists its entries by label:

    bank: ashen-banner-terms        # id: lower-case letters, digits, hyphens
    kind: terms                     # terms, urls, domains, texts or meanings
    title: The names of the organisation
    purpose: ...                    # the rest of these may be left out
    provenance: ...
    marking: TLP:CLEAR
    confidence: 0.9                 # 0 to 1; default 1
    entries:
      name:                         # a label, then its entries
        - Ashen Banner
        - الراية الرمادية
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from tenfold.detectors.base import Bank, BankEntry

KINDS = ("terms", "urls", "domains", "texts", "meanings")
_Text = Annotated[str, Meta(min_length=1, max_length=100_000)]


class BankFileError(ValueError):
    """A bank file that cannot be used: says which file, where in it, and why."""


class BankFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What one bank file says."""

    bank: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
    kind: str
    title: _Text
    entries: dict[str, list[_Text]]
    purpose: str = ""
    provenance: str = ""
    marking: str = "TLP:AMBER"
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0


def bank_files() -> list[BankFile]:
    """The shipped bank files, in the order of their names."""
    folder = files("tenfold.policy") / "packs" / "starter" / "banks"
    return [read(file) for file in sorted(folder.iterdir(), key=lambda file: file.name)]


def read(file: Traversable) -> BankFile:
    """Read one bank file; raises BankFileError."""
    try:
        found = msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), BankFile)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BankFileError(f"{file.name}: {error}") from None
    if found.kind not in KINDS:
        raise BankFileError(f"{file.name}: {found.kind!r} is no kind of bank; one of {', '.join(KINDS)}")
    return found


def banks() -> list[Bank]:
    """The shipped banks, for those who have no database: benches, tests, a first look."""
    return [
        Bank(
            id=file.bank,
            kind=file.kind,
            title=file.title,
            confidence=file.confidence,
            entries=[
                BankEntry(key=value, value=value, label=label)
                for label, values in file.entries.items()
                for value in values
            ],
        )
        for file in bank_files()
    ]
