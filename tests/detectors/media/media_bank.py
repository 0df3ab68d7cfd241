"""Filling a bank of media."""

from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks


def bank(conn, value, label="emblem", to="ours", **more):
    good, refused = bank_values.check("media", [GivenEntry(value=value, label=label, **more)])
    assert not refused
    with conn.transaction():
        return banks.add_entries(conn, to, good, "cli:test").added
