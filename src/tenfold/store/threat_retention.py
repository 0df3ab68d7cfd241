"""Threats are kept no longer than the operator says, but for what a legal hold covers; their numbers stay."""

from datetime import datetime

from tenfold.store.database import Conn

AT_ONCE = 200  # records in one transaction

# Closed records, and reports of threats that nobody took up, whose last source is that old, and to which no
# hold belongs: neither one of the record or its parts, nor one of a subject that is a source of it.
_OLD = """
    SELECT id FROM threats
    WHERE forgotten_at IS NULL AND merged_into IS NULL
      AND last_at < %(before)s AND updated_at < %(before)s
      AND (status = 'closed' OR (information AND status = 'new'))
      AND NOT EXISTS (
          SELECT FROM legal_holds JOIN threats AS held ON held.id = legal_holds.threat_id
          WHERE lifted_at IS NULL AND threats.id IN (held.id, held.merged_into))
      AND NOT EXISTS (
          SELECT FROM threat_sources JOIN legal_holds USING (subject_kind, subject_id)
          WHERE threat_sources.threat_id = threats.id AND lifted_at IS NULL)
    ORDER BY id LIMIT %(most)s FOR UPDATE OF threats SKIP LOCKED
"""


def forget(conn: Conn, months: int, now: datetime) -> list[int]:
    """Erase the sources, names, corrections and reasons of up to AT_ONCE records that have been closed and
    silent for `months`; returns their ids. Level, outcome, times and counts stay for the figures."""
    row = conn.execute("SELECT %s - make_interval(months => %s)", [now, months]).fetchone()
    values = {"before": row[0] if row else now, "most": AT_ONCE}
    ids = [id_ for (id_,) in conn.execute(_OLD, values)]
    if not ids:
        return []
    all_ = [id_ for (id_,) in conn.execute("SELECT id FROM threats WHERE merged_into = ANY(%s)", [ids])] + ids
    for table in ("threat_sources", "threat_keys", "threat_protectees", "threat_corrections"):
        conn.execute(f"DELETE FROM {table} WHERE threat_id = ANY(%s)", [all_])
    conn.execute(
        "UPDATE threat_log SET details = details - 'reason' - 'text' - 'before' WHERE threat_id = ANY(%s)",
        [all_],
    )
    conn.execute(
        """
        UPDATE threats SET target = '', targets = '{}', findings = '{}', corrected = '{}', asks = '{}',
            forgotten_at = %(now)s, due_at = NULL, closed_at = COALESCE(closed_at, %(now)s),
            outcome = CASE WHEN status = 'closed' THEN outcome ELSE 'news' END, status = 'closed'
        WHERE id = ANY(%(ids)s)
        """,
        {"now": now, "ids": all_},
    )
    return sorted(ids)
