"""Every query of a hot path stays on an index when the tables are large."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args

import psycopg
import pytest

from tenfold.linkage.keys import MAX_ACCOUNTS
from tenfold.processing import fold
from tenfold.processing.fold import Numbered
from tenfold.store import (
    accounts,
    banks,
    closures,
    content,
    counters,
    groups,
    known_pairs,
    link_decisions,
    link_keys,
    links_due,
    mails,
    mentions,
    returns,
    signals,
    standing,
    threat_keys,
    threat_sources,
    threats,
    traces,
)
from tenfold.store import events as queue
from tenfold.store.counters import Hit
from tenfold.store.mentions import Mention
from tenfold.store.signals import Link
from tenfold.store.status import read_status
from tenfold.store.threat_sources import Gone
from tenfold.store.tie_counts import Tie, TieKind
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats import history, lists, shown
from tests.helpers import NOON, event

# Tables that stay small for ever, where reading all rows is the best plan.
SMALL = {
    "lanes",
    "sets",
    "banks",
    "policies",
    "webhooks",
    "users",
    "event_queue",
    "event_seq",
    "event_poison",
    "link_models",
    "links_due",
}

FILL = """
INSERT INTO accounts (id, handle, created_at, first_seq, updated_at)
    SELECT 'a' || n, 'handle' || n, now(), n, now() FROM generate_series(1, 30000) n;
INSERT INTO account_profiles (account, seq, at, handle)
    SELECT 'a' || n, n, now(), 'handle' || n FROM generate_series(1, 30000) n;
INSERT INTO account_tokens (kind, token, account, first_seen, last_seen)
    SELECT 'device', 'd' || n, 'a' || n, now(), now() FROM generate_series(1, 30000) n;
INSERT INTO posts (id, account, created_at, text, seq)
    SELECT 'p' || n, 'a' || n % 3000, now(), 'text', n FROM generate_series(1, 50000) n;
INSERT INTO media (id, account, created_at, kind, seq)
    SELECT 'm' || n, 'a' || n % 3000, now(), 'image', n FROM generate_series(1, 30000) n;
INSERT INTO groups (id, created_at, updated_at)
    SELECT 'g' || n, now(), now() FROM generate_series(1, 20000) n;
INSERT INTO memberships (group_id, account, role, joined_at)
    SELECT 'g' || n % 20000, 'a' || n, 'member', now() FROM generate_series(1, 40000) n;
INSERT INTO follows (follower, target, created_at)
    SELECT 'a' || n, 'a' || n * 7 % 30000, now() FROM generate_series(1, 40000) n;
INSERT INTO reports (seq, subject_kind, subject_id, reason, text, filed_at)
    SELECT n, 'post', 'p' || n, '', '', now() FROM generate_series(1, 30000) n;
INSERT INTO signals (subject_kind, subject_id, name, key, score, detector, version)
    SELECT 'post', 'p' || n, 'terms', '', 1, 'd', '1' FROM generate_series(1, 40000) n;
INSERT INTO links (account_a, account_b, bits, probability, level, origin)
    SELECT least('a' || n, 'b' || n), greatest('a' || n, 'b' || n), 9, 0.9, 'likely', 'x'
    FROM generate_series(1, 30000) n;
INSERT INTO counter_keys SELECT 'c', 'k' || n, now() FROM generate_series(1, 20000) n;
INSERT INTO counter_hits
    SELECT 'c', 'k' || n % 500, now() - n * interval '1 s', n FROM generate_series(1, 60000) n;
INSERT INTO cases (subject_kind, subject_id, account, queue, severity, ground, due_at)
    SELECT 'post', 'p' || n, 'a' || n, 'q', 2, 'TVEC7', now() FROM generate_series(1, 30000) n;
INSERT INTO decisions (case_id, ground, scope, author) SELECT id, 'TVEC7', 'subject', 'user:1' FROM cases;
INSERT INTO banks (id, kind, title) VALUES ('b', 'terms', 'b');
INSERT INTO bank_entries (bank, key, value, added_by)
    SELECT 'b', 'k' || n, 'v' || n, 'user:1' FROM generate_series(1, 30000) n;
INSERT INTO webhooks (name, url, secret) VALUES ('w', 'https://w.example', 's');
INSERT INTO deliveries (webhook_id, type, body, state)
    SELECT webhooks.id, 'action.ordered', '{}', 'delivered' FROM webhooks, generate_series(1, 20000) n;
INSERT INTO closures (account, closed_at, origin, fingerprint)
    SELECT 'a' || n, now(), 'platform', '{"account": "a"}' FROM generate_series(1, 20000) n;
