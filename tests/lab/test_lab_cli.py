"""The lab from the command line: save, back-test, shadow, ask, approve, go live, roll back."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tenfold.cli.common import CommandError
from tenfold.cli.policy import app
from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.taxonomy import Role
from tests.lab.lab_world import policy, post, rule, texts, work

RUN = CliRunner()
GATE = rule("gate", "contains(post.text, 'البوابة')")
HOLD = rule("gate", "contains(post.text, 'البوابة')", then="{hold: true}")


@pytest.fixture
def store(conn: Conn, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conn:
    """A store with three people, and rules in files that it begins with."""
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TENFOLD_POLICIES", str(written(tmp_path, "files", GATE)))
    for name, role in (("ليلى", Role.POLICY), ("omar", Role.LEAD), ("mod", Role.MODERATOR)):
        people.add_user(conn, name, [role])
    conn.commit()
    return conn


def written(folder: Path, name: str, *rules: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(texts(*rules)["rules.yaml"], encoding="utf-8")
    return path


def ran(*arguments: str) -> str:
    found = RUN.invoke(app, list(arguments), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout.strip()


def test_from_a_draft_to_live_and_back(store: Conn, tmp_path: Path) -> None:
    draft = written(tmp_path, "draft", HOLD)
    version = ran("save", str(draft), "--reason", "hold them", "--as", "ليلى")
    assert ran("shadow", version[:8], "--as", "ليلى") == f"{version}: shadow"
    with pytest.raises(CommandError, match="second person must approve it: gate"):
        ran("live", version, "--reason", "now", "--as", "ليلى")
    ran("ask", version, "--as", "ليلى")
    with pytest.raises(CommandError, match="another person"):
        ran("approve", version, "--as", "ليلى")
    with pytest.raises(CommandError, match="neither the policy nor the lead role"):
        ran("approve", version, "--as", "mod")
    ran("approve", version, "--as", "omar")
    assert ran("live", version, "--reason", "now", "--as", "ليلى") == f"{version}: live"
    (listed,) = json.loads(ran("versions", "--json"))
    assert (listed["version"], listed["state"], listed["reason"]) == (version, "live", "hold them")
    assert "live" in ran("versions") and "ليلى: hold them" in ran("versions")
    assert ran("rollback", "--reason", "no", "--as", "omar") == "in force: files"
    folder = tmp_path / "out"
    assert ran("export", version, str(folder)) == str(folder / "draft.yaml")
    assert (folder / "draft.yaml").read_text(encoding="utf-8") == draft.read_text(encoding="utf-8")
    with pytest.raises(CommandError, match="no version begins"):
        ran("shadow", "zzz", "--as", "omar")


def test_a_back_test_says_what_would_change(store: Conn, tmp_path: Path) -> None:
    work(store, policy(GATE), post(1, "على البوابة"), post(2, "at the door"))
    wide = written(
        tmp_path, "wide", rule("gate", "contains(post.text, 'البوابة') or contains(post.text, 'door')")
    )
    report = json.loads(ran("backtest", str(wide), "--processes", "1", "--json"))
    (found,) = report["rules"]
    assert (found["rule"], found["change"], found["new"], found["gone"]) == ("gate", "changed", 1, 0)
    assert [one["subject"] for one in found["sample_new"]] == ["post:p2"]
    shown = ran("backtest", str(wide), "--processes", "1")
    assert "at the door" in shown and "✓ contains(post.text, 'door')" in shown and "2 events in" in shown
    assert "differ in no rule" in ran("backtest", str(tmp_path / "files.yaml"), "--processes", "1")
