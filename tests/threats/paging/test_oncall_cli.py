"""`tenfold oncall`: the list of who is called, and a test that really goes out."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold.cli.common import CommandError
from tenfold.cli.oncall import app
from tenfold.store import database, people
from tenfold.taxonomy import Role
from tests.enforcement.mailboxes import Mailbox


@pytest.fixture(autouse=True)
def _environment(database_url: str, box: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TENFOLD_SMTP_URL", f"smtp://127.0.0.1:{box.port}?tls=none")
    monkeypatch.setenv("TENFOLD_MAIL_FROM", "desk@tenfold.example")
    with database.connect(database_url) as conn:
        people.add_user(conn, "Nadia", [Role.SECURITY])
        people.add_user(conn, "باسل", [Role.LEAD], locale="ar")
        people.add_user(conn, "Zaki", [Role.MODERATOR])


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_people_are_put_on_the_list_tested_and_taken_off(box: Mailbox) -> None:
    run("add", "nadia", "Nadia <nadia@example.org>")
    run("add", "باسل", "basil@example.org", "--step", "2")
    listed = msgspec.json.decode(run("list", "--json"))
    assert [(one["email"], one["step"], one["locale"]) for one in listed] == [
        ("nadia@example.org", 1, "en"),
        ("basil@example.org", 2, "ar"),
    ]
    assert run("test").count("sent") == 2
    assert {message["to"] for message in box.received} == {"nadia@example.org", "basil@example.org"}
    assert any("اختبار" in message["subject"] for message in box.received)
    run("remove", "Nadia")
    assert "nadia" not in run("list")


def test_who_could_not_look_is_not_put_on_the_list() -> None:
    with pytest.raises(CommandError, match="security"):
        run("add", "Zaki", "zaki@example.org")
    with pytest.raises(CommandError, match="no user"):
        run("add", "Nobody", "nobody@example.org")
    with pytest.raises(CommandError, match="mail address"):
        run("add", "Nadia", "nadia at example")


def test_a_test_that_does_not_go_out_says_so(box: Mailbox) -> None:
    run("add", "Nadia", "nobody@example.org")
    with pytest.raises(CommandError, match="not every"):
        run("test")
    assert "550" in run("mails", "--state", "dead")
    assert "1 to be sent again" in run("resend")
