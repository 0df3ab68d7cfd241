"""`tenfold keys` and `tenfold ingest` as they are typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tenfold import config
from tenfold.cli import ingest
from tenfold.cli import keys as keys_command
from tenfold.cli.common import CommandError
from tenfold.store import audit, keys
from tenfold.store.database import Conn

PHEME = (
    "event,id,username,name,description,followers,verified,text,time,lang,veracity\n"
    "c,1,jo,Jo,,5,False,Police say the road is closed,Fri Jan 09 12:29:56 +0000 2015,en,true\n"
    "c,2,jo,Jo,,five,False,Police say the road is open,Fri Jan 09 13:29:56 +0000 2015,en,true\n"
)


@pytest.fixture(autouse=True)
def installation(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def run(app, *arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    return result.stdout


def test_a_key_is_made_listed_and_revoked(conn: Conn) -> None:
    made = json.loads(
        run(keys_command.app, "create", "forum", "--scope", "events:write", "--days", "30", "--json")
    )
    secret = config.secret_key(config.load())
    found = keys.authenticate(conn, secret, made["key"])
    conn.commit()
    assert found is not None
    assert found.scopes == ["events:write"]
    listed = run(keys_command.app, "list")
    assert "forum" in listed
    assert made["key"] not in listed
    run(keys_command.app, "revoke", str(made["id"]))
    assert keys.authenticate(conn, secret, made["key"]) is None
    acts = [(row.act, row.subject) for row in audit.stream(conn)]
    assert acts == [("key.created", f"key:{made['id']}"), ("key.revoked", f"key:{made['id']}")]


def test_a_key_that_does_not_exist_cannot_be_revoked() -> None:
    with pytest.raises(CommandError, match="no key 99"):
        CliRunner().invoke(keys_command.app, ["revoke", "99"], catch_exceptions=False)


def test_a_file_with_a_bad_row_ends_with_status_1_and_says_where_it_went(tmp_path: Path) -> None:
    (tmp_path / "rumours.csv").write_text(PHEME)
    text = run(ingest.app, "rumours.csv", "--mapping", "pheme", status=1)
    assert "2 rows, 2 events accepted, 0 duplicates, 1 rows refused" in text
    assert "'five' is not a whole number" in (tmp_path / "rumours.refused.csv").read_text()
    assert "ingested before" in run(ingest.app, "rumours.csv", "--mapping", "pheme")


def test_a_report_for_programs(tmp_path: Path) -> None:
    (tmp_path / "rumours.csv").write_text(PHEME.replace("five", "5"))
    (report,) = json.loads(run(ingest.app, "rumours.csv", "--mapping", "pheme", "--json"))["files"]
    # The author's account comes with both rows and is one event.
    assert (report["accepted"], report["duplicates"], report["refused"]) == (3, 1, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.csv", "--mapping", "pheme"], "none.csv: cannot be read"),
        (["rumours.csv"], "--mapping"),
        (["rumours.csv", "--mapping", "nothing"], "no such mapping"),
        (["rumours.csv", "rumours.csv", "--refused", "x"], "--refused names one file"),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "rumours.csv").write_text(PHEME)
    with pytest.raises(CommandError, match=message):
        CliRunner().invoke(ingest.app, arguments, catch_exceptions=False)
