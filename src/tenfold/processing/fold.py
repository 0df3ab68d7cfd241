"""Update subjects: a batch of events folded into the state of accounts, posts, media and groups.

`load` reads what the batch touches, `fold` changes it in memory event by event, `save` writes it back.
Only the worker that holds an account's lane folds its events, so nothing is lost between read and write.
"""

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from tenfold import events
from tenfold.detectors.text.urls import find_urls
from tenfold.events import Event
from tenfold.processing import words
from tenfold.store import accounts as store_accounts
from tenfold.store import content, groups
from tenfold.store.accounts import PROFILE_FIELDS, Account, ProfileShown, SessionRow, TokenSeen
from tenfold.store.content import Media, Post
from tenfold.store.database import Conn
from tenfold.store.groups import FollowRow, Group, Membership, Report
from tenfold.subjects import Subject, SubjectKind

ENDED_STATES = {
    "account.closed": "closed",
    "account.deleted": "deleted",
    "account.restored": "active",
    "group.closed": "closed",
    "group.deleted": "deleted",
}


class Numbered(msgspec.Struct, frozen=True):
    """An event with the number that orders it."""

    seq: int
    event: Event


class Question(msgspec.Struct, kw_only=True):
    """A subject to be judged because of an event, as both stood just after it.

    `texts` are the subject's texts when the event set them, empty when it cleared them all, and None
    when it set none.
    """

    numbered: Numbered
    subject: Subject
    account: Account | None
    post: Post | None = None
    media: Media | None = None
    group_id: str | None = None
    report: Report | None = None
    texts: dict[str, str] | None = None


class Ended(msgspec.Struct, frozen=True):
    """An account was closed, deleted or restored, and the platform's word for why."""

    at: datetime
    reason: str
    state: str


class Batch(msgspec.Struct, kw_only=True):
    """Everything that a batch of events touches and asks."""

    accounts: dict[str, Account]
    posts: dict[str, Post] = {}
    media: dict[str, Media] = {}
    groups: dict[str, Group] = {}
    changed_accounts: set[str] = set()
    changed_posts: set[str] = set()
    account_states: dict[str, str] = {}
    ended: dict[str, list[Ended]] = {}
    post_states: dict[tuple[str, str], str] = {}
    group_changes: list[dict[str, Any]] = []
    profiles: list[ProfileShown] = []
    tokens: list[TokenSeen] = []
    sessions: list[SessionRow] = []
    memberships: list[Membership] = []
    follows: list[FollowRow] = []
    reports: list[Report] = []
    questions: list[Question] = []


def load(conn: Conn, numbered: Sequence[Numbered]) -> Batch:
    """What the events touch, as the store has it."""
    account_ids: set[str] = set()
    post_ids: set[str] = set()
    media_ids: set[str] = set()
    group_ids: set[str] = set()
    for item in numbered:
        data = item.event.data
        if item.event.account:
            account_ids.add(item.event.account)
        if isinstance(data, events.PostCreated | events.PostUpdated | events.PostDeleted):
            post_ids.add(data.post)
        elif isinstance(data, events.GroupProfile):
            group_ids.add(data.group)
        elif isinstance(data, events.ReportFiled):
            {"account": account_ids, "post": post_ids, "media": media_ids}.get(data.subject.kind, set()).add(
                data.subject.id
            )
    posts = content.load_posts(conn, post_ids) if post_ids else {}
    media = content.load_media(conn, media_ids) if media_ids else {}
    account_ids.update(post.account for post in posts.values())
    account_ids.update(item.account for item in media.values())
    return Batch(
        accounts=store_accounts.load(conn, account_ids),
        posts=posts,
        media=media,
        groups=groups.load(conn, group_ids) if group_ids else {},
    )


def fold(batch: Batch, numbered: Sequence[Numbered]) -> None:
    """Apply the events to the batch in their order; a question for each subject to be judged."""
    for item in numbered:
        _APPLY[type(item.event.data)](batch, item)


def save(conn: Conn, batch: Batch) -> None:
    """Write what changed, nouns in one fixed order and rows in the order of their ids."""
    if batch.changed_accounts:
        store_accounts.save(conn, [batch.accounts[id_] for id_ in batch.changed_accounts])
    if batch.account_states:
        store_accounts.set_states(conn, batch.account_states)
    if batch.profiles:
        store_accounts.add_profiles(conn, batch.profiles)
    if batch.tokens:
        store_accounts.add_tokens(conn, batch.tokens)
    if batch.sessions:
        store_accounts.add_sessions(conn, batch.sessions)
    if batch.changed_posts:
        content.save_posts(conn, [batch.posts[id_] for id_ in batch.changed_posts])
    if batch.post_states:
        content.set_post_states(conn, batch.post_states)
    new_media = [question.media for question in batch.questions if question.media and not question.report]
    if new_media:
        content.add_media(conn, new_media)
    if batch.group_changes:
        groups.upsert(conn, batch.group_changes)
    if batch.memberships:
        groups.change_memberships(conn, batch.memberships)
    if batch.follows:
        groups.change_follows(conn, batch.follows)
    if batch.reports:
        groups.add_reports(conn, batch.reports)


