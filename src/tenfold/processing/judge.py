"""Judge: put each question of a batch to the policy, with everything that is known of its subject."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from tenfold.detectors.text.url_form import registrable_domain
from tenfold.evidence import Signal
from tenfold.judgement import Firing
from tenfold.linkage.returns import RETURN
from tenfold.policy import PolicySet
from tenfold.policy.facts import Facts, aggregate
from tenfold.processing.fold import Batch, Question
from tenfold.store import counters, groups, sets, standing
from tenfold.store import signals as store_signals
from tenfold.store.accounts import Account
from tenfold.store.content import Media, Post
from tenfold.store.database import Conn
from tenfold.store.groups import Group, Report
from tenfold.store.signals import Strongest
from tenfold.store.standing import Standing
from tenfold.subjects import Subject, SubjectKind

HASHTAG = re.compile(r"#(\w{1,100})")
MENTION = re.compile(r"(?<![\w@])@(\w{1,100})")


def judge(
    conn: Conn,
    policy: PolicySet,
    batch: Batch,
    detected: Mapping[int, Sequence[Signal]],
    *,
    record: bool = True,
    links: Mapping[str, Strongest] | None = None,
) -> list[Firing]:
    """Firings for every question of the batch, in its order.

    `detected` holds the signals of the questions whose texts were read, by position; the others take
    what the store knows. With `record` false the counters are read as if the events had been counted.
    `links` are those of accounts that are not in the store.
    """
    asked = [
        (number, question)
        for number, question in enumerate(batch.questions)
        if policy.listens(question.numbered.event.type, question.subject.kind)
    ]
    if not asked:
        return []
    known = _Known(conn, policy, [question for _, question in asked], links)
    facts = [known.facts(question, detected.get(number)) for number, question in asked]
    numbers = counters.hit_and_read if record else counters.read
    policy.count(facts, [question.numbered.seq for _, question in asked], partial(numbers, conn))
    return [firing for one in facts for firing in policy.judge(one)]


class _Known:
    """What the store knows of the subjects in question, read once a batch."""

    def __init__(
        self,
        conn: Conn,
        policy: PolicySet,
        questions: Sequence[Question],
        links: Mapping[str, Strongest] | None,
    ) -> None:
        accounts = sorted({question.account.id for question in questions if question.account})
        self.groups = _load_groups(conn, questions)
        self.standing = standing.load(conn, accounts)
        self.links = {**store_signals.links_to_closed(conn, accounts), **(links or {})}
        unread = [question.subject for question in questions if question.texts is None]
        self.signals = store_signals.load(conn, unread) if unread else {}
        self.returns = store_signals.load(conn, _accounts(self.links), RETURN.name) if self.links else {}
        reported = {
            (question.report.subject_kind, question.report.subject_id)
            for question in questions
            if question.report
        }
        self.reports = groups.report_counts(conn, reported) if reported else {}
        self.sets = policy.all_sets(sets.load(conn))

    def facts(self, question: Question, signals: Sequence[Signal] | None) -> Facts:
        event = question.numbered.event
        account = question.account
        found = self.signals.get(question.subject, ())
        if signals is not None:
            found = [*signals, *self.returns.get(question.subject, ())]
        link = self.links.get(account.id) if account else None
        group = self.groups.get(question.group_id) if question.group_id else None
        return Facts(
            event_type=event.type,
            time=event.time,
            subject=question.subject,
            account=_account_facts(account, event.time, self.standing.get(account.id)) if account else None,
            post=_post_facts(question.post) if question.post else None,
            media=_media_facts(question.media) if question.media else None,
            group=_group_facts(group, event.time) if group else None,
            report=self._report_facts(question.report) if question.report else None,
            signals=aggregate(found),
            links={"count": link.count, "probability": link.probability, "level": link.level}
            if link
            else {"count": 0},
            sets=self.sets,
            language=question.post.language if question.post else None,
        )

    def _report_facts(self, report: Report) -> dict[str, Any]:
        return {
            "reason": report.reason,
            "text": report.text,
            "reporter_known": report.reporter is not None,
            "count": self.reports.get((report.subject_kind, report.subject_id), 1),
        }


def _accounts(ids: Iterable[str]) -> list[Subject]:
    return [Subject(SubjectKind.ACCOUNT, id_) for id_ in ids]


def _load_groups(conn: Conn, questions: Iterable[Question]) -> dict[str, Group]:
    ids = {question.group_id for question in questions if question.group_id}
    return groups.load(conn, ids) if ids else {}


@lru_cache(maxsize=4096)
def _domain(link: str) -> str | None:
    """Registrable domain of a link in normal form."""
    host = urlsplit(link).hostname
    return registrable_domain(host) if host else None


def _hours(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() / 3600)


def _account_facts(account: Account, time: datetime, stands: Standing | None) -> dict[str, Any]:
    return {
        "id": account.id,
        "handle": account.handle,
        "display_name": account.display_name,
        "bio": account.bio,
        "location": account.location,
        "language": account.language,
        "avatar": account.avatar,
        "links": frozenset(account.links),
        "followers": account.followers,
        "following": account.following,
        "verified": account.verified,
        "age_hours": None if account.created_at is None else _hours(account.created_at, time),
        "posts": account.posts,
        "state": account.state,
        "strikes": stands.strikes if stands else 0,
        "open_cases": stands.open_cases if stands else 0,
    }


def _post_facts(post: Post) -> dict[str, Any]:
    text = post.text
    return {
        "id": post.id,
        "text": text,
        "language": post.language,
        "script": post.script,
        "links": frozenset(post.links),
        "domains": frozenset(filter(None, map(_domain, post.links))),
        "mentions": frozenset(post.mentions).union(MENTION.findall(text) if "@" in text else ()),
        "hashtags": frozenset(HASHTAG.findall(text) if "#" in text else ()),
        "media_count": len(post.media),
        "length": len(text),
        "is_reply": post.reply_to is not None,
        "is_repost": post.repost_of is not None,
        "is_quote": post.quote_of is not None,
        "group": post.group_id,
        "edited": post.edited_at is not None,
    }


def _media_facts(media: Media) -> dict[str, Any]:
    return {
        "id": media.id,
        "kind": media.kind,
        "mime": media.mime,
        "sha256": media.sha256,
        "bytes": media.bytes,
    }


def _group_facts(group: Group, time: datetime) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "members": group.members,
        "age_hours": _hours(group.created_at, time),
        "state": group.state,
        "links": frozenset(group.links),
    }
