"""How many accounts have a tie, counted where ties are kept: keys are counted of young accounts only."""

from typing import Literal, NamedTuple

from tenfold.fingerprint import MAX_TIES

MOST = 1_000  # entries of an index that are read to count one tie
TieKind = Literal["groups", "follows", "mentions", "followed_by", "mentioned_by", "announced_by"]


class Tie(NamedTuple):
    """A tie as a fingerprint has it: its field there, and the account or group on the other end."""

    kind: TieKind
    value: str


def _few(source: str) -> str:
    return f"(SELECT count(*) FROM (SELECT FROM {source} LIMIT {MOST} + 1) AS few)"


# To be read beside a row with `kind` and `value` of a tie: how many accounts the platform tells of, how many
# are kept, at most MOST + 1.
COUNTS = f"""
    (SELECT told, CASE
        WHEN told > {MOST} THEN told
        WHEN kind = 'groups' THEN {_few("memberships WHERE group_id = value")}
        WHEN kind = 'follows' THEN {_few("follows WHERE target = value")}
        WHEN kind = 'followed_by' THEN {_few("follows WHERE follower = value")}
        WHEN kind = 'mentions' THEN {_few("mentions WHERE target = value")}
        WHEN kind = 'mentioned_by' THEN {_few("mentions WHERE account = value")}
        WHEN kind = 'announced_by' THEN {_few("mentions WHERE account = value AND announced")}
        END AS kept
    FROM (SELECT CASE
        WHEN kind = 'groups' THEN (SELECT members FROM groups WHERE id = value)
        WHEN kind IN ('follows', 'mentions') THEN (SELECT followers FROM accounts WHERE id = value)
        WHEN kind = 'followed_by' THEN (SELECT following FROM accounts WHERE id = value)
        END AS told) AS platform)
"""


def accounts(kind: TieKind, kept: int, told: int | None) -> int | None:
    """How many accounts have a tie: those that are kept, or what the platform says if that is more. None:
    more than are counted, and the platform does not say how many.

    Of those who mention an account only the first MAX_TIES are kept: beyond, its followers stand for them.
    """
    limit = MAX_TIES if kind == "mentions" else MOST + 1
    if kept >= limit and (told is None or told < limit):
        return None
    return max(kept, told or 0)
