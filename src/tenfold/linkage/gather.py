"""Fingerprints of accounts that the platform has told of, from what they left in the tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from tenfold.detectors.text.url_form import normal_url
from tenfold.detectors.text.urls import find_urls
from tenfold.fingerprint import MAX_SHOWN, MAX_TEXTS, MAX_TIES, Fingerprint
from tenfold.linkage import announcements, rhythm, style
from tenfold.linkage.handles import named_in
from tenfold.store import traces
from tenfold.store.database import Conn
from tenfold.store.traces import Profile, Traces, Written

_HASH_DIGITS = 64  # a picture that is named by so many characters is named by its hash


class Named(msgspec.Struct, frozen=True):
    """What ids in traces stand for: pictures by media id, accounts by handle in lower case."""

    pictures: Mapping[str, str] = {}
    handles: Mapping[str, str] = {}


def fingerprints(conn: Conn, accounts: Iterable[str]) -> dict[str, Fingerprint]:
    """The fingerprint of each account that the platform has told of, whole; others are left out."""
    found = traces.load(conn, accounts)
    left = list(found.values())
    return dict(zip(found, made(left, resolve(conn, left)), strict=True))


def resolve(conn: Conn, left: Collection[Traces]) -> Named:
    """Look up the pictures and the handles that traces name."""
    media, handles = set[str](), set[str]()
    for one in left:
        for profile in one.profiles:
            media.update(
                picture
                for picture in (profile.avatar, profile.banner)
                if picture and len(picture) != _HASH_DIGITS
            )
        for post in one.written:
            handles.update(handles_in(post))
    return Named(
        traces.pictures(conn, media) if media else {},
        traces.by_handle(conn, handles) if handles else {},
    )


def handles_in(post: Written) -> Sequence[str]:
    """Handles that a post names, in lower case, when the platform did not say which accounts they are."""
    if post.mentions or "@" not in post.text:
        return ()
    return named_in(post.text)


def mentioned(post: Written, named: Named) -> tuple[str, ...]:
    """The accounts that a post names."""
    handles = (named.handles.get(handle) for handle in handles_in(post))
    return post.mentions or tuple(account for account in handles if account)


def made(left: Sequence[Traces], named: Named, *, habits: bool = True) -> list[Fingerprint]:
    """From traces, many at once; without `habits` style and hours are left out, which take reading texts."""
    texts = [[post.text for post in one.written[-MAX_TEXTS:] if post.text] for one in left]
    hashes = iter(style.text_hashes([text for some in texts for text in some]))
    sketches = style.sketches(texts) if habits else [(b"", 0)] * len(left)
    found = []
    for one, some, (sketch, chars) in zip(left, texts, sketches, strict=True):
        latest = [next(hashes) for _ in some][::-1]
        fingerprint = Fingerprint(
            texts=tuple(dict.fromkeys(hashed for hashed in latest if hashed)),
            hours=rhythm.hours(one.times_us) if habits else (),
            style=sketch,
            style_chars=chars,
            posts=one.posts,
            **_shown(one, named),
            **_tied(one, named),
        )
        found.append(fingerprint)
    return found


def _shown(left: Traces, named: Named) -> dict[str, Any]:
    """Fields of a fingerprint: who it is, its profiles, tokens and material."""
    profiles = left.profiles
    pictures = {picture for profile in profiles for picture in (profile.avatar, profile.banner) if picture}
    posted = [post.links for post in left.written if post.links]
    return {
        "account": left.id,
        "created_us": left.created_us,
        "handles": _some(MAX_SHOWN, (profile.handle for profile in profiles)),
        "names": _some(MAX_SHOWN, (profile.name for profile in profiles)),
        "bios": _some(MAX_SHOWN, (profile.bio for profile in profiles)),
        "avatars": _some(MAX_SHOWN, (_picture(profile.avatar, named) for profile in profiles)),
        "banners": _some(MAX_SHOWN, (_picture(profile.banner, named) for profile in profiles)),
        "tokens": tuple(dict.fromkeys(left.tokens)),
        "urls": _some(MAX_TIES, chain.from_iterable([*map(_links, profiles), *posted])),
        "media": _some(MAX_TIES, (_hash(item) for item in left.media if item.id not in pictures)),
    }


def _tied(left: Traces, named: Named) -> dict[str, Any]:
    """Fields of a fingerprint: the accounts and groups that it is tied to."""
    mentions = [(post, mentioned(post, named)) for post in left.written if post.mentions or "@" in post.text]
    own = (to for post, found in mentions for to in _own(post, found) if to != left.id)
    return {
        "groups": _some(MAX_TIES, left.groups),
        "follows": _some(MAX_TIES, left.follows),
        "mentions": _some(MAX_TIES, (to for _, found in mentions for to in found if to != left.id)),
        "followed_by": _some(MAX_TIES, left.followed_by),
        "mentioned_by": _some(MAX_TIES, left.mentioned_by),
        "announced_by": _some(MAX_TIES, left.announced_by),
        "announces": _some(MAX_TIES, own),
    }


def together(old: Traces, new: Traces) -> Traces:
    """Traces of one account from two sources, `new` later than `old`."""
    return Traces(
        id=old.id,
        state=new.state,
        created_us=old.created_us if new.created_us is None else new.created_us,
        posts=max(old.posts, new.posts),
        profiles=new.profiles + old.profiles,
        tokens=old.tokens + new.tokens,
        written=old.written + new.written,
        times_us=old.times_us + new.times_us,
        media=old.media + new.media,
        groups=old.groups + new.groups,
        follows=old.follows + new.follows,
        followed_by=old.followed_by + new.followed_by,
        mentioned_by=old.mentioned_by + new.mentioned_by,
        announced_by=old.announced_by + new.announced_by,
    )


def _some(most: int, values: Iterable[str | None]) -> tuple[str, ...]:
    """The first different values that are not empty."""
    if not values:
        return ()
    return tuple(dict.fromkeys(value for value in values if value))[:most]


def _picture(picture: str | None, named: Named) -> str | None:
    return named.pictures.get(picture, picture) if picture else None


def _links(profile: Profile) -> list[str]:
    """Links that a profile lists, and those in its bio, in normal form."""
    listed = [normal_url(link) for link in profile.links]
    found = [one.url for one in find_urls(profile.bio)] if profile.bio else []
    return [url.text for url in (*listed, *found) if url]


def _hash(item: traces.Uploaded) -> str | None:
    if item.pdq:
        return f"pdq:{item.pdq}"
    return f"sha256:{item.sha256}" if item.sha256 else None


def _own(post: Written, found: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the accounts that a post names its author calls his own."""
    return announcements.own(post.text, found) if found else ()
