"""Counters in memory: the same exact sliding windows as store/counters.py, for a replay of history."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

import msgspec

from tenfold.policy.rules import Counter
from tenfold.store.counters import EPOCH, MICROSECOND, Hit

# Counted by these, a hit belongs to the account of its event, and a replay of some accounts counts it right.
BY_ITS_ACCOUNT = frozenset({"account", "post"})


def across_accounts(counters: Iterable[Counter]) -> list[str]:
    """Names of counters whose numbers depend on the events of several accounts."""
    return sorted(
        counter.name
        for counter in counters
        if counter.by not in BY_ITS_ACCOUNT or "report.filed" in counter.events
    )


class Windows(msgspec.Struct):
    """Times of hits in microseconds by counter and key, and the last event that was counted there."""

    hits: dict[str, list[int]] = {}
    latest: dict[str, int] = {}

    def numbers(self, asked: Sequence[Hit]) -> list[int]:
        """What `store.counters.hit_and_read` gives; events must come in the order of their numbers."""
        return [self._number(hit) for hit in asked]

    def _number(self, hit: Hit) -> int:
        key = f"{hit.counter}\x1f{hit.key}"
        at = (hit.at - EPOCH) // MICROSECOND
        times = self.hits.get(key)
        if hit.records and self.latest.get(key) != hit.seq:
            self.latest[key] = hit.seq
            if times is None:
                times = self.hits[key] = []
            insort(times, at)
        if not times:
            return 0
        return bisect_right(times, at) - bisect_right(times, at - hit.window // MICROSECOND)
