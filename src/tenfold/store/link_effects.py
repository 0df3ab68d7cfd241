"""What a decision on a link takes away and a reversal puts back: the link, its signal, proposals."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg import sql

from tenfold.store import link_decisions, locks, shared_keys
from tenfold.store.database import Conn
from tenfold.store.link_decisions import Pair, ordered


def take_away(conn: Conn, accounts: Pair, decision: int) -> None:
    """Remove the link between two accounts and the signal that rests on it; the decision keeps them."""
    first, second = ordered(*accounts)
    conn.execute(
        """
        WITH link AS (
            DELETE FROM links WHERE account_a = %(a)s AND account_b = %(b)s RETURNING *
        ), signal AS (
            DELETE FROM signals WHERE subject_kind = 'account' AND name = 'return'
                AND ((subject_id = %(a)s AND key = %(b)s) OR (subject_id = %(b)s AND key = %(a)s))
            RETURNING *
        )
        UPDATE link_decisions SET removed = jsonb_build_object(
            'links', (SELECT COALESCE(jsonb_agg(to_jsonb(link)), '[]') FROM link),
            'signals', (SELECT COALESCE(jsonb_agg(to_jsonb(signal)), '[]') FROM signal))
        WHERE id = %(decision)s
        """,
        {"a": first, "b": second, "decision": decision},
    )


def reverse(conn: Conn, decisions: Sequence[int], now: datetime) -> None:
    """Take decisions on links back with their effects, but for a pair of which another that is in force says
    that they are different. Values that they marked as shared are so no longer. What linkage found comes
    back only while the closure is there: the caller holds it (`hold`)."""
    link_decisions.reverse(conn, ids=decisions, now=now)
    there = "EXISTS (SELECT FROM closures WHERE closures.account = kept.{})"
    still = {"links": f"(kept.model = '' OR {there.format('closed')})", "signals": there.format("key")}
    for table, condition in still.items():
        conn.execute(
            sql.SQL(
                """
                INSERT INTO {table} SELECT kept.* FROM link_decisions AS old,
                    jsonb_populate_recordset(NULL::{table}, removed -> {name}) AS kept
                WHERE id = ANY(%s) AND {condition} AND NOT EXISTS (
                    SELECT FROM link_decisions AS other
                    WHERE other.account_a = old.account_a AND other.account_b = old.account_b
                      AND other.verdict = 'different' AND other.reversed_at IS NULL)
                ON CONFLICT DO NOTHING
                """
            ).format(table=sql.Identifier(table), name=sql.Literal(table), condition=sql.SQL(condition)),
            [list(decisions)],
        )
    shared_keys.unmark_of(conn, decisions)
    _propose_again(conn, decisions, now)


def hold(conn: Conn, decisions: Sequence[int]) -> None:
    """Hold the closures of the accounts that these decisions are about. Take it before any other lock."""
    rows = conn.execute(
        "SELECT account_a, account_b FROM link_decisions WHERE id = ANY(%s)", [list(decisions)]
    )
    locks.lock_closures(conn, [account for pair in rows for account in pair])


def made_with(conn: Conn, decisions: Sequence[int]) -> list[int]:
    """The decisions in force on links that were made together with these decisions of cases."""
    rows = conn.execute(
        "SELECT id FROM link_decisions WHERE decision_id = ANY(%s) AND reversed_at IS NULL ORDER BY id",
        [list(decisions)],
    )
    return [row[0] for row in rows]


def decided_with(conn: Conn, decision_on_link: int, decision_id: int) -> None:
    """Note that a case was decided with a link: reversing that decision takes this one back, too."""
    conn.execute("UPDATE link_decisions SET decision_id = %s WHERE id = %s", [decision_id, decision_on_link])


def may_be_return(conn: Conn, account: str) -> bool:
    """Whether a signal or a link to a closed account still says that this account is a return."""
    row = conn.execute(
        """
        SELECT EXISTS (
            SELECT FROM signals WHERE subject_kind = 'account' AND subject_id = %(id)s AND name = 'return'
        ) OR EXISTS (
            SELECT FROM links JOIN accounts
                ON accounts.id = CASE account_a WHEN %(id)s THEN account_b ELSE account_a END
            WHERE (account_a = %(id)s OR account_b = %(id)s) AND accounts.state = 'closed'
        )
        """,
        {"id": account},
    ).fetchone()
    return bool(row and row[0])


def proposed_for(conn: Conn, accounts: Iterable[str]) -> set[str]:
    """Those of these accounts on whose open case rules propose something."""
    rows = conn.execute(
        """
        SELECT DISTINCT cases.subject_id FROM cases JOIN actions ON actions.case_id = cases.id
        WHERE cases.subject_kind = 'account' AND cases.subject_id = ANY(%s) AND cases.state <> 'decided'
          AND actions.state = 'proposed' AND actions.origin LIKE 'rule:%%'
        """,
        [sorted(set(accounts))],
    )
    return {row[0] for row in rows}


def withdraw(
    conn: Conn, case_id: int, rules: Sequence[str], decision: int | None, now: datetime
) -> list[int]:
    """Withdraw what these rules propose on a case; the actions remember the decision on the link, if it was
    one."""
    rows = conn.execute(
        """
        UPDATE actions SET state = 'withdrawn', updated_at = %(now)s,
            details = details || jsonb_strip_nulls(
                jsonb_build_object('link_decision', %(decision)s::bigint))
        WHERE case_id = %(case)s AND state = 'proposed'
          AND split_part(split_part(origin, '@', 1), ':', 2) = ANY(%(rules)s)
        RETURNING id
        """,
        {"now": now, "decision": decision, "case": case_id, "rules": list(rules)},
    )
    return sorted(row[0] for row in rows)


def _propose_again(conn: Conn, decisions: Iterable[int], now: datetime) -> None:
    """Bring back what decisions on links withdrew from cases that still wait, where the same is not proposed
    anew."""
    conn.execute(
        """
        UPDATE actions SET state = 'proposed', updated_at = %(now)s, details = details - 'link_decision'
        WHERE state = 'withdrawn' AND (details ->> 'link_decision')::bigint = ANY(%(ids)s)
          AND case_id IN (
            SELECT cases.id FROM cases JOIN link_decisions ON link_decisions.case_id = cases.id
            WHERE link_decisions.id = ANY(%(ids)s) AND cases.state <> 'decided')
          AND NOT EXISTS (
            SELECT FROM actions other
            WHERE other.case_id = actions.case_id AND other.subject_kind = actions.subject_kind
              AND other.subject_id = actions.subject_id AND other.kind = actions.kind
              AND other.label = actions.label AND other.state = 'proposed')
        """,
        {"now": now, "ids": sorted(set(decisions))},
    )
