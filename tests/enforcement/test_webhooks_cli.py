"""`tenfold webhooks`: adding, testing, listing and sending again from the command line."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold.cli.common import CommandError
from tenfold.cli.webhooks import app
from tenfold.enforcement import sealing
from tenfold.store import database
from tests.enforcement.receivers import Receiver, receiver, status


@pytest.fixture
def target() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_SECRET", "s" * 40)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TENFOLD_WEBHOOK_PRIVATE_ADDRESSES", "true")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_webhook_is_added_tested_listed_and_removed(target: Receiver) -> None:
    made = msgspec.json.decode(run("add", "platform", target.url, "--json"))
    assert "200" in run("test", "platform")
    assert target.received[0].verified(made["secret"])["type"] == "webhook.test"
    assert made["secret"] not in run("list")
    assert msgspec.json.decode(run("list", "--json"))[0]["enabled"] is True
    assert "delivered" in run("deliveries", "platform")
    run("remove", "platform")
    assert run("list") == ""


def test_a_secret_of_ones_own_is_taken_from_a_file(target: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "webhook-secret"
    secret = sealing.new_secret()
    file.write_text(secret + "\n")
    assert secret in run("add", "platform", target.url, "--secret-file", str(file))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "x", "ftp://platform.example/"], "scheme"),
        (["add", "x", "https://platform.example/", "--secret-file", "/none"], "cannot read"),
        (["test", "none"], "no webhook named 'none'"),
        (["remove", "none"], "no webhook named"),
        (["redeliver"], "--dead"),
        (["redeliver", "019c0000-0000-7000-8000-000000000000"], "there is none"),
    ],
)
def test_errors_say_what_to_mend(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        run(*arguments)


def test_a_secret_is_rotated_and_both_sign_for_a_day(target: Receiver) -> None:
    old = msgspec.json.decode(run("add", "platform", target.url, "--json"))["secret"]
    new = msgspec.json.decode(run("rotate", "platform", "--reason", "once a year", "--json"))["secret"]
    assert old != new
    run("test", "platform")
    for secret in (old, new):
        assert target.received[0].verified(secret)["type"] == "webhook.test"


def test_dead_deliveries_are_sent_again(target: Receiver, database_url: str) -> None:
    run("add", "platform", target.url)
    target.answer = status(500)
    with pytest.raises(CommandError, match="answered 500"):
        run("test", "platform")
    with database.connect(database_url) as conn:
        conn.execute("UPDATE deliveries SET state = 'dead'")
    assert "dead" in run("deliveries", "--state", "dead")
    assert run("redeliver", "--dead").startswith("1 ")
    assert msgspec.json.decode(run("deliveries", "--json"))[0]["state"] == "pending"
