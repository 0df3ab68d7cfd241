"""What rules see of a subject: rows of the store as the facts that a policy judges."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tenfold.detectors.text.url_form import registrable_domain
from tenfold.store.accounts import Account
from tenfold.store.content import Media, Post
from tenfold.store.groups import Group, Report
from tenfold.store.signals import Strongest
from tenfold.store.standing import Standing

HASHTAG = re.compile(r"#(\w{1,100})")
MENTION = re.compile(r"(?<![\w@])@(\w{1,100})")


@lru_cache(maxsize=4096)
def _domain(link: str) -> str | None:
    """Registrable domain of a link in normal form."""
    host = urlsplit(link).hostname
    return registrable_domain(host) if host else None


def _hours(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() / 3600)


def of_account(account: Account, time: datetime, stands: Standing | None) -> dict[str, Any]:
    """Facts of an account at a time."""
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


def of_post(post: Post) -> dict[str, Any]:
    """Facts of a post."""
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


def of_media(media: Media) -> dict[str, Any]:
    """Facts of a media item."""
    return {
        "id": media.id,
        "kind": media.kind,
        "mime": media.mime,
        "sha256": media.sha256,
        "words": media.words,
        "bytes": media.bytes,
        "unread": bool(media.note),
    }


def of_group(group: Group, time: datetime) -> dict[str, Any]:
    """Facts of a group at a time."""
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "members": group.members,
        "age_hours": _hours(group.created_at, time),
        "state": group.state,
        "links": frozenset(group.links),
    }


def of_report(report: Report, count: int) -> dict[str, Any]:
    """Facts of a report; `count` of them about the subject so far, this one included."""
    return {
        "reason": report.reason,
        "text": report.text,
        "reporter_known": report.reporter is not None,
        "count": count,
    }


def of_links(link: Strongest | None) -> dict[str, Any]:
    """Facts of an account's links to closed accounts."""
    if link is None:
        return {"count": 0}
    return {"count": link.count, "probability": link.probability, "level": link.level}
