"""What conditions mean: a plain interpreter says it, compiled rules and explanations must agree."""

import math
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.policy import PolicyErrors, load
from tenfold.policy.compiler import compile_conditions
from tenfold.policy.facts import Facts
from tenfold.policy.patterns import Pattern, PatternSet, words
from tenfold.policy.rules import Condition
from tenfold.policy.syntax import parse
from tenfold.policy.trace import Tracer
from tenfold.policy.values import Defaults
from tenfold.subjects import SubjectKind
from tests.policy.policy_world import KINDS, Load, facts, rule_text

DEFAULTS = Defaults(KINDS, {"s": frozenset({"a", "ab"})})


def truth(text: str, given_facts: Facts) -> bool | None:
    """Evaluate a condition by the tracer, which explains it to people."""
    condition = Condition(text, parse(text), frozenset())
    return Tracer(condition, given_facts, DEFAULTS).explain().verdict


def fires(text: str, given_facts: Facts) -> bool:
    return compile_conditions([parse(text)], DEFAULTS)(given_facts) == [0]


POST = {"text": "Join the ranks: انضموا إلى الراية الرمادية", "is_reply": False, "length": 40}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("post.length > 10", True),
        ("10 < post.length < 40", False),
        ("10 < post.length <= 40", True),
        ("post.media_count > 10", None),
        ("not post.media_count > 10", None),
        ("post.media_count > 10 or post.length > 10", True),
        ("post.media_count > 10 and post.length > 100", False),
        ("post.media_count > 10 and post.length > 10", None),
        ("not post.is_reply", True),
        ("post.is_repost", None),
        ("not known(post.is_repost)", True),
        ("known(post.length)", True),
        ("matches(post.text, '(?i)JOIN.*ranks')", True),
        ("not matches(post.text, 'x+')", True),
        ("matches(post.language, 'a')", None),
        ("has_words(post.text, 'الراية الرمادية')", True),
        ("has_words(post.text, 'راية')", False),
        ("has_words(post.text, 'JOIN  the')", True),
        ("has_words(post.text, 'rank')", False),
        ("contains(post.text, 'rank')", True),
        ("'rank' in post.text", True),
        ("startswith(lower(post.text), 'join')", True),
        ("endswith(post.text, 'الرمادية')", True),
        ("len(post.text) == 42", True),
        ("'b' in signals.terms.banks", True),
        ("any_of(signals.terms.labels, {'name', 'slogan'})", True),
        ("all_of(signals.terms.labels, {'name', 'slogan'})", False),
        ("count(signals.terms.labels) == 1", True),
        ("signals.terms.score >= 0.8", True),
        ("signals.url.count == 0", True),
        ("'x' in signals.url.banks", False),
        ("signals.url.score > 0.5", False),
        ("signals.near_duplicate.similarity > 0.5", None),
        ("post.domains", None),
        ("any_of(post.domains, sets.s)", None),
        ("account.state in {'active', 'held'}", None),
        ("'ab' in sets.s", True),
        ("event.hour == 12", True),
        ("event.type == 'post.created'", True),
        ("counters.c >= 3", True),
        ("counters.d >= 3", None),
        ("links.level == 'likely'", None),
        ("post.length / 0 > 1", None),
        ("post.length * 2 - 40 == 40", True),
        ("-post.length < -39", True),
        ("at_least(2, post.length > 1, post.is_reply, post.length < 100)", True),
        ("at_least(2, post.length > 1, post.is_reply, post.is_repost)", None),
        ("at_least(2, post.length < 1, post.is_reply, post.is_repost)", False),
        ("post.is_reply == (post.length > 100)", True),
    ],
)
def test_three_valued_logic(text: str, expected: bool | None) -> None:
    if text == "post.domains":
        text = "count(post.domains) > 0"
    terms = {"score": 0.9, "count": 1, "banks": {"b"}, "labels": {"name"}}
    one = facts(post=POST, signals={"terms": terms}, counters={"c": 3})
    assert truth(text, one) is expected
    assert fires(text, one) is (expected is True)
    assert fires(f"not ({text})", one) is (expected is False)


def test_detectors_that_did_not_run_leave_signals_unknown() -> None:
    one = facts(post=POST, signals=None)
    assert truth("signals.terms.count == 0", one) is None
    assert not fires("signals.terms.count == 0", one)


def test_hour_is_in_utc() -> None:
    night = datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=3)))
    assert fires("event.hour == 23", facts(time=night))


# --- random conditions against a plain interpreter -------------------------------------------

NUMBERS = ("post.length", "post.media_count", "signals.terms.score", "counters.c", "account.followers")
TEXTS = ("post.text", "post.language", "account.handle")
SETS = ("signals.terms.banks", "post.domains", "sets.s")
FLAGS = ("post.is_reply", "account.verified")
SHORT = st.text("ab", min_size=1, max_size=2)

# A condition is a pair: its text, and a function from facts to True, False or None.


