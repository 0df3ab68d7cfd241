"""Accounts that people said are the same people's: who they are, on what evidence, what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from tenfold.casework.linked import Brief, Mark, briefs, walk
from tenfold.casework.returns_list import strongest_kinds
from tenfold.casework.wishes import NotFoundError
from tenfold.store import actions, link_decisions
from tenfold.store.database import Conn
from tenfold.store.link_decisions import LinkDecision

MOST: Final = 500  # accounts of one cluster


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account belongs: with whom a person said it is the same, and on what evidence."""

    other: Brief
    author: str
    reason: str
    decided_at: datetime
    probability: float | None
    kinds: list[str]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a cluster. `denied` are members that a person said it is not the same as; `holder` has
    its case in hand; `open_cases` counts what waits about the account and what it wrote."""

    brief: Brief
    evidence: tuple[Confirmed, ...]
    denied: tuple[Brief, ...]
    open_cases: int
    holder: str | None

    @property
    def closable(self) -> bool:
        """Whether a decision can close it now."""
        return not self.brief.closed and self.brief.state not in (None, "deleted") and self.holder is None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in force that closed members, and how many."""

    decision_id: int
    case_id: int
    author: str
    decided_at: datetime
    accounts: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts that people said are the same people's, in the order in which they appeared."""

    members: tuple[Member, ...]
    closings: tuple[Standing, ...]


def cluster(conn: Conn, account: str, now: datetime) -> Cluster:
    """The accounts that decisions in force tie to this one, and to each other. NotFoundError: nobody said
    that it is the same as another."""
    reached, found = walk(conn, [account], [Mark.CONFIRMED], MOST)
    if len(reached) < 2:
        raise NotFoundError(f"nobody decided that {account!r} is the same people's as another account")
    known = briefs(conn, reached)
    decided = link_decisions.of_accounts(conn, reached)
    denied = [tie.ends for tie in found if tie.mark is Mark.DENIED]
    waiting = _waiting(conn, reached, now)
    members = tuple(
        Member(
            brief=brief,
            evidence=_evidence(brief.account, decided, known),
            denied=tuple(known[b if a == brief.account else a] for a, b in denied if brief.account in (a, b)),
            open_cases=waiting.get(brief.account, (0, None))[0],
            holder=waiting.get(brief.account, (0, None))[1],
        )
        for brief in sorted(known.values(), key=lambda brief: brief.since)
    )
    return Cluster(members=members, closings=_closings(conn, reached))


def no_longer_tied(
    conn: Conn, *, account: str, chosen: Sequence[str], since: datetime, now: datetime
) -> list[str]:
    """Who of those chosen at `since` does not belong to the account's people any more: what tied them was
    taken back, or a person has told them apart from another of those chosen."""
    try:
        members = {member.brief.account for member in cluster(conn, account, now).members}
    except NotFoundError:
        members = set()
    told_apart = {
        id_
        for pair, decision in link_decisions.of_accounts(conn, chosen).items()
        if decision.verdict == "different" and decision.decided_at > since and set(pair) <= set(chosen)
        for id_ in pair
    }
    return [id_ for id_ in chosen if id_ not in members or id_ in told_apart]


def _evidence(
    account: str, decided: dict[tuple[str, str], LinkDecision], known: dict[str, Brief]
) -> tuple[Confirmed, ...]:
    return tuple(
        Confirmed(
            other=known[b if a == account else a],
            author=decision.author,
            reason=decision.reason,
            decided_at=decision.decided_at,
            probability=decision.probability,
            kinds=strongest_kinds(decision.evidence),
        )
        for (a, b), decision in sorted(decided.items())
        if account in (a, b) and decision.verdict == "same" and a in known and b in known
    )


def _waiting(conn: Conn, accounts: set[str], now: datetime) -> dict[str, tuple[int, str | None]]:
    """Of each account: how many cases wait, and who holds the one about the account itself."""
    rows = conn.execute(
        """
        SELECT account, count(*),
            max(claimed_by) FILTER (WHERE subject_kind = 'account' AND lease_until > %s)
        FROM cases WHERE account = ANY(%s) AND state <> 'decided' GROUP BY account
        """,
        [now, sorted(accounts)],
    )
    return {account: (count, holder) for account, count, holder in rows}


def _closings(conn: Conn, accounts: set[str]) -> tuple[Standing, ...]:
    rows = conn.execute(
        """
        SELECT lead.id, lead.case_id, lead.author, lead.decided_at, count(DISTINCT actions.subject_id)
        FROM actions JOIN decisions ON decisions.id = actions.decision_id
        JOIN decisions lead ON lead.id = COALESCE(decisions.part_of, decisions.id)
        WHERE actions.kind = 'close_account' AND actions.subject_kind = 'account'
          AND actions.subject_id = ANY(%s) AND actions.state = ANY(%s) AND decisions.state = 'in_force'
        GROUP BY lead.id ORDER BY lead.id DESC
        """,
        [sorted(accounts), actions.STANDING],
    )
    return tuple(
        Standing(decision_id=id_, case_id=case, author=author, decided_at=at, accounts=count)
        for id_, case, author, at, count in rows
    )
