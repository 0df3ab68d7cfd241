"""What rules proposed because of a return, once nothing says so any more: closures erased, values marked."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime

from tenfold.store import actions, cases, link_effects
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind

ACTOR = "system"
NOTE = (
    "What this account was linked by is gone; proposals that rested on it are withdrawn. / "
    "زال ما كان يربط هذا الحساب بغيره، فسُحبت المقترحات التي قامت عليه."
)

# A part of a rule that looks at returns; what such rules propose falls with the link.
_ABOUT_RETURNS = re.compile(r"\b(?:links\.|signals\.return\b)")


def about_returns(parts: Iterable[str]) -> bool:
    """Whether a rule of which these parts came true rests on a return."""
    return any(_ABOUT_RETURNS.search(part) is not None for part in parts)


def rules_of(conn: Conn, case_id: int) -> dict[str, bool]:
    """The rules that opened or joined a case, and whether each rests on a return."""
    rows = conn.execute("SELECT rule, parts FROM firings WHERE case_id = %s ORDER BY rule", [case_id])
    return {rule: about_returns(part.get("text", "") for part in parts) for rule, parts in rows}


def withdraw(
    conn: Conn, accounts: Iterable[str], firing: Collection[tuple[str, str]], now: datetime
) -> list[Entry]:
    """Withdraw what rules about returns propose for accounts that lost links, unless (account, rule) still
    is in `firing`; the case gets a note and stays with people. Returns what the audit log shall say."""
    subjects = [Subject(SubjectKind.ACCOUNT, id_) for id_ in accounts]
    actions.lock_subjects(conn, subjects)
    entries = []
    for subject, case in sorted(cases.lock_open(conn, subjects).items()):
        about = rules_of(conn, case.id).items()
        rules = [rule for rule, returns in about if returns and (subject.id, rule) not in firing]
        gone = link_effects.withdraw(conn, case.id, rules, None, now) if rules else []
        if gone:
            cases.add_note(conn, case.id, ACTOR, NOTE, now)
            details = {"about": str(subject), "withdrawn": gone, "rules": rules}
            entries.append(
                Entry(actor=ACTOR, act="case.link_lost", subject=f"case:{case.id}", details=details)
            )
    return entries