def _lookup(path: str) -> Any:
    def look(one: Facts) -> Any:
        group, _, name = path.partition(".")
        if group == "signals":
            signal, _, name = name.partition(".")
            found = (one.signals or {}).get(signal)
            empty = {"score": 0.0, "banks": frozenset()}
            return None if one.signals is None else (found or empty).get(name)
        if group == "counters":
            return one.counters.get(name)
        if group == "sets":
            return one.sets.get(name, frozenset({"a", "ab"}))
        return (getattr(one, group) or {}).get(name)

    return look


def _strict(function: Any, *parts: Any) -> Any:
    """A function of values that is unknown when one of them is."""

    def call(one: Facts) -> Any:
        values = [part(one) for part in parts]
        return None if None in values else function(*values)

    return call


def _constant(value: Any) -> Any:
    return lambda one: value


def _safe(operator: str) -> Any:
    def run(left: float, right: float) -> float | None:
        try:
            value = {
                "+": lambda: left + right,
                "-": lambda: left - right,
                "*": lambda: left * right,
                "/": lambda: left / right,
            }[operator]()
        except (ZeroDivisionError, OverflowError):
            return None
        return value if math.isfinite(value) else None

    return run


numbers = st.recursive(
    st.sampled_from(NUMBERS).map(lambda path: (path, _lookup(path)))
    | st.integers(0, 9).map(lambda n: (str(n), _constant(n))),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: (f"({t[0][0]} {t[1]} {t[2][0]})", _strict(_safe(t[1]), t[0][1], t[2][1]))
    ),
    max_leaves=4,
)
COMPARE: dict[str, Any] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
comparisons = st.tuples(numbers, st.sampled_from(sorted(COMPARE)), numbers).map(
    lambda t: (f"{t[0][0]} {t[1]} {t[2][0]}", _strict(COMPARE[t[1]], t[0][1], t[2][1]))
)


def _of_text(path: str, word: str, kind: str) -> Any:
    text, look = path, _lookup(path)
    return {
        "matches": (f"matches({text}, '{word}')", _strict(lambda v: word in v, look)),
        "contains": (f"contains({text}, '{word}')", _strict(lambda v: word in v, look)),
        "in": (f"'{word}' in {text}", _strict(lambda v: word in v, look)),
        "startswith": (f"startswith({text}, '{word}')", _strict(lambda v: v.startswith(word), look)),
        "equals": (f"{text} == '{word}'", _strict(lambda v: v == word, look)),
        "among": (f"{text} not in {{'{word}', 'b'}}", _strict(lambda v: v not in {word, "b"}, look)),
        "known": (f"known({text})", lambda one: look(one) is not None),
        "words": (f"has_words({text}, '{word}')", _strict(lambda v: word in v.split(), look)),
    }[kind]


texts = st.builds(
    _of_text,
    st.sampled_from(TEXTS),
    SHORT,
    st.sampled_from(["matches", "contains", "in", "startswith", "equals", "among", "known", "words"]),
)


def _of_set(path: str, word: str, kind: str) -> Any:
    look = _lookup(path)
    return {
        "in": (f"'{word}' in {path}", _strict(lambda v: word in v, look)),
        "any": (f"any_of({path}, {{'{word}', 'b'}})", _strict(lambda v: bool(v & {word, "b"}), look)),
        "all": (f"all_of({path}, ['{word}', 'b'])", _strict(lambda v: v >= {word, "b"}, look)),
        "count": (f"count({path}) > 1", _strict(lambda v: len(v) > 1, look)),
        "field": (
            f"post.language in {path}",
            _strict(lambda t, v: t in v, _lookup("post.language"), look),
        ),
    }[kind]


sets = st.builds(
    _of_set, st.sampled_from(SETS), SHORT, st.sampled_from(["in", "any", "all", "count", "field"])
)
flags = st.sampled_from(FLAGS).map(lambda path: (path, _lookup(path)))


def _not(condition: Any) -> Any:
    return (f"not ({condition[0]})", _strict(lambda v: not v, condition[1]))


def _joined(word: str, parts: list[Any]) -> Any:
    def run(one: Facts) -> bool | None:
        verdicts = [part[1](one) for part in parts]
        if word == "and":
            return False if False in verdicts else None if None in verdicts else True
        return True if True in verdicts else None if None in verdicts else False

    return (f"({f' {word} '.join(part[0] for part in parts)})", run)


def _at_least(number: int, parts: list[Any]) -> Any:
    wanted = min(number, len(parts))

    def run(one: Facts) -> bool | None:
        verdicts = [part[1](one) for part in parts]
        if verdicts.count(True) >= wanted:
            return True
        return False if len(parts) - verdicts.count(False) < wanted else None

    return (f"at_least({wanted}, {', '.join(part[0] for part in parts)})", run)


