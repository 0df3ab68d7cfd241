"""What the person concerned is told of a decision: a statement of reasons, in English or in Arabic.

It says what Art. 17(3) of Regulation (EU) 2022/2065 asks for: what was done, where and for how long; the
facts, and whether somebody reported it; what part programs had; which rule was broken, and why; how to
object.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

import msgspec

from tenfold.casework.wishes import Order, Verdict
from tenfold.store import actions, cases
from tenfold.store.cases import Case
from tenfold.store.database import Conn
from tenfold.subjects import Subject, SubjectKind
from tenfold.taxonomy import ActionKind, Ground

Language = Literal["en", "ar"]

QUOTE: Final = 280  # characters of a post that are quoted back to its author
_SILENT: Final = frozenset({ActionKind.NOTIFY, ActionKind.ESCALATE, ActionKind.RESTORE})
_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice rests on. `measures` are kinds of actions, `quote` the author's own words (empty: none),
    `reported` whether a user's report came before, `automated` whether a detector or rule pointed it out,
    `appeal` the address where one can object (empty: none)."""

    subject: SubjectKind
    created_at: datetime | None
    quote: str
    ground: Ground
    measures: tuple[str, ...]
    whole_account: bool
    reported: bool
    automated: bool
    reason: str
    appeal: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The notice in one language, paragraph by paragraph; `quoting` has the author's own words."""

    language: Language
    paragraphs: tuple[str, ...]
    quoting: str = ""

    @property
    def text(self) -> str:
        """As one text, with an empty line between paragraphs."""
        return "\n\n".join(self.paragraphs)


def language_for(code: str | None) -> Language:
    """The language in which somebody is told whose own is `code` (BCP 47): Arabic, in whatever script, or
    English."""
    return "ar" if code is not None and code.split("-")[0].lower() == "ar" else "en"


def written(facts: Facts, language: Language) -> Notice:
    """The notice."""
    words = words_of(language)
    when = words["when"].format(date=_date(facts.created_at, words, language)) if facts.created_at else ""
    named = [words[f"measure.{kind}"] for kind in facts.measures if f"measure.{kind}" in words]
    quoting = words["quote"].format(quote=facts.quote).strip() if facts.quote else ""
    paragraphs = [
        words["opening"].format(subject=words[f"subject.{facts.subject}"], when=when),
        _done(named, facts.whole_account, words),
        quoting,
        words["ground"].format(ground=words[f"ground.{facts.ground}"]),
        words["reason"].format(reason=facts.reason) if facts.reason else "",
        f"{words['source.reported' if facts.reported else 'source.own']} "
        f"{words['automated.yes' if facts.automated else 'automated.no']}",
        " ".join([words["appeal"], words["appeal.link"].format(link=facts.appeal) if facts.appeal else ""]),
        words["redress"],
    ]
    told = tuple(part.strip() for part in paragraphs if part.strip())
    return Notice(language=language, paragraphs=told, quoting=quoting)


def languages(conn: Conn, known: Iterable[Case]) -> dict[int, Language]:
    """In which language whoever a case concerns is told, by case: that of the account, or of what the case
    is about where the account's is not known."""
    among = list(known)
    rows = conn.execute(
        "SELECT id, language FROM accounts WHERE id = ANY(%s)",
        [sorted({case.account for case in among if case.account})],
    )
    own: dict[str | None, str | None] = dict(rows.fetchall())
    return {case.id: language_for(own.get(case.account) or case.language) for case in among}


def preview(conn: Conn, *, case_id: int, verdict: Verdict, appeal: str = "") -> Notice | None:
    """What the person concerned would be told if a case were decided so; None where there is nothing to tell:
    no violation, no such case, or nobody known to tell it to."""
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None or case.account is None or not verdict.ground.is_violation:
        return None
    facts = _facts(conn, case.subject, _measures(conn, case.id, verdict), verdict, appeal)
    return written(facts, languages(conn, [case])[case.id])


def preview_closing(conn: Conn, *, account: str, language: Language, verdict: Verdict) -> Notice:
    """What somebody would be told whose account is closed with it, though there is no case on it yet."""
    subject = Subject(SubjectKind.ACCOUNT, account)
    return written(_facts(conn, subject, [ActionKind.CLOSE_ACCOUNT.value], verdict, ""), language)


def order(conn: Conn, *, case_id: int, verdict: Verdict, appeal: str = "") -> Order | None:
    """The action that has the platform tell it; its details hold the text. None as in `preview`."""
    case = cases.load(conn, [case_id]).get(case_id)
    if case is None or case.account is None or not verdict.ground.is_violation:
        return None
    facts = _facts(conn, case.subject, _measures(conn, case.id, verdict), verdict, appeal)
    notice = written(facts, languages(conn, [case])[case.id])
    details: dict[str, Any] = {
        "text": notice.text,
        "language": notice.language,
        "automated_detection": facts.automated,
        "own_initiative": not facts.reported,
    }
    return Order(kind=ActionKind.NOTIFY, details=details)


def _facts(conn: Conn, subject: Subject, measures: Iterable[str], verdict: Verdict, appeal: str) -> Facts:
    row = conn.execute(
        """
        SELECT CASE %(kind)s WHEN 'post' THEN (SELECT created_at FROM posts WHERE id = %(id)s)
                WHEN 'media' THEN (SELECT created_at FROM media WHERE id = %(id)s) END,
            (SELECT text FROM posts WHERE %(kind)s = 'post' AND id = %(id)s),
            EXISTS (SELECT FROM reports WHERE subject_kind = %(kind)s AND subject_id = %(id)s),
            EXISTS (SELECT FROM signals WHERE subject_kind = %(kind)s AND subject_id = %(id)s)
        """,
        {"kind": subject.kind.value, "id": subject.id},
    ).fetchone()
    assert row is not None
    created_at, text, reported, automated = row
    return Facts(
        subject=subject.kind,
        created_at=created_at,
        quote=_quoted(text or ""),
        ground=verdict.ground,
        measures=tuple(dict.fromkeys(measures)),
        whole_account=verdict.scope == "account",
        reported=reported,
        automated=automated,
        reason=verdict.reason.strip(),
        appeal=appeal,
    )


def _measures(conn: Conn, case_id: int, verdict: Verdict) -> Iterable[str]:
    """What the verdict orders: the proposals that it takes up, then what it adds."""
    for action in actions.of_cases(conn, [case_id]):
        taken = verdict.proposals is None or action.id in verdict.proposals
        if taken and action.state == "proposed" and action.kind not in _SILENT:
            yield action.kind
    yield from (added.kind.value for added in verdict.add if added.kind not in _SILENT)


def _done(named: list[str], whole_account: bool, words: dict[str, Any]) -> str:
    if not named:
        done = words["no_measures"]
    else:
        done = f"{words['measures'].format(measures=words['joiner'].join(named))} {words['extent']}"
    return f"{done} {words['whole_account']}" if whole_account else done


def _quoted(text: str) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTE else line[:QUOTE].rstrip() + "…"


def _date(at: datetime, words: dict[str, Any], language: Language) -> str:
    at = at.astimezone(UTC)
    date: str = words["date"].format(day=at.day, month=words["months"][at.month - 1], year=at.year)
    return date.translate(_ARABIC_DIGITS) if language == "ar" else date


@cache
def words_of(language: Language) -> dict[str, Any]:
    """The words of notices in one language."""
    file = resources.files("tenfold.casework") / "notice_words" / f"{language}.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
