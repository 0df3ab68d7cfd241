"""Who names whom in posts: the first accounts that named one, and those that announced it to others."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tenfold.fingerprint import MAX_TIES
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


class Mention(msgspec.Struct, frozen=True, order=True):
    """`account` named `target` in a post; `announced` when it told others that this is somebody's account."""

    target: str
    account: str
    at: datetime
    announced: bool = False


def add(conn: Conn, mentions: Iterable[Mention]) -> None:
    """Keep who named whom, each pair once, the first MAX_TIES of each target and all who announce it."""
    rows: dict[tuple[str, str], Mention] = {}
    for mention in sorted(mentions):
        known = rows.setdefault((mention.target, mention.account), mention)
        if mention.announced and not known.announced:
            rows[mention.target, mention.account] = msgspec.structs.replace(known, announced=True)
    conn.execute(
        """
        INSERT INTO mentions (target, account, at, announced)
        SELECT target, account, at, announced
        FROM jsonb_to_recordset(%(rows)s) AS row (target text, account text, at timestamptz,
            announced boolean)
        WHERE announced OR (
            SELECT count(*) FROM (
                SELECT FROM mentions WHERE mentions.target = row.target LIMIT %(most)s) AS known) < %(most)s
        ORDER BY target, account
        ON CONFLICT (target, account) DO UPDATE SET announced = true
        WHERE excluded.announced AND NOT mentions.announced
        """,
        {"rows": as_records(rows.values()), "most": MAX_TIES},
        prepare=True,
    )
