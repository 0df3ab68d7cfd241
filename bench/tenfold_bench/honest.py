"""Leave journalism alone: what of honest people's posts would open a case?

All of PHEME (reporters and eyewitnesses during attacks and hostage takings) and of the TwiBot-20 sample
(ordinary people, politics, sport, business) goes into a fresh database through `tenfold ingest`'s own path
and through the whole pipeline with the starter pack and its banks. Nearly all of it is honest; every
case that opens is listed, to be read.

Without --quick, simulated months follow, each in a database of its own: their honest posts, and how much
of the network is found.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tenfold import pipeline
from tenfold.config import Settings
from tenfold.detectors import shipped
from tenfold.intake import mapping
from tenfold.intake.acceptance import Acceptor
from tenfold.intake.files import FileIngest, Options
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.suites import CurrentSuite
from tenfold.store import database
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.threats.protectees import Watch
from tenfold_bench import _simulated_month
from tenfold_bench.result import Figure, Result

DATA = Path(__file__).parents[2].parent / "shared" / "data"
FILES = (
    ("pheme/pheme_rumour_sources.csv", "pheme"),
    ("twibot20/profiles.csv", "twibot20_profiles"),
    ("twibot20/tweets.csv", "twibot20_tweets"),
)
SECRET = b"the installation's key of the bench"
QUICK_POSTS = 3_000
GOAL = 0.1  # percent

OPENED = """
    SELECT DISTINCT ON (cases.id) cases.subject_kind, cases.subject_id, cases.severity, firings.rule,
           coalesce(posts.text, concat_ws(' | ', handle, display_name, accounts.bio), '') AS text
    FROM cases
    LEFT JOIN firings ON firings.case_id = cases.id
    LEFT JOIN posts ON cases.subject_kind = 'post' AND posts.id = cases.subject_id
    LEFT JOIN accounts ON cases.subject_kind = 'account' AND accounts.id = cases.subject_id
    ORDER BY cases.id, firings.severity DESC
"""


def ingest(conn: Conn, folder: Path) -> int:
    """Everything into the queue; returns how many events."""
    accepted = 0
    for name, mapping_name in FILES:
        path = DATA / name
        if not path.is_file():
            raise SystemExit(f"honest posts are read from {path}, which is not there")
        options = Options(
            mapping=mapping.load(mapping_name),
            source=None,
            refused=folder / f"{mapping_name}.refused.csv",
            again=False,
            max_event=1_000_000,
        )
        report = FileIngest(conn, SECRET, path, options).run(lambda done: None)
        if report.refused:
            raise SystemExit(f"{path}: {report.refused} rows were refused, see {report.refused_file}")
        accepted += report.accepted
    conn.commit()
    return accepted


def trim(conn: Conn, keep: int) -> None:
    """Leave only every n-th waiting post in the queue (all accounts stay)."""
    conn.execute(
        """
        WITH numbered AS (
            SELECT lane, seq, row_number() OVER (ORDER BY seq) AS number, count(*) OVER () AS total
            FROM event_queue JOIN events USING (seq, received_at) WHERE body->>'type' = 'post.created'
        )
        DELETE FROM event_queue USING numbered
        WHERE event_queue.lane = numbered.lane AND event_queue.seq = numbered.seq
          AND number %% greatest(1, total / %s) <> 0
        """,
        [keep],
    )
    conn.commit()


def process(conn: Conn) -> None:
    """Run the pipeline until nothing waits."""
    policy = load_policies(Settings())
    suites, linker, watch = CurrentSuite(), Linker(), Watch(SECRET)
    while True:
        tools = Tools(suite=suites.get(conn), policy=policy, linker=linker, watch=watch)
        conn.commit()
        done = pipeline.run_once(conn, tools, 1_000)
        conn.commit()
        if done.set_aside:
            raise SystemExit(f"{done.set_aside} events could not be processed; see event_poison")
        if not done.applied:
            return


def judge(conn: Conn) -> Result:
    """Count what opened a case, and list it."""
    cases = conn.execute(OPENED).fetchall()
    row = conn.execute("SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM accounts)").fetchone()
    assert row is not None
    totals = {"post": row[0], "account": row[1]}
    figures = []
    for kind, total in totals.items():
        opened = sum(case[0] == kind for case in cases)
        label = f"honest {kind}s that opened a case ({opened} of {total:,})"
        goal = f"< {GOAL}" if kind == "post" else ""
        figures.append(Figure(label=label, ours=100 * opened / total, unit="%", goal=goal))
    notes = [
        f"{kind} {id_}: severity {severity}, rule {rule}: {' '.join(text.split())[:300]}"
        for kind, id_, severity, rule, text in cases
    ]
    signals = conn.execute("SELECT name, count(*) FROM signals GROUP BY name ORDER BY name").fetchall()
    notes.append(
        "signals on the way: " + (", ".join(f"{name} {count:,}" for name, count in signals) or "none")
    )
    return Result(name="honest", n=totals["post"], figures=figures, notes=notes)


def control(conn: Conn) -> str:
    """Known statements of the shipped banks, posted word by word: zero would say nothing if these passed."""
    texts = conn.execute(
        "SELECT value FROM bank_entries JOIN banks ON banks.id = bank WHERE kind = 'texts' ORDER BY key"
    ).fetchall()
    posts = [
        {
            "id": f"control-{number}",
            "type": "post.created",
            "time": "2020-09-01T00:00:00Z",
            "account": f"control-{number}",
            "data": {"post": f"control-{number}", "text": text},
        }
        for number, (text,) in enumerate(texts)
    ]
    Acceptor(SECRET, 1_000_000).accept(conn, [msgspec.json.encode(post) for post in posts])
    conn.commit()
    process(conn)
    row = conn.execute("SELECT count(*) FROM cases WHERE account LIKE 'control-%'").fetchone()
    if row is None or not row[0]:
        raise SystemExit("known statements of the organisation opened no case: the figures above say nothing")
    return f"control: of {len(posts)} known statements, posted word by word, {row[0]} opened a case"


@contextmanager
def installation() -> Iterator[tuple[Conn, Path]]:
    """A fresh database with the shipped banks, and a folder."""
    with tempfile.TemporaryDirectory(prefix="tf-honest-") as name:
        server = EmbeddedServer(Path(name), durable=False)
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                shipped.install(conn)
                conn.commit()
                yield conn, Path(name)
        finally:
            server.stop()


def run(quick: bool) -> Result:
    with installation() as (conn, folder):
        ingest(conn, folder)
        if quick:
            trim(conn, QUICK_POSTS)
        process(conn)
        result = judge(conn)
        result.notes.append(control(conn))
    if not quick:
        for seed in _simulated_month.SEEDS:
            with installation() as (conn, _):
                figures, notes = _simulated_month.figures(conn, SECRET, process, seed, GOAL)
            result.figures += figures
            result.notes += notes
    return result
