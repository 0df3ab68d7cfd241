"""The hash list of Tech Against Terrorism: pages with `results`, or a bare list of the same records."""

from collections.abc import Iterator
from typing import IO, Final

import msgspec

from tenfold.detectors.exchanges import json_records
from tenfold.detectors.exchanges.record import Read, Record, label_of, moment, provenance_of

_KINDS: Final = {"PDQ": "pdq", "MD5": "md5", "SHA256": "sha256"}


class _Entry(msgspec.Struct):
    id: int | str
    hash_digest: str
    algorithm: str
    ideology: str = ""
    file_type: str = ""
    deleted: bool = False
    updated_on: float | str | None = None


def read(file: IO[str]) -> Iterator[Read]:
    """The records of one page or several."""
    return json_records.records(file, ("results",), _Entry, _record)


def _record(line: int, found: _Entry) -> Record:
    kind = _KINDS.get(found.algorithm.upper())
    return Record(
        line=line,
        id=str(found.id),
        hashes=(f"{kind}:{found.hash_digest}",) if kind else (),
        others=() if kind else (found.algorithm,),
        label=label_of([found.ideology]),
        provenance=provenance_of("Tech Against Terrorism hash list", found.file_type),
        updated_at=moment(found.updated_on, "updated_on"),
        withdrawn=found.deleted,
    )
