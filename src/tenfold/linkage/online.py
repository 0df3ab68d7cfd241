"""Recognising returns as they happen: new accounts against closures, and closures against accounts."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import candidates, counted, gather, returns
from tenfold.linkage.bounds import Bound
from tenfold.linkage.compare import Comparisons, compare
from tenfold.linkage.keys import keys_of
from tenfold.linkage.ledger import Judged
from tenfold.linkage.model import Model, Scores
from tenfold.linkage.parameters import ParametersError
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.table import Table
from tenfold.linkage.usual_in_store import InUse
from tenfold.store import closures, link_decisions, link_models, population
from tenfold.store import returns as store_returns
from tenfold.store.closures import Shown
from tenfold.store.database import Conn
from tenfold.store.link_decisions import ordered
from tenfold.store.link_keys import Hit
from tenfold.store.returns import Known

log = logging.getLogger("tenfold.linkage")

MODEL_SECONDS = 2.0  # between looks at which model is in use
POPULATION_SECONDS = 60.0  # between counts of accounts and their names; fewer while there are few of them
SAMPLE = 5_000  # accounts whose names are read to know how many belong to which population of names
LEAST_CHANGE = 0.005  # of bits and probability: less is not written again
MAX_HUNTED = 100  # accounts that one closure is compared with
Pair = tuple[str, str]  # the closed account, the new one


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs that were compared: `judged` those of them that have a level, `known` the links that linkage had
    found before."""

    pairs: Sequence[Pair] = ()
    judged: Sequence[Judged] = ()
    known: Sequence[Known] = ()


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What looking at accounts came to: `judged` holds the pairs that have a level, `changed` the accounts
    that have links which are new or have changed, `withdrawn` those that lost one."""

    judged: Sequence[Judged]
    changed: set[str] = set()
    withdrawn: set[str] = set()


class Linker:
    """Looks at accounts with the model in use. One a process or thread; holds no more than counts."""

    def __init__(self) -> None:
        self._model = Model.shipped()
        self._bound = Bound(self._model)
        self._asked: str | None = None  # the version in use, be it readable or not
        self._fault = ""
        self._model_at = self._counted_at = float("-inf")
        self._population = 2
        self._names: dict[str, int] = {}
        self._usual = InUse()

    def compared(self, conn: Conn, fingerprints: Sequence[Fingerprint]) -> Compared:
        """Each account with the closed ones that it may be the return of; no link is written."""
        self._refresh(conn)
        keys = [keys_of(one) for one in fingerprints]
        asked = np.unique(np.concatenate(keys)).tolist() if keys else []
        hits = counted.with_closures(conn, asked, fingerprints)
        look = candidates.FirstLook(hits, self._population)
        known = store_returns.of_new(conn, [one.account for one in fingerprints])
        pairs = [(link.closed, link.new) for link in known]
        for one, shown in zip(fingerprints, keys, strict=True):
            best = look.candidates(one.account, shown)[: candidates.BEST]
            pairs += [(candidate.account, one.account) for candidate in best]
        pairs = list(dict.fromkeys(pairs))
        kept = closures.shown(conn, {closed for closed, _ in pairs}) if pairs else {}
        judged = self._judge(conn, pairs, kept, Table.of(fingerprints, keys), hits) if kept else []
        return Compared(pairs=pairs, judged=judged, known=known)

    def look(self, conn: Conn, accounts: Iterable[str]) -> Looked:
        """Look at accounts with all that is known of them by now, and bring their links up to date."""
        found = gather.fingerprints(conn, accounts)
        return self._keep(conn, self.compared(conn, list(found.values())), found)

    def hunt(self, conn: Conn, hunting: Iterable[str]) -> Looked:
        """Look for accounts that are there already and may be the returns of these closed ones, be they open
        or closed later."""
        self._refresh(conn)
        kept = closures.shown(conn, hunting)
        keys = {key for closure in kept.values() for key in closure.keys.tolist()}
        hits = counted.with_accounts(conn, keys, [closure.fingerprint for closure in kept.values()])
        look = candidates.FirstLook(hits, self._population)
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
        known = store_returns.of_new(conn, found)
        judged = self._judge(conn, pairs, kept, Table.of(found.values()), hits) if pairs else []
        return self._keep(conn, Compared(pairs=pairs, judged=judged, known=known), ())

    def _judge(
        self,
        conn: Conn,
        pairs: Sequence[Pair],
        kept: Mapping[str, Shown],
        new: Table,
        hits: Sequence[Hit],
    ) -> list[Judged]:
        """Compare and score pairs, and mind what people decided about them; those that have a level."""
        pairs = [pair for pair in pairs if pair[0] in kept]
        decisions = link_decisions.in_force(conn, pairs)
        minded = np.array([bool(decisions) and ordered(*pair) in decisions for pair in pairs], np.bool_)
        closed = Table.of(
            [shown.fingerprint for shown in kept.values()], [np.sort(shown.keys) for shown in kept.values()]
        )
        left = {account: row for row, account in enumerate(closed.account)}
        right = {account: row for row, account in enumerate(new.account)}
        compared = compare(
            closed,
            np.array([left[one] for one, _ in pairs], np.int64),
            new,
            np.array([right[one] for _, one in pairs], np.int64),
            self._rarity(hits),
            worth=lambda most: minded | self._bound.may_be_shown(most),
        )
        if not len(compared):
            return []
        scores = self._model.score(compared)
        judged = [self._model.judged(compared, scores, row) for row in _rows(compared, scores, decisions)]
        apart = link_decisions.told_apart(conn, [(j.closed, j.new) for j in judged if j.level == "likely"])
        judged = [returns.decided(one, decisions, apart) for one in judged]
        return [one for one in judged if one.level]

    def _rarity(self, hits: Sequence[Hit]) -> Rarity:
        shown = [hit for hit in hits if hit.accounts]
        return Rarity(
            np.array([hit.key for hit in shown], np.int64),
            np.array([hit.accounts for hit in shown], np.int64),
            self._population,
            muted=(hit.key for hit in hits if not hit.accounts),
            name_counts=self._names,
            usual=self._usual.background,
        )

    def _keep(self, conn: Conn, compared: Compared, looked: Iterable[str]) -> Looked:
        """Bring links in line with what was judged; of accounts `looked` at whole, all of them."""
        now = {(one.closed, one.new): one for one in compared.judged}
        before = {(link.closed, link.new): link for link in compared.known}
        whole, pairs = set(looked), set(compared.pairs)
        new = [one for pair, one in sorted(now.items()) if not _same(one, before.get(pair))]
        gone = [pair for pair in before if pair not in now and (pair in pairs or pair[1] in whole)]
        store_returns.withdraw(conn, gone)
        kept = store_returns.keep(conn, list(map(returns.as_link, new)), list(map(returns.as_signal, new)))
        likely = {one.new for one in compared.judged if one.level == "likely"}
        unsure = {account for _, account in pairs} - likely
        store_returns.watch(conn, unsure, whole - unsure)
        return Looked(
            judged=compared.judged,
            changed={one.new for one in new if ordered(one.closed, one.new) in kept},
            withdrawn={pair[1] for pair in gone},
        )

    def _refresh(self, conn: Conn) -> None:
        """Take the model that is in use by now, and count accounts now and then."""
        now = time.monotonic()
        if now - self._model_at > MODEL_SECONDS:
            self._model_at = now
            self._use(conn, link_models.current_version(conn))
        if now - self._counted_at > min(POPULATION_SECONDS, self._population / 1_000):
            self._counted_at = now
            self._population = max(2, population.count(conn))
            self._names = count_names(population.names(conn, SAMPLE, self._population), self._population)
            self._usual.refresh(conn)

    def _use(self, conn: Conn, version: str | None) -> None:
        """Score with this model or, where it cannot be read, with the shipped one: the status tells of it."""
        if version == self._asked and not self._fault:
            return
        current, before = link_models.current(conn), self._fault
        self._asked, self._fault, self._model = version, "", Model.shipped()
        if current:
            try:
                self._model = Model.load(msgspec.json.encode(current.parameters))
            except ParametersError as error:
                self._fault = str(error)
                link_models.note_fault(conn, current.version, self._fault)
        self._bound = Bound(self._model)
        if self._fault != before:
            log.error("model of links %s: %s", version, self._fault or "it can be read")


def _rows(compared: Comparisons, scores: Scores, decisions: Collection[Pair]) -> list[int]:
    """Pairs that have a level, or about which people decided."""
    rows = range(len(compared)) if decisions else np.flatnonzero(scores.level).tolist()
    return [row for row in rows if scores.level[row] or ordered(*compared.pair(row)) in decisions]


def _same(judged: Judged, known: Known | None) -> bool:
    """Whether a link would be written as it is there already."""
    return (
        known is not None
        and known.origin == returns.as_link(judged).origin
        and known.level == judged.level
        and known.model == judged.model
        and abs(known.bits - judged.bits) < LEAST_CHANGE
        and abs(known.probability - judged.probability) < LEAST_CHANGE
    )
