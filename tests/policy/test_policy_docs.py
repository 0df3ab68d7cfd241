"""docs/policy.md: its tables are those of the code, its examples are rules that load and pass."""

import re
from pathlib import Path

from tenfold.policy.kinds import KINDS
from tenfold.policy.limits import FREE
from tenfold.policy.rules import COUNTED_BY
from tenfold.policy.schema import EXACT_SIGNALS, FIELDS, FUNCTIONS, SIGNAL_FIELDS, signal_fields
from tenfold.taxonomy import Ground
from tests.policy.policy_world import Load

DOCS = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """The lines between two comments that name a generated table."""
    return DOCS.split(f"<!-- {name} -->\n")[1].split("<!-- end -->")[0].strip()


def fields_table() -> str:
    lines = ["| field | type | meaning |", "| --- | --- | --- |"]
    for group, names in FIELDS.items():
        for name, one in names.items():
            kind = "an event type" if (group, name) == ("event", "type") else str(one.type)
            lines.append(f"| `{group}.{name}` | {kind} | {one.meaning} |")
    for name, one in SIGNAL_FIELDS.items():
        lines.append(f"| `signals.NAME.{name}` | {one.type} | {one.meaning} |")
    lines.append("| `counters.NAME` | a whole number of at least 0 | the number of a declared counter |")
    lines.append("| `sets.NAME` | a set of texts | the values of a declared set |")
    return "\n".join(lines)


def signals_table() -> str:
    lines = ["| signal | what its score means | fields of its own |", "| --- | --- | --- |"]
    for kind in KINDS.values():
        own = ", ".join(
            f"`{name}` ({one.type})" for name, one in signal_fields(kind).items() if name not in SIGNAL_FIELDS
        )
        lines.append(f"| `{kind.name}` | {kind.score_means} | {own} |")
    return "\n".join(lines)


def functions_table() -> str:
    lines = ["| function | true, or gives |", "| --- | --- |"]
    for name, one in FUNCTIONS.items():
        lines.append(f"| `{name}({', '.join(one.arguments)})` | {one.meaning} |")
    return "\n".join(lines)


def test_tables_are_those_of_the_code() -> None:
    assert block("fields") == fields_table()
    assert block("signals") == signals_table()
    assert block("functions") == functions_table()


def test_lists_of_the_code_are_named() -> None:
    for key in COUNTED_BY:
        assert f"`{key}`" in DOCS
    for ground in Ground:
        assert f"| {ground.value} |" in DOCS
    for action in FREE:
        assert f"`{action.value}`" in DOCS
    for signal in EXACT_SIGNALS:
        assert f"`signals.{signal}`" in DOCS


def test_examples_load_and_pass(load_text: Load) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert len(examples) >= 2
    for example in examples:
        policy = load_text(example)
        for rule in policy.rules:
            for one in rule.examples:
                assert policy.passes(rule, one), one.name
