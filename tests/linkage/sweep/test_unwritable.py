"""Where a history or results cannot be written: one line that names the place."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tenfold import cli
from tenfold.cli.common import CommandError


def run(*arguments: str) -> None:
    result = CliRunner().invoke(cli.build(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_a_place_that_cannot_be_written_is_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    history, taken = tmp_path / "history", tmp_path / "file"
    taken.write_text("")
    run("history", "export", "--out", str(history))
    place = str(taken / "x")
    for command in (
        ("history", "export"),
        ("sweep", "links", "--history", str(history)),
        ("sweep", "association", "--history", str(history)),
    ):
        with pytest.raises(CommandError, match="Not a directory"):
            run(*command, "--out", place)
