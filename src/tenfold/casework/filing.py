"""From firings to cases and actions: one call for a whole batch of the pipeline."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tenfold.judgement import Firing
from tenfold.store.database import Conn


class FilingResult(msgspec.Struct, frozen=True, kw_only=True):
    """How much a batch changed; the same batch again gives zeros but for `firings`."""

    firings: int
    cases_opened: int
    cases_merged: int  # open cases that a firing new to them joined
    proposed: int
    ordered: int
    deliveries: int


def file_firings(conn: Conn, firings: Sequence[Firing], now: datetime) -> FilingResult:
    """Keep firings, open or join cases, propose and order actions, queue their deliveries.

    One open case per subject. A subject already decided gets a new case only when a rule that had no
    part in the decided case fires, severity rises, or its text has changed since. Idempotent.
    The audit entries come last, so call this last in the transaction.
    """
    raise NotImplementedError
