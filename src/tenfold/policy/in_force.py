"""The policy that judges now: the store's live version, or the files while no version is live."""

import logging
import time
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from tenfold.policy.difference import changes, definitions
from tenfold.policy.errors import PolicyErrors
from tenfold.policy.policyset import PolicySet
from tenfold.policy.versions import load
from tenfold.store import policies
from tenfold.store.database import Conn

LOOK_SECONDS = 0.5  # between looks at which versions stand

log = logging.getLogger("tenfold.policy")


class Shadow(msgspec.Struct, frozen=True):
    """The rules of the shadow version that are not live as they are, and the definition of each."""

    policy: PolicySet
    definitions: Mapping[str, str]


class InForce(msgspec.Struct, frozen=True):
    """What judges a batch: `live` with effect, `shadow` without."""

    live: PolicySet
    shadow: Shadow | None = None

    def windows(self) -> dict[str, timedelta]:
        """How long the hits of each counter must be kept, by their name in the store."""
        counters = [*self.live.counters, *(self.shadow.policy.counters if self.shadow else ())]
        found: dict[str, timedelta] = {}
        for counter in counters:
            found[counter.stored] = max(counter.window, found.get(counter.stored, counter.window))
        return found


def shadow_of(live: PolicySet, version: PolicySet) -> Shadow:
    """What is to be measured of a version beside the live one."""
    known = definitions(version)
    became = changes(definitions(live), known)
    differing = {name for name, change in became.items() if change in ("new", "changed")}
    return Shadow(version.only(differing), {name: known[name] for name in sorted(differing)})


class CurrentPolicy:
    """Keeps what is in force and loads anew what people changed, within half a second of it."""

    def __init__(self, files: PolicySet) -> None:
        self.files = files
        self._known = InForce(files)
        self._standing: dict[str, str] = {}
        self._looked_at = 0.0

    @property
    def latest(self) -> InForce:
        """What was in force at the last look."""
        return self._known

    def get(self, conn: Conn) -> InForce:
        """What judges the next batch. A live version that this release cannot read is told, and what was in
        force stays; at the first look PolicyErrors is raised instead."""
        now = time.monotonic()
        if self._looked_at and now - self._looked_at < LOOK_SECONDS:
            return self._known
        standing = policies.standing(conn)
        if standing != self._standing or not self._looked_at:
            try:
                self._known = self._loaded(conn, standing)
            except PolicyErrors as errors:
                if not self._looked_at:
                    raise
                log.error("the live policy cannot be read, the one before it stays in force: %s", errors)
            self._standing = standing
        self._looked_at = now
        return self._known

    def _loaded(self, conn: Conn, standing: Mapping[str, str]) -> InForce:
        live = load(conn, standing["live"]) if "live" in standing else self.files
        if "shadow" not in standing:
            return InForce(live)
        try:
            return InForce(live, shadow_of(live, load(conn, standing["shadow"])))
        except PolicyErrors as errors:
            log.error("the policy in shadow cannot be read and is not measured: %s", errors)
            return InForce(live)


def in_force(conn: Conn, files: PolicySet) -> PolicySet:
    """The policy in force, for one look."""
    live = policies.standing(conn).get("live")
    return load(conn, live) if live else files