INSERT INTO closure_keys SELECT n / 2, 'a' || n % 20001 FROM generate_series(1, 80000) n;
INSERT INTO account_keys SELECT n / 2, 'a' || n % 30001 FROM generate_series(1, 90000) n;
INSERT INTO common_keys SELECT n, 300 FROM generate_series(100000, 130000) n;
INSERT INTO shared_keys SELECT n, '', '', 'user:1' FROM generate_series(200000, 230000) n;
INSERT INTO mentions SELECT 'a' || n, 'a' || n * 7 % 30000, now() FROM generate_series(1, 30000) n;
INSERT INTO link_watch SELECT 'a' || n FROM generate_series(1, 20000) n;
INSERT INTO links_due (account, step) SELECT 'a' || n, 'settle' FROM generate_series(1, 20000) n;
INSERT INTO links (account_a, account_b, bits, probability, level, origin, closed, model)
    SELECT 'x' || n, 'y' || n, 9, 0.9, 'likely', 'model:1', 'x' || n, '1' FROM generate_series(1, 20000) n;
INSERT INTO link_decisions (account_a, account_b, verdict, author)
    SELECT 'a' || n, 'b' || n, 'same', 'user:1' FROM generate_series(1, 20000) n;
INSERT INTO threats (level, read_level, speech_act, target_kind, act, outcome, first_at, last_at, opened_at,
        updated_at, looked_again_at, status, closed_at, matched_revision)
    SELECT 'T2', 'T2', 'own', 'name', 'act' || n % 50, 'other', now(), now(), now(), now(), now(),
        CASE WHEN n % 100 = 0 THEN 'new' ELSE 'closed' END, CASE WHEN n % 100 = 0 THEN NULL ELSE now() END, 9
    FROM generate_series(1, 10000) n;
INSERT INTO threat_sources (threat_id, subject_kind, subject_id, field, text_sha256, account, at, seen_at,
        level, text, details)
    SELECT 1 + n % 10000, 'post', 'p' || n, 'text', sha256(n::text::bytea), 'a' || n, now(), now(), 'T2',
        'text', '{}' FROM generate_series(1, 20000) n;
INSERT INTO threat_keys SELECT n, 1 + n % 10000 FROM generate_series(1, 20000) n;
INSERT INTO threat_log (threat_id, at, actor, act)
    SELECT 1 + n % 10000, now(), 'user:1', 'seen' FROM generate_series(1, 10000) n;
INSERT INTO threat_corrections (threat_id, at, actor, factor, before, after, reason, text, details)
    SELECT 1 + n % 10000, now(), 'user:1', 'act', '1', '2', '', '', '{}' FROM generate_series(1, 10000) n;
INSERT INTO protectees (key, kind, name, created_by)
    SELECT 'p' || n, 'person', 'n' || n, 'x' FROM generate_series(1, 2000) n;
INSERT INTO threat_protectees SELECT 1 + n % 10000, 1 + n % 2000, 'name', 1 FROM generate_series(1, 10000) n;
INSERT INTO mails (threat_id, recipient, locale, subject, body, next_at, created_at, state)
    SELECT 1, 'x', 'en', '', '', now(), now(), 'sent' FROM generate_series(1, 10000) n;
