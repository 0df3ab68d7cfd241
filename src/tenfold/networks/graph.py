"""A network as people look at it: accounts, groups and what they share, and what ties them. No I/O."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from tenfold.linkage.keys import KIND_MASK, KeyKind
from tenfold.store.networks_nodes import AccountFacts, GroupFacts

MOST_NODES = 2_000
DEEPEST = 3  # steps away from where it begins


class NodeKind(StrEnum):
    """What a node stands for. Of the last five only that accounts share one is known, never which it is."""

    ACCOUNT = "account"
    GROUP = "group"
    URL = "url"
    DOMAIN = "domain"
    MEDIA = "media"
    AVATAR = "avatar"
    BANNER = "banner"
    EMAIL = "email"
    PHONE = "phone"
    DEVICE = "device"
    ADDRESS = "address"
    NETWORK = "network"


class EdgeKind(StrEnum):
    """What ties two nodes. `shows` is between an account and a value that others show, too."""

    LINK = "link"
    ANNOUNCES = "announces"
    FOLLOWS = "follows"
    MENTIONS = "mentions"
    MEMBER = "member"
    SHOWS = "shows"


class Sort(StrEnum):
    """Sorts of ties that one may look at or leave out."""

    LINKS = "links"
    TOKENS = "tokens"
    MATERIAL = "material"
    GROUPS = "groups"
    MENTIONS = "mentions"
    FOLLOWS = "follows"


TOKENS = frozenset({NodeKind.EMAIL, NodeKind.PHONE, NodeKind.DEVICE, NodeKind.ADDRESS, NodeKind.NETWORK})
VALUES = frozenset(NodeKind) - {NodeKind.ACCOUNT, NodeKind.GROUP}
KEY_KINDS = {kind: KeyKind[kind.name] for kind in NodeKind if kind in VALUES}
Mark = Literal["confirmed", "likely", "possible", "unsure", "denied"]
SURE: tuple[Mark, ...] = ("confirmed", "likely", "possible", "unsure", "denied")  # the surest first
Standing = Literal["all", "open", "closed"]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be seen: how many steps from the start, which ties, how many nodes at most, which accounts
    (the start always is), and whether values that too many share are shown by their number."""

    depth: int = 1
    sorts: frozenset[Sort] = frozenset(Sort)
    limit: int = MOST_NODES
    standing: Standing = "all"
    common: bool = False


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """One tie between two nodes by id; `weight` in 0..1 says how much it tells. Of links: `mark`, `bits`,
    `probability`, and the `kinds` of evidence that tell most, with their bits. `both`: they follow or name
    each other. `role` is that of a member."""

    source: str
    target: str
    kind: EdgeKind
    weight: float
    mark: Mark | None = None
    bits: float | None = None
    probability: float | None = None
    kinds: tuple[tuple[str, float], ...] = ()
    both: bool = False
    role: str = ""
    at: datetime | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One node. `value` is what a link, domain or picture reads, None for tokens; `holders` how many accounts
    show it (0: marked as shared by many), `common`: too many to be shown. `hidden` neighbours are known and
    not shown, `at_least`: there may be more. `crowds` are ties of one sort, too many to be spread out, by
    name with their number. `opened`: what lies around it was looked at."""

    id: str
    kind: NodeKind
    account: AccountFacts | None = None
    group: GroupFacts | None = None
    value: str | None = None
    holders: int = 0
    common: bool = False
    hidden: int = 0
    at_least: bool = False
    crowds: Mapping[str, int] = {}
    opened: bool = False


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes in the order in which they were found, the start first. `left_out` more nodes were found and not
    shown (`at_least`: or more still); `common` values were left out because too many share them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int
    at_least: bool
    common: int

    @property
    def accounts(self) -> list[AccountFacts]:
        """All accounts of it."""
        return [node.account for node in self.nodes if node.account is not None]


def account_id(account: str) -> str:
    """The node of an account."""
    return f"account:{account}"


def group_id(group: str) -> str:
    """The node of a group."""
    return f"group:{group}"


def value_id(key: int) -> str:
    """The node of a value: by its key, which tells nothing of it."""
    return f"value:{key}"


def value_kind(key: int) -> NodeKind | None:
    """What a key stands for; None for keys that are no nodes here, such as those of names."""
    return _OF_KEY.get(key & KIND_MASK)


_OF_KEY = {int(key): kind for kind, key in KEY_KINDS.items()}


def parse(node: str) -> tuple[NodeKind, str]:
    """Kind and own id of a node's id. ValueError: it is none."""
    kind, _, own = node.partition(":")
    if kind in ("account", "group") and own and "\0" not in own:
        return NodeKind(kind), own
    if kind == "value":
        found = value_kind(_key(own))
        if found is not None:
            return found, own
    raise ValueError(f"{node!r} is no node: account:ID, group:ID or value:KEY")


def _key(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise ValueError(f"{text!r} is no key")
    key = int(text)
    if not -(2**63) <= key < 2**63:
        raise ValueError(f"{text!r} is no key of 64 bits")
    return key
