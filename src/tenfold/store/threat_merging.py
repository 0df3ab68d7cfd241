"""Records of threats that turned out to be part of others."""

from collections.abc import Iterable, Mapping

from tenfold.store import threats
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.store.threats import Threat


def lock_whole(conn: Conn, ids: Iterable[int]) -> tuple[dict[int, Threat], dict[int, int]]:
    """Lock records, and those that they have become part of: returns the ones that stand for themselves, and
    for every id asked which of them it is part of."""
    asked, held = set(ids), dict[int, Threat]()
    wanted = set(asked)
    while wanted:
        held |= threats.load(conn, wanted, lock=True)
        wanted = {threat.merged_into for threat in held.values() if threat.merged_into} - held.keys()

    def whole(id_: int) -> int:
        part_of = held[id_].merged_into
        return id_ if part_of is None else whole(part_of)

    roots = {id_: whole(id_) for id_ in asked}
    return {id_: held[id_] for id_ in roots.values()}, roots


def absorb(conn: Conn, parts: Mapping[int, int]) -> None:
    """Move everything of some locked records into those that they turned out to be part of: {part: whole}."""
    rows = [{"part": part, "whole": whole} for part, whole in sorted(parts.items())]
    values = [as_records(rows)]
    for statement in (
        "UPDATE threat_sources SET threat_id = row.whole FROM parts AS row WHERE threat_id = row.part",
        "UPDATE threats SET merged_into = row.whole FROM parts AS row WHERE merged_into = row.part",
        """
        UPDATE threats SET targets = ARRAY(
            SELECT DISTINCT name FROM threats AS one, unnest(one.targets) AS name
            WHERE one.id = threats.id OR one.id IN (SELECT part FROM parts WHERE whole = threats.id)
            ORDER BY 1)
        WHERE id IN (SELECT whole FROM parts)
        """,
        """
        INSERT INTO threat_protectees (threat_id, protectee_id, how, strength, spans)
        SELECT DISTINCT ON (row.whole, protectee_id) row.whole, protectee_id, how, strength, spans
        FROM threat_protectees JOIN parts AS row ON threat_id = row.part
        ORDER BY row.whole, protectee_id, strength DESC
        ON CONFLICT (threat_id, protectee_id) DO NOTHING
        """,
        "DELETE FROM threat_protectees USING parts AS row WHERE threat_id = row.part",
    ):
        conn.execute(
            "WITH parts AS (SELECT * FROM jsonb_to_recordset(%s) AS row (part bigint, whole bigint)) "
            + statement,
            values,
        )
