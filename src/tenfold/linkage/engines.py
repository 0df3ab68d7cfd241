"""Engines that join and count integers: sorting (sorting.py) or DuckDB in this process, or any server that
speaks Spark Connect.

Two questions outgrow memory, and engines answer them: how many accounts show each key, and who shows the keys
that find somebody (few of all). All give the same rows; those that read SQL run one text of it, with nothing
in it that they round, order or compare differently. Nothing but integers goes through them: what engines
compute from texts and fractions differs from one to the next.
"""

import os
import shutil
import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

MEMORY_LIMIT = "1500MB"  # DuckDB's; beyond it joins and counts go to temporary files
SPARK_PARTITIONS = 4  # of a shuffle when Spark runs in this machine; a cluster's own setting stands


SPARK_PORT = 15002  # of Spark Connect, where the address names none
PATIENCE = 10.0  # seconds

Tables = Mapping[str, Sequence[Path]]

# How many accounts show each key that more than one shows, and how many of them are closed.
COUNTS = """
SELECT keys.key, count(*) AS accounts, count(closed.account) AS closed
FROM keys LEFT JOIN closed ON closed.account = keys.account
GROUP BY keys.key HAVING count(*) >= 2
"""

# Who shows the keys that find somebody.
SHOWN = """
SELECT useful.place, keys.account FROM keys JOIN useful ON useful.key = keys.key
"""


class EngineError(Exception):
    """An engine cannot be reached or refuses a query; the message says how to mend it."""


class Engine(Protocol):
    """Answers both questions over tables that are lists of Parquet files; `scratch` is a path where it may
    write something meanwhile. Rows come in any order. Raises EngineError."""

    name: str

    def counts(self, tables: Tables, scratch: Path) -> pa.Table:
        """Of `keys` (account, key) and `closed` (account): (key, accounts, closed), how many accounts show
        each key that more than one shows, and how many of them are closed."""

    def shown(self, tables: Tables, scratch: Path) -> pa.Table:
        """Of `keys` and `useful` (key, place): (place, account), who shows the keys that find somebody."""

    def close(self) -> None:
        """Give back threads, memory and connections."""


class Sql(ABC):
    """Both questions as SQL."""

    @abstractmethod
    def run(self, sql: str, tables: Tables, out: Path) -> None:
        """Write the query's rows, in any order, to `out`: one Parquet file, or a folder of them."""

    def counts(self, tables: Tables, scratch: Path) -> pa.Table:
        """COUNTS."""
        return self._rows(COUNTS, tables, scratch)

    def shown(self, tables: Tables, scratch: Path) -> pa.Table:
        """SHOWN."""
        return self._rows(SHOWN, tables, scratch)

    def _rows(self, sql: str, tables: Tables, scratch: Path) -> pa.Table:
        self.run(sql.strip(), tables, scratch)
        rows = pq.read_table(scratch)
        if scratch.is_dir():
            shutil.rmtree(scratch)
        else:
            scratch.unlink()
        return rows


class DuckDb(Sql):
    """One machine. Larger than memory is well: it spills into `spill`."""

    name = "duckdb"

    def __init__(self, spill: Path, threads: int | None = None, memory_limit: str = MEMORY_LIMIT) -> None:
        import duckdb

        self._conn = duckdb.connect()
        self._conn.execute(f"SET threads = {threads or os.cpu_count() or 1}")
        self._conn.execute(f"SET memory_limit = '{memory_limit}'")
        self._conn.execute("SET preserve_insertion_order = false")
        self._conn.execute(f"SET temp_directory = {_quoted(str(spill))}")

    def run(self, sql: str, tables: Tables, out: Path) -> None:
        """Write the query's rows to the file `out`."""
        import duckdb

        try:
            for name, files in tables.items():
                listed = ", ".join(_quoted(str(file)) for file in files)
                self._conn.execute(
                    f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet([{listed}])"
                )
            self._conn.execute(f"COPY ({sql}) TO {_quoted(str(out))} (FORMAT parquet, COMPRESSION snappy)")
        except duckdb.Error as error:
            raise EngineError(f"DuckDB: {error}") from error

    def close(self) -> None:
        """End the database, which was in memory."""
        self._conn.close()


class Spark(Sql):
    """Spark, through Spark Connect: `sc://HOST:PORT`, or `local[N]` for one that is started here.

    Every executor must see the files under the same paths as this process does.
    """

    name = "spark"

    def __init__(self, remote: str = "local[*]") -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise EngineError("Spark needs PySpark: pip install 'tenfold[spark]'") from None
        if remote.startswith("sc:"):
            _knock(remote)
        builder: Any = SparkSession.builder.remote(remote)
        if remote.startswith("local"):
            if shutil.which("java") is None:
                raise EngineError(
                    "Spark on this machine needs Java 17 or newer: there is no 'java' on the PATH"
                )
            builder = builder.config("spark.sql.shuffle.partitions", SPARK_PARTITIONS)
        try:
            self._session = builder.create() if remote.startswith("sc:") else builder.getOrCreate()
            self._session.sql("SELECT 1").collect()
        except Exception as error:
            raise EngineError(f"Spark at {remote} cannot be reached: {_first_line(error)}") from error

    def run(self, sql: str, tables: Tables, out: Path) -> None:
        """Write the query's rows to the folder `out`."""
        try:
            for name, files in tables.items():
                paths = [str(file.absolute()) for file in files]
                self._session.read.parquet(*paths).createOrReplaceTempView(name)
            self._session.sql(sql).write.mode("overwrite").parquet(str(out.absolute()))
        except Exception as error:
            raise EngineError(f"Spark: {_first_line(error)}") from error

    def close(self) -> None:
        """End the session, and the server where it was started here."""
        self._session.stop()


def _knock(remote: str) -> None:
    """EngineError where nobody listens: the client would try again for ten minutes."""
    address = urlsplit(remote)
    try:
        socket.create_connection((address.hostname or "", address.port or SPARK_PORT), PATIENCE).close()
    except (OSError, ValueError) as error:
        raise EngineError(f"Spark at {remote} cannot be reached: {error}") from None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:400] if lines else type(error).__name__
