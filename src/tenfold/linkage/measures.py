"""What looks measure by, taken from the store now and then: the model in use, how many accounts there are,
what they are called and what is usual in their writing."""

import logging
import time
from collections import deque
from collections.abc import Sequence

import msgspec
import numpy as np

from tenfold.linkage.bounds import Bound
from tenfold.linkage.model import Model
from tenfold.linkage.parameters import ParametersError
from tenfold.linkage.rarity import Rarity, count_names
from tenfold.linkage.usual_in_store import InUse
from tenfold.store import link_models, population
from tenfold.store.database import Conn
from tenfold.store.link_keys import Hit

log = logging.getLogger("tenfold.linkage")

MODEL_SECONDS = 2.0  # between looks at which model is in use
POPULATION_SECONDS = 6.0  # between counts of accounts, and of some names; fewer while there are few of them
SAMPLE = 5_000  # accounts whose names tell how many belong to which population of names
PORTION = 500  # names that are read anew each time, once there are so many: a few milliseconds' work


class Measures:
    """One a process or thread; holds no more than counts."""

    def __init__(self) -> None:
        self.model = Model.shipped()
        self.bound = Bound(self.model)
        self.population = 2
        self._name_counts: dict[str, int] = {}
        self._names: deque[str] = deque(maxlen=SAMPLE)
        self._usual = InUse()
        self._asked: str | None = None  # the version in use, be it readable or not
        self._fault = ""
        self._model_at = self._counted_at = float("-inf")

    def refresh(self, conn: Conn) -> None:
        """Take the model that is in use by now, and count accounts now and then."""
        now = time.monotonic()
        if now - self._model_at > MODEL_SECONDS:
            self._model_at = now
            self._use(conn, link_models.current_version(conn))
        if now - self._counted_at > min(POPULATION_SECONDS, self.population / 1_000):
            self._counted_at = now
            self._count(conn)
            self._usual.refresh(conn)

    def rarity(self, hits: Sequence[Hit]) -> Rarity:
        """How rare the keys are that were hit."""
        shown = [hit for hit in hits if hit.accounts]
        return Rarity(
            np.array([hit.key for hit in shown], np.int64),
            np.array([hit.accounts for hit in shown], np.int64),
            self.population,
            muted=(hit.key for hit in hits if not hit.accounts),
            name_counts=self._name_counts,
            usual=self._usual.background,
        )

    def _count(self, conn: Conn) -> None:
        """Names are read all at once at first and while there are few, then some at a time."""
        self.population = max(2, population.count(conn))
        if self.population <= SAMPLE:
            self._names.clear()
        size = max(PORTION, SAMPLE - len(self._names))
        self._names.extend(population.names(conn, size, self.population))
        self._name_counts = count_names(self._names, self.population)

    def _use(self, conn: Conn, version: str | None) -> None:
        """Score with this model or, where it cannot be read, with the shipped one: the status tells of it."""
        if version == self._asked and not self._fault:
            return
        current, before = link_models.current(conn), self._fault
        self._asked, self._fault, self.model = version, "", Model.shipped()
        if current:
            try:
                self.model = Model.load(msgspec.json.encode(current.parameters))
            except ParametersError as error:
                self._fault = str(error)
                link_models.note_fault(conn, current.version, self._fault)
        self.bound = Bound(self.model)
        if self._fault != before:
            log.error("model of links %s: %s", version, self._fault or "it can be read")
