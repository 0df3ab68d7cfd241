"""What people decided about pairs of accounts: the same hands, different ones, or not to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg import sql
from psycopg.rows import class_row

from tenfold.store.accounts import as_records
from tenfold.store.database import Conn

Verdict = Literal["same", "different", "unsure"]
Pair = tuple[str, str]
STEPS = 5  # decisions `same` from one account to another that still make them the same people's
MOST_SAME = 2_000  # accounts that are followed through such decisions


class LinkDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision's row, `account_a` < `account_b` bytewise.

    `probability`, `evidence` and `model` are what the person was shown.
    """

    id: int
    account_a: str
    account_b: str
    verdict: Verdict
    author: str
    reason: str
    case_id: int | None
    decision_id: int | None
    probability: float | None
    evidence: list[dict[str, Any]]
    model: str
    decided_at: datetime

    @property
    def pair(self) -> Pair:
        """The two accounts, in the order of the store."""
        return self.account_a, self.account_b


_COLUMNS = sql.SQL(", ").join(sql.Identifier(name) for name in LinkDecision.__struct_fields__)
_IN_FORCE = (
    sql.SQL(
        """
        SELECT {columns} FROM jsonb_to_recordset(%s) AS asked (a text, b text), LATERAL (
            SELECT * FROM link_decisions
            WHERE account_a = asked.a AND account_b = asked.b AND reversed_at IS NULL
            ORDER BY id DESC LIMIT 1) AS latest
        """
    )
    .format(columns=_COLUMNS)
    .as_bytes()  # made once: it is asked for every account that is looked at
)


def ordered(one: str, other: str) -> Pair:
    """The two accounts as the store orders them: bytewise. Raises ValueError when they are one."""
    first, second = sorted((one, other), key=str.encode)
    if first == second:
        raise ValueError(f"account {one!r} is not linked to itself")
    return first, second


