"""Signals and links: what detectors and linkage found."""

from collections.abc import Iterable, Sequence

import msgspec
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tenfold.evidence import Signal
from tenfold.store.accounts import as_records
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that two accounts are run by the same people, `account_a` < `account_b`.

    `bits` are log2 Bayes factors, `evidence` the ledger of items that add up to them. `closed` is the one
    of the two that came first and was closed, `model` the version that judged, `held_back` why it is not
    likely though it is probable (linkage.ledger); links that people or the platform told have none of these.
    """

    account_a: str
    account_b: str
    bits: float
    probability: float
    level: str
    evidence: list[dict[str, object]]
    origin: str
    closed: str | None = None
    model: str = ""
    held_back: str | None = None


class Strongest(msgspec.Struct, frozen=True, kw_only=True):
    """An account's links to closed accounts: how many, and the best of them."""

    account: str
    count: int
    probability: float
    level: str


def replace(conn: Conn, subjects: Iterable[Subject], signals: Sequence[Signal]) -> None:
    """Make `signals` all that is known of `subjects`: what a detector no longer finds goes."""
    asked = sorted(set(subjects))
    conn.execute(
        """
        DELETE FROM signals USING unnest(%s::text[], %s::text[]) AS asked (kind, id)
        WHERE subject_kind = asked.kind AND subject_id = asked.id AND name <> 'return'
        """,
        [[subject.kind.value for subject in asked], [subject.id for subject in asked]],
        prepare=True,
    )
    add(conn, signals)


# Keeps the signals that `as_rows` gives, all or those `which`.
KEEP = """
    INSERT INTO signals (subject_kind, subject_id, name, key, score, detector, version, spans, details)
    SELECT kind, id, name, key, score, detector, version, spans, details
    FROM jsonb_to_recordset(%(signals)s) AS row (kind text, id text, name text, key text, score real,
        detector text, version text, spans jsonb, details jsonb)
    {which}
    ON CONFLICT (subject_kind, subject_id, name, key) DO UPDATE SET
        score = excluded.score, detector = excluded.detector, version = excluded.version,
        spans = excluded.spans, details = excluded.details, found_at = now()
"""


def add(conn: Conn, signals: Sequence[Signal]) -> None:
    """Keep signals, each replacing the one with the same subject, name and key."""
    if signals:
        conn.execute(KEEP.format(which=""), {"signals": as_rows(signals)}, prepare=True)


def as_rows(signals: Iterable[Signal]) -> Jsonb:
    """What KEEP takes, in the order of keys; of several with the same key the last."""
    last = {(signal.subject, signal.name, signal.key): signal for signal in signals}
    rows = [
        {
            "kind": signal.subject.kind.value,
            "id": signal.subject.id,
            "name": signal.name,
            "key": signal.key,
            "score": signal.score,
            "detector": signal.detector,
            "version": signal.version,
            "spans": signal.spans,
            "details": signal.details,
        }
        for _, signal in sorted(last.items(), key=lambda pair: pair[0])
    ]
    return as_records(rows)


class _Row(msgspec.Struct):
    subject_kind: str
    subject_id: str
    name: str
    key: str
    score: float
    detector: str
    version: str
    spans: list[dict[str, object]]
    details: dict[str, object]


def load(conn: Conn, subjects: Iterable[Subject], name: str | None = None) -> dict[Subject, list[Signal]]:
    """Signals of subjects (those of one `name`), strongest first; subjects without any are left out."""
    asked = sorted(set(subjects))
    cursor = conn.cursor(row_factory=class_row(_Row))
    cursor.execute(
        """
        SELECT subject_kind, subject_id, name, key, score, detector, version, spans, details
        FROM signals JOIN unnest(%s::text[], %s::text[]) AS asked (kind, id)
            ON subject_kind = asked.kind AND subject_id = asked.id
        WHERE %s::text IS NULL OR name = %s
        ORDER BY score DESC, name, key
        """,
        [[subject.kind.value for subject in asked], [subject.id for subject in asked], name, name],
        prepare=True,
    )
    found: dict[Subject, list[Signal]] = {}
    for row in cursor:
        subject = Subject(SubjectKind(row.subject_kind), row.subject_id)
        signal = msgspec.convert(
            {
                "subject": subject,
                "name": row.name,
                "key": row.key,
                "score": row.score,
                "detector": row.detector,
                "version": row.version,
                "spans": row.spans,
                "details": row.details,
            },
            Signal,
        )
        found.setdefault(subject, []).append(signal)
    return found


# The verdict in force on the pair of a row: what people said last and did not take back.
VERDICT = """
    (SELECT verdict FROM link_decisions AS said
     WHERE said.account_a = {row}.account_a AND said.account_b = {row}.account_b AND reversed_at IS NULL
     ORDER BY said.id DESC LIMIT 1)
"""


# Of a link that was `found`: `other` is closed, here or on a list that was imported, and nobody denied it.
_TO_CLOSED = f"""
    (EXISTS (SELECT FROM accounts WHERE accounts.id = other AND accounts.state = 'closed')
     OR EXISTS (SELECT FROM closures WHERE closures.account = other))
    AND {VERDICT.format(row="found")} IS DISTINCT FROM 'different'
"""