conditions = st.recursive(
    comparisons | texts | sets | flags,
    lambda inner: (
        inner.map(_not)
        | st.builds(_joined, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3))
        | st.builds(_at_least, st.integers(1, 3), st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=8,
)
some_text = st.none() | st.text("ab ", max_size=6)
some_set = st.none() | st.frozensets(SHORT, max_size=3)
some_number = st.none() | st.integers(0, 9)
worlds = st.builds(
    lambda post, account, signals, counters, stored: facts(
        post=post, account=account, signals=signals, counters=counters, sets=stored
    ),
    st.none()
    | st.fixed_dictionaries(
        {
            "text": some_text,
            "language": some_text,
            "length": some_number,
            "media_count": some_number,
            "domains": some_set,
            "is_reply": st.none() | st.booleans(),
        }
    ),
    st.none()
    | st.fixed_dictionaries(
        {"handle": some_text, "verified": st.none() | st.booleans(), "followers": some_number}
    ),
    st.sampled_from([None, {}])
    | st.fixed_dictionaries(
        {
            "terms": st.fixed_dictionaries(
                {"score": st.floats(0, 1), "banks": st.frozensets(SHORT, max_size=3)}
            )
        }
    ),
    st.dictionaries(st.just("c"), st.integers(0, 9)),
    st.dictionaries(st.just("s"), st.frozensets(SHORT, max_size=2)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=4), worlds)
def test_compiled_and_explained_agree_with_a_plain_interpreter(made: list[Any], one: Facts) -> None:
    expected = [condition[1](one) for condition in made]
    nodes = [parse(condition[0]) for condition in made]
    assert compile_conditions(nodes, DEFAULTS)(one) == [i for i, v in enumerate(expected) if v is True]
    assert [truth(condition[0], one) for condition in made] == expected


@settings(max_examples=200, deadline=None)
@given(conditions, worlds)
def test_parts_alone_make_the_condition_true(made: Any, one: Facts) -> None:
    condition = Condition(made[0], parse(made[0]), frozenset())
    if made[1](one) is True:
        parts = Tracer(condition, one, DEFAULTS).parts()
        assert parts
        assert all(truth(part.text, one) is True for part in parts)


WORDS = [
    *("post.length", "post.text", "signals.terms.banks", "known(", "matches(", "at_least(", "'راية'", "'a'"),
    *("==", "in", "not", "and", "or", "7", "0.5", "True", "is", "None"),
    *"()[]{},<>-*/#=.",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(WORDS),
        max_size=25,
    ).map(" ".join)
)
def test_no_text_breaks_the_loader(tmp_path: Path, when: str) -> None:
    path = tmp_path / "rules.yaml"
    for text in (when, "rules:\n" + rule_text(when)):
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            policy = load([path], KINDS)
        except PolicyErrors as errors:
            assert all(error.line >= 1 and error.column >= 1 for error in errors.errors)
            assert str(errors)
        else:
            assert policy.judge(facts(post=POST)) is not None


# --- patterns -----------------------------------------------------------------------------------


def test_patterns_are_found_together_as_alone() -> None:
    patterns = [Pattern(f"(?i)w{n}\\b", None) for n in range(300)] + [words("الراية"), words("b c")]
    found = PatternSet(patterns)
    assert found.search("x W17 w299, الراية. b\n c") == {17, 299, 300, 301}
    assert found.search("") == set()
    assert found.search("w17x bb c والرايةَ") == set()


def test_patterns_in_many_sets_and_lone_surrogates() -> None:
    big = [Pattern(f"a{n}.{{0,200}}b", None) for n in range(40)]
    assert PatternSet(big).search("a7 \ud800 b") == {7}


def test_largest_patterns_are_searched_in_hostile_text() -> None:
    largest = [Pattern(f"[ab].{{500}}c{n}", None) for n in range(6)]
    text = "".join("abx"[(i * i + i // 3) % 3] for i in range(3_000)) + "a" + "x" * 500 + "c4"
    assert PatternSet(largest).search(text) == {4}


# --- examples of what rules share ---------------------------------------------------------------


def test_rules_apply_to_their_subjects_and_events(load_text: Load) -> None:
    policy = load_text(
        "rules:\n"
        + rule_text("known(event.type)", "any-post", "post")
        + rule_text("known(event.type)", "new-post", "post.created")
        + rule_text("known(event.type)", "author", "[account, post.created]")
        + rule_text("known(event.type)", "reported", "report.filed")
    )

    def fired(one: Facts) -> list[str]:
        return [firing.rule for firing in policy.judge(one)]

    assert fired(facts()) == ["any-post", "new-post"]
    assert fired(facts("post.updated")) == ["any-post"]
    assert fired(facts("post.created", SubjectKind.ACCOUNT)) == ["author"]
    assert fired(facts("report.filed", SubjectKind.GROUP)) == ["reported"]
    assert fired(facts("report.filed")) == ["any-post", "reported"]
    assert policy.listens("post.created", SubjectKind.ACCOUNT)
    assert not policy.listens("follow.created", SubjectKind.ACCOUNT)