def record(
    conn: Conn,
    accounts: Pair,
    verdict: Verdict,
    *,
    author: str,
    reason: str = "",
    case_id: int | None = None,
    decision_id: int | None = None,
    probability: float | None = None,
    evidence: Sequence[dict[str, Any]] = (),
    model: str = "",
    now: datetime,
) -> int:
    """Keep one decision about a pair, in either order; returns its id. It stands until a later one or until
    it is reversed. Raises ValueError when both accounts are one.
    """
    first, second = ordered(*accounts)
    row = conn.execute(
        """
        INSERT INTO link_decisions (account_a, account_b, verdict, author, reason, case_id, decision_id,
            probability, evidence, model, decided_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        [
            *(first, second, verdict, author, reason, case_id, decision_id, probability),
            as_records(evidence),
            model,
            now,
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def in_force(conn: Conn, pairs: Iterable[Pair]) -> dict[Pair, LinkDecision]:
    """The decision in force on each pair (in either order) that has one, by the pair as the store orders
    it (`ordered`)."""
    wanted = sorted({ordered(*pair) for pair in pairs})
    if not wanted:
        return {}
    asked = as_records([{"a": first, "b": second} for first, second in wanted])
    rows = conn.execute(_IN_FORCE, [asked], prepare=True).fetchall()
    names = LinkDecision.__struct_fields__
    decisions = [LinkDecision(**dict(zip(names, row, strict=True))) for row in rows]
    return {decision.pair: decision for decision in decisions}


def different(conn: Conn, pairs: Iterable[Pair]) -> set[Pair]:
    """Those of these pairs that people decided to be different, as the store orders them."""
    return {pair for pair, said in in_force(conn, pairs).items() if said.verdict == "different"}


def told_apart(conn: Conn, pairs: Iterable[Pair]) -> set[Pair]:
    """Those of these pairs (closed, new) of which people decided that others of the same people's accounts
    are different: A and B are the same, C is not A, so C is hardly B.

    The same people's are those reached by at most STEPS decisions `same`, about MOST_SAME of all together.
    """
    asked = list(pairs)
    if not asked:
        return set()
    reached = frontier = {account for pair in asked for account in pair}
    people = {account: account for account in reached}

    def of(account: str) -> str:
        while people.setdefault(account, account) != account:
            account = people[account]
        return account

    different_: list[Pair] = []
    for _ in range(STEPS):
        same = []
        for first, second, verdict in _said(conn, frontier):
            if verdict == "same":
                same.append((first, second))
                people[of(first)] = of(second)
            elif verdict == "different":
                different_.append((first, second))
        frontier = {end for pair in same for end in pair} - reached
        reached = reached | frontier
        if not frontier or len(reached) > MOST_SAME + len(asked):
            break
    apart = {frozenset((of(first), of(second))) for first, second in different_}
    return {pair for pair in asked if of(pair[0]) != of(pair[1]) and frozenset(map(of, pair)) in apart}


def _said(conn: Conn, accounts: Iterable[str]) -> list[tuple[str, str, Verdict]]:
    """The pairs in which any of these accounts stands, with the verdict in force."""
    rows = conn.execute(
        """
        SELECT DISTINCT ON (account_a, account_b) account_a, account_b, verdict FROM link_decisions
        WHERE reversed_at IS NULL AND (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s))
        ORDER BY account_a, account_b, id DESC
        """,
        {"ids": sorted(set(accounts))},
        prepare=True,
    )
    return rows.fetchall()


def all_in_force(conn: Conn) -> list[LinkDecision]:
    """The decision in force on every pair that has one, in the order of pairs."""
    cursor = conn.cursor(row_factory=class_row(LinkDecision))
    cursor.execute(
        sql.SQL(
            """
            SELECT DISTINCT ON (account_a, account_b) {columns} FROM link_decisions
            WHERE reversed_at IS NULL ORDER BY account_a, account_b, id DESC
            """
        ).format(columns=_COLUMNS)
    )
    return cursor.fetchall()


def of_accounts(conn: Conn, accounts: Iterable[str]) -> dict[Pair, LinkDecision]:
    """The decisions in force on pairs in which any of these accounts stands."""
    cursor = conn.cursor(row_factory=class_row(LinkDecision))
    cursor.execute(
        sql.SQL(
            """
            SELECT DISTINCT ON (account_a, account_b) {columns} FROM link_decisions
            WHERE reversed_at IS NULL AND (account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s))
            ORDER BY account_a, account_b, id DESC
            """
        ).format(columns=_COLUMNS),
        {"ids": sorted(set(accounts))},
        prepare=True,
    )
    return {decision.pair: decision for decision in cursor}


def strip(conn: Conn, accounts: Sequence[str]) -> None:
    """Forget what these accounts showed: of the evidence that people saw only its kind, what was found and
    its bits stay, and nothing of linkage that a decision took away can come back."""
    conn.execute(
        """
        UPDATE link_decisions SET
            evidence = (
                SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('family', item -> 'family',
                    'kind', item -> 'kind', 'level', item -> 'level', 'bits', item -> 'bits'))
                    ORDER BY number), '[]')
                FROM jsonb_array_elements(evidence) WITH ORDINALITY AS shown (item, number)),
            removed = CASE WHEN removed #>> '{links,0,model}' = ''
                THEN jsonb_set(removed, '{links,0,closed}', 'null') || '{"signals": []}' END
        WHERE account_a = ANY(%(ids)s) OR account_b = ANY(%(ids)s)
        """,
        {"ids": list(accounts)},
    )


def reverse(
    conn: Conn, *, ids: Iterable[int] = (), decisions: Iterable[int] = (), now: datetime
) -> list[Pair]:
    """Take decisions back: those with these `ids`, and those made with these `decisions` of cases.

    Returns the pairs concerned; the decision before, if one stands, is in force again.
    """
    rows = conn.execute(
        """
        UPDATE link_decisions SET reversed_at = %s
        WHERE (id = ANY(%s) OR decision_id = ANY(%s)) AND reversed_at IS NULL
        RETURNING account_a, account_b
        """,
        [now, list(ids), list(decisions)],
    )
    return sorted(rows.fetchall())
