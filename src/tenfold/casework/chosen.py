"""Accounts and groups that a person chose in a network: each gets a case, to be decided together.

Choosing decides nothing. A case is opened for whoever has none, without a ground: nobody has said yet that
something is wrong with it.
"""

from collections.abc import Sequence
from datetime import datetime

from tenfold.casework.filing import DUE
from tenfold.casework.states import CaseState
from tenfold.casework.together import MOST
from tenfold.casework.wishes import RefusedError
from tenfold.store import audit, cases, networks_nodes
from tenfold.store.audit import Entry
from tenfold.store.cases import Opening
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground, Severity

QUEUE = "networks"
_GONE = (None, "closed", "deleted")


def decidable(conn: Conn, subjects: Sequence[Subject]) -> list[Subject]:
    """Those of these accounts and groups that the platform knows and that are not closed, each once."""
    known = _states(conn, subjects)
    return [subject for subject in dict.fromkeys(subjects) if known.get(subject, (None,))[0] not in _GONE]


def open_cases(
    conn: Conn, subjects: Sequence[Subject], *, actor: str, seen_from: str, now: datetime
) -> list[int]:
    """The open case of each subject, one opened where there is none; `seen_from` is where they were chosen.

    RefusedError: nobody is chosen, too many are, or one can no longer be decided. Audited as `case.opened`.
    """
    wanted = list(dict.fromkeys(subjects))
    if not wanted or len(wanted) > MOST:
        raise RefusedError("nodes", f"choose 1 to {MOST} accounts and groups")
    known = _states(conn, wanted)
    for subject in wanted:
        if known.get(subject, (None,))[0] in _GONE:
            raise RefusedError("nodes", f"{subject} is not known, or closed already")
    present = {subject: case.id for subject, case in cases.lock_open(conn, wanted).items()}
    openings = [_opening(one, known[one][1], now) for one in wanted if one not in present]
    opened = cases.open_new(conn, openings, now)
    late = [
        one for one in wanted if one not in present and one not in opened
    ]  # another opened these just now
    present |= opened | {subject: case.id for subject, case in cases.lock_open(conn, late).items()}
    audit.append(
        conn,
        [
            Entry(
                actor=actor,
                act="case.opened",
                subject=f"case:{case_id}",
                details={"about": str(subject), "queue": QUEUE, "from": seen_from},
            )
            for subject, case_id in opened.items()
        ],
    )
    return [present[subject] for subject in wanted]


def _states(conn: Conn, subjects: Sequence[Subject]) -> dict[Subject, tuple[str | None, str | None]]:
    """State and language of each."""
    ids = {kind: [one.id for one in subjects if one.kind is kind] for kind in SubjectKind}
    accounts = networks_nodes.accounts(conn, ids[SubjectKind.ACCOUNT])
    groups = networks_nodes.groups(conn, ids[SubjectKind.GROUP])
    return {
        **{Subject(SubjectKind.ACCOUNT, id_): (one.state, one.language) for id_, one in accounts.items()},
        **{Subject(SubjectKind.GROUP, id_): (one.state, None) for id_, one in groups.items()},
    }


def _opening(subject: Subject, language: str | None, now: datetime) -> Opening:
    return Opening(
        subject=subject,
        account=subject.id if subject.kind is SubjectKind.ACCOUNT else None,
        queue=QUEUE,
        severity=int(Severity.MEDIUM),
        ground=Ground.NONE,
        language=language,
        state=CaseState.OPEN,
        due_at=now + DUE[Severity.MEDIUM],
    )
