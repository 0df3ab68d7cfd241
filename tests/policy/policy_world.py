"""A small world of signals, facts and rules for the tests of policy."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tenfold.evidence import FieldType, SignalKind
from tenfold.policy import Facts, PolicyError, PolicySet
from tenfold.subjects import Subject, SubjectKind

BANKED: dict[str, FieldType] = {"bank": "str", "label": "str", "entry": "str"}
KINDS = {
    name: SignalKind(name=name, title=name, score_means="how sure", details=details)
    for name, details in {
        "terms": BANKED | {"form": "str", "count": "int"},
        "url": BANKED,
        "near_duplicate": BANKED | {"similarity": "float"},
    }.items()
}
HEAD = "ground: TVEC6\n    severity: high\n    then: {case: {queue: q, due: 4h}}"

Load = Callable[..., PolicySet]
Mistakes = Callable[[str], list[PolicyError]]


def facts(event_type: str = "post.created", kind: SubjectKind = SubjectKind.POST, **given: Any) -> Facts:
    time = given.pop("time", datetime(2026, 3, 1, 12, tzinfo=UTC))
    return Facts(event_type=event_type, time=time, subject=Subject(kind, "p-1"), **given)


def rule_text(when: str, name: str = "r", on: str = "post") -> str:
    """A rule around a condition, as a block scalar so that nothing in it needs escaping."""
    body = "\n".join("      " + line for line in when.split("\n"))
    return f"  - name: {name}\n    title: t\n    on: {on}\n    when: |-\n{body}\n    {HEAD}\n"
