"""What two policies did on the same history, counted while it is replayed, put together from its parts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from tenfold.judgement import Part
from tenfold.policy import PolicySet
from tenfold.policy.facts import Facts
from tenfold.policy.rules import Rule

KEPT = 24  # candidates for the sample of each rule and kind of change: those with the smallest digests
LONGEST_TEXT = 500  # characters of a sample's text
SHOWN = ("text", "display_name", "handle", "bio", "name", "description")  # what a person recognises it by

SideName = Literal["live", "draft"]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One subject on which the policies differ. `parts` is the trace of the side on which the rule fires."""

    digest: int
    subject: str
    account: str | None
    event: str
    at: datetime
    language: str | None
    text: str
    parts: tuple[Part, ...]


class Side(msgspec.Struct):
    """What the rules of one policy did: firings, and the digests of subjects and accounts, by rule."""

    firings: dict[str, int] = {}
    subjects: dict[str, set[int]] = {}
    accounts: dict[str, set[int]] = {}

    def add(self, other: "Side") -> None:
        """Put another part's counts to these."""
        for rule, number in other.firings.items():
            self.firings[rule] = self.firings.get(rule, 0) + number
        for mine, theirs in ((self.subjects, other.subjects), (self.accounts, other.accounts)):
            for rule, digests in theirs.items():
                mine.setdefault(rule, set()).update(digests)


class Tally(msgspec.Struct):
    """Both sides; languages of subjects that some rule fired on; candidates for samples by "rule/side"."""

    live: Side = msgspec.field(default_factory=Side)
    draft: Side = msgspec.field(default_factory=Side)
    languages: dict[int, str] = {}
    seen: dict[str, list[Seen]] = {}
    judged: int = 0  # questions that some rule was asked
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, other: "Tally") -> None:
        """Put another part's counts to these."""
        self.live.add(other.live)
        self.draft.add(other.draft)
        self.languages |= other.languages
        for key, found in other.seen.items():
            self.seen[key] = _smallest([*self.seen.get(key, ()), *found])
        self.judged += other.judged
        self.spanned(at for at in (other.first_at, other.last_at) if at)

    def spanned(self, times: Iterable[datetime]) -> None:
        """Note times of events."""
        for at in times:
            self.first_at = min(at, self.first_at or at)
            self.last_at = max(at, self.last_at or at)

    def count(self, side: SideName, facts: Facts, rules: Sequence[Rule]) -> None:
        """Note the rules that fired."""
        if not rules:
            return
        counted = self.live if side == "live" else self.draft
        subject = digest_of(facts.subject.kind.value, facts.subject.id)
        owner = account_of(facts)
        for rule in rules:
            counted.firings[rule.name] = counted.firings.get(rule.name, 0) + 1
            counted.subjects.setdefault(rule.name, set()).add(subject)
            if owner is not None:
                counted.accounts.setdefault(rule.name, set()).add(digest_of("account", owner))
            self.languages.setdefault(subject, facts.language or "")

    def sample(self, side: SideName, facts: Facts, policy: PolicySet, rules: Iterable[Rule]) -> None:
        """Keep a subject as a candidate if its digest is among the smallest: each part of a history does."""
        digest = digest_of(facts.subject.kind.value, facts.subject.id)
        for rule in rules:
            kept = self.seen.setdefault(f"{rule.name}/{side}", [])
            full = len(kept) == KEPT and digest >= kept[-1].digest
            if full or any(one.digest == digest for one in kept):
                continue
            kept[:] = _smallest([*kept, _seen(digest, facts, policy.fire(rule, facts).parts)])


def _smallest(seen: list[Seen]) -> list[Seen]:
    distinct = {one.digest: one for one in seen}
    return [distinct[digest] for digest in sorted(distinct)[:KEPT]]


def _seen(digest: int, facts: Facts, parts: tuple[Part, ...]) -> Seen:
    return Seen(
        digest=digest,
        subject=str(facts.subject),
        account=account_of(facts),
        event=facts.event_type,
        at=facts.time,
        language=facts.language,
        text=text_of(facts)[:LONGEST_TEXT],
        parts=parts,
    )


def text_of(facts: Facts) -> str:
    """What a person reads of the subject."""
    whole: Mapping[str, Any] = getattr(facts, facts.subject.kind.value) or {}
    return "\n".join(str(whole[name]) for name in SHOWN if whole.get(name))


def account_of(facts: Facts) -> str | None:
    """Whose subject it is; None when not known."""
    return facts.account.get("id") if facts.account else None


def digest_of(kind: str, id_: str) -> int:
    """63 bits that stand for a subject: two of 100 million are the same with a chance of 0.0005."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{id_}".encode(), digest_size=8).digest()) >> 1
