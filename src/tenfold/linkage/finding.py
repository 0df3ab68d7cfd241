"""Finding candidates over a whole history: the SQL that engines run, on integers only.

One text for every engine: what DuckDB and Spark SQL both read, and nothing in it that they round, order or
compare differently.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenfold.linkage.engines import Engine, read_sorted
from tenfold.linkage.history import History
from tenfold.linkage.keys import KIND_MASK
from tenfold.linkage.table import NEVER
from tenfold.linkage.worth import Worth

CAP = 50  # a key that more accounts show finds no candidates in a sweep; agreeing on it still counts
OPEN_CAP = 20  # the same between accounts of which neither is closed
BEST = 60  # candidates of each newer account that are looked at

# How many accounts show each key that one of the chosen accounts shows.
COUNTS = """
SELECT key, count(*) AS accounts FROM keys
WHERE key IN (SELECT keys.key FROM keys JOIN chosen ON chosen.account = keys.account)
GROUP BY key HAVING count(*) >= 2
"""

# How many open accounts show each key of kinds that are strong enough to tie open accounts.
OPEN_COUNTS = """
SELECT keys.key, count(*) AS accounts FROM keys JOIN owners ON owners.account = keys.account
WHERE owners.closed = 0 AND (keys.key & {mask}) IN ({kinds})
GROUP BY keys.key HAVING count(*) BETWEEN 2 AND {cap}
"""

# The best pairs of an older and a newer account by what they share: of each kind of evidence the best key,
# and a little more for each further tie. What a key is worth is joined to it beforehand (Worth.useful): an
# engine that orders joins by itself would let every row of keys meet every number of accounts.
CANDIDATES = """
WITH shown AS (
    SELECT keys.key, keys.account, owners.born, owners.closed, useful.evidence, useful.points
    FROM keys
    JOIN useful ON useful.key = keys.key
    JOIN owners ON owners.account = keys.account
), agreed AS (
    SELECT one.account AS older, other.account AS newer, {agreement} AS agreement
    FROM shown AS one JOIN shown AS other ON one.key = other.key
    WHERE {which} AND one.born < other.born
    GROUP BY one.account, other.account, one.evidence
), pairs AS (
    SELECT older, newer, CAST(sum(agreement) AS BIGINT) AS total FROM agreed GROUP BY older, newer
), ranked AS (
    SELECT older, newer, total, row_number() OVER (PARTITION BY newer ORDER BY total DESC, older) AS place
    FROM pairs WHERE total >= {floor}
)
SELECT older, newer, total AS points FROM ranked WHERE place <= {best}
"""
CLOSED_THEN_ANY = "one.closed = 1"
BOTH_OPEN = "one.closed = 0 AND other.closed = 0"


def owners(history: History) -> pa.Table:
    """(account, born, closed): every account's place in the order of creation, and whether it is closed.

    Where a time is not known nothing speaks against a return: a closed account counts as older than all
    others, an open one as newer.
    """
    created = history.column("identities", "created_us").fill_null(NEVER).to_numpy()
    closed = history.column("identities", "closed_us").is_valid().to_numpy()
    known = np.where((created == NEVER) & ~closed, np.iinfo(np.int64).max, created)
    born = np.empty(len(known), np.int64)
    born[np.lexsort((np.arange(len(known)), ~closed, known))] = np.arange(len(known))
    return pa.table(
        {
            "account": pa.array(np.arange(len(born)), pa.int32()),
            "born": pa.array(born, pa.int32()),
            "closed": pa.array(closed.astype(np.int32)),
        }
    )


def query(
    engine: Engine, sql: str, tables: Mapping[str, Sequence[Path]], order: Sequence[str], out: Path
) -> None:
    """Run SQL and write its rows to `out` in a fixed order: the same bytes whichever engine it was."""
    raw = out.with_name(out.name + ".raw")
    engine.run(sql.strip(), tables, raw)
    pq.write_table(read_sorted(raw, order), out, compression="zstd")
    if raw.is_dir():
        rmtree(raw)
    else:
        raw.unlink()


def candidates_sql(which: str, floor: int, worth: Worth) -> str:
    """CANDIDATES for pairs of which at least one, or neither, is closed."""
    several = " ".join(
        f"WHEN {kind} THEN least(max(one.points) + (count(*) - 1) * {worth.more[kind]}, {worth.most[kind]})"
        for kind in np.flatnonzero(worth.most).tolist()
    )
    best = "max(one.points)"
    agreement = f"CASE one.evidence {several} ELSE {best} END" if several else best
    return CANDIDATES.format(which=which, floor=floor, best=BEST, agreement=agreement)


def open_counts_sql(kinds: Sequence[int]) -> str:
    """OPEN_COUNTS for these kinds of keys."""
    return OPEN_COUNTS.format(mask=KIND_MASK, kinds=", ".join(map(str, sorted(kinds))), cap=OPEN_CAP)
