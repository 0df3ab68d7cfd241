"""Working on cases with others: naming them in notes, handing a case over, asking who reads its language."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from tenfold.casework.states import CASE_STEPS, CaseState, CaseStep, after
from tenfold.casework.taking import hold
from tenfold.casework.wishes import RefusedError, checked_text, lock_mine
from tenfold.store import audit, cases, inbox, people
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.people import User

HANDED_FOR: Final = timedelta(hours=2)  # after that a case handed to somebody is anybody's again


def named_in(text: str, users: Iterable[User]) -> list[User]:
    """Who is named with an @ in a text, capitals aside; of two names that fit, the longer one."""
    written = text.casefold()
    taken: set[int] = set()
    found = []
    for user in sorted(users, key=lambda user: -len(user.name)):
        pattern = rf"(?<!\w)@{re.escape(user.name.casefold())}(?!\w)"
        places = {match.start() for match in re.finditer(pattern, written)}
        if places - taken:
            found.append(user)
        taken |= places
    return sorted(found, key=lambda user: user.id)


def tell_named(conn: Conn, *, case_id: int, note_id: int, text: str, actor: str, now: datetime) -> None:
    """Send who is named in a note to it; oneself and disabled people are left out."""
    if "@" not in text:
        return
    others = (user for user in people.users(conn) if not user.disabled and user.actor != actor)
    users = [user.id for user in named_in(text, others)]
    inbox.send(conn, users, case_id=case_id, kind="mention", author=actor, note_id=note_id, now=now)


def hand_over(conn: Conn, *, case_id: int, actor: str, to: User | None, reason: str, now: datetime) -> None:
    """Give an undecided case that nobody else holds to somebody for HANDED_FOR, or back to the queue; the
    reason becomes a note. CaseConflictError if another holds it or it is decided."""
    reason = checked_text("reason", reason)
    case = lock_mine(conn, case_id, actor, now)
    note_id = cases.add_note(conn, case_id, actor, reason, now)
    if to is not None:
        hold(conn, case, to.actor, HANDED_FOR, now)
        inbox.send(conn, [to.id], case_id=case_id, kind="hand_over", author=actor, note_id=note_id, now=now)
    elif case.holder(now) == actor:
        cases.let_go(conn, case_id, after(CASE_STEPS, CaseState(case.state), CaseStep.RELEASE), now)
    details = {"to": to.actor if to else None, "reason": reason}
    audit.append(
        conn, [Entry(actor=actor, act="case.handed_over", subject=f"case:{case_id}", details=details)]
    )


def ask_readers(
    conn: Conn,
    *,
    case_id: int,
    actor: str,
    language: str,
    readers: Sequence[User],
    question: str,
    now: datetime,
) -> None:
    """Ask everybody who reads a language to look at a case; the question becomes a note. RefusedError if
    nobody else reads it."""
    question = checked_text("reason", question)
    if not readers:
        raise RefusedError("language", f"nobody else says that they read {language}")
    lock_mine(conn, case_id, actor, now)
    note_id = cases.add_note(conn, case_id, actor, question, now)
    users = [reader.id for reader in readers]
    inbox.send(conn, users, case_id=case_id, kind="language", author=actor, note_id=note_id, now=now)
    details = {"language": language, "asked": [reader.actor for reader in readers], "question": question}
    audit.append(
        conn, [Entry(actor=actor, act="case.language_asked", subject=f"case:{case_id}", details=details)]
    )
