"""A small platform about which rules fire: accounts, posts, a group, in a real database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tenfold.judgement import Effects, Firing, Part
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground, Severity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEXTS = {"p-1": "Join the Ashen Banner tonight", "p-2": "انضموا إلى الراية الرمادية", "p-3": "Good morning"}


def post(id_: str) -> Subject:
    return Subject(SubjectKind.POST, id_)


def account(id_: str) -> Subject:
    return Subject(SubjectKind.ACCOUNT, id_)


def firing(subject: Subject | str = "p-1", rule: str = "branded", **changes: Any) -> Firing:
    """A firing that asks for review of a post of account a-1 and proposes its removal."""
    effects = {"queue": "content", "propose": (ActionKind.REMOVE,)} | changes.pop("effects", {})
    values: dict[str, Any] = {
        "subject": post(subject) if isinstance(subject, str) else subject,
        "account": "a-1",
        "rule": rule,
        "policy": "v1",
        "ground": Ground.BRANDED,
        "severity": Severity.MEDIUM,
        "effects": Effects(**effects),
        "parts": (Part("terms.count >= 1", "2"),),
        "language": "en",
    }
    return Firing(**(values | changes))


def add_account(conn: Conn, id_: str, state: str = "active") -> None:
    conn.execute(
        "INSERT INTO accounts (id, handle, display_name, bio, created_at, first_seq, updated_at, state)"
        " VALUES (%s, %s, 'Somebody', 'A bio', %s, 1, %s, %s)",
        [id_, f"handle-{id_}", NOW, NOW, state],
    )


def add_post(conn: Conn, id_: str, account_id: str, text: str, group: str | None = None) -> None:
    conn.execute(
        "INSERT INTO posts (id, account, created_at, text, language, group_id, seq)"
        " VALUES (%s, %s, %s, %s, 'en', %s, 1)",
        [id_, account_id, NOW, text, group],
    )


@pytest.fixture
def platform(conn: Conn) -> Conn:
    """Accounts a-1 (three posts, the last in group g-1) and a-2."""
    add_account(conn, "a-1")
    add_account(conn, "a-2")
    conn.execute(
        "INSERT INTO groups (id, creator, name, description, created_at, updated_at)"
        " VALUES ('g-1', 'a-2', 'Ashen friends', '', %s, %s)",
        [NOW, NOW],
    )
    for id_, text in TEXTS.items():
        add_post(conn, id_, "a-1", text, "g-1" if id_ == "p-3" else None)
    conn.execute(
        "INSERT INTO webhooks (name, url, secret) VALUES ('platform', 'https://platform.example/', 'sealed')"
    )
    conn.commit()
    return conn


@pytest.fixture
def state_of(platform: Conn) -> Callable[[Subject], str]:
    """The present state of a subject."""

    def read(subject: Subject) -> str:
        row = platform.execute("SELECT subject_state(%s, %s)", [subject.kind, subject.id]).fetchone()
        assert row is not None
        return str(row[0])

    return read


def rows(conn: Conn, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return conn.execute(query, parameters).fetchall()
