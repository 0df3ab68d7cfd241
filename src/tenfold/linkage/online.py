"""Recognising returns as they happen: new accounts against closures, and closures against accounts."""

import time
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import candidates, gather, returns
from tenfold.linkage.compare import compare
from tenfold.linkage.keys import MAX_ACCOUNTS, Keys, keys_of
from tenfold.linkage.ledger import Judged
from tenfold.linkage.model import Model
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.table import Table
from tenfold.store import closures, link_decisions, link_keys, link_models, population, shared_keys
from tenfold.store import returns as store_returns
from tenfold.store.closures import Closure
from tenfold.store.database import Conn
from tenfold.store.link_keys import Hit

MODEL_SECONDS = 2.0  # between looks at which model is in use
POPULATION_SECONDS = 60.0  # between counts of accounts and their names; fewer while there are few of them
SAMPLE = 5_000  # accounts whose names are read to know how many belong to which population of names
LEAST_CHANGE = 0.005  # of bits and probability: less is not written again
MAX_HUNTED = 100  # accounts that one closure is compared with
Pair = tuple[str, str]  # the closed account, the new one


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What looking at accounts came to: `judged` holds every pair compared, `changed` the new accounts that
    have links which are new or have changed, `withdrawn` those that lost one."""

    judged: list[Judged]
    changed: set[str] = set()
    withdrawn: set[str] = set()


class Linker:
    """Looks at accounts with the model in use. One a process or thread; holds no more than counts."""

    def __init__(self) -> None:
        self._model = Model.shipped()
        self._model_at = self._counted_at = float("-inf")
        self._population = 2
        self._names: dict[str, int] = {}

    def compared(
        self, conn: Conn, fingerprints: Sequence[Fingerprint], keys: Sequence[Keys] | None = None
    ) -> tuple[list[Judged], list[Hit]]:
        """Each account with the closed ones that it may be the return of, and what they share; nothing is
        written. `keys`, where they are at hand, are those of the fingerprints.
        """
        self._refresh(conn)
        keys = [keys_of(one) for one in fingerprints] if keys is None else keys
        asked = np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64)
        hits = link_keys.with_closures(conn, asked.tolist(), MAX_ACCOUNTS)
        look = candidates.FirstLook(hits, self._population)
        pairs = [
            (candidate.account, one.account)
            for one, shown in zip(fingerprints, keys, strict=True)
            for candidate in look.candidates(one.account, shown)[: candidates.BEST]
        ]
        known = store_returns.of_new(conn, [one.account for one in fingerprints])
        pairs = list(dict.fromkeys([*pairs, *((link.closed, link.new) for link in known)]))
        kept = closures.load(conn, {closed for closed, _ in pairs})
        new = Table.of(fingerprints, keys)
        return self._judge(conn, pairs, kept, new, self._rarity(conn, hits, asked.tolist())), hits

    def look(self, conn: Conn, accounts: Iterable[str]) -> Looked:
        """Look at accounts with all that is known of them by now, and bring their links up to date."""
        found = gather.fingerprints(conn, accounts)
        judged, hits = self.compared(conn, list(found.values()))
        return self._keep(conn, judged, hits, found)

    def hunt(self, conn: Conn, hunting: Iterable[str]) -> Looked:
        """Look for accounts that are there already and may be the returns of these closed ones, be they open
        or closed later."""
        self._refresh(conn)
        kept = closures.load(conn, hunting)
        keys = {key for closure in kept.values() for key in closure.keys}
        hits = link_keys.with_accounts(conn, keys, MAX_ACCOUNTS)
        look = candidates.FirstLook(hits, self._population)
        wanted = [
            (closed, candidate.account)
            for closed, closure in sorted(kept.items())
            for candidate in look.candidates(closed, np.array(closure.keys, np.int64))[:MAX_HUNTED]
        ]
        found = gather.fingerprints(conn, {new for _, new in wanted})
        ended = closures.closed_at(conn, found)
        pairs = [
            (closed, new)
            for closed, new in wanted
            if new in found and not ended.get(new, kept[closed].closed_at) < kept[closed].closed_at
        ]
        rarity = self._rarity(conn, hits, keys)
        judged = self._judge(conn, pairs, kept, Table.of(found.values()), rarity)
        return self._keep(conn, judged, hits, ())

    def _judge(
        self, conn: Conn, pairs: Sequence[Pair], kept: Mapping[str, Closure], new: Table, rarity: Rarity
    ) -> list[Judged]:
        """Compare and score pairs, and mind what people decided about them."""
        pairs = [pair for pair in pairs if pair[0] in kept]
        if not pairs:
            return []
        closed = Table.of(
            [closure.fingerprint for closure in kept.values()],
            [np.array(sorted(closure.keys), np.int64) for closure in kept.values()],
        )
        left = {account: row for row, account in enumerate(closed.account)}
        right = {account: row for row, account in enumerate(new.account)}
        compared = compare(
            closed,
            np.array([left[one] for one, _ in pairs], np.int64),
            new,
            np.array([right[one] for _, one in pairs], np.int64),
            rarity,
        )
        scores = self._model.score(compared)
        decisions = link_decisions.in_force(conn, pairs)
        judged = (self._model.judged(compared, scores, row) for row in range(len(pairs)))
        return [returns.decided(one, decisions) for one in judged]

    def _rarity(self, conn: Conn, hits: Sequence[Hit], keys: Iterable[int]) -> Rarity:
        return Rarity(
            np.array([hit.key for hit in hits], np.int64),
            np.array([hit.accounts for hit in hits], np.int64),
            self._population,
            muted=shared_keys.in_force(conn, keys),
            name_counts=self._names,
        )

    def _keep(
        self, conn: Conn, judged: Sequence[Judged], hits: Sequence[Hit], looked: Iterable[str]
    ) -> Looked:
        """Bring links in line with what was judged; of accounts `looked` at whole, all of them."""
        link_keys.note_common(
            conn, [hit.key for hit in hits if hit.accounts == MAX_ACCOUNTS + 1], MAX_ACCOUNTS + 1
        )
        now = {(one.closed, one.new): one for one in judged}
        whole = set(looked)
        before = {
            (link.closed, link.new): link
            for link in store_returns.of_new(conn, {*whole, *(new for _, new in now)})
        }
        new = [one for pair, one in sorted(now.items()) if one.level and not _same(one, before.get(pair))]
        gone = [
            pair
            for pair in before
            if (pair in now and not now[pair].level) or (pair not in now and pair[1] in whole)
        ]
        store_returns.withdraw(conn, gone)
        store_returns.keep(
            conn, [returns.as_link(one) for one in new], [returns.as_signal(one) for one in new]
        )
        unsure = {one.new for one in judged} - {one.new for one in judged if one.level == "likely"}
        store_returns.watch(conn, unsure, whole - unsure)
        return Looked(
            judged=list(judged), changed={one.new for one in new}, withdrawn={pair[1] for pair in gone}
        )

    def _refresh(self, conn: Conn) -> None:
        """Take the model that is in use by now, and count accounts now and then."""
        now = time.monotonic()
        if now - self._model_at > MODEL_SECONDS:
            self._model_at = now
            if (link_models.current_version(conn) or Model.shipped().version) != self._model.version:
                current = link_models.current(conn)
                self._model = (
                    Model.load(msgspec.json.encode(current.parameters)) if current else Model.shipped()
                )
        if now - self._counted_at > min(POPULATION_SECONDS, self._population / 1_000):
            self._counted_at = now
            self._population = max(2, population.count(conn))
            self._names = count_names(population.names(conn, SAMPLE, self._population), self._population)


def _same(judged: Judged, known: store_returns.Known | None) -> bool:
    """Whether a link would be written as it is there already."""
    return (
        known is not None
        and known.level == judged.level
        and known.model == judged.model
        and abs(known.bits - judged.bits) < LEAST_CHANGE
        and abs(known.probability - judged.probability) < LEAST_CHANGE
    )
