"""What a decided case gives to a bank: the hashes of its media. It stands and falls with the decision."""

from typing import Final

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks, cases, content
from tenfold.store.banks import Added, BankError, UnknownBankError
from tenfold.store.content import Media
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import Ground

OWN: Final = "decided-media"  # the bank that takes them where none is named
_OWN_TITLE: Final = "Media of decided cases / مواد الحالات التي بُتّ فيها"


class UnknownCaseError(LookupError):
    """There is no case with this number."""


def add_case(conn: Conn, bank: str, case_id: int, label: str, added_by: str) -> Added:
    """Add the media of a case that was decided as a violation; an entry each.

    Reversing the decision ends their matching. Raises BankError, UnknownBankError and UnknownCaseError.
    """
    kind = banks.get(conn, bank).kind
    if kind != "media":
        raise BankError(f"{bank} is a bank of {kind}; media of a case go into a bank of media")
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None:
        raise UnknownCaseError(f"there is no case {case_id}")
    decision, ground = _decision(conn, case_id)
    provenance = f"case {case_id}: {ground}"
    given = [
        GivenEntry(value=value, label=label, provenance=provenance)
        for value in map(_value, _media(conn, case.subject))
        if value
    ]
    if not given:
        raise BankError(
            f"case {case_id} is about nothing with hashes; the platform sends them with the upload"
        )
    good, refused = bank_values.check("media", given)
    if refused:
        raise BankError("; ".join(one.reason for one in refused))
    added = banks.add_entries(conn, bank, good, added_by)
    banks.come_from(conn, bank, [entry.key for entry in good], decision)
    return added


def add_to_own(conn: Conn, case_id: int, added_by: str) -> Added:
    """The same into the bank OWN, which is made when it is not there."""
    try:
        banks.get(conn, OWN)
    except UnknownBankError:
        banks.create(conn, id=OWN, kind="media", title=_OWN_TITLE)
    return add_case(conn, OWN, case_id, "", added_by)


def has_media(conn: Conn, subject: Subject) -> bool:
    """Whether a case about this would give anything."""
    return any(map(_value, _media(conn, subject)))


def takers(conn: Conn, case_id: int, subject: Subject) -> list[tuple[str, str]]:
    """Ids and titles of the banks that can take a case's media, OWN first whether or not it is there; none
    while the case gives nothing."""
    try:
        _decision(conn, case_id)
    except BankError:
        return []
    if not has_media(conn, subject):
        return []
    rows = conn.execute("SELECT id, title FROM banks WHERE kind = 'media' AND enabled AND id <> %s", [OWN])
    return [(OWN, _OWN_TITLE), *sorted(rows.fetchall())]


def _decision(conn: Conn, case_id: int) -> tuple[int, str]:
    """The decision in force on a case, and its ground, which is a violation."""
    row = conn.execute(
        "SELECT id, ground FROM decisions WHERE case_id = %s AND state = 'in_force' ORDER BY id DESC LIMIT 1",
        [case_id],
    ).fetchone()
    if row is None:
        raise BankError(f"case {case_id} has no decision in force; decide it first")
    if not Ground(row[1]).is_violation:
        raise BankError(f"case {case_id} was decided {row[1]}, which is no violation; nothing is banked")
    return row[0], row[1]


def _media(conn: Conn, subject: Subject) -> list[Media]:
    """The media that a case is about: the subject itself, or what is attached to the post."""
    ids = [subject.id] if subject.kind is SubjectKind.MEDIA else []
    if subject.kind is SubjectKind.POST:
        ids = [id_ for post in content.load_posts(conn, [subject.id]).values() for id_ in post.media]
    return list(content.load_media(conn, ids).values()) if ids else []


def _value(media: Media) -> str:
    """A media item's hashes as an entry of a bank."""
    given = {"sha256": media.sha256, "md5": media.md5, "pdq": media.pdq, "pdq/trimmed": media.pdq_trimmed}
    given |= {"points": media.points, "film": media.film, "sound": media.sound}
    return " ".join(f"{name}:{digits}" for name, digits in given.items() if digits)
