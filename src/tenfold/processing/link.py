"""Link: which accounts of a batch may be closed ones come back?

The keys of what is new are kept. An account is looked at when one of them is a closed account's, too,
or when it has candidates already and has written more; nobody else costs more than that.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from tenfold.events import PostCreated
from tenfold.linkage import gather
from tenfold.linkage.keys import MAX_ACCOUNTS, KeyKind, key_of, keys_of
from tenfold.linkage.online import Linker
from tenfold.processing import left
from tenfold.processing.fold import Batch, Question
from tenfold.store import accounts, link_keys, links_due, mentions
from tenfold.store import returns as store_returns
from tenfold.store.accounts import Account
from tenfold.store.database import Conn
from tenfold.store.traces import Traces
from tenfold.subjects import Subject, SubjectKind

# An account with candidates is looked at again when it has written so many posts: habits take texts to show.
LOOKS = (1, 2, 3, 5, 10, 20, 30, 60, 120)
COMPANY = (KeyKind.FOLLOWED_BY, KeyKind.MENTIONED_BY, KeyKind.ANNOUNCED_BY)
ENDED = frozenset({"closed", "deleted"})  # nobody need decide about these


def link(conn: Conn, linker: Linker, batch: Batch) -> None:
    """Keep the keys of what is new, look where it matters, and ask about the accounts whose links changed.

    Call it when the batch is saved, and judge afterwards: questions are added to it.
    """
    for account, all_ended in sorted(batch.ended.items()):
        for ended in all_ended:  # a closing counts, too, when the account was deleted right after it
            links_due.note(conn, [account], ended.at, ended.reason, ended.state)
    shown, returned = _shown(conn, batch)
    new = link_keys.add(conn, shown)
    looked = link_keys.struck(conn, [*new, *returned], MAX_ACCOUNTS)
    milestones = _at_milestones(batch)
    if milestones:
        looked |= store_returns.watched(conn, milestones)
    if looked:
        found = linker.look(conn, looked)
        links_due.note_look(conn, found.withdrawn, datetime.now(UTC))  # what rested on lost links goes then
        if found.changed:
            _ask(conn, batch, found.changed)


def _shown(conn: Conn, batch: Batch) -> tuple[list[link_keys.Shown], list[link_keys.Shown]]:
    """The keys of what accounts did and what was done to them; and the keys under which those with whom
    accounts tied themselves would stand if they had done it first: only what is returned is weighed.
    """
    own = left.of_accounts(batch)
    naming = left.posts_naming(batch)
    others = [Traces(id=author, written=(post,)) for author, _, post in naming]
    named = gather.resolve(conn, [*own.values(), *others])
    named_by = left.mentions(naming, named)
    if named_by:
        mentions.add(conn, named_by)
    targets = {follow.target for follow in batch.follows if not follow.ended}
    targets |= {mention.target for mention in named_by}
    known = _accounts(conn, batch, targets)
    there = {id_: account for id_, account in known.items() if account.state != "deleted"}
    to_them = left.of_targets(batch, named_by, there)
    shown = gather.made([*own.values(), *to_them.values()], named, habits=False)
    ties = {(follow.follower, follow.target) for follow in batch.follows if not follow.ended}
    ties |= {(mention.account, mention.target) for mention in named_by}
    returned = [
        (account, key_of(kind, other))
        for account, other in sorted(ties)
        if account in own
        for kind in COMPANY
    ]
    return [(one.account, key) for one in shown for key in keys_of(one, all_company=True).tolist()], returned


def _accounts(conn: Conn, batch: Batch, ids: Iterable[str]) -> Mapping[str, Account]:
    """Accounts by id, those that the batch did not need among them."""
    wanted = set(ids)
    unknown = wanted - batch.accounts.keys()
    known = {id_: batch.accounts[id_] for id_ in wanted & batch.accounts.keys()}
    return known | (accounts.load(conn, unknown) if unknown else {})


def _at_milestones(batch: Batch) -> list[str]:
    """Accounts that have reached one of LOOKS with the posts of this batch."""
    wrote = Counter(
        question.account.id
        for question in batch.questions
        if question.account and isinstance(question.numbered.event.data, PostCreated)
    )
    found = []
    for id_, count in wrote.items():
        posts = batch.accounts[id_].posts
        if any(posts - count < look <= posts for look in LOOKS):
            found.append(id_)
    return found


def _ask(conn: Conn, batch: Batch, changed: set[str]) -> None:
    """A question about each account whose links changed, unless the batch asks about it later anyway.

    The event is the account's latest of the batch, or else (somebody tied himself to it) the latest of all.
    """
    last = {question.account.id: question.numbered for question in batch.questions if question.account}
    asked = {
        question.subject.id for question in batch.questions if question.subject.kind is SubjectKind.ACCOUNT
    }
    known = _accounts(conn, batch, changed - asked)
    latest = max((question.numbered for question in batch.questions), key=lambda numbered: numbered.seq)
    batch.questions += [
        Question(
            numbered=last.get(id_, latest),
            subject=Subject(SubjectKind.ACCOUNT, id_),
            account=account,
        )
        for id_, account in sorted(known.items())
        if account.state not in ENDED
    ]
