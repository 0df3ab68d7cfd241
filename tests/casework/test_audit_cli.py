"""`tenfold audit`: the chain is verified in the database and, exported, without it."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold.cli.audit import app
from tenfold.cli.common import CommandError
from tenfold.store import audit, database
from tenfold.store.audit import Entry

ENTRIES = [Entry(actor=f"user:{n}", act="case.decided", subject="case:1") for n in range(5)]


@pytest.fixture
def url(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A database with a chain of five, and commands that use it."""
    with database.connect(database_url) as conn:
        audit.append(conn, ENTRIES)
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_SECRET", "s" * 40)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    return database_url


def run(*arguments: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, CommandError):
        raise result.exception
    assert (result.exit_code != 0) == fails, result.output
    return result.stdout


def tamper(url: str, statement: str) -> None:
    with database.connect(url) as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
        conn.execute(statement)


def test_an_untouched_chain_is_told_intact(url: str) -> None:
    assert "The chain holds: 5 rows" in run("verify")
    assert msgspec.json.decode(run("verify", "--json"))["rows"] == 5


def test_a_broken_chain_ends_with_status_1(url: str) -> None:
    tamper(url, "UPDATE audit SET actor = 'nobody' WHERE seq = 3")
    assert "broken at row 3" in run("verify", fails=True)


def test_an_export_is_verified_without_the_database(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.ndjson"
    run("export", "--output", str(file))
    assert run("export") == file.read_text()
    monkeypatch.setenv("TENFOLD_DATABASE_URL", "postgresql://nowhere.invalid/x")
    assert "5 rows" in run("verify", "--file", str(file))
    file.write_text(file.read_text().replace("user:2", "user:9"))
    assert "broken at row 3" in run("verify", "--file", str(file), fails=True)


def test_a_checkpoint_shows_what_was_cut_off(url: str, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoint.json"
    kept.write_text(run("checkpoint"))
    assert "holds" in run("verify", "--checkpoint", str(kept))
    tamper(url, "DELETE FROM audit WHERE seq = 5")
    assert "holds" in run("verify")
    assert "cut off" in run("verify", "--checkpoint", str(kept), fails=True)


def test_a_checkpoint_of_another_installation_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "checkpoint.json"
    kept.write_text(run("checkpoint"))
    monkeypatch.setenv("TENFOLD_SECRET", "t" * 40)
    with pytest.raises(CommandError, match="not made by this installation"):
        run("verify", "--checkpoint", str(kept))


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"seq": 1}'])
def test_a_file_that_is_something_else_is_told(url: str, tmp_path: Path, content: str) -> None:
    file = tmp_path / "file"
    file.write_text(content)
    with pytest.raises(CommandError, match="checkpoint"):
        run("verify", "--checkpoint", str(file))
    if content:
        with pytest.raises(CommandError, match="line 1"):
            run("verify", "--file", str(file))


def test_rows_are_shown_by_subject_and_actor(url: str) -> None:
    assert len(run("show").splitlines()) == 5
    assert run("show", "--actor", "user:2").split()[2:5] == ["user:2", "case.decided", "case:1"]
    assert [row["seq"] for row in msgspec.json.decode(run("show", "--limit", "2", "--json"))] == [4, 5]
    assert run("show", "--subject", "case:9") == ""
