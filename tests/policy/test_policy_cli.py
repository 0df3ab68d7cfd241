"""`tenfold policy`: plain output for people, JSON for programs, exit statuses for scripts."""

import json
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from tenfold.cli.common import CommandError
from tenfold.cli.policy import app

RUN = CliRunner()
GOOD = """
rules:
  - name: long-post
    title: A long post
    on: post
    when: post.length > 10 and not post.is_reply
    ground: TVEC7
    severity: low
    then: {case: {queue: q}, propose: [remove]}
    tests:
      - {name: long, facts: {post: {length: 11, is_reply: false}}, fires: true}
      - {name: قصير, facts: {post: {length: 3}}, fires: false}
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(GOOD.replace("post.length", "post.lenght").replace("severity: low", "severity: lo"))
    return path


def test_check_says_all_is_well(good: Path) -> None:
    found = RUN.invoke(app, ["check", str(good)])
    assert found.exit_code == 0
    assert "all well (rules: 1, counters: 0, sets: 0)" in found.output
    assert json.loads(RUN.invoke(app, ["check", str(good), "--json"]).stdout)["ok"] is True


def test_check_of_the_policy_in_force() -> None:
    assert RUN.invoke(app, ["check"]).exit_code == 0


def test_check_lists_every_mistake(wrong: Path) -> None:
    found = RUN.invoke(app, ["check", str(wrong)])
    assert found.exit_code == 1
    assert "did you mean `post.length`?" in found.output
    assert "did you mean `low`?" in found.output
    assert "2 mistakes" in found.output
    errors = json.loads(RUN.invoke(app, ["check", str(wrong), "--json"]).stdout)["errors"]
    assert [error["line"] for error in errors] == [6, 8]


def test_list_names_rules_and_effects(good: Path) -> None:
    assert "long-post" in RUN.invoke(app, ["list", str(good)]).output
    rule = json.loads(RUN.invoke(app, ["list", str(good), "--json"]).stdout)[0]
    assert rule["effects"] == ["case in q", "propose remove"]
    assert rule["on"] == ["post"]


def test_test_counts_and_shows_failures(good: Path) -> None:
    found = RUN.invoke(app, ["test", str(good)])
    assert (found.exit_code, found.output) == (0, "2 passed, 0 failed\n")
    good.write_text(GOOD.replace("length: 11", "length: 9"), encoding="utf-8")
    found = RUN.invoke(app, ["test", str(good)])
    assert found.exit_code == 1
    assert "long-post: should fire and does not: long" in found.output
    assert "✗ post.length > 10   [9]" in found.output
    assert json.loads(RUN.invoke(app, ["test", str(good), "--json"]).stdout)["failed"] == 1


def test_test_says_which_rules_have_none(good: Path) -> None:
    good.write_text(GOOD[: GOOD.index("    tests:")], encoding="utf-8")
    assert "long-post: has no tests" in RUN.invoke(app, ["test", str(good)]).output


def test_explain_shows_true_false_and_unknown(good: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"post": {"length": 20}}')
    arguments = ["explain", "long-post", "--facts", str(facts), "--policy", str(good)]
    found = RUN.invoke(app, arguments)
    assert "✓ post.length > 10   [20]" in found.output
    assert "? post.is_reply   [unknown]" in found.output
    assert "long-post does not fire" in found.output
    assert json.loads(RUN.invoke(app, [*arguments, "--json"]).stdout)["fires"] is False
    facts.write_text('{"event": {"type": "account.created"}, "subject": "account:a"}')
    assert "does not apply to account.created" in RUN.invoke(app, arguments).output


@pytest.mark.parametrize(
    ("rule", "facts", "message"),
    [
        ("lng-post", "{}", "did you mean long-post?"),
        ("long-post", "{", "truncated"),
        ("long-post", '{"post": {"lenght": 3}}', "did you mean length?"),
        ("long-post", '{"post": {"length": -3}}', "at least 0"),
        ("long-post", '{"post": 3}', "should be a mapping"),
        ("long-post", '{"subject": "x"}', "KIND:ID"),
        ("long-post", '{"event": {"type": "post.made"}}', "no event type"),
        ("long-post", '{"event": {"time": "noon"}}', "is no time"),
        ("long-post", "[]", "should be a mapping"),
        ("long-post", None, "No such file"),
    ],
)
def test_explain_says_what_is_wrong(
    good: Path, tmp_path: Path, rule: str, facts: str | None, message: str
) -> None:
    path = tmp_path / "facts.json"
    if facts is not None:
        path.write_text(facts)
    found = RUN.invoke(app, ["explain", rule, "--facts", str(path), "--policy", str(good)])
    assert isinstance(found.exception, CommandError)
    assert message in str(found.exception)


def test_fields_are_listed() -> None:
    assert "account.age_hours" in RUN.invoke(app, ["fields"]).output
    assert json.loads(RUN.invoke(app, ["fields", "--json"]).stdout)["post.text"]["type"] == "a text"


def test_sets_of_the_policy_in_force(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sets.yaml").write_text("sets: {places: [Cairo]}", encoding="utf-8")
    monkeypatch.setenv("TENFOLD_POLICIES", str(tmp_path / "sets.yaml"))
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    assert (
        RUN.invoke(app, ["sets", "add", "places", "القاهرة", "Giza"]).output == "added: 2, there before: 0\n"
    )
    assert RUN.invoke(app, ["sets", "add", "places", "Giza"]).output == "added: 0, there before: 1\n"
    assert RUN.invoke(app, ["sets", "list", "places"]).output == "Cairo\tin the rules\nGiza\nالقاهرة\n"
    found = json.loads(RUN.invoke(app, ["sets", "list", "places", "--json"]).stdout)
    assert found == {"set": "places", "in_rules": ["Cairo"], "in_store": ["Giza", "القاهرة"]}
    assert RUN.invoke(app, ["sets", "remove", "places", "Giza", "x"]).output == "removed: 1, not in it: 1\n"
    unknown = RUN.invoke(app, ["sets", "add", "place", "x"])
    assert "did you mean places?" in str(unknown.exception)
    empty = RUN.invoke(app, ["sets", "add", "places", ""])
    assert "cannot be kept" in str(empty.exception)
    with psycopg.connect(database_url) as conn:
        acts = conn.execute("SELECT act, subject FROM audit ORDER BY seq").fetchall()
    assert acts[0] == ("set.added", "set:places")
    assert acts[-1] == ("set.removed", "set:places")
