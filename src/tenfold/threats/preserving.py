"""What is preserved when a referral is drafted: texts as they were, posts and accounts as they are known.

Copies are taken from the store, not from the platform: they stand whatever is deleted or edited there later.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tenfold.store import accounts, content, holds, threat_hands, threat_sources
from tenfold.store.database import Conn
from tenfold.store.holds import Copy
from tenfold.store.threat_sources import Source
from tenfold.subjects import Subject, SubjectKind

SOURCES = 500  # of a threat that are preserved with their accounts, the gravest first
SESSIONS = 1_000  # of an account, the latest first
PROFILES = 200


def preserve(conn: Conn, threat_id: int, *, referral_id: int, reason: str, actor: str, now: datetime) -> None:
    """Copy the sources and accounts of a threat, and hold them."""
    sources = threat_sources.page(conn, threat_id, limit=SOURCES)
    who = sorted({source.account for source in sources if source.account})
    copies = [*_sources(conn, sources), *_accounts(conn, who)]
    holds.preserve(conn, referral_id, copies, now)
    holds.place(
        conn,
        (copy.subject for copy in copies),
        threat_id=threat_id,
        referral_id=referral_id,
        reason=reason,
        actor=actor,
        now=now,
    )


def _sources(conn: Conn, sources: Sequence[Source]) -> list[Copy]:
    posts = content.load_posts(conn, {one.subject_id for one in sources if one.subject_kind == "post"})
    copies = []
    for one in sources:
        post = posts.get(one.subject_id) if one.subject_kind == "post" else None
        values: dict[str, Any] = {
            "account": one.account,
            "said_at": one.at,
            "read_at": one.seen_at,
            "level": one.level,
            "language": one.language,
            "text": one.text,
            "text_sha256": one.text_sha256,
            "reading": one.details,
        }
        if post is not None:
            known = msgspec.structs.asdict(post)
            values["post"] = {
                name: known[name] for name in known if name not in ("id", "seq", "state", "script")
            }
        subject = Subject(SubjectKind(one.subject_kind), one.subject_id)
        copies.append(Copy(subject=subject, field=one.field, content=msgspec.to_builtins(values)))
    return copies


def _accounts(conn: Conn, ids: Sequence[str]) -> list[Copy]:
    found = accounts.load(conn, ids)
    profiles = _grouped(
        conn.execute(
            """
            SELECT account, at, handle, display_name, bio, avatar, banner, location, links
            FROM account_profiles WHERE account = ANY(%s) ORDER BY account, seq LIMIT %s
            """,
            [list(ids), PROFILES * max(1, len(ids))],
        ).fetchall(),
        ("at", "handle", "display_name", "bio", "avatar", "banner", "location", "links"),
    )
    tokens = _grouped(
        conn.execute(
            """
            SELECT account, kind, token, first_seen, last_seen, uses FROM account_tokens
            WHERE account = ANY(%s) ORDER BY account, kind, first_seen, token
            """,
            [list(ids)],
        ).fetchall(),
        ("kind", "token", "first_seen", "last_seen", "uses"),
    )
    sessions = _grouped(
        conn.execute(
            """
            SELECT account, started_at, address_token, network_token, device_token, user_agent_token
            FROM (SELECT *, row_number() OVER (PARTITION BY account ORDER BY started_at DESC, seq DESC) AS n
                  FROM sessions WHERE account = ANY(%s)) AS counted
            WHERE n <= %s ORDER BY account, n
            """,
            [list(ids), SESSIONS],
        ).fetchall(),
        ("started_at", "address_token", "network_token", "device_token", "user_agent_token"),
    )
    hands = threat_hands.of_accounts(conn, ids, limit=1_000)
    copies = []
    for id_ in ids:
        known = found.get(id_)
        profile = msgspec.structs.asdict(known) if known else {}
        values = {
            "profile": {
                name: profile[name] for name in profile if name not in ("id", "first_seq", "updated_at")
            },
            "profiles": profiles.get(id_, []),
            "tokens": tokens.get(id_, []),
            "sessions": sessions.get(id_, []),
            "hands": [
                {"account": hand.other, "level": hand.level, "probability": round(hand.probability, 4)}
                for hand in hands
                if hand.account == id_
            ],
        }
        subject = Subject(SubjectKind.ACCOUNT, id_)
        copies.append(Copy(subject=subject, content=msgspec.to_builtins(values)))
    return copies


def _grouped(rows: Iterable[tuple[Any, ...]], names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Rows that begin with an account, by account."""
    found: dict[str, list[dict[str, Any]]] = {}
    for account, *values in rows:
        found.setdefault(account, []).append(dict(zip(names, values, strict=True)))
    return found