def _account(batch: Batch, item: Numbered) -> Account:
    """The account of an event; one that the platform never announced begins here, its age unknown."""
    id_ = item.event.account
    if id_ is None:
        raise ValueError(f"event {item.event.id!r} of type {item.event.type} names no account")
    account = batch.accounts.get(id_)
    if account is None:
        time = item.event.time
        account = Account(id=id_, updated_at=time, first_seq=item.seq)
        batch.accounts[id_] = account
        batch.changed_accounts.add(id_)
    return account


def _ask(batch: Batch, item: Numbered, subject: Subject, account: Account | None, **more: Any) -> None:
    snapshot = copy.copy(account) if account else None
    batch.questions.append(Question(numbered=item, subject=subject, account=snapshot, **more))


def _texts(fields: dict[str, str | None], links: list[str] | None) -> dict[str, str]:
    """What detectors read of a subject. Links that the platform lists are one more text, one a line."""
    texts = {name: text for name, text in fields.items() if text}
    return {**texts, "links": "\n".join(links)} if links else texts


def _given(data: msgspec.Struct, names: Sequence[str]) -> dict[str, Any]:
    """The fields that an event sets, cleared ones as None."""
    return {name: value for name in names if (value := getattr(data, name)) is not UNSET}


def _profile(batch: Batch, item: Numbered) -> None:
    data, event = item.event.data, item.event
    assert isinstance(data, events.AccountProfile)
    account = _account(batch, item)
    given = _given(data, (*PROFILE_FIELDS, "language", "followers", "following"))
    for name, value in given.items():
        setattr(account, name, [] if value is None and name == "links" else value)
    if data.verified is not UNSET:
        account.verified = bool(data.verified)
    if data.created_at is not UNSET and data.created_at is not None:
        account.created_at = data.created_at
    elif event.type == "account.created":
        account.created_at = min(account.created_at or event.time, event.time)
    account.updated_at = max(account.updated_at, event.time)
    for kind, value in (("email", data.email), ("phone", data.phone)):
        if value is not UNSET:
            setattr(account, f"{kind}_token", value)
            if value:
                batch.tokens.append(TokenSeen(kind, value, account.id, event.time))
    batch.changed_accounts.add(account.id)
    if any(name in given for name in PROFILE_FIELDS):
        shown = {name: getattr(account, name) for name in PROFILE_FIELDS}
        batch.profiles.append(ProfileShown(account=account.id, seq=item.seq, at=event.time, **shown))
    texts = {name: getattr(account, name) for name in ("handle", "display_name", "bio")}
    texts = _texts(texts, account.links)
    _ask(batch, item, Subject(SubjectKind.ACCOUNT, account.id), account, texts=texts)


def _account_ended(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.AccountEnded)
    account = _account(batch, item)
    account.state = ENDED_STATES[item.event.type]
    batch.account_states[account.id] = account.state
    ended = Ended(item.event.time, data.reason or "", account.state)
    batch.ended.setdefault(account.id, []).append(ended)


def _session(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.SessionStarted)
    account = _account(batch, item)
    time = item.event.time
    for kind, value in (("address", data.ip), ("network", data.network), ("device", data.device)):
        if value:
            batch.tokens.append(TokenSeen(kind, value, account.id, time))
    batch.sessions.append(
        SessionRow(
            seq=item.seq,
            account=account.id,
            started_at=time,
            address_token=data.ip,
            network_token=data.network,
            device_token=data.device,
            user_agent_token=data.user_agent,
        )
    )
    _ask(batch, item, Subject(SubjectKind.ACCOUNT, account.id), account)


def _post(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.PostCreated)
    account = _account(batch, item)
    known = batch.posts.get(data.post)
    if known and known.account != account.id:
        raise ValueError(f"post {data.post!r} belongs to another account; use ids that are unique")
    post = Post(
        id=data.post,
        account=account.id,
        created_at=item.event.time,
        text=known.text if known and known.edited_at else data.text,
        edited_at=known.edited_at if known else None,
        seq=item.seq,
        reply_to=data.reply_to,
        repost_of=data.repost_of,
        quote_of=data.quote_of,
        group_id=data.group,
        media=data.media,
        links=data.links,
        mentions=data.mentions,
        language=data.language,
        url=data.url,
        state=known.state if known else "visible",
    )
    if known is None:
        _count_post(batch, item, account)
    _ask_about_post(batch, item, account, post)


def _post_updated(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.PostUpdated)
    account = _account(batch, item)
    known = batch.posts.get(data.post)
    if known and known.account != account.id:
        raise ValueError(f"post {data.post!r} belongs to another account, which alone can edit it")
    if known:
        post = copy.copy(known)
        gone = {found.url.text for found in find_urls(known.text)}
        post.links = [link for link in known.links if link not in gone]
        post.text, post.edited_at = data.text, item.event.time
    else:  # the edit came before the post: keep it, the post will fill in the rest
        time = item.event.time
        post = Post(
            id=data.post, account=account.id, created_at=time, text=data.text, edited_at=time, seq=item.seq
        )
        _count_post(batch, item, account)
    _ask_about_post(batch, item, account, post)


