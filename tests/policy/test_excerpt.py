"""Rules as people read them: their lines with numbers, and what changed between two versions."""

from hypothesis import given
from hypothesis import strategies as st

from tenfold.policy import load_texts
from tenfold.policy.excerpt import difference, file_differences, rule_lines
from tests.policy.policy_world import KINDS, rule_text


def test_a_rule_has_its_own_lines_and_no_others() -> None:
    text = (
        "about: x\nrules:\n"
        + rule_text("post.length > 1\nand post.is_reply", "first")
        + "\n\n"
        + rule_text("contains(post.text, 'البوابة')", "second")
    )
    policy = load_texts({"a.yaml": text + "\nsets:\n  s: [x]\n"}, KINDS)
    lines = {rule.name: rule_lines(policy, rule) for rule in policy.rules}
    whole = text.split("\n")
    for name, first in (("first", 3), ("second", 14)):
        found = lines[name]
        assert found[0].number == first and found[0].text == f"  - name: {name}"
        assert [line.text for line in found] == whole[first - 1 : found[-1].number]
    assert (
        lines["first"][-1].text.strip()
        == lines["second"][-1].text.strip()
        == "then: {case: {queue: q, due: 4h}}"
    )


def test_rules_on_one_line_and_at_the_edge() -> None:
    does = "ground: TVEC6, severity: low, then: {hold: true}"
    rule = "{name: r, title: t, on: post, when: post.length > 1, " + does + "}"
    for text, first in (
        (f"rules: [{rule}]", 1),
        (f"rules:\n- {rule}", 2),
        (f"rules:\r\n- {rule}\r\n\r\n", 2),
    ):
        policy = load_texts({"a.yaml": text}, KINDS)
        (line,) = rule_lines(policy, policy.rules[0])
        assert line.number == first and rule in line.text


LINES = st.lists(st.sampled_from(["a", "b", "  ج", ""]), max_size=12)


@given(LINES, LINES)
def test_a_difference_tells_both_sides(before: list[str], after: list[str]) -> None:
    found = difference(before, after)
    assert bool(found) == (before != after)
    removed = [line.text for line in found if line.kind == "removed"]
    added = [line.text for line in found if line.kind == "added"]
    assert len(after) - len(before) == len(added) - len(removed)
    for kept, side in ((removed, before), (added, after)):
        remaining = iter(side)
        assert all(text in remaining for text in kept)  # in their order


def test_only_files_that_differ_are_told() -> None:
    found = file_differences({"a": "x\ny\n", "b": "same\n"}, {"a": "x\nz\n", "b": "same\n", "c": "new\n"})
    assert list(found) == ["a", "c"]
    assert [(line.kind, line.text) for line in found["a"]] == [
        ("same", "x"),
        ("removed", "y"),
        ("added", "z"),
    ]
