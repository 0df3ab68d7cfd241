"""Referrals over the API and the command line."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold.cli.common import CommandError
from tenfold.cli.referrals import app
from tenfold.store import database, holds, people, protectees
from tenfold.store.keys import Scope
from tenfold.taxonomy import Role
from tenfold.threats import referrals
from tests.threats import desk_platform as platform

if TYPE_CHECKING:
    from tests.conftest import Server

WISH = {
    "language": "ar",
    "authority": "وحدة التحقيق",
    "country": "DE",
    "legal_basis": ["dsa_18", "tco_14_5"],
    "statement": "هجوم معلن",
    "asks": "Nadia Haddad",
    "callback": "+00 111",
}


@pytest.fixture
def threat(database_url: str) -> int:
    with database.connect(database_url) as conn:
        for name in ("Nadia", "Basil"):
            people.add_user(conn, name, [Role.SECURITY])
        return platform.staff(conn, datetime.now(UTC))


def approve(server: "Server", referral: int) -> None:
    with server.runtime.pool.connection() as conn:
        seen = referrals.draft_digest(conn, referrals.get(conn, referral))
        referrals.approve(conn, referral, seen=seen, actor="user:1", now=datetime.now(UTC))


def test_a_referral_is_drafted_read_and_its_recipients_noted(server: "Server", threat: int) -> None:
    headers, client = server.key(Scope.THREATS), server.client
    made = client.post(f"/v1/threats/{threat}/referrals", json=WISH, headers=headers)
    assert made.status_code == 201, made.text
    id_ = made.json()["id"]
    sent = {"recipient": "Duty officer", "channel": "portal"}
    assert client.post(f"/v1/referrals/{id_}/sent", json=sent, headers=headers).status_code == 409
    approve(server, id_)
    answer = client.post(f"/v1/referrals/{id_}/sent", json=sent, headers=headers)
    assert [line["act"] for line in answer.json()["log"]] == ["drafted", "approved", "sent"]
    (row,) = client.get("/v1/referrals?state=sent", headers=headers).json()["referrals"]
    packet = client.get(f"/v1/referrals/{id_}/packet", headers=headers)
    assert holds.digest(packet.text) == row["packet_sha256"]
    pdf = client.get(f"/v1/referrals/{id_}/packet?form=pdf", headers=headers)
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")


def test_what_names_the_protected_needs_another_scope(server: "Server", threat: int) -> None:
    with server.runtime.pool.connection() as conn:
        who = protectees.add(conn, {"kind": "office", "name": "North Office"}, "cli:test")
        conn.execute("INSERT INTO threat_protectees VALUES (%s, %s, 'name', 1)", [threat, who])
    headers = server.key(Scope.THREATS)
    made = server.client.post(f"/v1/threats/{threat}/referrals", json=WISH, headers=headers).json()["id"]
    address = f"/v1/referrals/{made}/packet"
    assert server.client.get(address, headers=headers).status_code == 403
    both = server.key(Scope.THREATS, Scope.PROTECTEES)
    assert "North Office" in server.client.get(address, headers=both).text
    assert server.client.get(address, headers=server.key(Scope.CASES_READ)).status_code == 403


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"country": "Germany"}, 422), ({"legal_basis": []}, 422), ({"legal_basis": ["national"]}, 422)],
)
def test_what_is_missing_is_refused(
    server: "Server", threat: int, changed: dict[str, Any], status: int
) -> None:
    headers = server.key(Scope.THREATS)
    answer = server.client.post(f"/v1/threats/{threat}/referrals", json=WISH | changed, headers=headers)
    assert answer.status_code == status
    assert server.client.get("/v1/referrals/9", headers=headers).status_code == 404
    assert server.client.post("/v1/threats/9/referrals", json=WISH, headers=headers).status_code == 404


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return call


def test_from_the_command_line(
    run: Callable[..., str], server: "Server", threat: int, tmp_path: Path
) -> None:
    headers = server.key(Scope.THREATS)
    server.client.post(f"/v1/threats/{threat}/referrals", json=WISH, headers=headers)
    assert "draft" in run("list")
    assert msgspec.json.decode(run("list", "--json", "--state", "draft"))[0]["threat_id"] == threat
    for form, start in (("pdf", b"%PDF-"), ("json", b'{"accounts"')):
        file = tmp_path / f"out.{form}"
        run("export", "1", str(file))
        assert file.read_bytes().startswith(start)
        assert file.stat().st_mode & 0o077 == 0
        with pytest.raises(CommandError, match="there already"):
            run("export", "1", str(file))
    told = msgspec.json.decode(run("show", "1"))
    assert [line["act"] for line in told["log"]] == ["drafted", "exported", "exported"]
    for arguments in (("show", "9"), ("export", "1", "x.docx"), ("list", "--state", "lost")):
        with pytest.raises(CommandError):
            run(*arguments)
