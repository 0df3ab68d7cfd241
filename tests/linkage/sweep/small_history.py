"""Histories for tests: a simulated population, and small made ones."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenfold.fingerprint import Fingerprint
from tenfold.linkage.history import TABLES, History, Writer
from tenfold.simulation.returns import Returns, ReturnsSpec

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def write(
    folder: Path, fingerprints: list[Fingerprint], part: int = 1_000, **tables: list[tuple[Any, ...]]
) -> History:
    """A whole history of these accounts; `tables` are rows of its other tables."""
    writer = Writer(folder, NOW)
    for start in range(0, len(fingerprints), part):
        writer.add_accounts(fingerprints[start : start + part], None)
    for name, rows in tables.items():
        schema = TABLES[name]
        values = zip(*rows, strict=True)
        columns = [pa.array(column, field.type) for column, field in zip(values, schema, strict=True)]
        writer.add(name, pa.Table.from_arrays(columns, schema=schema), None)
    writer.finish()
    return History(folder)


def simulated(folder: Path, accounts: int) -> History:
    """A simulated population with closures, returns and innocents."""
    return write(folder, [found for found, _ in Returns(ReturnsSpec(accounts=accounts, seed=11))])
