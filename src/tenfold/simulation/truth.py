"""What is true of a simulated platform: told beside the events, never in them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec


class AccountTruth(msgspec.Struct, frozen=True, kw_only=True, tag="account", tag_field="record"):
    """Who runs an account.

    `role`: member, journalist, counter_speaker, researcher, parody, framer (of somebody as the copied
    account's return), or of the network: propagandist, recruiter, helper. `language`: ar, en, ar-Latn
    (Arabizi) or mixed. `operator` is the person: equal for all accounts of one. `predecessor` is the
    closed account of which this one is the return, `evasions` what its operator changed to pass unseen,
    `kept` what stayed the same (both named in docs/simulation.md). `copies` is the network account whose
    name and picture a parody or framer wears. `used_from`: when its operator
    first used it, if later than it was opened. `closed_at` is when the platform closed it (RFC 3339),
    `closed_for` its reason.
    """

    account: str
    role: str
    language: str
    community: str
    operator: str
    created_at: str
    predecessor: str | None = None
    evasions: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    copies: str | None = None
    used_from: str | None = None
    closed_at: str | None = None
    closed_for: str | None = None

    @property
    def of_network(self) -> bool:
        """Run by somebody of the organisation."""
        return self.role in NETWORK_ROLES

    @property
    def honest(self) -> bool:
        """Neither run by somebody of the organisation nor by somebody who copies it to deceive."""
        return not self.of_network and self.role != "framer"


class GroupTruth(msgspec.Struct, frozen=True, kw_only=True, tag="group", tag_field="record"):
    """What a group is for: `role` is ordinary or network; `predecessor` as for accounts."""

    group: str
    role: str
    language: str
    community: str
    created_at: str
    predecessor: str | None = None
    closed_at: str | None = None


class PostTruth(msgspec.Struct, frozen=True, kw_only=True, tag="post", tag_field="record"):
    """What a post is. Told of every post of the network, and of those posts of others that name the
    organisation or quote it (reporting, counterspeech, research, parody), and of framers; posts not told are
    ordinary posts of people outside the network.
    """

    post: str
    account: str
    kind: str
    language: str


Truth = AccountTruth | GroupTruth | PostTruth

NETWORK_ROLES = frozenset({"propagandist", "recruiter", "helper"})
VIOLATING_KINDS = frozenset({"propaganda", "praise", "recruitment", "fundraising", "threat"})

_decoder = msgspec.json.Decoder(Truth)


def read(path: Path) -> Iterator[Truth]:
    """Read `truth.ndjson`; raises ValueError naming the line that is no truth record."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None


class Ledger:
    """The truth of a whole simulation in memory, by id."""

    def __init__(self, records: Iterable[Truth]) -> None:
        self.accounts: dict[str, AccountTruth] = {}
        self.groups: dict[str, GroupTruth] = {}
        self.posts: dict[str, PostTruth] = {}
        for record in records:
            if isinstance(record, AccountTruth):
                self.accounts[record.account] = record
            elif isinstance(record, GroupTruth):
                self.groups[record.group] = record
            else:
                self.posts[record.post] = record
