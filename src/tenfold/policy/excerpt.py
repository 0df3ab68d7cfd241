"""Parts of policy files as people read them: a rule with the numbers of its lines, and what changed in it."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from tenfold.policy.policyset import PolicySet
from tenfold.policy.rules import Rule

AROUND = 3  # lines shown before and after what changed


class Line(msgspec.Struct, frozen=True):
    """A line of a file: its number from 1."""

    number: int
    text: str


class Changed(msgspec.Struct, frozen=True):
    """A line of a difference; `gap` stands for lines left out."""

    kind: Literal["same", "added", "removed", "gap"]
    text: str


def rule_lines(policy: PolicySet, rule: Rule) -> list[Line]:
    """The lines of a rule in its file; `policy` was loaded from texts by the files' names."""
    lines = policy.sources[rule.place.file].split("\n")
    first = rule.place.line - 1
    dash = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) > dash):
        last += 1
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    return [Line(number + 1, lines[number].rstrip("\r")) for number in range(first, last)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def difference(before: Sequence[str], after: Sequence[str]) -> list[Changed]:
    """Lines that were removed and added, with a few around them; empty when nothing changed."""
    found: list[Changed] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            found.append(Changed("gap", ""))
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                found += [Changed("same", text) for text in before[start:end]]
                continue
            found += [Changed("removed", text) for text in before[start:end]]
            found += [Changed("added", text) for text in after[new_start:new_end]]
    return found


def file_differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Changed]]:
    """The differences of all files that are not the same, by name."""
    found = {
        name: difference(before.get(name, "").splitlines(), after.get(name, "").splitlines())
        for name in sorted({*before, *after})
    }
    return {name: lines for name, lines in found.items() if lines}
