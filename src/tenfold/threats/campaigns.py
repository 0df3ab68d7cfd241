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
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.normalise import normalise_batch
from tenfold.detectors.text.prepared import PreparedBatch
from tenfold.detectors.text.shingles import Shingles, shingles
from tenfold.subjects import Subject

BANDS, ROWS = 32, 4  # measured on composed variants: tests/threats/records/test_near_copies.py
LEAST_WORDS = 6  # of prose that two people hardly write alike by chance where no target tells them apart
_ALIKE = np.random.default_rng(0x7E4F).integers(0, 2**64, size=(2, BANDS * ROWS), dtype=np.uint64)
_FACTORS, _ADDED = _ALIKE[0] | np.uint64(1), _ALIKE[1]
_AT_ONCE = 4_096  # shingles that are hashed together: a long text takes 4 MB
_ADDRESSED = "addressed"
_IDENTIFYING = frozenset({"named_person", "account_mention", "staff", "group", "place", "event"})


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One text that carries a threat, or somebody else's words about one.

    `at`: when it was said. `details`: of the signal `threat`, its level raised already for a protectee.
    `mentions`: accounts that the platform says are mentioned; `reply_to`: the post that is answered, and
    `answered` its author. `protectees`: (id, how, strength, start, end) of those named.
    """

    subject: Subject
    field: str
    account: str | None
    at: datetime
    text: str
    details: Mapping[str, Any]
    language: str | None = None
    mentions: tuple[str, ...] = ()
    reply_to: str | None = None
    answered: str | None = None
    protectees: tuple[tuple[int, str, float, int, int], ...] = ()

    @property
    def information(self) -> bool:
        """Whether it tells of a threat in somebody else's words, rather than threatening."""
        return bool(self.details.get("gated"))

    @property
    def target_span(self) -> tuple[int, int] | None:
        """Where the target stands in the text."""
        rows = self.details.get("factors", ())
        return next((tuple(row["span"]) for row in rows if row["factor"] == "target"), None)


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
    words = _folded([str(one.details.get("target", "")) for one in sightings])
    return [
        _keys(one, batch.normal[number].text, words[number], found, number)
        for number, one in enumerate(sightings)
    ]


def of_account(target: str, account: str, *, information: bool) -> int:
    """The key of an account with a target, as `Keys.targets` names it."""
    return _digest(_scope(target, information=information), "account", account)


def _keys(one: Sighting, text: str, target: str, found: Shingles, number: int) -> Keys:
    targets, identified = _targets(one, target)
    if not targets:
        # A text that nothing tells apart from what others write is one's own.
        targets = ("",) if int(found.words[number]) >= LEAST_WORDS else (f"by:{one.account or one.subject}",)
    bands = _bands(found.hashes[found.bounds[number] : found.bounds[number + 1]])
    source = _digest("source", str(one.subject), one.field, digest(one.text).hex())
    texts, hands = set[int](), set[int]()
    for name in targets:
        scope = _scope(name, information=one.information)
        texts.update(_digest(scope, "near", band) for band in bands)
        if not bands:
            texts.add(_digest(scope, "text", text))
        if identified and one.account:
            hands.add(of_account(name, one.account, information=one.information))
    return Keys(tuple(sorted({source} | texts | hands)), tuple(sorted(texts)), targets if identified else ())


def _targets(one: Sighting, words: str) -> tuple[tuple[str, ...], bool]:
    """Names for who is threatened, and whether they name somebody. One person may have several: a handle, an
    account, an entry of the list of those who are watched over."""
    kind = str(one.details.get("target_kind", ""))
    named = [f"protectee:{aimed}"] if (aimed := _aimed_at(one)) else []
    if kind == "self":
        return (f"self:{one.account}",), True
    if kind == "account_mention":
        named.append(f"@{words}")
    if (
        kind in ("account_mention", "vague")
        and len(one.mentions) == 1
        and (_addressed(one) or kind != "vague")
    ):
        named.append(f"account:{one.mentions[0]}")
    elif _addressed(one) and not one.mentions and one.answered:
        named.append(f"account:{one.answered}")
    if kind not in ("account_mention", "vague") or (kind == "vague" and len(words.split()) >= 2):
        named.append(f"{kind if kind in _IDENTIFYING else 'somebody'}:{words}" if words else "")
    named = sorted(filter(None, named))
    if named:
        return tuple(named), True
    if _addressed(one) and one.reply_to:
        return (f"reply:{one.reply_to}",), False
    return ((f"words:{words}",), False) if words and not _addressed(one) else ((), False)


def _addressed(one: Sighting) -> bool:
    """Whether the target is "you"."""
    rows = one.details.get("factors", ())
    return not one.details.get("target") or any(
        row["factor"] == "target" and row["value"] == _ADDRESSED for row in rows
    )


def _aimed_at(one: Sighting) -> int | None:
    """The protectee that is threatened: the surest of those who stand where the target does; of a text that
    names no target otherwise, the surest of all."""
    span = one.target_span
    if span is None or _addressed(one):
        among = one.protectees
    else:
        among = tuple(match for match in one.protectees if match[3] < span[1] and span[0] < match[4])
    return min(among, key=lambda match: (-match[2], match[0]))[0] if among else None


def _around_target(one: Sighting) -> str:
    """The text without its target's words, which all texts against it have in common."""
    span = one.target_span
    return one.text if span is None or _addressed(one) else one.text[: span[0]] + " " + one.text[span[1] :]


def _folded(texts: Iterable[str]) -> list[str]:
    batch = normalise_batch(list(texts))
    return [" ".join(batch[number].text.split()) for number in range(len(batch))]


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