INSERT INTO event_keys SELECT sha256(n::text::bytea), n, now() FROM generate_series(1, 60000) n;
INSERT INTO events SELECT n, now(), '{}' FROM generate_series(1, 60000) n;
"""


class Explaining(psycopg.Cursor[Any]):
    """A cursor that first asks for the plan of each statement, and remembers sequential scans."""

    scans: ClassVar[list[tuple[str, str]]] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> "Explaining":
        if str(query).lstrip().split()[0].upper() in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}:
            plain = psycopg.Cursor(self.connection)
            ((plan,),) = plain.execute("EXPLAIN (FORMAT JSON) " + query, params).fetchall()
            self._collect(plan[0]["Plan"], query)
        super().execute(query, params, **options)
        return self

    def _collect(self, node: dict[str, Any], query: str) -> None:
        if node["Node Type"] == "Seq Scan":
            self.scans.append((node["Relation Name"], query))
        for child in node.get("Plans", ()):
            self._collect(child, query)


def fill(conn):
    conn.execute(FILL)
    conn.execute("UPDATE cases SET state = 'decided' WHERE id % 100 <> 0")
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")


@pytest.fixture
def database_url(databases):
    """URL of a copy of a database with large tables."""
    with databases.copy(databases.filled("large_tables", fill)) as url:
        yield url


@pytest.fixture
def filled(conn):
    """A connection to large tables whose cursors explain."""
    Explaining.scans.clear()
    conn.cursor_factory = Explaining
    return conn


def scanned() -> list[tuple[str, str]]:
    """Scans of tables that grow; the partitions of months to come are empty."""
    this_month = f"events_{datetime.now(UTC):%Y%m}"
    return [
        (table, query)
        for table, query in Explaining.scans
        if table not in SMALL and (not table.startswith("events_") or table == this_month)
    ]


def test_the_loop_reads_no_table_from_end_to_end(filled):
    post = Subject(SubjectKind.POST, "p7")
    sent = [
        event("account.updated", account="a1", bio="x", email="email:1"),
        event("session.started", account="a2", device="d2", ip="i", network="n"),
        event("post.created", account="a3", post="new", text="x"),
        event("post.updated", account="a7", post="p7", text="x"),
        event("post.deleted", account="a8", post="p8"),
        event("media.uploaded", account="a9", media="mm"),
        event("group.updated", account="a9", group="g1", name="x"),
        event("group.joined", account="a9", group="g2"),
        event("follow.created", account="a9", target="a1"),
        event("report.filed", account="a9", subject={"kind": "post", "id": "p7"}),
    ]
    queue.insert_events(filled, sent)
    lanes = queue.announce_claim(filled, 64)
    queue.claim_lanes(filled, lanes)
    waiting = queue.fetch(filled, lanes, 100)
    assert len(waiting) == len(sent)
    numbered = [Numbered(10_000_000 + n, one) for n, one in enumerate(sent)]
    batch = fold.load(filled, numbered)
    fold.fold(batch, numbered)
    fold.save(filled, batch)
    signals.load(filled, [post])
    signals.replace(filled, [post], [])
    signals.links_to_closed(filled, ["a1", "a2"])
    standing.load(filled, ["a1", "a2"])
    groups.report_counts(filled, [("post", "p7")])
    groups.load(filled, ["g1"])
    content.load_media(filled, ["m1"])
    accounts.load(filled, ["a1"])
    hit = Hit("c", "k1", NOON, 5, timedelta(hours=1))
    counters.hit_and_read(filled, [hit])
    counters.read(filled, [hit])
    banks.revision(filled)
    queue.acknowledge(filled, waiting)
    assert scanned() == []


def test_looking_for_returns_reads_no_table_from_end_to_end(filled):
    some = ["a1", "a2", "a29000"]
    traces.load(filled, some)
    traces.pictures(filled, ["m1", "m2"])
    traces.by_handle(filled, ["handle1", "handle2"])
    mentions.add(filled, [Mention("a1", "a2", NOON), Mention("a3", "a4", NOON, True)])
    keys = list(range(50))
    new = link_keys.add(filled, [("a1", key) for key in keys])
    link_keys.struck(filled, new, MAX_ACCOUNTS)
    link_keys.with_closures(filled, keys, MAX_ACCOUNTS)
    link_keys.with_accounts(filled, keys, MAX_ACCOUNTS)
    link_keys.count_common(filled, MAX_ACCOUNTS)
    ties = {key: Tie(kind, "a7") for key, kind in enumerate(get_args(TieKind))}
    link_keys.with_closures(filled, ties, MAX_ACCOUNTS, ties)
    closures.load(filled, some)
    closures.closed_at(filled, some)
    link_decisions.in_force(filled, [("a1", "b1"), ("a2", "b2")])
    link = Link(
        account_a="a1",
        account_b="b1",
        bits=1,
        probability=0.5,
        level="possible",
        evidence=[],
        origin="model:1",
        closed="a1",
        model="1",
    )
    returns.keep(filled, [link], [])
    known_pairs.before(filled, ["y1", "y2"], [("a1", "b1"), ("a2", "b2")])
    known_pairs.shown(filled, some)
    returns.watched(filled, some)
    returns.watch(filled, ["a3"], ["a4"])
    returns.withdraw(filled, [("a1", "b1")])
    signals.links_to_closed(filled, some)
    links_due.any_due(filled)
    links_due.note(filled, some, NOON)
    links_due.claim(filled, "settle", 100)
    closures.erase(filled, ["a5"])
    assert scanned() == []


def test_threats_are_kept_and_listed_without_reading_a_table_from_end_to_end(filled):
    Explaining.scans.clear()
    source = threat_sources.page(filled, 7, limit=100)[0]
    threat_keys.lock(filled, [1, 2, 3])
    threats.lock_due(filled, NOON, 20)
    threats.lock_unmatched(filled, 8, 20)
    threat_sources.add(filled, [source])
    threat_sources.mark_gone(filled, [Gone(subject=Subject(SubjectKind.POST, "p7"), at=NOON)])
    threat_sources.summaries(filled, [7, 8])
    threat_sources.gravest(filled, [7, 8])
    threat_sources.earlier_of(filled, ["a7", "a8"], 7, limit=10)
    threat_sources.times(filled, [7], 2)
    history.findings(filled, threats.load(filled, [7, 8]))
    threats.write(filled, threats.load(filled, [7], lock=True).values())
    lists.page(filled)
    lists.page(filled, lists.Filter(status="closed"))
    lists.page(filled, lists.Filter(account="a7"))
    lists.counts(filled)
    shown.view(filled, 7)
    mails.claim(filled, 10, timedelta(minutes=1), NOON)
    assert scanned() == []


def test_the_status_counts_by_index(filled):
    assert read_status(filled).cases_open == 300
    assert [table for table, _ in scanned() if not table.startswith("pg_")] == []


def test_a_scan_would_be_seen(filled):
    filled.execute("SELECT * FROM posts WHERE text = 'x'")
    assert [table for table, _ in scanned()] == ["posts"]
