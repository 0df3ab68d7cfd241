"""What is known of accounts and of pairs before they are judged, in one query: links that were found, what
people decided, who is watched, and the closures that are compared."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import Fingerprint
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, Verdict, ordered
from tenfold.store.returns import Found

_fingerprint = msgspec.json.Decoder(Fingerprint)

# How PostgreSQL sends an array of bigint: 20 bytes of header, then the size and the value of each.
_SENT_HEADER, _SENT = 20, np.dtype([("size", ">i4"), ("value", ">i8")])


class Shown(NamedTuple):
    """What a closed account showed: its fingerprint, and its keys (int64, in no order)."""

    fingerprint: Fingerprint
    keys: NDArray[np.int64]


class Known(NamedTuple):
    """A link as it was found last."""

    closed: str
    new: str
    bits: float
    probability: float
    level: str
    model: str
    origin: str


class Before(NamedTuple):
    """What is there of accounts before they are judged: the links that linkage found from them to closed
    ones, those that were told since, too; what people decided about pairs, by the pair as the store orders
    it; which accounts are watched; whether people decided about any account of these pairs; and what the
    closed ones of them showed."""

    known: list[Known]
    verdicts: dict[Pair, Verdict]
    watched: set[str]
    decided: bool
    shown: dict[str, Shown]


NOTHING = Before([], {}, set(), False, {})

_BEFORE = """
    WITH asked AS MATERIALIZED (
        SELECT jsonb_array_elements_text(%(ids)s) COLLATE "C" AS id
    ), known AS MATERIALIZED (
        SELECT found.* FROM asked, LATERAL (
            SELECT closed, account_a AS new, bits::float8, probability::float8, level, model, origin
            FROM links WHERE account_a = asked.id AND closed = account_b
            UNION ALL
            SELECT closed, account_b, bits::float8, probability::float8, level, model, origin
            FROM links WHERE account_b = asked.id AND closed = account_a
        ) AS found
    ), pairs AS MATERIALIZED (
        SELECT closed, new FROM jsonb_to_recordset(%(pairs)s) AS row (closed text, new text)
        UNION SELECT closed, new FROM known
    ), ends AS MATERIALIZED (
        SELECT closed AS id FROM pairs UNION SELECT new FROM pairs
    ), kept AS (
        SELECT one.* FROM (SELECT DISTINCT closed FROM pairs WHERE %(shown)s) AS of, LATERAL (
            SELECT account, fingerprint::text, array_send(keys) FROM closures
            WHERE account = of.closed LIMIT 1
        ) AS one (account, fingerprint, keys)
    )
    SELECT 'known', known.*, NULL AS fingerprint, NULL::bytea AS keys FROM known
    UNION ALL
    SELECT verdict, closed, new, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM pairs, LATERAL (
        SELECT verdict FROM link_decisions
        WHERE account_a = least(closed COLLATE "C", new) AND account_b = greatest(closed COLLATE "C", new)
          AND reversed_at IS NULL
        ORDER BY id DESC LIMIT 1) AS said
    UNION ALL
    SELECT 'watched', NULL, account, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM asked JOIN link_watch ON account = id
    UNION ALL
    SELECT 'decided', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE EXISTS (
        SELECT FROM ends, LATERAL (
            SELECT FROM link_decisions WHERE account_a = ends.id AND reversed_at IS NULL
            UNION ALL SELECT FROM link_decisions WHERE account_b = ends.id AND reversed_at IS NULL
            LIMIT 1) AS said)
    UNION ALL
    SELECT 'shown', account, NULL, NULL, NULL, NULL, NULL, NULL, fingerprint, keys FROM kept
"""


def before(conn: Conn, accounts: Iterable[str], pairs: Iterable[Found], *, shown: bool = True) -> Before:
    """Of these accounts, and of these pairs and those that are linked; without `shown` no closures."""
    rows = conn.cursor(binary=True).execute(
        _BEFORE,
        {
            "ids": as_records(sorted(set(accounts))),
            "pairs": as_records([{"closed": closed, "new": new} for closed, new in pairs]),
            "shown": shown,
        },
        prepare=True,
    )
    known, verdicts, watched, decided, kept = list[Known](), dict[Pair, Verdict](), set[str](), False, {}
    for what, closed, new, *link, fingerprint, keys in rows:
        if what == "shown":
            kept[closed] = _shown(fingerprint, keys)
        elif what == "known":
            known.append(Known(*(closed, new, *link)))
        elif what == "watched":
            watched.add(new)
        elif what == "decided":
            decided = True
        else:
            verdicts[ordered(closed, new)] = what
    return Before(known, verdicts, watched, decided, kept)


def shown(conn: Conn, accounts: Iterable[str]) -> dict[str, Shown]:
    """What closed accounts are compared by, read in a quarter of the time that `closures.load` takes."""
    rows = conn.cursor(binary=True).execute(
        "SELECT account, fingerprint::text, array_send(keys) FROM closures WHERE account = ANY(%s)",
        [list(accounts)],
        prepare=True,
    )
    return {account: _shown(fingerprint, keys) for account, fingerprint, keys in rows}


def _shown(fingerprint: str, keys: bytes) -> Shown:
    values = np.frombuffer(keys[_SENT_HEADER:], _SENT)["value"].astype(np.int64)
    return Shown(_fingerprint.decode(fingerprint), values)
