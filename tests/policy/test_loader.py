"""What a policy file may say, and how every mistake in it is told at its place."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.policy import PolicyErrors, load
from tenfold.policy.errors import cells
from tenfold.policy.source import Source
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity
from tests.policy.policy_world import HEAD, KINDS, Load, Mistakes, rule_text

WHOLE = """
about: all keys at once
sets:
  places: [Cairo, "القاهرة"]
counters:
  - {name: links_10m, count: [post.created, post.updated], by: domain, window: 10m, where: post.length > 3}
rules:
  - name: everything
    title: All keys of a rule
    on: [post, post.created]
    when: counters.links_10m > 5 and account.location in sets.places and 'b' in signals.url.banks
    ground: recruitment
    severity: critical
    exact: true
    then:
      case: {queue: hot, due: 90s}
      propose: [remove, restrict]
      act: [hide, close_account]
      hold: true
      label: [sensitive]
      escalate: true
"""


def test_everything_is_read(load_text: Load) -> None:
    policy = load_text(WHOLE)
    rule = policy.rule("everything")
    assert (rule.ground, rule.severity) == (Ground.RECRUITMENT, Severity.CRITICAL)
    assert rule.kinds == frozenset({SubjectKind.POST})
    assert rule.events == frozenset({"post.created"})
    assert rule.effects.queue == "hot"
    assert rule.effects.due == timedelta(seconds=90)
    assert rule.effects.act == (ActionKind.HIDE, ActionKind.CLOSE_ACCOUNT)
    assert rule.effects.hold
    assert rule.effects.escalate
    assert rule.effects.labels == ("sensitive",)
    (counter,) = policy.counters
    assert (counter.name, counter.window) == ("links_10m", timedelta(minutes=10))
    assert policy.all_sets({"places": frozenset({"Giza"}), "other": frozenset({"x"})}) == {
        "places": {"Cairo", "القاهرة", "Giza"}
    }
    assert rule.titles == {"en": "All keys of a rule"}
    with pytest.raises(KeyError):
        policy.rule("nothing")


def test_a_title_may_stand_in_both_languages(load_text: Load) -> None:
    both = WHOLE.replace("title: All keys of a rule", "title: {en: All keys, ar: كل المفاتيح}")
    assert load_text(both).rule("everything").titles == {"en": "All keys", "ar": "كل المفاتيح"}


@pytest.mark.parametrize("title", ["{fr: Tout}", "{ar: كل المفاتيح}", "{en: ''}", "[All]", "7"])
def test_a_title_that_no_reader_could_read_is_refused(load_text: Load, title: str) -> None:
    with pytest.raises(PolicyErrors, match=r"title|en"):
        load_text(WHOLE.replace("title: All keys of a rule", f"title: {title}"))


def test_version_is_of_texts_not_of_folders(tmp_path: Path) -> None:
    versions = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.yaml").write_text(WHOLE, encoding="utf-8")
        versions.append(load([tmp_path / folder], KINDS).version)
    (tmp_path / "b" / "x.yaml").write_text(WHOLE + "\n# changed\n", encoding="utf-8")
    assert versions[0] == versions[1] != load([tmp_path / "b"], KINDS).version


def test_files_share_counters_and_sets(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text("rules:\n" + rule_text("post.id in sets.s"), encoding="utf-8")
    (tmp_path / "2.yml").write_text("sets: {s: [a]}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a rule")
    assert set(load([tmp_path], KINDS).sources) == {"1.yaml", "2.yml"}


@pytest.mark.parametrize(
    ("when", "underlined", "hint"),
    [
        ("post.txt == 'a'", "post.txt", "did you mean `post.text`?"),
        ("signal.terms.score > 0.5", "signal.terms.score", "signals.terms.score"),
        ("counters.nothing > 3", "counters.nothing", "declare it under `counters:`"),
        ("post.id in sets.nothing", "sets.nothing", "declare it under `sets:`"),
        ("len > 3", "len", "call it"),
        ("post.length > 'a'", "'a'", "whole number"),
        ("post.text > 'a'", "post.text > 'a'", ""),
        ("post.links == post.domains", "post.links == post.domains", "any_of"),
        ("signals.terms.score > 7", "signals.terms.score > 7", ""),
        ("signals.terms.score <= 1", "signals.terms.score <= 1", "known"),
        ("event.hour == 24", "event.hour == 24", ""),
        ("post.length == 1.5", "post.length == 1.5", ""),
        ("post.length < 0", "post.length < 0", ""),
        ("0.9 < signals.terms.score < 0.5", "signals.terms.score < 0.5", ""),
        ("post.length > 9 and\n  post.id == 'x' and post.length < 5", "post.length < 5", ""),
        ("post.length > 3 or post.length < 9", "post.length < 9", ""),
        ("account.state == 'actve'", "'actve'", "did you mean 'active'?"),
        ("account.state in {'active', 'gone'}", "'gone'", "one of"),
        ("account.state == 'held' and account.state == 'closed'", "account.state == 'closed'", ""),
        ("event.hour in {3, 24}", "24", ""),
        ("post.text in {1}", "1", ""),
        ("post.links in {'a'}", "post.links", "any_of"),
        ("post.length in post.links", "post.length", ""),
        ("post.is_reply in post.length", "post.length", ""),
        ("post.is_reply and not post.is_reply", "not post.is_reply", ""),
        ("post.is_reply or post.is_reply", "post.is_reply", "remove one"),
        ("1 < 2", "1 < 2", ""),
        ("post.length == post.length", "post.length == post.length", ""),
        ("post.length", "post.length", "compare it"),
        ("post.links", "post.links", "count"),
        ("True", "True", ""),
        ("['a']", "['a']", ""),
        ("lenn(post.text) > 3", "lenn", "did you mean `len`?"),
        ("len(post.text, 3) > 3", "len(post.text, 3)", ""),
        ("len(post.links) > 3", "post.links", ""),
        ("count(post.text) > 3", "post.text", ""),
        ("known(post.length > 3)", "post.length > 3", ""),
        ("at_least(3, post.is_reply, post.is_quote)", "3", ""),
        ("at_least(post.length, post.is_reply)", "post.length", "at_least(2"),
        ("contains(post.text, '')", "''", ""),
        ("'' in post.text", "''", ""),
        ("contains('a', 'b')", "contains('a', 'b')", ""),
        ("any_of(post.links, {1})", "1", ""),
        ("any_of(post.links, {})", "{}", ""),
        ("matches(post.text, '(a')", "'(a'", "RE2"),
        ("matches(post.text, 'a(?=b)')", "'a(?=b)'", "look-ahead"),
        ("matches(post.text, 'x*')", "'x*'", "required"),
        (r"matches(post.text, '\bراية\b')", r"'\bراية\b'", "has_words"),
        ("matches(post.text, 'a.{1,900}b.{1,900}c')", "'a.{1,900}b.{1,900}c'", "shorten"),
        ("matches(post.text, post.language)", "post.language", ""),
        ("has_words(post.text, '!!')", "'!!'", ""),
        ("has_words(post.text, '#tag')", "'#tag'", "contains"),
        ("post.length + 'a' > 3", "'a'", ""),
        ("post.length / 0 > 3", "0", ""),
        ("post.length = 3", "=", "=="),
        ("post.length > 3 post.is_reply", "post.is_reply", "`and` or `or`"),
        ("post.length is 3", "is", "known"),
        ("post.group == None", "None", "known"),
        ("(post.is_reply", " ", ""),
        ("post.text == 'abc", "'abc", "close it"),
        ("post.text == “a”", "“", "quote"),
        ("راية == 'a'", "ر", "Latin"),
        ("-" * 30 + "post.length > 1", "-", "remove brackets"),
        ("(" * 30 + "post.is_reply" + ")" * 30, "(", "remove brackets"),
        ("+".join(["post.length"] * 50) + " > 1", "+", "split"),
        (" or ".join(f"post.length == {n}" for n in range(600)), "", "split"),
    ],
)
def test_mistakes_in_conditions_are_underlined(
    mistakes: Mistakes, when: str, underlined: str, hint: str
) -> None:
    error = mistakes("rules:\n" + rule_text(when))[0]
    at = error.source[error.column - 1 : error.column - 1 + error.width]
    assert at.startswith(underlined) or error.message.startswith("unexpected the end")
    assert hint in error.hint
    assert error.line >= 6


@pytest.mark.parametrize(
    "written",
    [
        "when: post.length > 1 and post.txt == 'é راية'",
        "when: 'post.length > 1 and post.txt == ''é راية'''",
        "when: \"post.length > 1 and post.txt == '\\u00e9 راية'\"",
        "when: >-\n      post.length > 1\n      and post.txt == 'x'",
        "when: |\n\n      post.length > 1\n        and   post.txt == 'x'",
        "when: post.length > 1\n      and post.txt == 'x'",
        "when: \"post.length > 1 \\\n      and post.txt == 'x'\"",
    ],
)
def test_places_in_every_style_of_yaml(mistakes: Mistakes, written: str) -> None:
    (error,) = mistakes(f"rules:\n  - name: r\n    title: t\n    on: post\n    {written}\n    {HEAD}\n")
    assert error.source[error.column - 1 :].startswith("post.txt")
    assert error.width == len("post.txt")
    caret = str(error).split("\n")[2]
    assert caret.count("^") == len("post.txt")


def test_all_mistakes_are_told_in_order(mistakes: Mistakes) -> None:
    text = (
        "rulez: []\nrules:\n"
        + rule_text("post.txt == 'a' and lenn(post.text) > 3 or account.state == 'x'", "one")
        + rule_text("post.length > 3", "one")
        + "  - name: Two\n    on: pots\n    severity: hgh\n    ground: TVEC11\n    then: {}\n"
    )
    found = mistakes(text)
    assert [error.message.split("`")[0].strip() for error in found] == [
        "unknown key",
        "unknown field",
        "unknown function",
        "'x' is never its value",
        "the name",
        "a rule lacks",
        "the name of a rule has a-z, 0-9 and -, and begins with a letter",
        "",
        "",
        "",
        "this rule does nothing",
    ]
    assert [error.line for error in found] == sorted(error.line for error in found)


@pytest.mark.parametrize(
    ("then", "message"),
    [
        ("{act: [close_account]}", "close_account on a machine's word alone is not allowed"),
        ("{act: [remove, restrict]}", "remove, restrict on a machine's word alone"),
        ("{propose: [close_group]}", "close_group cannot be done to: post"),
        ("{propose: [restore]}", "a rule cannot restore"),
        ("{propose: [remvoe]}", "`remvoe` is not an action"),
        ("{case: {queue: Big Queue}}", "the name of a queue"),
        ("{case: {due: 4h}}", "case lacks `queue`"),
        ("{case: {queue: q, due: soon}}", "no length of time"),
        ("{case: {queue: q, due: 999999d}}", "no length of time"),
        ("{hold: maybe}", "true or false"),
        ("{label: x}", "label should be a list"),
        ("[]", "then should be a mapping"),
    ],
)
def test_effects_that_are_refused(mistakes: Mistakes, then: str, message: str) -> None:
    text = rule_text("post.length > 3").replace("{case: {queue: q, due: 4h}}", then)
    assert any(message in error.message for error in mistakes("rules:\n" + text))


@pytest.mark.parametrize(
    ("when", "allowed"),
    [
        ("'b' in signals.url.banks", True),
        ("any_of(signals.url.labels, {'a'}) and post.length > 3", True),
        ("signals.url.count >= 1", True),
        ("not (signals.url.count < 1)", False),
        ("not (not ('b' in signals.url.banks) or post.is_reply)", True),
        ("'b' in signals.url.banks or post.length > 3", False),
        ("'b' in signals.url.banks or signals.url.score > 0.5", True),
        ("not ('b' in signals.url.banks)", False),
        ("'b' in signals.terms.banks", False),
        ("signals.near_duplicate.score > 0.99", False),
        ("'b' not in signals.url.banks", False),
    ],
)
def test_closing_alone_must_rest_on_an_exact_match(load_text: Load, when: str, allowed: bool) -> None:
    text = rule_text(when).replace("then: {case", "exact: true\n    then: {act: [close_account], case")
    if allowed:
        assert load_text("rules:\n" + text).rules[0].exact
    else:
        with pytest.raises(PolicyErrors, match="can fire without an exact match"):
            load_text("rules:\n" + text)


def test_counters_are_compared_and_not_asked_whether_known(mistakes: Mistakes) -> None:
    text = WHOLE.replace("counters.links_10m > 5", "known(counters.links_10m)")
    assert "known does not ask about counters" in mistakes(text)[0].message


def test_a_rule_has_one_severity(mistakes: Mistakes) -> None:
    text = rule_text("post.length > 3").replace("severity: high", "severity: [low, high]")
    assert "one severity should stand here" in mistakes("rules:\n" + text)[0].message


def test_grounds_that_say_nothing_is_wrong(mistakes: Mistakes, load_text: Load) -> None:
    text = "rules:\n" + rule_text("post.length > 3")
    assert "TVEC0 is no ground" in mistakes(text.replace("TVEC6", "TVEC0"))[0].message
    exception = text.replace("TVEC6", "TVEC0.1")
    assert load_text(exception).rules[0].ground is Ground.EXCEPTION
    harsh = exception.replace("then: {", "then: {hold: true, ")
    assert "TVEC0.1 opens a case" in mistakes(harsh)[0].message
    useless = text.replace("then:", "exact: true\n    then:")
    assert "no use here" in mistakes(useless)[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- a", "a policy file is a mapping"),
        ("rules: {a: b}", "rules should be a list"),
        ("rules: [a]", "a rule should be a mapping"),
        ("rules:\n  - name: [a]", "a rule lacks"),
        ("a: &x [1]\nrules: *x", "anchors and aliases"),
        ("rules: !!python/object:os.system []", "tags are not allowed"),
        ("rules: []\n---\nrules: []", "second document"),
        ("rules: []\nrules: []", "`rules` stands twice in the file"),
        ("rules:\n  - name: a\n    name: b", "`name` stands twice in a rule"),
        ("{? [a] : b}", "a key is a word"),
        ("rules: [" * 30, "nested more than 20 deep"),
        ("rules: 'abc", "not YAML"),
        ("rules: \x07", "U+0007 is not allowed"),
        ("sets: {A: [x]}", "the name of a set"),
        ("sets: {a: [1]}", "a value should be a text"),
        ("sets: {a: x}", "values should be a list"),
        ("counters: [{name: c, count: post.made, by: account, window: 1h}]", "`post.made` is not an event"),
        ("counters: [{name: c, count: post.created, by: colour, window: 1h}]", "nothing is counted by"),
        ("counters: [{name: c, count: post.created, by: account}]", "lacks `window`"),
        (
            "counters: [{name: c, count: post.created, by: account, window: 1h, where: counters.c > 1}]",
            "`counters.c` is not declared",
        ),
        (
            "counters:\n- {name: c, count: post.created, by: post, window: 1h}\n"
            "- {name: c, count: post.created, by: post, window: 1h}",
            "the name `c` is taken",
        ),
    ],
)
def test_files_that_are_refused(mistakes: Mistakes, text: str, message: str) -> None:
    assert any(message in error.message for error in mistakes(text))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ("{post: {lenght: 3}}", "post.lenght"),
        ("{post: {length: long}}", "post.length: should be a number"),
        ("{post: {length: .nan}}", "post.length"),
        ("{signals: {terms: {score: 3}}}", "signals.terms.score"),
        ("{signals: {trems: {score: 1}}}", "signals.trems"),
        ("{account: {state: gone}}", "account.state"),
        ("{counters: {c: 1}}", "counters.c"),
        ("{event: {time: 2026-99-01}}", "facts cannot be read"),
        ("[1]", "facts: should be a mapping"),
    ],
)
def test_facts_of_tests_are_checked(mistakes: Mistakes, facts: str, message: str) -> None:
    text = rule_text("post.length > 3") + f"    tests: [{{name: t, facts: {facts}, fires: true}}]\n"
    assert any(message in error.message for error in mistakes("rules:\n" + text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.yaml").write_bytes("rules: # é".encode("latin-1"))
    (tmp_path / "huge.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    with pytest.raises(PolicyErrors) as caught:
        load([tmp_path / "no.yaml", tmp_path / "empty", tmp_path], KINDS)
    messages = [error.message for error in caught.value.errors]
    assert any("No such file" in message for message in messages)
    assert "no *.yaml file in this folder" in messages
    assert "not UTF-8" in messages
    assert any("bytes" in message for message in messages)
    with pytest.raises(PolicyErrors, match="no file or folder given"):
        load([], KINDS)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    source = Source("f", data)
    source.compose()
    assert all(str(error) for error in source.errors)


def test_carets_stand_under_wide_and_combined_letters() -> None:
    assert cells("ab") == 2
    assert cells("漢") == 2
    assert cells("رَ") == 1
