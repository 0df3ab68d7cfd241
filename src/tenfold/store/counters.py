"""Counters: how many events of a kind one key had within a sliding window, exactly.

A hit is a row; nothing is rounded to minutes. Whoever records hits of a key first locks the key's
row, so workers that race count as if one had come after the other.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import msgspec

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PRUNED_AT_ONCE = 10_000

_Key = tuple[str, str]


class Hit(msgspec.Struct, frozen=True):
    """One counted event, or a question about a key when it does not `record`.

    `at` is the event's time (aware), `seq` its number in the event table, `window` the counter's.
    """

    counter: str
    key: str
    at: datetime
    seq: int
    window: timedelta
    records: bool = True


def hit_and_read(conn: Conn, hits: Sequence[Hit]) -> list[int]:
    """Record what records, and return for each hit how many lie in its window, itself included.

    The window is `(at - window, at]`. Numbers are as if the hits had been recorded one by one in
    the order of `seq`, whatever the size of the batch; recording a hit twice counts it once.
    """
    recorded = {(hit.counter, hit.key, hit.at, hit.seq): hit for hit in hits if hit.records}
    if recorded:
        _lock(conn, recorded.values())
        conn.execute(
            """
            INSERT INTO counter_hits (counter, key, at, seq)
            SELECT h.counter, h.key, h.at, h.seq
            FROM jsonb_to_recordset(%s) AS h(counter text, key text, at timestamptz, seq bigint)
            ON CONFLICT DO NOTHING
            """,
            [as_records([_row(recorded[key]) for key in sorted(recorded)])],
        )
    later = _later_hits(list(recorded.values()), hits)
    stored = _stored(conn, hits)
    return [stored[index] - later[index] for index in range(len(hits))]


def read(conn: Conn, hits: Sequence[Hit]) -> list[int]:
    """The numbers that `hit_and_read` would give if each hit came alone, without recording any."""
    stored = _stored(conn, hits)
    return [number + hit.records for number, hit in zip(stored, hits, strict=True)]


def prune(conn: Conn, windows: Mapping[str, timedelta], now: datetime, slack: timedelta) -> int:
    """Delete up to 10,000 hits that no window can reach, and keys without hits; returns how many hits.

    `windows` are those of the declared counters; hits of other counters go. Events that arrive
    later than `slack` may count too few. Call it again until it returns 0.
    """
    cuts = [{"counter": name, "cut": (now - window - slack).isoformat()} for name, window in windows.items()]
    deleted = conn.execute(
        """
        WITH cuts AS (SELECT * FROM jsonb_to_recordset(%s) AS c(counter text, cut timestamptz)),
             old AS (
                SELECT hit.ctid FROM counter_hits hit LEFT JOIN cuts USING (counter)
                WHERE cuts.cut IS NULL OR hit.at <= cuts.cut
                LIMIT %s
             )
        DELETE FROM counter_hits WHERE ctid = ANY (ARRAY(SELECT ctid FROM old))
        """,
        [as_records(cuts), PRUNED_AT_ONCE],
    ).rowcount
    conn.execute(
        """
        WITH cuts AS (SELECT * FROM jsonb_to_recordset(%s) AS c(counter text, cut timestamptz)),
             idle AS (
                SELECT keys.counter, keys.key FROM counter_keys keys LEFT JOIN cuts USING (counter)
                WHERE cuts.cut IS NULL OR keys.last_at <= cuts.cut
                LIMIT %s
                FOR UPDATE OF keys SKIP LOCKED
             )
        DELETE FROM counter_keys keys USING idle WHERE (keys.counter, keys.key) = (idle.counter, idle.key)
        """,
        [as_records(cuts), PRUNED_AT_ONCE],
    )
    return deleted


def _row(hit: Hit) -> dict[str, object]:
    return {"counter": hit.counter, "key": hit.key, "at": hit.at.isoformat(), "seq": hit.seq}


def _lock(conn: Conn, hits: Iterable[Hit]) -> None:
    """Take the lock of every key, in one order everywhere, so that workers cannot deadlock."""
    latest: dict[_Key, datetime] = {}
    for hit in hits:
        latest[hit.counter, hit.key] = max(hit.at, latest.get((hit.counter, hit.key), hit.at))
    conn.execute(
        """
        INSERT INTO counter_keys AS keys (counter, key, last_at)
        SELECT h.counter, h.key, h.last_at
        FROM jsonb_to_recordset(%s) AS h(counter text, key text, last_at timestamptz)
        ORDER BY h.counter COLLATE "C", h.key COLLATE "C"
        ON CONFLICT (counter, key) DO UPDATE SET last_at = greatest(keys.last_at, excluded.last_at)
        """,
        [as_records([{"counter": c, "key": k, "last_at": at.isoformat()} for (c, k), at in latest.items()])],
    )


def _later_hits(recorded: Sequence[Hit], hits: Sequence[Hit]) -> list[int]:
    """For each hit, how many of the batch are in its window though they come after it in `seq`."""
    order = sorted(range(len(hits)), key=lambda index: hits[index].seq, reverse=True)
    waiting = sorted(recorded, key=lambda hit: hit.seq)
    seen: dict[_Key, list[datetime]] = defaultdict(list)
    numbers = [0] * len(hits)
    for index in order:
        hit = hits[index]
        while waiting and waiting[-1].seq > hit.seq:
            later = waiting.pop()
            insort(seen[later.counter, later.key], later.at)
        times = seen.get((hit.counter, hit.key))
        if times:
            numbers[index] = bisect_right(times, hit.at) - bisect_right(times, hit.at - hit.window)
    return numbers


def _stored(conn: Conn, hits: Sequence[Hit]) -> list[int]:
    """For each hit, the stored hits in its window: one range of the index a key, however many ask."""
    edges: dict[_Key, set[int]] = defaultdict(set)
    for hit in hits:
        edges[hit.counter, hit.key].update((_after(hit.at - hit.window), _after(hit.at)))
    if not edges:
        return []
    ordered = {key: sorted(times) for key, times in edges.items()}
    asks = [{"counter": c, "key": k, "edges": times} for (c, k), times in ordered.items()]
    rows = conn.execute(
        """
        SELECT ask.ord, bucket.number, bucket.hits
        FROM (
            SELECT ord, ask ->> 'counter' AS counter, ask ->> 'key' AS key, ARRAY(
                SELECT 'epoch'::timestamptz + edge::bigint * interval '1 microsecond'
                FROM jsonb_array_elements_text(ask -> 'edges') AS edge ORDER BY edge::bigint
            ) AS edges
            FROM jsonb_array_elements(%s) WITH ORDINALITY AS asks(ask, ord)
        ) AS ask
        CROSS JOIN LATERAL (
            SELECT width_bucket(hit.at, ask.edges) AS number, count(*) AS hits
            FROM counter_hits hit
            WHERE hit.counter = ask.counter AND hit.key = ask.key
              AND hit.at >= ask.edges[1] AND hit.at < ask.edges[cardinality(ask.edges)]
            GROUP BY 1
        ) AS bucket
        """,
        [as_records(asks)],
    ).fetchall()
    keys = list(ordered)
    counts = {key: [0] * len(times) for key, times in ordered.items()}
    for ord_, number, found in rows:
        counts[keys[ord_ - 1]][number] = found
    totals = {key: list(accumulate(found)) for key, found in counts.items()}
    return [_between(hit, ordered, totals) for hit in hits]


def _after(at: datetime) -> int:
    """The first microsecond after `at`, since the epoch: windows are open below, closed above."""
    return (at - EPOCH) // MICROSECOND + 1


def _between(hit: Hit, ordered: Mapping[_Key, list[int]], totals: Mapping[_Key, list[int]]) -> int:
    """Hits from the edge after `at - window` up to the edge after `at`, by running totals."""
    times, total = ordered[hit.counter, hit.key], totals[hit.counter, hit.key]
    first = bisect_left(times, _after(hit.at - hit.window))
    last = bisect_left(times, _after(hit.at))
    return total[last] - total[first]
