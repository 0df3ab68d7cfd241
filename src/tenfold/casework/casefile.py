"""One case, or one account, with everything that is known about it. Each reading is audited."""

from datetime import datetime

import msgspec
from psycopg import sql
from psycopg.rows import class_row, dict_row

from tenfold.casework.lists import add_rules, case_row, case_rows, read_decisions
from tenfold.casework.shown import (
    AccountView,
    CaseRow,
    CaseView,
    FiringView,
    NoteView,
    PostBrief,
    Profile,
    SignalView,
    SubjectView,
    action_view,
)
from tenfold.casework.states import CaseState
from tenfold.store import actions, audit, cases, seconds, standing
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

HISTORY = 20  # other cases, decisions, posts and profiles shown of an account


def case_view(
    conn: Conn, *, case_id: int, viewer: str, now: datetime, act: str = "case.viewed"
) -> CaseView | None:
    """One case with its evidence; None if there is none. The viewing is audited as `act`."""
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None:
        return None
    row = case_row(case, now)
    add_rules(conn, [row])
    view = CaseView(
        case=row,
        subject=_subject(conn, case.subject),
        account=_account(conn, case.account, case_id, now) if case.account is not None else None,
        signals=_signals(conn, case.subject),
        firings=_firings(conn, case.subject),
        notes=_notes(conn, case_id),
        actions=[action_view(action) for action in actions.of_cases(conn, [case_id])],
        decisions=read_decisions(conn, "case_id = %(case_id)s ORDER BY id DESC", {"case_id": case_id}),
        proposal=seconds.waiting_on(conn, case_id) if case.state == CaseState.AWAITING else None,
    )
    audit.append(conn, [Entry(actor=viewer, act=act, subject=f"case:{case_id}")])
    return view


def account_view(conn: Conn, *, account: str, viewer: str, now: datetime) -> AccountView:
    """One account with its history; the viewing is audited as `account.viewed`."""
    view = _account(conn, account, 0, now)
    audit.append(conn, [Entry(actor=viewer, act="account.viewed", subject=f"account:{account}")])
    return view


def _signals(conn: Conn, subject: Subject) -> list[SignalView]:
    reader = conn.cursor(row_factory=dict_row)
    reader.execute(
        """
        SELECT name, key, score, detector, version, spans, details, found_at FROM signals
        WHERE subject_kind = %s AND subject_id = %s ORDER BY score DESC, name, key
        """,
        [subject.kind, subject.id],
    )
    return [msgspec.convert(row, SignalView) for row in reader]


def _firings(conn: Conn, subject: Subject) -> list[FiringView]:
    """All rules that fired on the subject, those that an earlier case dealt with among them."""
    reader = conn.cursor(row_factory=dict_row)
    reader.execute(
        """
        SELECT rule, titles, policy, ground, severity, parts, fired_at FROM firings
        WHERE subject_kind = %s AND subject_id = %s ORDER BY severity DESC, rule
        """,
        [subject.kind, subject.id],
    )
    return [msgspec.convert(row, FiringView) for row in reader]


def _notes(conn: Conn, case_id: int) -> list[NoteView]:
    reader = conn.cursor(row_factory=class_row(NoteView))
    reader.execute(
        "SELECT id, author, text, at FROM case_notes WHERE case_id = %s ORDER BY at, id", [case_id]
    )
    return reader.fetchall()


_SUBJECTS: dict[SubjectKind, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    SubjectKind.POST: (
        "posts",
        ("text",),
        (
            *("language", "script", "links", "media", "mentions", "reply_to", "repost_of", "quote_of"),
            *("group_id", "url", "edited_at"),
        ),
    ),
    SubjectKind.ACCOUNT: (
        "accounts",
        ("handle", "display_name", "bio", "location"),
        ("avatar", "banner", "links", "language", "followers", "following", "verified"),
    ),
    SubjectKind.GROUP: (
        "groups",
        ("name", "description"),
        ("creator", "avatar", "links", "visibility", "members"),
    ),
    SubjectKind.MEDIA: ("media", ("words",), ("kind", "mime", "sha256", "md5", "pdq", "bytes", "url")),
}


def _subject(conn: Conn, subject: Subject) -> SubjectView:
    table, fields, facts = _SUBJECTS[subject.kind]
    reader = conn.cursor(row_factory=dict_row)
    columns = [sql.Identifier(name) for name in ("state", "created_at", *fields, *facts)]
    reader.execute(
        sql.SQL("SELECT {} FROM {} WHERE id = %s").format(sql.SQL(", ").join(columns), sql.Identifier(table)),
        [subject.id],
    )
    row = reader.fetchone() or {}
    return SubjectView(
        subject=subject,
        known=bool(row),
        state=row.get("state"),
        fields={name: row[name] for name in fields if row.get(name)},
        facts={name: row[name] for name in facts if row.get(name) not in (None, [])},
        created_at=row.get("created_at"),
    )


def _account(conn: Conn, account: str, but: int, now: datetime) -> AccountView:
    reader = conn.cursor(row_factory=dict_row)
    reader.execute(
        """
        SELECT state, created_at, language, followers, following, verified, posts, updated_at AS at, handle,
            display_name, bio, avatar, banner, location, links
        FROM accounts WHERE id = %s
        """,
        [account],
    )
    row = reader.fetchone() or {}
    stands = standing.load(conn, [account]).get(account)
    return AccountView(
        id=account,
        known=bool(row),
        state=row.get("state"),
        created_at=row.get("created_at"),
        language=row.get("language"),
        followers=row.get("followers"),
        following=row.get("following"),
        verified=row.get("verified", False),
        posts=row.get("posts", 0),
        strikes=stands.strikes if stands else 0,
        profile=msgspec.convert(row, Profile) if row else None,
        earlier_profiles=_profiles(conn, account),
        last_posts=_last_posts(conn, account),
        other_cases=_other_cases(conn, account, but, now),
        decisions=read_decisions(
            conn,
            "case_id IN (SELECT id FROM cases WHERE account = %(account)s) ORDER BY id DESC LIMIT %(limit)s",
            {"account": account, "limit": HISTORY},
        ),
    )


def _profiles(conn: Conn, account: str) -> list[Profile]:
    """What the account showed before what it shows now."""
    reader = conn.cursor(row_factory=class_row(Profile))
    reader.execute(
        """
        SELECT at, handle, display_name, bio, avatar, banner, location, links FROM account_profiles
        WHERE account = %s ORDER BY seq DESC LIMIT %s OFFSET 1
        """,
        [account, HISTORY],
    )
    return reader.fetchall()


def _last_posts(conn: Conn, account: str) -> list[PostBrief]:
    reader = conn.cursor(row_factory=class_row(PostBrief))
    reader.execute(
        """
        SELECT id, created_at, text, language, state FROM posts
        WHERE account = %s ORDER BY created_at DESC LIMIT %s
        """,
        [account, HISTORY],
    )
    return reader.fetchall()


def _other_cases(conn: Conn, account: str, but: int, now: datetime) -> list[CaseRow]:
    values = {"account": account, "but": but, "limit": HISTORY, "now": now}
    found = case_rows(conn, ["account = %(account)s", "id <> %(but)s"], "opened_at DESC", values)
    add_rules(conn, found)
    return found