def save_links(conn: Conn, links: Iterable[Link]) -> set[tuple[str, str]]:
    """Keep links, each replacing the one between the same two accounts; returns the pairs that were kept.

    What people decided to be different is not linked again. A link that linkage found gives way to a told
    one only if that is stronger (then the closed account stays known), a told one never to a found one.
    """
    rows = sorted(links, key=_pair)
    if not rows:
        return set()
    # Whoever decides about a pair holds its accounts; the next statement sees what he decided.
    conn.execute(
        "SELECT FROM accounts WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [sorted({id_ for link in rows for id_ in (link.account_a, link.account_b)})],
        prepare=True,
    )
    return write_links(conn, rows)


# Keeps links out of `row`, which is LINK_ROWS. A told one (without a model) takes the place
# of a told one, and of one that linkage found if it is stronger; one that was found never that of a told one.
KEEP_LINKS = f"""
    INSERT INTO links (account_a, account_b, bits, probability, level, evidence, origin, closed, model,
        held_back)
    SELECT account_a, account_b, bits, probability, level, evidence, origin, closed, model, held_back
    FROM row WHERE {VERDICT.format(row="row")} IS DISTINCT FROM 'different'
    ON CONFLICT (account_a, account_b) DO UPDATE SET
        bits = excluded.bits, probability = excluded.probability, level = excluded.level,
        evidence = excluded.evidence, origin = excluded.origin,
        closed = COALESCE(excluded.closed, links.closed), model = excluded.model,
        held_back = excluded.held_back, found_at = now()
    WHERE CASE WHEN excluded.model = '' THEN links.model = ''
            OR (excluded.level = 'likely', excluded.probability)
                > (links.level = 'likely', links.probability)
        ELSE links.model <> '' END
    RETURNING account_a, account_b
"""
LINK_ROWS = """
    SELECT * FROM jsonb_to_recordset(%(links)s) AS given (account_a text, account_b text, bits real,
        probability real, level text, evidence jsonb, origin text, closed text, model text, held_back text)
"""


def write_links(conn: Conn, links: Sequence[Link]) -> set[tuple[str, str]]:
    """The same, when the caller holds a lock that whoever decides about these pairs waits for."""
    cursor = conn.execute(
        f"WITH row AS ({LINK_ROWS}) {KEEP_LINKS}", {"links": links_as_rows(links)}, prepare=True
    )
    return set(cursor.fetchall())


def links_as_rows(links: Iterable[Link]) -> Jsonb:
    """What LINK_ROWS takes, in the order of keys."""
    rows: list[Link] = sorted(links, key=_pair)
    return as_records(rows)


def _pair(link: Link) -> tuple[str, str]:
    return link.account_a, link.account_b


def links_to_closed(conn: Conn, accounts: Sequence[str]) -> dict[str, Strongest]:
    """For each account that has any: its links to accounts that are closed, here or on a list that was
    imported, but for those that people decided to be different."""
    cursor = conn.cursor(row_factory=class_row(Strongest))
    cursor.execute(
        f"""
        WITH found AS (
            SELECT asked.account, links.account_b AS other, probability, level, account_a, account_b
            FROM unnest(%(ids)s::text[]) AS asked (account) JOIN links ON links.account_a = asked.account
            UNION ALL
            SELECT asked.account, links.account_a, probability, level, account_a, account_b
            FROM unnest(%(ids)s::text[]) AS asked (account) JOIN links ON links.account_b = asked.account
        )
        SELECT account, count(*)::int AS count, max(probability)::float8 AS probability,
               (array_agg(level ORDER BY probability DESC))[1] AS level
        FROM found
        WHERE {_TO_CLOSED}
        GROUP BY account
        """,
        {"ids": list(accounts)},
        prepare=True,
    )
    return {row.account: row for row in cursor}


def strongest_closed(conn: Conn, accounts: Iterable[str]) -> dict[str, list[str]]:
    """For each account that has any: the closed accounts to which it has links of its best level, sorted."""
    rows = conn.execute(
        f"""
        WITH found AS (
            SELECT asked.account, links.account_b AS other, level, account_a, account_b
            FROM unnest(%(ids)s::text[]) AS asked (account) JOIN links ON links.account_a = asked.account
            UNION ALL
            SELECT asked.account, links.account_a, level, account_a, account_b
            FROM unnest(%(ids)s::text[]) AS asked (account) JOIN links ON links.account_b = asked.account
        ), closed AS (
            SELECT account, other, level, min(level) OVER (PARTITION BY account) AS best FROM found
            WHERE {_TO_CLOSED}
        )
        SELECT account, array_agg(other ORDER BY other) FROM closed WHERE level = best GROUP BY account
        """,  # 'likely' sorts before 'possible'
        {"ids": sorted(set(accounts))},
        prepare=True,
    )
    return dict(rows.fetchall())
