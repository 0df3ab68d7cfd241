"""Fixation: much of what an account writes is about the one whom it threatens.

Counted are its latest posts that name the target, mention it or answer it; chance is the share of such posts
among what everybody else writes. Both come with their denominators.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tenfold.detectors.text.normalise import normalise_batch

LATEST = 200  # posts of an account that are looked at
LEAST_POSTS = 20  # of these; with fewer a share says nothing
LEAST_ABOUT = 5
SHARE = 0.2  # every fifth post: friends reach that, which is why it counts for those who threaten alone
TIMES_CHANCE = 10
SAMPLE = 2_000  # posts of others by which chance is told
LEAST_SAMPLE = 200
SHORTEST = 4  # characters of a name that is looked for in texts: shorter ones are words of their own


class Written(msgspec.Struct, frozen=True):
    """What fixation needs of a post: its text, the accounts it mentions, the author of the post it
    answers."""

    account: str
    text: str
    mentions: Sequence[str]
    answered: str | None


class Target(msgspec.Struct, frozen=True):
    """How posts are told to be about somebody: accounts, and words in normal form."""

    accounts: frozenset[str]
    words: tuple[str, ...]


def target(names: Iterable[str]) -> Target:
    """What can be looked for, of the names for a target that campaigns.Keys tells."""
    accounts, words = set(), set()
    for name in names:
        kind, _, rest = name.partition(":")
        if kind == "account":
            accounts.add(rest)
        elif kind.startswith("@"):
            words.add(name[1:])
        elif kind == "who":
            words.add(rest)
    return Target(frozenset(accounts), tuple(sorted(word for word in words if len(word) >= SHORTEST)))


def about(posts: Sequence[Written], whom: Target) -> int:
    """How many posts are about the target."""
    if not posts or not (whom.accounts or whom.words):
        return 0
    batch = normalise_batch([post.text for post in posts])
    return sum(
        not whom.accounts.isdisjoint((*post.mentions, post.answered))
        or any(f" {word} " in f" {batch[number].text} " for word in whom.words)
        for number, post in enumerate(posts)
    )


def found(mine: Sequence[Written], others: Sequence[Written], whom: Target) -> dict[str, Any] | None:
    """The numbers, if these posts of one account are about the target far beyond chance, as others' posts
    tell."""
    if len(mine) < LEAST_POSTS or len(others) < LEAST_SAMPLE:
        return None
    count = about(mine, whom)
    if count < LEAST_ABOUT or count < SHARE * len(mine):
        return None
    by_others = about(others, whom)
    if count * (len(others) + 1) < TIMES_CHANCE * (by_others + 1) * len(mine):
        return None
    return {"about": count, "posts": len(mine), "others_about": by_others, "others_posts": len(others)}
