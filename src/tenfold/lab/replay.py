"""Events of the past folded again in their order, into the facts that rules would have seen.

Accounts are as they were at each event. What detectors found in a post, and whose return an account may be,
is what the store knows now: nothing is detected again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tenfold import events
from tenfold.events import FAR_FUTURE, PostCreated, PostUpdated, ReportFiled
from tenfold.policy import PolicySet
from tenfold.policy.facts import Facts, aggregate
from tenfold.processing import facts, fold
from tenfold.processing.fold import Batch, Numbered, Question
from tenfold.store import content, groups, history, signals
from tenfold.store.accounts import Account
from tenfold.store.database import Conn
from tenfold.store.history import Reported, Stood
from tenfold.store.signals import Strongest
from tenfold.store.standing import Standing

Row = tuple[int, datetime, bytes]
UNREPORTED = Reported(())  # its report could not be applied, and is the only one


class Past(msgspec.Struct):
    """What a replay carries from one slice to the next."""

    accounts: dict[str, Account] = {}
    met: set[str] = set()  # accounts of which `links` and `stood` are known, if there are any
    links: dict[str, Strongest] = {}
    stood: dict[str, Stood] = {}
    skipped: int = 0  # events that could not be applied then either


class Replay:
    """Replays the events of some accounts; `first` is the number of the first event of the history."""

    def __init__(self, conn: Conn, policies: Sequence[PolicySet], past: Past, first: int) -> None:
        self._conn, self._policies, self._past, self._first = conn, policies, past, first

    def slice(self, rows: Sequence[Row]) -> list[tuple[int, Facts]]:
        """The facts of every question that some rule would have been asked, with the event's number."""
        received = {seq: at for seq, at, _ in rows}
        numbered = [Numbered(seq, events.parse(raw, now=FAR_FUTURE)) for seq, _, raw in rows]
        told = [item for item in numbered if not isinstance(item.event.data, ReportFiled)]
        reports = [item for item in numbered if isinstance(item.event.data, ReportFiled)]
        self._begin({item.event.account for item in told if item.event.account})
        asked = self._fold(self._begun(told), told)
        if reports:
            batch = fold.load(self._conn, reports)
            self._meet(batch.accounts)
            asked += self._fold(batch, reports)
        asked = [one for one in asked if self._heard(one)]
        asked.sort(key=lambda question: question.numbered.seq)
        return self._facts(asked, received)

    def _heard(self, question: Question) -> bool:
        type_, kind = question.numbered.event.type, question.subject.kind
        return any(policy.listens(type_, kind) for policy in self._policies)

    def _begin(self, ids: set[str]) -> None:
        """Accounts that are older than the history begin as they stand now."""
        new = [id_ for id_ in ids if id_ not in self._past.accounts]
        for account in history.older_accounts(self._conn, new, self._first) if new else ():
            account.state = "active"  # it did something: whatever ended it came later
            self._past.accounts[account.id] = account
        self._meet(new)

    def _meet(self, ids: Iterable[str]) -> None:
        """Learn once of each account what cannot be replayed."""
        new = [id_ for id_ in ids if id_ not in self._past.met]
        if new:
            self._past.met.update(new)
            self._past.links |= signals.links_to_closed(self._conn, new)
            self._past.stood |= history.stood(self._conn, new)

    def _begun(self, told: Iterable[Numbered]) -> Batch:
        edited = {item.event.data.post for item in told if isinstance(item.event.data, PostUpdated)}
        created = {item.event.data.post for item in told if isinstance(item.event.data, PostCreated)}
        known = content.load_posts(self._conn, edited - created) if edited else {}
        return Batch(accounts=self._past.accounts, posts=known)

    def _fold(self, batch: Batch, items: Iterable[Numbered]) -> list[Question]:
        for item in items:
            try:
                fold.fold(batch, [item])
            except ValueError:
                self._past.skipped += 1
        return batch.questions

    def _facts(self, asked: Sequence[Question], received: dict[int, datetime]) -> list[tuple[int, Facts]]:
        posts = [question.post for question in asked if question.post and not question.report]
        read = history.posts_read(self._conn, {post.id for post in posts}) if posts else {}
        for post in posts:
            if found := read.get(post.id):
                post.language, post.script, post.links = found.language, found.script, found.links
        known = signals.load(self._conn, {question.subject for question in asked}) if asked else {}
        ids = {question.group_id for question in asked if question.group_id}
        named = groups.load(self._conn, ids) if ids else {}
        subjects = sorted({(q.report.subject_kind, q.report.subject_id) for q in asked if q.report})
        reported = history.reported(self._conn, subjects) if subjects else {}
        made = []
        for question in asked:
            event, account = question.numbered.event, question.account
            group = named.get(question.group_id or "")
            report = question.report
            stands = self._standing(account, received[question.numbered.seq])
            firsts = reported.get((report.subject_kind, report.subject_id), UNREPORTED) if report else None
            one = Facts(
                event_type=event.type,
                time=event.time,
                subject=question.subject,
                account=facts.of_account(account, event.time, stands) if account else None,
                post=facts.of_post(question.post) if question.post else None,
                media=facts.of_media(question.media) if question.media else None,
                group=facts.of_group(group, event.time) if group else None,
                report=facts.of_report(report, firsts.until(report.seq)) if report and firsts else None,
                signals=aggregate(known.get(question.subject, ())),
                links=facts.of_links(self._past.links.get(account.id) if account else None),
                language=question.post.language if question.post else None,
            )
            made.append((question.numbered.seq, one))
        return made

    def _standing(self, account: Account | None, at: datetime) -> Standing | None:
        known = self._past.stood.get(account.id) if account else None
        return known.at(account.id, at) if account and known else None