def _count_post(batch: Batch, item: Numbered, account: Account) -> None:
    account.posts += 1
    account.last_post_at = max(account.last_post_at or item.event.time, item.event.time)
    batch.changed_accounts.add(account.id)


def _ask_about_post(batch: Batch, item: Numbered, account: Account, post: Post) -> None:
    batch.posts[post.id] = post
    batch.changed_posts.add(post.id)
    subject = Subject(SubjectKind.POST, post.id)
    texts = _texts({"text": post.text}, post.links)
    _ask(batch, item, subject, account, post=post, group_id=post.group_id, texts=texts)


def _post_deleted(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.PostDeleted)
    batch.post_states[data.post, _account(batch, item).id] = "deleted"


def _media(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.MediaUploaded)
    account = _account(batch, item)
    media = Media(
        id=data.media,
        account=account.id,
        created_at=item.event.time,
        kind=data.kind,
        seq=item.seq,
        mime=data.mime,
        sha256=data.sha256 and data.sha256.lower(),
        md5=data.md5 and data.md5.lower(),
        pdq=data.pdq and data.pdq.lower(),
        pdq_trimmed=data.pdq_trimmed and data.pdq_trimmed.lower(),
        pdq_panels=[digits.lower() for digits in data.pdq_panels],
        points=data.points,
        film=data.film,
        sound=data.sound,
        words=words.text_of(data.words),
        bytes=data.bytes,
        url=data.url,
        note=data.note or "",
    )
    batch.media[media.id] = media
    texts = {words.FIELD: media.words} if media.words else None
    _ask(batch, item, Subject(SubjectKind.MEDIA, media.id), account, media=media, texts=texts)


def _group(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.GroupProfile)
    account = _account(batch, item)
    given = _given(data, ("name", "description", "avatar", "links", "visibility"))
    change = {"id": data.group, "creator": account.id, "at": item.event.time, **given}
    batch.group_changes.append(change)
    time = item.event.time
    group = batch.groups.setdefault(data.group, Group(id=data.group, created_at=time, updated_at=time))
    for name, value in given.items():
        setattr(group, name, [] if value is None and name == "links" else value)
    texts = _texts({"name": group.name, "description": group.description}, group.links)
    _ask(batch, item, Subject(SubjectKind.GROUP, data.group), account, group_id=data.group, texts=texts)


def _group_ended(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.GroupEnded)
    state = ENDED_STATES[item.event.type]
    account = _account(batch, item)
    batch.group_changes.append(
        {"id": data.group, "creator": account.id, "at": item.event.time, "state": state}
    )


def _membership(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.GroupMembership)
    account = _account(batch, item)
    left = item.event.type == "group.left"
    if not left:  # a group that the platform never announced begins here
        batch.group_changes.append({"id": data.group, "creator": None, "at": item.event.time})
    batch.memberships.append(
        Membership(group_id=data.group, account=account.id, role=data.role, at=item.event.time, left=left)
    )
    if not left:
        _ask(batch, item, Subject(SubjectKind.ACCOUNT, account.id), account, group_id=data.group)


def _follow(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.Follow)
    account = _account(batch, item)
    ended = item.event.type == "follow.deleted"
    batch.follows.append(FollowRow(follower=account.id, target=data.target, at=item.event.time, ended=ended))
    if not ended:
        _ask(batch, item, Subject(SubjectKind.ACCOUNT, account.id), account)


def _report(batch: Batch, item: Numbered) -> None:
    data = item.event.data
    assert isinstance(data, events.ReportFiled)
    subject = Subject(SubjectKind(data.subject.kind), data.subject.id)
    report = Report(
        seq=item.seq,
        subject_kind=subject.kind,
        subject_id=subject.id,
        reporter=item.event.account,
        reason=data.reason,
        text=data.text,
        filed_at=item.event.time,
    )
    batch.reports.append(report)
    post = batch.posts.get(subject.id) if subject.kind is SubjectKind.POST else None
    media = batch.media.get(subject.id) if subject.kind is SubjectKind.MEDIA else None
    thing = post or media
    author = subject.id if subject.kind is SubjectKind.ACCOUNT else thing and thing.account
    _ask(
        batch,
        item,
        subject,
        batch.accounts.get(author) if author else None,
        post=post,
        media=media,
        group_id=subject.id if subject.kind is SubjectKind.GROUP else post and post.group_id,
        report=report,
    )


_APPLY = {
    events.AccountProfile: _profile,
    events.AccountEnded: _account_ended,
    events.SessionStarted: _session,
    events.PostCreated: _post,
    events.PostUpdated: _post_updated,
    events.PostDeleted: _post_deleted,
    events.MediaUploaded: _media,
    events.GroupProfile: _group,
    events.GroupEnded: _group_ended,
    events.GroupMembership: _membership,
    events.Follow: _follow,
    events.ReportFiled: _report,
}
