"""What has changed since the decision that an appeal is about."""

from datetime import datetime

import msgspec

from tenfold.casework.lists import read_decisions
from tenfold.casework.shown import DecisionView
from tenfold.store import cases
from tenfold.store.appeals import Appeal
from tenfold.store.database import Conn

LATER = 20  # decisions shown


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """`edited_at`: when the post was edited last, if after the decision. `profiles`: how often the account's
    profile changed. `state`: of the subject now. `later`: decisions on the account since, newest first.
    `newer_case`: undecided, on the same subject."""

    edited_at: datetime | None
    profiles: int
    state: str | None
    later: tuple[DecisionView, ...]
    newer_case: int | None

    @property
    def something(self) -> bool:
        """Whether anything changed at all."""
        return bool(self.edited_at or self.profiles or self.later or self.newer_case)


def since(conn: Conn, appeal: Appeal, decided_at: datetime) -> Since:
    """What happened after that time to the subject and its account."""
    row = conn.execute(
        """
        SELECT (SELECT edited_at FROM posts
                WHERE %(kind)s = 'post' AND posts.id = %(id)s AND edited_at > %(at)s),
            (SELECT count(*) FROM account_profiles WHERE account = %(account)s AND at > %(at)s),
            subject_state(%(kind)s, %(id)s)
        """,
        {"kind": appeal.subject_kind, "id": appeal.subject_id, "account": appeal.account, "at": decided_at},
    ).fetchone()
    assert row is not None
    later = read_decisions(
        conn,
        """
        case_id IN (SELECT id FROM cases WHERE account = %(account)s) AND decided_at > %(at)s
            AND id IS DISTINCT FROM %(new)s AND id IS DISTINCT FROM %(own)s
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {
            "account": appeal.account,
            "at": decided_at,
            "new": appeal.new_decision,
            "own": appeal.decision_id,
            "limit": LATER,
        },
    )
    return Since(
        edited_at=row[0],
        profiles=row[1],
        state=row[2],
        later=tuple(later),
        newer_case=cases.open_case_of(conn, appeal.subject),
    )
