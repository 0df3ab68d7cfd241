"""What a population of accounts is made of, counted from fingerprints and truth."""

from collections import Counter

import msgspec

from tenfold.fingerprint import Fingerprint
from tenfold.simulation.returns import ReturnTruth
from tenfold.simulation.truth import NETWORK_ROLES


class Shares(msgspec.Struct, kw_only=True):
    """Counts. `returns` have a closed predecessor; `evasions`, `announced`, `announcing` and `cultures`
    count among the network's returns, `honest_cultures` among honest accounts.
    """

    accounts: int = 0
    closed: int = 0
    closed_network: int = 0
    network: int = 0
    operators: int = 0
    returns: int = 0
    network_returns: int = 0
    framers: int = 0
    shared_addresses: int = 0
    announced: int = 0
    announcing: int = 0
    roles: Counter[str] = msgspec.field(default_factory=Counter)
    evasions: Counter[str] = msgspec.field(default_factory=Counter)
    cultures: Counter[str] = msgspec.field(default_factory=Counter)
    honest_cultures: Counter[str] = msgspec.field(default_factory=Counter)


class Counting:
    """Adds accounts one by one; `shares` are the counts so far."""

    def __init__(self) -> None:
        self.shares = Shares()
        self._operators: set[str] = set()

    def add(self, fingerprint: Fingerprint, truth: ReturnTruth) -> None:
        """Count one account."""
        told, network = self.shares, truth.role in NETWORK_ROLES
        told.accounts += 1
        told.roles[truth.role] += 1
        told.closed += fingerprint.closed_us is not None
        told.returns += bool(truth.predecessors)
        told.framers += truth.framer
        told.shared_addresses += truth.shared_address
        if truth.honest:
            told.honest_cultures[truth.culture] += 1
        if not network:
            return
        self._operators.add(truth.operator)
        told.operators = len(self._operators)
        told.network += 1
        told.closed_network += fingerprint.closed_us is not None
        if truth.predecessors:
            told.network_returns += 1
            told.announced += bool(fingerprint.announced_by)
            told.announcing += bool(fingerprint.announces)
            told.cultures[truth.culture] += 1
            told.evasions.update(truth.evasions or ("none",))
