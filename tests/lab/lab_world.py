"""A small past for the tests of the lab: rules, events, and the real pipeline that applied them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tenfold import pipeline
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import PolicySet, load_texts
from tenfold.policy.in_force import InForce
from tenfold.policy.kinds import KINDS
from tenfold.processing.suites import CurrentSuite
from tenfold.store import events as queue
from tenfold.store.database import Conn
from tenfold.threats.protectees import Watch
from tests.helpers import event

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = b"the installation's key"

COUNTER = """
counters:
  - {name: posts_1h, count: post.created, by: account, window: 1h, where: "post.length > 3"}
"""


def rule(name: str, when: str, *, on: str = "post", then: str = "{case: {queue: q, due: 4h}}") -> str:
    """One rule, under `rules:`."""
    condition = "\n".join("      " + line for line in when.split("\n"))
    return (
        f"  - name: {name}\n    title: {{en: {name}, ar: قاعدة {name}}}\n    on: {on}\n"
        f"    when: |-\n{condition}\n    ground: TVEC7\n    severity: low\n    then: {then}\n"
    )


def texts(*rules: str, head: str = "") -> dict[str, str]:
    """A policy of one file."""
    return {"rules.yaml": head + "\nrules:\n" + "".join(rules)}


def policy(*rules: str, head: str = "") -> PolicySet:
    """The same, loaded with the signals of the shipped detectors."""
    return load_texts(texts(*rules, head=head), KINDS)


def post(number: int, text: str, *, account: str = "a1", minute: float = 0, **data: Any) -> Any:
    """A post at a minute after the start."""
    at = START + timedelta(minutes=minute)
    return event("post.created", account, at, post=f"p{number}", text=text, **data)


def work(conn: Conn, rules: PolicySet | InForce, *events: Any) -> None:
    """Let the events in and carry them through the pipeline."""
    conn.commit()
    conn.autocommit = True
    if events:
        assert all(queue.insert_events(conn, events))
    suite = CurrentSuite().get(conn)
    in_force = InForce(rules) if isinstance(rules, PolicySet) else rules
    tools = Tools(
        suite=suite, policy=in_force.live, shadow=in_force.shadow, linker=Linker(), watch=Watch(SECRET)
    )
    while pipeline.run_once(conn, tools, 100).applied:
        pass


def fired(conn: Conn) -> dict[str, set[str]]:
    """Subjects on which the pipeline saw each rule fire."""
    found: dict[str, set[str]] = {}
    for name, kind, id_ in conn.execute("SELECT rule, subject_kind, subject_id FROM firings"):
        found.setdefault(name, set()).add(f"{kind}:{id_}")
    return found
