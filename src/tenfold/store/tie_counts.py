"""How many accounts have a tie, counted where ties are kept: keys are counted of young accounts only."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from tenfold.fingerprint import MAX_TIES
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

MOST = 1_000  # entries of an index that are read to count one tie
TieKind = Literal["groups", "follows", "mentions", "followed_by", "mentioned_by", "announced_by"]


class Tie(NamedTuple):
    """A tie as a fingerprint has it: its field there, and the account or group on the other end."""

    kind: TieKind
    value: str


def _few(source: str) -> str:
    return f"(SELECT count(*) FROM (SELECT FROM {source} LIMIT {MOST} + 1) AS few)"


_COUNT = f"""
SELECT kind, value, told, CASE
    WHEN told > {MOST} THEN told
    WHEN kind = 'groups' THEN {_few("memberships WHERE group_id = value")}
    WHEN kind = 'follows' THEN {_few("follows WHERE target = value")}
    WHEN kind = 'followed_by' THEN {_few("follows WHERE follower = value")}
    WHEN kind = 'mentions' THEN {_few("mentions WHERE target = value")}
    WHEN kind = 'mentioned_by' THEN {_few("mentions WHERE account = value")}
    WHEN kind = 'announced_by' THEN {_few("mentions WHERE account = value AND announced")}
    END
FROM jsonb_to_recordset(%s) AS tie (kind text, value text), LATERAL (SELECT CASE
    WHEN kind = 'groups' THEN (SELECT members FROM groups WHERE id = value)
    WHEN kind IN ('follows', 'mentions') THEN (SELECT followers FROM accounts WHERE id = value)
    WHEN kind = 'followed_by' THEN (SELECT following FROM accounts WHERE id = value)
    END AS told) AS platform
"""


def count(conn: Conn, ties: Iterable[Tie]) -> dict[Tie, int | None]:
    """How many accounts have each of these ties: those that are kept, or what the platform says if that is
    more. None: more than are counted, and the platform does not say how many.

    Of those who mention an account only the first MAX_TIES are kept: beyond, its followers stand for them.
    """
    asked = sorted(set(ties))
    if not asked:
        return {}
    rows = conn.execute(_COUNT, [as_records([tie._asdict() for tie in asked])], prepare=True)
    return {Tie(kind, value): _accounts(kind, counted, told) for kind, value, told, counted in rows}


def _accounts(kind: TieKind, counted: int, told: int | None) -> int | None:
    limit = MAX_TIES if kind == "mentions" else MOST + 1
    if counted >= limit and (told is None or told < limit):
        return None
    return max(counted, told or 0)
