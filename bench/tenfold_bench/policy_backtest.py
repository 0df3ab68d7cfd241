"""A back-test of a draft over a history of simulated events, by two processes.

The history lies in a fresh embedded PostgreSQL, as the pipeline leaves it: events, posts with what detectors
read of them, signals of one post in twenty. Two drafts: the starter pack with three rules changed, and 200
rules of which 20 are changed, three in five of them patterns.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tenfold.detectors import shipped
from tenfold.detectors.base import TextItem
from tenfold.detectors.text.suite import TextSuite
from tenfold.lab.backtest import Backtest
from tenfold.policy import PolicySet, load_texts
from tenfold.policy.kinds import KINDS
from tenfold.policy.policyset import STARTER_PACK
from tenfold.simulation import SimulationSpec, generate
from tenfold.store import banks, database, signals
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench import policy as rules_bench
from tenfold_bench.result import Figure, Result

EVENTS, QUICK_EVENTS = 1_000_000, 40_000
GENERATED = 100_000  # simulated events; a larger history repeats them with other accounts, posts and groups
READ = 20  # one post in so many is read by the detectors
NAMES = ("post", "reply_to", "repost_of", "quote_of", "group", "media", "target")
PROCESSES = 2
PEER = rules_bench.PEER_OF_200_RULES


def history(count: int) -> Iterator[dict[str, Any]]:
    """Events of a simulated platform, repeated until there are enough."""
    made = list(generate(SimulationSpec(events=min(count, GENERATED), seed=11)))
    number = 0
    while True:
        for event in made:
            if number == count:
                return
            yield renamed(event, f"{number // len(made)}-")
            number += 1


def renamed(event: dict[str, Any], before: str) -> dict[str, Any]:
    """The event with all ids changed."""

    def other(value: Any) -> Any:
        return [before + one for one in value] if isinstance(value, list) else value and before + value

    data = {name: other(value) if name in NAMES else value for name, value in event["data"].items()}
    if "subject" in data:
        data["subject"] = {**data["subject"], "id": before + data["subject"]["id"]}
    return {**event, "id": before + event["id"], "account": other(event.get("account")), "data": data}


def fill(conn: Conn, count: int) -> None:
    """Write the history straight into the tables."""
    with conn.cursor() as cursor:
        with cursor.copy("COPY events (seq, received_at, body) FROM STDIN") as copy:
            for seq, event in enumerate(history(count), 1):
                copy.write_row((seq, event["time"], msgspec.json.encode(event).decode()))
        cursor.execute(
            """
            INSERT INTO posts (id, account, created_at, text, seq, language, script)
            SELECT body -> 'data' ->> 'post', body ->> 'account', (body ->> 'time')::timestamptz,
                   body -> 'data' ->> 'text', seq, body -> 'data' ->> 'language', 'Latn'
            FROM events WHERE body ->> 'type' = 'post.created' ON CONFLICT DO NOTHING
            """
        )
        cursor.execute("SELECT setval('event_seq', %s)", [count])
    read_some(conn)
    conn.commit()
    conn.autocommit = True
    conn.execute("ANALYZE")


def read_some(conn: Conn) -> None:
    """Signals of one post in READ."""
    shipped.install(conn)
    suite = TextSuite(banks.load_banks(conn))
    rows = conn.execute("SELECT id, text FROM posts WHERE seq %% %s = 0", [READ]).fetchall()
    for start in range(0, len(rows), 1_000):
        items = [
            TextItem(Subject(SubjectKind.POST, id_), {"text": text})
            for id_, text in rows[start : start + 1_000]
        ]
        signals.add(conn, [signal for result in suite.detect(items) for signal in result.signals])


def starter() -> tuple[PolicySet, PolicySet]:
    """The starter pack, and a draft of it in which three rules find more."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(STARTER_PACK.glob("*.yaml"))}
    draft = {
        name: text.replace("account.age_hours <", "account.age_hours < 2 *")
        .replace("report.count >= 3", "report.count >= 2")
        .replace("links.probability >= 0.6", "links.probability >= 0.5")
        for name, text in texts.items()
    }
    return load_texts(texts, KINDS), load_texts(draft, KINDS)


def many() -> tuple[PolicySet, PolicySet]:
    """200 rules, and a draft in which one in ten looks for something else."""
    chance = random.Random(7)
    vocabulary = rules_bench.words(chance)
    live = rules_bench.rules(200, vocabulary, chance, always=False)
    lines = live.split("\n")
    changed = [
        line.replace('when: "', 'when: "post.length > 1 and ') if number % 70 == 4 else line
        for number, line in enumerate(lines)
    ]
    return load_texts({"r.yaml": live}, KINDS), load_texts({"r.yaml": "\n".join(changed)}, KINDS)


def measured(url: str, folder: Path, label: str, pair: tuple[PolicySet, PolicySet]) -> list[Figure]:
    live, draft = pair
    report = Backtest(url, live, draft, folder).run(PROCESSES, lambda done, total: None)
    speed = report.events / report.cpu_seconds
    goal = "<= 60 s for 1 M" if label == "starter pack" else ""
    changed = sum(rule.change != "same" for rule in report.rules)
    name = f"{label} ({len(live.rules)} rules, {changed} changed)"
    figures = [
        Figure(
            label=f"{name}: whole, {report.processes} processes", ours=report.seconds, unit="s", goal=goal
        ),
        Figure(label=f"{name}: replayed and judged by both", ours=speed, unit="events/CPU-s"),
    ]
    if len(live.rules) == 200:
        figures[1].peer, figures[1].peer_name, figures[1].ratio = PEER, "Osprey", speed / PEER
    return figures


def run(quick: bool) -> Result:
    """Fill a database, then back-test twice."""
    count = QUICK_EVENTS if quick else EVENTS
    with tempfile.TemporaryDirectory(prefix="tf-back-") as name:
        server = EmbeddedServer(Path(name))
        try:
            database.migrate(server.url)
            with database.connect(server.url) as conn:
                fill(conn, count)
            figures = measured(server.url, Path(name), "starter pack", starter())
            figures += measured(server.url, Path(name), "made-up rules", many())
        finally:
            server.stop()
    notes = [
        "CPU of our processes, starting them included; PostgreSQL's is in the seconds of the whole only",
        "peer: Osprey's engine judging alone with 200 rules, measured earlier: 60-68 events/CPU-s",
    ]
    return Result(name="policy-backtest", n=count, figures=figures, notes=notes)
