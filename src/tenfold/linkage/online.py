"""Recognising returns as they happen: new accounts against closures, and closures against accounts."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import candidates, counted, gather, returns
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.keys import keys_of
from tenfold.linkage.ledger import Judged
from tenfold.linkage.measures import Measures
from tenfold.linkage.model import Scores
from tenfold.linkage.rarity import Rarity
from tenfold.linkage.table import Rows, Table
from tenfold.store import closures, known_pairs, link_decisions
from tenfold.store import returns as store_returns
from tenfold.store.database import Conn
from tenfold.store.known_pairs import Before, Known, Shown
from tenfold.store.link_decisions import ordered

LEAST_CHANGE = 0.005  # of bits and probability: less is not written again
MAX_HUNTED = 100  # accounts that one closure is compared with
Pair = tuple[str, str]  # the closed account, the new one


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs that were compared: `judged` those of them that have a level, `before` what was there of the
    accounts."""

    pairs: Sequence[Pair] = ()
    judged: Sequence[Judged] = ()
    before: Before = known_pairs.NOTHING


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What looking at accounts came to: `judged` holds the pairs that have a level, `changed` the accounts
    that have links which are new or have changed, `withdrawn` those that lost one."""

    judged: Sequence[Judged]
    changed: set[str] = set()
    withdrawn: set[str] = set()


class Linker:
    """Looks at accounts with the model in use. One a process or thread."""

    def __init__(self) -> None:
        self._measures = Measures()

    def compared(self, conn: Conn, fingerprints: Sequence[Fingerprint]) -> Compared:
        """Each account with the closed ones that it may be the return of; no link is written."""
        self._measures.refresh(conn)
        keys = [keys_of(one) for one in fingerprints]
        asked = np.unique(np.concatenate(keys)).tolist() if keys else []
        hits = counted.with_closures(conn, asked, fingerprints)
        look = candidates.FirstLook(hits, self._measures.population)
        pairs = [
            (candidate.account, one.account)
            for one, shown in zip(fingerprints, keys, strict=True)
            for candidate in look.candidates(one.account, shown)[: candidates.BEST]
        ]
        before = known_pairs.before(conn, [one.account for one in fingerprints], pairs)
        pairs = list(dict.fromkeys([*((link.closed, link.new) for link in before.known), *pairs]))
        material = before.shown, Table.of(fingerprints, keys), self._measures.rarity(hits)
        judged = self._judge(conn, pairs, material, before)
        return Compared(pairs=pairs, judged=judged, before=before)

    def look(self, conn: Conn, accounts: Iterable[str]) -> Looked:
        """Look at accounts with all that is known of them by now, and bring their links up to date."""
        found = gather.fingerprints(conn, accounts)
        return self._keep(conn, self.compared(conn, list(found.values())), found)

    def hunt(self, conn: Conn, hunting: Iterable[str]) -> Looked:
        """Look for accounts that are there already and may be the returns of these closed ones, be they open
        or closed later."""
        self._measures.refresh(conn)
        kept = known_pairs.shown(conn, hunting)
        keys = {key for closure in kept.values() for key in closure.keys.tolist()}
        hits = counted.with_accounts(conn, keys, [closure.fingerprint for closure in kept.values()])
        look = candidates.FirstLook(hits, self._measures.population)
        wanted = [
            (closed, candidate.account)
            for closed, closure in sorted(kept.items())
            for candidate in look.candidates(closed, closure.keys)[:MAX_HUNTED]
        ]
        found = gather.fingerprints(conn, {new for _, new in wanted})
        ended = closures.closed_at(conn, [*found, *kept])
        pairs = [
            (closed, new)
            for closed, new in wanted
            if new in found and not ended.get(new, ended[closed]) < ended[closed]
        ]
        before = known_pairs.before(conn, found, pairs, shown=False)
        material = kept, Table.of(found.values()), self._measures.rarity(hits)
        judged = self._whole(conn, self._judge(conn, pairs, material, before), found)
        return self._keep(conn, Compared(pairs=pairs, judged=judged, before=before), ())

    def _whole(self, conn: Conn, hunted: Sequence[Judged], found: Mapping[str, Fingerprint]) -> list[Judged]:
        """Hunted pairs, the likely ones as a look at the new account beside all closures tells them: whether
        it is dressed as one of them cannot be seen from this pair alone."""
        suspects = sorted({one.new for one in hunted if one.level == "likely"})
        if not suspects:
            return list(hunted)
        look = self.compared(conn, [found[new] for new in suspects])
        pairs, told = set(look.pairs), {(one.closed, one.new): one for one in look.judged}
        again = [told.get(pair) if (pair := (one.closed, one.new)) in pairs else one for one in hunted]
        return [one for one in again if one]

    def _judge(
        self,
        conn: Conn,
        pairs: Sequence[Pair],
        material: tuple[Mapping[str, Shown], Table, Rarity],
        before: Before,
    ) -> list[Judged]:
        """Compare and score pairs, and mind what people decided about them; those that have a level."""
        verdicts = before.verdicts
        compared = self._compare([pair for pair in pairs if pair[0] in material[0]], *material, verdicts)
        if not len(compared):
            return []
        model = self._measures.model
        scores = model.score(compared)
        judged = [model.judged(compared, scores, row) for row in _rows(compared, scores, verdicts)]
        likely = [(one.closed, one.new) for one in judged if one.level == "likely"]
        apart = link_decisions.told_apart(conn, likely) if before.decided else set()
        judged = [returns.decided(one, verdicts, apart) for one in judged]
        return [one for one in judged if one.level]

    def _compare(
        self,
        pairs: Sequence[Pair],
        kept: Mapping[str, Shown],
        new: Table,
        rarity: Rarity,
        verdicts: Collection[Pair],
    ) -> Comparisons:
        """Pairs that may be shown, and those about which people decided."""
        asked = {closed: kept[closed] for closed, _ in pairs}
        closed = Table.of(
            [one.fingerprint for one in asked.values()], [np.sort(one.keys) for one in asked.values()]
        )
        decided = np.array(
            [ordered(*pair) in verdicts for pair in pairs] if verdicts else [False] * len(pairs)
        )
        return compare(
            closed,
            _places(closed, [one for one, _ in pairs]),
            new,
            _places(new, [one for _, one in pairs]),
            rarity,
            worth=lambda most: decided | self._measures.bound.may_be_shown(most),
        )

    def _keep(self, conn: Conn, compared: Compared, looked: Iterable[str]) -> Looked:
        """Bring links in line with what was judged; of accounts `looked` at whole, all of them."""
        now = {(one.closed, one.new): one for one in compared.judged}
        before = {(link.closed, link.new): link for link in compared.before.known}
        whole, pairs = set(looked), set(compared.pairs)
        new = [one for pair, one in sorted(now.items()) if not _same(one, before.get(pair))]
        gone = [pair for pair in before if pair not in now and (pair in pairs or pair[1] in whole)]
        store_returns.withdraw(conn, gone)
        kept = store_returns.keep(conn, *returns.written(new))
        likely = {one.new for one in compared.judged if one.level == "likely"}
        unsure = {account for _, account in pairs} - likely
        watched = compared.before.watched
        store_returns.watch(conn, unsure - watched, (whole - unsure) & watched)
        return Looked(
            judged=compared.judged,
            changed={one.new for one in new if ordered(one.closed, one.new) in kept},
            withdrawn={pair[1] for pair in gone},
        )


def _places(table: Table, accounts: Sequence[str]) -> Rows:
    rows = {account: row for row, account in enumerate(table.account)}
    return np.array([rows[account] for account in accounts], np.int64)


def _rows(compared: Comparisons, scores: Scores, verdicts: Collection[Pair]) -> list[int]:
    """Pairs that have a level, or about which people decided."""
    rows = range(len(compared)) if verdicts else np.flatnonzero(scores.level).tolist()
    return [row for row in rows if scores.level[row] or ordered(*compared.pair(row)) in verdicts]


def _same(judged: Judged, known: Known | None) -> bool:
    """Whether a link would be written as it is there already."""
    return (
        known is not None
        and known.origin == returns.origin(judged)
        and known.level == judged.level
        and known.model == judged.model
        and abs(known.bits - judged.bits) < LEAST_CHANGE
        and abs(known.probability - judged.probability) < LEAST_CHANGE
    )
