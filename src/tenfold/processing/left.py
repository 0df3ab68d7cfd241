"""What the accounts of a batch have left that is new: their traces, without asking what was there before."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tenfold.fingerprint import MAX_TEXTS
from tenfold.linkage import announcements, gather
from tenfold.linkage.gather import Named
from tenfold.processing.fold import Batch, Question
from tenfold.store.accounts import Account
from tenfold.store.mentions import Mention
from tenfold.store.traces import Profile, Traces, Uploaded, Written

YOUNG = timedelta(
    days=60
)  # ties that an account makes later than this after its creation say who it was no more


def microseconds(time: datetime) -> int:
    """Since 1970."""
    return int(time.timestamp() * 1_000_000)


def is_young(account: Account, at: datetime) -> bool:
    """Whether it was created not long before `at`; if nobody told its age, whether it has written little."""
    if account.created_at is None:
        return account.posts <= MAX_TEXTS
    return at - account.created_at <= YOUNG


def of_accounts(batch: Batch) -> dict[str, Traces]:
    """What accounts did themselves in the batch: profiles, tokens, posts, media, groups, follows.

    Posts count while an account has written few: what it writes later is read when there is reason to.
    """
    found = _Collected(batch)
    for shown in reversed(batch.profiles):
        one = found.of(shown.account)
        one.profiles += (
            Profile(
                shown.handle, shown.display_name, shown.bio, shown.avatar, shown.banner, tuple(shown.links)
            ),
        )
    for token in batch.tokens:
        found.of(token.account).tokens += ((token.kind, token.token),)
    for question in batch.questions:
        _content(found, question)
    for change in batch.memberships:
        if not change.left:
            found.of(change.account).groups += (change.group_id,)
    for follow in batch.follows:
        if not follow.ended and is_young(batch.accounts[follow.follower], follow.at):
            found.of(follow.follower).follows += (follow.target,)
    return found.traces


class _Collected:
    def __init__(self, batch: Batch) -> None:
        self._accounts = batch.accounts
        self.traces: dict[str, Traces] = {}

    def of(self, id_: str) -> Traces:
        """The traces of an account so far."""
        known = self.traces.get(id_)
        if known is None:
            account = self._accounts[id_]
            created = microseconds(account.created_at) if account.created_at else None
            known = Traces(id=id_, state=account.state, created_us=created, posts=account.posts)
            self.traces[id_] = known
        return known


def _content(found: _Collected, question: Question) -> None:
    account, post, media = question.account, question.post, question.media
    if account is None or question.report:
        return
    if post and account.posts <= MAX_TEXTS:
        found.of(account.id).written += (_written(question),)
    if media:
        found.of(account.id).media += (Uploaded(media.id, media.pdq, media.sha256),)


def _written(question: Question) -> Written:
    post = question.post
    assert post is not None
    return Written(post.id, microseconds(post.created_at), post.text, tuple(post.links), tuple(post.mentions))


def posts_naming(batch: Batch) -> list[tuple[str, datetime, Written]]:
    """Posts of the batch that may name accounts: by whom, when, what."""
    return [
        (question.account.id, question.post.created_at, _written(question))
        for question in batch.questions
        if question.account
        and question.post
        and not question.report
        and (question.post.mentions or "@" in question.post.text)
    ]


def mentions(posts: Iterable[tuple[str, datetime, Written]], named: Named) -> list[Mention]:
    """Who names whom, and who announces whom, in these posts."""
    found = []
    for author, at, post in posts:
        to = gather.mentioned(post, named)
        told = set(announcements.named(post.text, to)) if to else set()
        found += [
            Mention(target, author, at, target in told) for target in dict.fromkeys(to) if target != author
        ]
    return found


def of_targets(
    batch: Batch, named_by: Iterable[Mention], targets: Mapping[str, Account]
) -> dict[str, Traces]:
    """What others did to accounts in the batch, while these are young: follows, mentions, announcements."""
    found: dict[str, Traces] = {}
    for follow in batch.follows:
        target = targets.get(follow.target)
        if not follow.ended and target and is_young(target, follow.at):
            found.setdefault(target.id, Traces(id=target.id)).followed_by += (follow.follower,)
    for mention in named_by:
        target = targets.get(mention.target)
        if target and is_young(target, mention.at):
            one = found.setdefault(target.id, Traces(id=target.id))
            one.mentioned_by += (mention.account,)
            if mention.announced:
                one.announced_by += (mention.account,)
    return found
