"""Judge: put each question of a batch to the policy, with everything that is known of its subject."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from tenfold.evidence import Signal
from tenfold.judgement import Firing
from tenfold.linkage.returns import RETURN
from tenfold.policy import PolicySet
from tenfold.policy.facts import Facts, aggregate
from tenfold.policy.in_force import InForce
from tenfold.processing import facts
from tenfold.processing.fold import Batch, Question
from tenfold.store import counters, groups, sets, standing
from tenfold.store import signals as store_signals
from tenfold.store.counters import Hit
from tenfold.store.database import Conn
from tenfold.store.groups import Group, Report
from tenfold.store.signals import Strongest
from tenfold.subjects import Subject, SubjectKind


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
    return judge_both(conn, InForce(policy), batch, detected, record=record, links=links).firings


class Judged(msgspec.Struct, frozen=True):
    """Firings of the live rules, and of those in shadow, each with the definition of its rule."""

    firings: list[Firing]
    shadow: list[tuple[str, Firing]]


def judge_both(
    conn: Conn,
    in_force: InForce,
    batch: Batch,
    detected: Mapping[int, Sequence[Signal]],
    *,
    record: bool = True,
    links: Mapping[str, Strongest] | None = None,
) -> Judged:
    """The same by the live rules and by those in shadow, on the same facts."""
    live, shadow = in_force.live, in_force.shadow
    policies = [live, shadow.policy] if shadow else [live]
    asked = [
        (number, question)
        for number, question in enumerate(batch.questions)
        if any(one.listens(question.numbered.event.type, question.subject.kind) for one in policies)
    ]
    if not asked:
        return Judged([], [])
    known = _Known(conn, [question for _, question in asked], links)
    given = [known.facts(question, detected.get(number)) for number, question in asked]
    seqs = [question.numbered.seq for _, question in asked]
    numbers = partial(counters.hit_and_read if record else counters.read, conn)
    stored = sets.load(conn)
    fired = [_fired(one, given, seqs, numbers, stored) for one in policies]
    if shadow is None:
        return Judged(fired[0], [])
    return Judged(fired[0], [(shadow.definitions[firing.rule], firing) for firing in fired[1]])


def _fired(
    policy: PolicySet,
    given: Sequence[Facts],
    seqs: Sequence[int],
    numbers: Callable[[list[Hit]], list[int]],
    stored: Mapping[str, frozenset[str]],
) -> list[Firing]:
    values = policy.all_sets(stored)
    for one in given:
        one.sets = values
    policy.count(given, seqs, numbers)
    return [firing for one in given for firing in policy.judge(one)]


class _Known:
    """What the store knows of the subjects in question, read once a batch."""

    def __init__(
        self,
        conn: Conn,
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
            account=facts.of_account(account, event.time, self.standing.get(account.id)) if account else None,
            post=facts.of_post(question.post) if question.post else None,
            media=facts.of_media(question.media) if question.media else None,
            group=facts.of_group(group, event.time) if group else None,
            report=facts.of_report(question.report, self._reported(question.report))
            if question.report
            else None,
            signals=aggregate(found),
            links=facts.of_links(link),
            language=question.post.language if question.post else None,
        )

    def _reported(self, report: Report) -> int:
        return self.reports.get((report.subject_kind, report.subject_id), 1)


def _accounts(ids: Iterable[str]) -> list[Subject]:
    return [Subject(SubjectKind.ACCOUNT, id_) for id_ in ids]


def _load_groups(conn: Conn, questions: Iterable[Question]) -> dict[str, Group]:
    ids = {question.group_id for question in questions if question.group_id}
    return groups.load(conn, ids) if ids else {}
