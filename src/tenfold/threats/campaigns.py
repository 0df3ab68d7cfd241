"""Which sightings of threats are one threat: those that share a key, directly or through others.

A key is a digest of

- the target and a band of a text's MinHash: near copies aimed at one target share one, whatever was edited
  around it; mentions, links, numbers and emoji do not count (detectors.text.shingles);
- the target and the whole text, where it is too short for shingles;
- the target and the account: who repeats himself against somebody goes on with one threat;
- the text as one subject shows it: what is read again stays where it was.

Records are the connected parts of what is tied by keys, so they are the same in whatever order sightings
come. No key ties different targets, nor somebody's own threat to somebody else's words about one.
"""

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.shingles import Shingles, shingles
from tenfold.threats.aims import Aim, Sighting, aims

__all__ = ["Keys", "Sighting", "digest", "keys", "of_account"]

BANDS, ROWS = 40, 5  # measured on composed variants: tests/threats/records/test_near_copies.py
LEAST_WORDS = 6  # of prose that two people hardly write alike by chance where no target tells them apart
_ALIKE = np.random.default_rng(0x7E4F).integers(0, 2**64, size=(2, BANDS * ROWS), dtype=np.uint64)
_FACTORS, _ADDED = _ALIKE[0] | np.uint64(1), _ALIKE[1]
_AT_ONCE = 4_096  # shingles that are hashed together: a long text takes 4 MB


class Keys(msgspec.Struct, frozen=True):
    """The keys of a sighting, sorted; those of its words among them; and the names of its target, none where
    nobody can be told."""

    all: tuple[int, ...]
    texts: tuple[int, ...]
    targets: tuple[str, ...]


def digest(text: str) -> bytes:
    """SHA-256 of a text as it was."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def keys(sightings: Sequence[Sighting]) -> list[Keys]:
    """The keys of each sighting, in their order."""
    batch = PreparedBatch([TextItem(one.subject, {one.field: _around_target(one)}) for one in sightings])
    found = shingles(batch)
    return [
        _keys(one, aim, batch.normal[number].text, found, number)
        for number, (one, aim) in enumerate(zip(sightings, aims(sightings), strict=True))
    ]


def of_account(target: str, account: str, *, information: bool) -> int:
    """The key of an account with a target, as `Keys.targets` names it."""
    return _digest(_scope(target, information=information), "account", account)


def _keys(one: Sighting, aim: Aim, text: str, found: Shingles, number: int) -> Keys:
    names = aim.names
    if not names:
        # A text that nothing tells apart from what others write is one's own.
        names = ("",) if int(found.words[number]) >= LEAST_WORDS else (f"by:{one.account or one.subject}",)
    bands = _bands(found.hashes[found.bounds[number] : found.bounds[number + 1]])
    source = _digest("source", str(one.subject), one.field, digest(one.text).hex())
    texts, hands = set[int](), set[int]()
    for name in names:
        scope = _scope(name, information=one.information)
        if bands and not aim.exact:
            texts.update(_digest(scope, "near", band) for band in bands)
        else:
            texts.add(_digest(scope, "text", text))
        if aim.identified and one.account:
            hands.add(of_account(name, one.account, information=one.information))
    return Keys(
        tuple(sorted({source} | texts | hands)), tuple(sorted(texts)), names if aim.identified else ()
    )


def _around_target(one: Sighting) -> str:
    """The text without its target's words, which all texts against it have in common."""
    span = one.span("target")
    return one.text if span is None or one.addressed else one.text[: span[0]] + " " + one.text[span[1] :]


def _bands(hashes: NDArray[np.uint64]) -> list[str]:
    """Bands of the MinHash of a text's shingles; none of a text without any."""
    if not len(hashes):
        return []
    least = np.full(BANDS * ROWS, 2**64 - 1, dtype=np.uint64)
    for begin in range(0, len(hashes), _AT_ONCE):
        some = hashes[begin : begin + _AT_ONCE]
        least = np.minimum(least, (some[:, None] * _FACTORS + _ADDED).min(axis=0))
    return [f"{number}:{band.tobytes().hex()}" for number, band in enumerate(least.reshape(BANDS, ROWS))]


def _scope(target: str, *, information: bool) -> str:
    return f"{'information' if information else 'threat'}\0{target}"


def _digest(*parts: str) -> int:
    """64 bits of a digest, as PostgreSQL's bigint."""
    whole = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest(), "big", signed=True)
