"""When the accounts of a network came and went: closures, returns, new sign-ups, in order of time. No I/O."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from tenfold.networks.graph import SURE, Edge, EdgeKind, Mark, Network, account_id
from tenfold.store.networks_nodes import AccountFacts

MOST_LANES = 200
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `of` is the one, closed before, that it is the return of, by the surest link, with its
    mark; `kin`: it is closed itself, or a link ties it to another; others are sign-ups around them."""

    account: AccountFacts
    of: AccountFacts | None = None
    mark: Mark | None = None
    probability: float | None = None
    kin: bool = True


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Lanes in the order in which the accounts appeared, kin first; `left_out` more have no room. `begin` and
    `end` are what is shown, `dated` how many accounts of the network have any date at all."""

    lanes: tuple[Lane, ...]
    begin: datetime
    end: datetime
    left_out: int
    dated: int


def timeline(network: Network, begin: datetime | None, end: datetime | None, now: datetime) -> Timeline:
    """The accounts of a network that were there between `begin` and `end`; None: from the first to now.

    An account that links tie to nobody is shown where it signed up in that time: how long it has been there
    tells nothing of the network.
    """
    lanes = [lane for lane in _lanes(network) if _first(lane) is not None]
    last = end or now
    first = begin or min((at for lane in lanes if lane.kin and (at := _first(lane))), default=last)
    shown = [lane for lane in lanes if _within(lane, first, last)]
    return Timeline(
        lanes=tuple(shown[:MOST_LANES]),
        begin=min(first, last),
        end=max(first, last),
        left_out=max(0, len(shown) - MOST_LANES),
        dated=len(lanes),
    )


def _lanes(network: Network) -> list[Lane]:
    links: dict[str, list[Edge]] = {}
    for edge in network.edges:
        if edge.kind is EdgeKind.LINK and edge.mark != "denied":
            for end in (edge.source, edge.target):
                links.setdefault(end, []).append(edge)
    known = {account_id(account.id): account for account in network.accounts}
    lanes = [_lane(account, links.get(node, []), known) for node, account in known.items()]
    return sorted(lanes, key=lambda lane: (not lane.kin, _first(lane) or _BEGINNING, lane.account.id))


def _lane(account: AccountFacts, links: list[Edge], known: dict[str, AccountFacts]) -> Lane:
    own = account_id(account.id)
    earlier = [(edge, other) for edge, other in _others(own, links, known) if _came_back(other, account)]
    if not earlier:
        return Lane(account=account, kin=account.closed or bool(links))
    edge, other = min(
        earlier, key=lambda one: (SURE.index(one[0].mark or "denied"), -(one[0].probability or 0))
    )
    return Lane(account=account, of=other, mark=edge.mark, probability=edge.probability)


def _others(
    own: str, links: list[Edge], known: dict[str, AccountFacts]
) -> Iterable[tuple[Edge, AccountFacts]]:
    for edge in links:
        yield edge, known[edge.target if edge.source == own else edge.source]


def _came_back(earlier: AccountFacts, later: AccountFacts) -> bool:
    """Whether one was closed and the other may be its return: it outlived it. It may have been opened long
    before, slept or bought."""
    if not earlier.closed_at:
        return False
    return not later.closed or later.closed_at is None or later.closed_at > earlier.closed_at


def _when(account: AccountFacts) -> datetime | None:
    return account.created_at or account.closed_at


def _first(lane: Lane) -> datetime | None:
    return _when(lane.account)


def _within(lane: Lane, begin: datetime, end: datetime) -> bool:
    first = _first(lane)
    if first is None or first > end:
        return False
    if not lane.kin:
        return first >= begin
    return lane.account.closed_at is None or not lane.account.closed or lane.account.closed_at >= begin
