"""`tenfold users`, run as a person runs it, against a real database."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from tenfold import config
from tenfold.cli import users
from tenfold.cli.common import CommandError
from tenfold.store import audit, identities, people, second_factors, web_sessions
from tenfold.store.database import Conn
from tenfold.taxonomy import Role
from tenfold.web import address

PASSWORD = "a long enough password"
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_BASE_URL", "https://tenfold.example")
    runner = CliRunner()

    def invoke(*arguments: str, input: str | None = None) -> Result:
        result = runner.invoke(users.app, list(arguments), input=input)
        if isinstance(result.exception, CommandError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return invoke


def test_the_link_of_a_new_person_lets_them_in_once(run: Run, conn: Conn) -> None:
    output = run("add", "مريم", "--role", "moderator", "--role", "lead", "--locale", "ar").output
    token = re.search(r"https://tenfold\.example/login/(\S+)", output)
    assert token
    user = people.redeem_login_link(conn, token[1])
    assert user is not None
    assert (user.name, user.locale) == ("مريم", "ar")
    assert user.roles == {Role.MODERATOR, Role.LEAD}
    assert people.redeem_login_link(conn, token[1]) is None


def test_the_link_leads_to_the_server_that_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TENFOLD_BASE_URL")
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    with address.announced(config.load({}, data_dir=tmp_path, port=8123)):
        assert "http://127.0.0.1:8123/login/" in run("add", "Nadia", "--role", "moderator").output
    assert "http://127.0.0.1:8010/login/" in run("login-link", "Nadia").output
    (tmp_path / address.FILE).write_text('{"pid": 99999999, "url": "http://127.0.0.1:8123"}')
    assert "http://127.0.0.1:8010/login/" in run("login-link", "Nadia").output, "it was killed"
    assert "TENFOLD_DATA_DIR" in run("--help").output


def test_programs_get_json(run: Run, conn: Conn) -> None:
    added = json.loads(run("add", "Nadia", "--role", "auditor", "--json").output)
    assert (added["name"], added["roles"]) == ("Nadia", ["auditor"])
    link = json.loads(run("login-link", "nadia", "--json").output)["login_link"]
    assert people.redeem_login_link(conn, link.rpartition("/")[2]) is not None
    assert [user["name"] for user in json.loads(run("list", "--json").output)] == ["Nadia"]


def test_a_password_comes_from_standard_input(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "auditor", "--password", input=f"{PASSWORD}\n")
    assert people.authenticate(conn, "nadia", PASSWORD) is not None
    run("password", "Nadia", input="another long password\n")
    assert people.authenticate(conn, "nadia", PASSWORD) is None
    assert people.authenticate(conn, "nadia", "another long password") is not None


def test_disabling_shuts_out_and_can_be_taken_back(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "moderator")
    session = web_sessions.start(conn, people.user_named(conn, "Nadia").id)
    conn.commit()
    run("disable", "Nadia")
    assert web_sessions.find(conn, session) is None
    conn.commit()
    assert "disabled" in run("list").output
    with pytest.raises(CommandError, match="is disabled"):
        run("login-link", "Nadia")
    run("disable", "Nadia", "--undo")
    assert not people.user_named(conn, "Nadia").disabled


def test_roles_are_replaced(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "moderator")
    run("roles", "nadia", "auditor", "policy")
    assert people.user_named(conn, "Nadia").roles == {Role.AUDITOR, Role.POLICY}


def test_everything_done_is_in_the_audit_chain_without_secrets(run: Run, conn: Conn) -> None:
    link = json.loads(run("add", "Nadia", "--role", "moderator", "--json").output)["login_link"]
    run("password", "Nadia", input=f"{PASSWORD}\n")
    run("roles", "Nadia", "lead")
    run("disable", "Nadia")
    rows = list(audit.stream(conn))
    assert [row.act for row in rows] == ["user.added", "user.password", "user.roles", "user.disabled"]
    assert audit.verify(conn).intact
    assert link.rpartition("/")[2] not in str(rows)
    assert PASSWORD not in str(rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("login-link", "nobody"), "no user named 'nobody'"),
        (("add", "Nadia", "--role", "lead", "--locale", "fr"), "speaks en and ar"),
        (("add", "", "--role", "lead"), "a name is 1 to 100"),
    ],
)
def test_mistakes_are_explained(run: Run, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_short_passwords_change_nothing(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "lead")
    with pytest.raises(CommandError, match="12 are needed"):
        run("password", "Nadia", input="short\n")
    assert [row.act for row in audit.stream(conn)] == ["user.added"]


def test_the_last_administrator_is_kept_and_reasons_are_noted(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "admin")
    with pytest.raises(CommandError, match="last administrator"):
        run("disable", "Nadia")
    with pytest.raises(CommandError, match="last administrator"):
        run("roles", "Nadia", "lead")
    run("add", "Sami", "--role", "admin", "--reason", "holidays")
    run("roles", "Nadia", "lead", "--reason", "a new task")
    rows = [(row.act, row.details.get("reason")) for row in audit.stream(conn)]
    assert rows == [("user.added", None), ("user.added", "holidays"), ("user.roles", "a new task")]


def test_a_lost_second_factor_is_reset(run: Run, conn: Conn) -> None:
    run("add", "Nadia", "--role", "lead")
    with pytest.raises(CommandError, match="no second factor"):
        run("reset-second-factor", "Nadia")
    user, now = people.user_named(conn, "Nadia"), datetime.now(UTC)
    app = pyotp.TOTP(second_factors.begin(conn, b"k" * 32, user.id))
    assert second_factors.confirm(conn, b"k" * 32, user.id, app.at(now), now)
    session = web_sessions.start(conn, user.id)
    conn.commit()
    assert "second factor" in run("list").output
    run("reset-second-factor", "Nadia", "--reason", "lost the phone")
    assert not people.user_named(conn, "Nadia").second_factor
    assert web_sessions.find(conn, session) is None


def test_somebody_is_invited_to_log_in_through_the_provider(run: Run, conn: Conn) -> None:
    added = json.loads(run("add", "Nadia", "--role", "lead", "--invite", "nadia.h", "--json").output)
    assert added["login_link"] is None
    run("add", "Sami", "--role", "lead")
    with pytest.raises(CommandError, match=r"invited as 'Nadia\.H' already"):
        run("invite", "Sami", "Nadia.H")
    bound = identities.bind_invited(conn, "https://id.example", "7", "NADIA.H")
    assert bound is not None
    assert bound.name == "Nadia"
    conn.commit()
    with pytest.raises(CommandError, match="through the provider already"):
        run("invite", "Nadia", "other")
