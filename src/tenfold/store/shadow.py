"""What rules in shadow would have done."""

from collections.abc import Sequence
from datetime import datetime

from tenfold.judgement import Firing
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn


def note(conn: Conn, firings: Sequence[tuple[str, Firing]], now: datetime) -> None:
    """Keep firings, each with the definition of its rule; a subject counts once for each definition."""
    last = {
        (firing.rule, definition, firing.subject.kind.value, firing.subject.id): firing
        for definition, firing in firings
    }
    rows = [
        {
            "rule": rule,
            "definition": definition,
            "kind": kind,
            "id": id_,
            "account": firing.account,
            "policy": firing.policy,
            "ground": firing.ground.value,
            "severity": int(firing.severity),
            "parts": firing.parts,
            "language": firing.language,
            "at": now,
        }
        for (rule, definition, kind, id_), firing in sorted(last.items(), key=lambda pair: pair[0])
    ]
    conn.execute(
        """
        INSERT INTO shadow_hits (rule, definition, subject_kind, subject_id, account, policy, ground,
            severity, parts, language, first_at, last_at)
        SELECT rule, definition, kind, id, account, policy, ground, severity, parts, language, at, at
        FROM jsonb_to_recordset(%s) AS row (rule text, definition text, kind text, id text, account text,
            policy text, ground text, severity smallint, parts jsonb, language text, at timestamptz)
        ON CONFLICT (rule, definition, subject_kind, subject_id) DO UPDATE SET
            parts = excluded.parts, policy = excluded.policy, last_at = excluded.last_at
        """,
        [as_records(rows)],
        prepare=True,
    )


def forget(conn: Conn, before: datetime) -> int:
    """Erase what was last seen before a time; returns how many rows."""
    return conn.execute("DELETE FROM shadow_hits WHERE last_at < %s", [before]).rowcount
