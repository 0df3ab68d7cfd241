"""What was found against what is true: precision and recall with the counts behind them.

Accounts: sought are the network's accounts that wrote something; an account of the network that never
wrote counts as rightly found when it is found, and is not missed when it is not. Posts: sought are the
network's posts of a violating kind; its reposts count neither way. Returns: sought are the accounts
that came back after a closure. Accounts of framers, who copy the network to have somebody accused, count
neither way; what they post counts as what it is.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from tenfold.simulation.truth import VIOLATING_KINDS, AccountTruth, Ledger, PostTruth


class Tally(msgspec.Struct, kw_only=True):
    """`hits` of `sought` were found, and `false_finds` that were not sought."""

    sought: int = 0
    hits: int = 0
    right_finds: int = 0  # what was rightly found, whether it was sought or not
    false_finds: int = 0

    @property
    def precision(self) -> float | None:
        """Share of what was found that was right; None when nothing was found."""
        found = self.right_finds + self.false_finds
        return self.right_finds / found if found else None

    @property
    def recall(self) -> float | None:
        """Share of what was sought that was found; None when nothing was sought."""
        return self.hits / self.sought if self.sought else None


class Row(msgspec.Struct, kw_only=True):
    """A line of a table: `of` says by what the line is split (all, role, kind, language)."""

    of: str
    name: str
    tally: Tally


class Flagged(msgspec.Struct, kw_only=True):
    """People or posts of one kind outside the network: how many there are, how many were found, and how
    many were put before a person only as what may be an exception (news, research, condemnation).
    """

    name: str
    total: int
    found: int
    excepted: int = 0


class FalseFind(msgspec.Struct, kw_only=True):
    """Something found that was not sought: `kind` is a post's kind or an account's role."""

    id: str
    account: str
    role: str
    kind: str
    language: str


class Score(msgspec.Struct, kw_only=True):
    """Everything that the demonstration shows."""

    accounts: list[Row]
    honest_accounts: list[Flagged]
    false_accounts: list[FalseFind]
    posts: list[Row]
    honest_posts: list[Flagged]
    false_posts: list[FalseFind]
    returns: list[Row]


def score(
    ledger: Ledger,
    *,
    accounts: Collection[str],
    posts: Mapping[str, str],
    excepted: Mapping[str, str],
    returns: Collection[str],
) -> Score:
    """Compare. `accounts`: those found, by id; `posts`: id of each post found and its author;
    `excepted`: id and author of each post filed as a possible exception, which finds nobody;
    `returns`: accounts recognised as somebody closed. Ids that the truth does not know are refused
    with ValueError: they come from another simulation.
    """
    _require_known(ledger, [*accounts, *posts.values(), *excepted.values(), *returns])
    false_accounts = [
        _false_account(account)
        for account in map(ledger.accounts.__getitem__, sorted(accounts))
        if account.honest
    ]
    false_posts = [
        _false_post(ledger, post, author)
        for post, author in sorted(posts.items())
        if _post_kind(ledger, post) not in (*VIOLATING_KINDS, "repost")
    ]
    return Score(
        accounts=_account_rows(ledger, set(accounts)),
        honest_accounts=_honest_accounts(ledger, set(accounts), set(excepted.values())),
        false_accounts=false_accounts,
        posts=_post_rows(ledger, posts),
        honest_posts=_honest_posts(ledger, posts, excepted),
        false_posts=false_posts,
        returns=_return_rows(ledger, set(returns)),
    )


def _require_known(ledger: Ledger, ids: Iterable[str]) -> None:
    for id_ in ids:
        if id_ not in ledger.accounts:
            raise ValueError(f"account {id_} is not in the truth; is it of another simulation?")


def _post_kind(ledger: Ledger, post: str) -> str:
    truth = ledger.posts.get(post)
    return truth.kind if truth else "ordinary"


def _account_rows(ledger: Ledger, found: set[str]) -> list[Row]:
    wrote = {post.account for post in ledger.posts.values()}
    rows = {("all", "all"): Tally()}
    for account in ledger.accounts.values():
        keys = [("all", "all"), ("language", account.language)]
        if account.of_network:
            keys.append(("role", account.role))
        for key in keys:
            tally = rows.setdefault(key, Tally())
            hit = account.account in found
            tally.sought += account.of_network and account.account in wrote
            tally.hits += hit and account.of_network and account.account in wrote
            tally.right_finds += hit and account.of_network
            tally.false_finds += hit and account.honest
    return _in_order(rows)


def _post_rows(ledger: Ledger, found: Mapping[str, str]) -> list[Row]:
    rows = {("all", "all"): Tally()}
    sought = [post for post in ledger.posts.values() if post.kind in VIOLATING_KINDS]
    for post in sought:
        for key in (("all", "all"), ("kind", post.kind), ("language", post.language)):
            tally = rows.setdefault(key, Tally())
            hit = post.post in found
            tally.sought += 1
            tally.hits += hit
            tally.right_finds += hit
    for id_, author in found.items():
        kind = _post_kind(ledger, id_)
        if kind in VIOLATING_KINDS or kind == "repost":
            continue
        truth = ledger.posts.get(id_)
        language = truth.language if truth else ledger.accounts[author].language
        for key in (("all", "all"), ("language", language)):
            rows.setdefault(key, Tally()).false_finds += 1
    return _in_order(rows)


def _return_rows(ledger: Ledger, found: set[str]) -> list[Row]:
    rows = {("all", "all"): Tally()}
    for account in ledger.accounts.values():
        keys = [("all", "all"), ("language", account.language)]
        keys += [("evasion", name) for name in account.evasions]
        if account.predecessor and not account.evasions:
            keys.append(("evasion", "no evasion"))
        for key in keys:
            tally = rows.setdefault(key, Tally())
            back, hit = account.predecessor is not None, account.account in found
            tally.sought += back
            tally.hits += back and hit
            tally.right_finds += back and hit
            tally.false_finds += hit and not back
    return _in_order(rows)


def _in_order(rows: dict[tuple[str, str], Tally]) -> list[Row]:
    order = ("all", "role", "kind", "language", "evasion")
    keys = sorted(rows, key=lambda key: (order.index(key[0]), key[1]))
    return [Row(of=of, name=name, tally=rows[of, name]) for of, name in keys]


def _honest_accounts(ledger: Ledger, found: set[str], excepted: set[str]) -> list[Flagged]:
    honest = [account for account in ledger.accounts.values() if account.honest]
    return _flagged([(account.role, account.account) for account in honest], found, excepted)


def _honest_posts(ledger: Ledger, found: Collection[str], excepted: Collection[str]) -> list[Flagged]:
    honest = [post for post in ledger.posts.values() if ledger.accounts[post.account].honest]
    return _flagged([(post.kind, post.post) for post in honest], found, excepted)


def _flagged(
    items: Iterable[tuple[str, str]], found: Collection[str], excepted: Collection[str]
) -> list[Flagged]:
    """Count items (name of the sort, id) by their sort."""
    counts: dict[str, Flagged] = {}
    for name, id_ in items:
        flagged = counts.setdefault(name, Flagged(name=name, total=0, found=0))
        flagged.total += 1
        flagged.found += id_ in found
        flagged.excepted += id_ in excepted and id_ not in found
    return [counts[key] for key in sorted(counts)]


def _false_account(account: AccountTruth) -> FalseFind:
    return FalseFind(
        id=account.account,
        account=account.account,
        role=account.role,
        kind=account.community,
        language=account.language,
    )


def _false_post(ledger: Ledger, post: str, author: str) -> FalseFind:
    truth: PostTruth | None = ledger.posts.get(post)
    account = ledger.accounts[author]
    return FalseFind(
        id=post,
        account=author,
        role=account.role,
        kind=truth.kind if truth else "ordinary",
        language=truth.language if truth else account.language,
    )
