"""What lies around some nodes: ties from the store, with the order in which they are worth being shown."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

from tenfold.linkage.keys import KIND_MASK, MAX_ACCOUNTS
from tenfold.networks.graph import (
    KEY_KINDS,
    SURE,
    TOKENS,
    Ask,
    Edge,
    EdgeKind,
    Mark,
    NodeKind,
    Sort,
    account_id,
    group_id,
    value_id,
    value_kind,
)
from tenfold.store import networks
from tenfold.store.database import Conn
from tenfold.store.networks import Directed, FoundLink, Held

MOST_TIES = 100  # follows, mentions, groups of one account that are spread out; more are told as a number
TOLD_KINDS = 3  # kinds of evidence that are told of a link
_VERDICTS: dict[str, Mark] = {"same": "confirmed", "different": "denied", "unsure": "unsure"}
_MATERIAL = (NodeKind.URL, NodeKind.DOMAIN, NodeKind.MEDIA, NodeKind.AVATAR, NodeKind.BANNER)


class Around(msgspec.Struct):
    """`edges` with the order in which they come; `held` are the values that were met; `crowds` ties by
    node that are too many; `common` values that too many share."""

    edges: list[tuple[tuple[float, ...], Edge]] = []
    held: dict[int, Held] = {}
    crowds: dict[str, dict[str, int]] = {}
    common: set[int] = set()

    def crowd(self, node: str, name: str, count: int) -> None:
        """Note that a node has too many ties of one sort."""
        self.crowds.setdefault(node, {})[name] = count


def look(
    conn: Conn, accounts: Collection[str], groups: Collection[str], keys: Collection[int], ask: Ask
) -> Around:
    """All ties of these nodes that are asked for, bounded for each."""
    found = Around(edges=[], held={}, crowds={}, common=set())
    if accounts and Sort.LINKS in ask.sorts:
        for link in networks.links(conn, accounts, MOST_TIES):
            found.edges.append(_ranked(link_edge(link)))
    if accounts and Sort.MENTIONS in ask.sorts:
        for incoming in (False, True):
            _directed(found, networks.mentions(conn, accounts, MOST_TIES + 1, incoming=incoming), incoming)
    if accounts and Sort.FOLLOWS in ask.sorts:
        for incoming in (False, True):
            rows = networks.follows(conn, accounts, MOST_TIES + 1, incoming=incoming)
            _directed(found, rows, incoming, follows=True)
    if Sort.GROUPS in ask.sorts or groups:
        _groups(conn, found, accounts if Sort.GROUPS in ask.sorts else (), groups)
    kinds = [
        *(_MATERIAL if Sort.MATERIAL in ask.sorts else ()),
        *(TOKENS if Sort.TOKENS in ask.sorts else ()),
    ]
    if accounts and kinds:
        numbers = [int(KEY_KINDS[kind]) for kind in kinds]
        _values(found, networks.values(conn, accounts, numbers, KIND_MASK, MAX_ACCOUNTS), ask)
    if keys:
        _values(found, networks.holders(conn, keys, MAX_ACCOUNTS), ask)
    return found


def among(conn: Conn, accounts: Collection[str], ask: Ask) -> list[Edge]:
    """Links and follows that these accounts have with anybody, bounded for each: for those among them."""
    edges: list[Edge] = []
    if accounts and Sort.LINKS in ask.sorts:
        edges += [link_edge(link) for link in networks.links(conn, accounts, MOST_TIES)]
    if accounts and Sort.FOLLOWS in ask.sorts:
        rows = networks.follows(conn, accounts, MOST_TIES, incoming=False)
        edges += [_one_way(row, EdgeKind.FOLLOWS) for row in rows]
    return edges


def link_edge(link: FoundLink) -> Edge:
    """A link as an edge. It goes from the account that was closed, where the link says which was."""
    mark = _VERDICTS[link.verdict] if link.verdict else _level(link.level)
    ends = (link.account_a, link.account_b)
    source, target = reversed(ends) if link.closed == link.account_b else ends
    return Edge(
        source=account_id(source),
        target=account_id(target),
        kind=EdgeKind.LINK,
        weight=1.0 if mark == "confirmed" else max(link.probability or 0.0, 0.05),
        mark=mark,
        bits=link.bits,
        probability=link.probability,
        kinds=_telling(link),
    )


def _level(level: str | None) -> Mark:
    return "likely" if level == "likely" else "possible"


def _telling(link: FoundLink) -> tuple[tuple[str, float], ...]:
    """The kinds of evidence that add most, with their bits."""
    bits: dict[str, float] = defaultdict(float)
    for item in link.evidence:
        added = item.get("bits")
        if isinstance(added, int | float) and added > 0:
            bits[str(item.get("kind", ""))] += added
    ordered = sorted(bits.items(), key=lambda one: -one[1])
    return tuple(ordered[:TOLD_KINDS])


_FIRST = {
    EdgeKind.LINK: 0,
    EdgeKind.ANNOUNCES: 1,
    EdgeKind.SHOWS: 2,
    EdgeKind.MEMBER: 3,
    EdgeKind.MENTIONS: 4,
    EdgeKind.FOLLOWS: 5,
}
_LAST = len(_FIRST)


def _ranked(edge: Edge, fan: int = 0, hub: int = 0, *, last: bool = False) -> tuple[tuple[float, ...], Edge]:
    """Surest links first, then what few share (`fan` accounts, all edges of one `hub` together)."""
    sure = SURE.index(edge.mark) if edge.mark else 0
    first = _LAST if last else _FIRST[edge.kind]
    return (first, sure, fan, -edge.weight if edge.mark else 0.0, hub), edge


def _one_way(row: Directed, kind: EdgeKind, *, both: bool = False) -> Edge:
    weight = {EdgeKind.ANNOUNCES: 0.8, EdgeKind.MENTIONS: 0.25}.get(kind, 0.35 if both else 0.2)
    return Edge(
        source=account_id(row.source),
        target=account_id(row.target),
        kind=kind,
        weight=weight,
        both=both,
        at=row.at,
    )


def _directed(found: Around, rows: Sequence[Directed], incoming: bool, *, follows: bool = False) -> None:
    """Follows or mentions of accounts; where one has too many only their number is kept."""
    name = ("followed_by" if incoming else "follows") if follows else ("named_by" if incoming else "names")
    by_account: dict[str, list[Directed]] = defaultdict(list)
    for row in rows:
        by_account[row.target if incoming else row.source].append(row)
    for account, own in by_account.items():
        if len(own) > MOST_TIES:
            found.crowd(account_id(account), name, len(own))
        for row in own:
            if len(own) > MOST_TIES and not row.announced:  # announcements are few, and tell much
                continue
            plain = EdgeKind.FOLLOWS if follows else EdgeKind.MENTIONS
            found.edges.append(_ranked(_one_way(row, EdgeKind.ANNOUNCES if row.announced else plain)))


def _groups(conn: Conn, found: Around, accounts: Collection[str], groups: Iterable[str]) -> None:
    """The groups of accounts, and who is in these and in `groups`, where few are."""
    own = networks.members(conn, accounts, MOST_TIES, of="account") if accounts else []
    asked = {*groups, *(row.group for row in own)}
    rows = networks.members(conn, asked, MAX_ACCOUNTS + 1, of="group") if asked else []
    by_group = defaultdict(list)
    for row in rows:
        by_group[row.group].append(row)
    crowded = {group for group, inside in by_group.items() if len(inside) > MAX_ACCOUNTS}
    for group in crowded:
        found.crowd(group_id(group), "members", len(by_group[group]))
    spread = {row for row in rows if row.group not in crowded} | set(own)
    for row in sorted(spread):
        fan = len(by_group[row.group])
        edge = Edge(
            source=account_id(row.account),
            target=group_id(row.group),
            kind=EdgeKind.MEMBER,
            weight=_rarity(fan),
            role=row.role,
            at=row.at,
        )
        found.edges.append(_ranked(edge, fan))


def _values(found: Around, rows: Iterable[Held], ask: Ask) -> None:
    for held in rows:
        kind = value_kind(held.key)
        if kind is None:
            continue
        if held.common and not ask.common and held.asked:
            found.common.add(held.key)
            continue
        found.held[held.key] = held
        fan = held.accounts or MAX_ACCOUNTS + 1
        for account in dict.fromkeys([*held.asked, *held.others]):
            edge = Edge(
                source=account_id(account),
                target=value_id(held.key),
                kind=EdgeKind.SHOWS,
                weight=_rarity(fan),
            )
            # What is common is a leaf of whoever shows it, and comes last.
            found.edges.append(_ranked(edge, fan, held.key, last=held.common))


def _rarity(accounts: int) -> float:
    """How much it tells that one of so many shares something: 1 for two, less for more."""
    return round(1 / (1 + math.log2(max(accounts, 2) / 2)), 3)
