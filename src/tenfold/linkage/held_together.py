"""What holds each cluster together: its weakest link, and the values that most of its accounts share."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.components import Forest
from tenfold.linkage.keys import KIND_MASK, KeyKind

if TYPE_CHECKING:
    from tenfold.linkage.sweep import Sweep

MOST_VALUES = 5  # of each cluster that are told
_SPREAD = np.int64(0x1E3779B97F4A7C15)  # any odd number: owners differ in their high bits, too
_KINDS = {int(kind): kind.name.lower() for kind in KeyKind}


class Value(msgspec.Struct, frozen=True):
    """A value by the kind of its key: shown by `members` accounts of the cluster, by `accounts` in all."""

    kind: str
    members: int
    accounts: int


def why(sweep: "Sweep", out: Path) -> None:
    """One row a cluster: (cluster, accounts, closed, links, weakest_bits, values, cut_off).

    `weakest_bits`: of the links without which it would fall apart (a maximum spanning tree), the weakest;
    null where people decided all of those. `values`: JSON, list of Value. `cut_off`: JSON, how many links
    to other accounts were cut, by reason.
    """
    folder = sweep.stages.folder
    members = pq.read_table(folder / "clusters.parquet")
    links = pq.read_table(
        folder / "links.parquet", columns=["older_number", "newer_number", "bits", "cluster", "cut"]
    )
    cluster, number = members["cluster"].to_numpy(), members["number"].to_numpy()
    names, first, sizes = np.unique(cluster, return_index=True, return_counts=True)
    closed = np.add.reduceat(members["closed"].to_numpy().astype(np.int64), first) if len(first) else first
    values = _values(sweep, cluster, number)
    weakest, counted = _weakest(links, names)
    cut = _cut_off(links, dict(zip(number.tolist(), cluster.tolist(), strict=True)))
    rows = {
        "cluster": names,
        "accounts": sizes,
        "closed": closed,
        "links": np.array([counted[name] for name in names.tolist()], np.int64),
        "weakest_bits": pa.array([weakest.get(name) for name in names.tolist()], pa.float64()),
        "values": [_json(values.get(name, [])) for name in names.tolist()],
        "cut_off": [_json(cut.get(name, {})) for name in names.tolist()],
    }
    pq.write_table(pa.table(rows), out, compression="zstd")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _weakest(links: pa.Table, names: NDArray[np.int64]) -> tuple[dict[int, float], dict[int, int]]:
    """Of each cluster the weakest link of its maximum spanning tree, and how many links hold it."""
    held = links.filter(pa.compute.and_(links["cluster"].is_valid(), links["cut"].is_null()))
    bits = held["bits"].fill_null(np.inf).to_numpy()
    older, newer = held["older_number"].to_numpy(), held["newer_number"].to_numpy()
    cluster = held["cluster"].to_numpy()
    forest = Forest()
    weakest: dict[int, float] = {}
    order = np.lexsort((newer, older, -bits))
    for row in order.tolist():
        one, other = forest.find(int(older[row])), forest.find(int(newer[row]))
        if one != other:
            forest.hang(one, other)
            if np.isfinite(bits[row]):
                weakest[int(cluster[row])] = float(bits[row])
    counts = dict(zip(*(column.tolist() for column in np.unique(cluster, return_counts=True)), strict=True))
    return weakest, {name: counts.get(name, 0) for name in names.tolist()}


def _cut_off(links: pa.Table, of: dict[int, int]) -> dict[int, dict[str, int]]:
    """For each cluster how many likely links lead out of it, by the reason for which they were cut."""
    cut = links.filter(pa.compute.and_(links["cluster"].is_null(), links["cut"].is_valid()))
    found: dict[int, dict[str, int]] = {}
    for older, newer, reason in zip(
        cut["older_number"].to_pylist(), cut["newer_number"].to_pylist(), cut["cut"].to_pylist(), strict=True
    ):
        for name in {of.get(older), of.get(newer)} - {None}:
            if reason != "weak":
                reasons = found.setdefault(int(name or 0), {})
                reasons[reason] = reasons.get(reason, 0) + 1
    return found


def _values(sweep: "Sweep", cluster: NDArray[np.int64], number: NDArray[np.int64]) -> dict[int, list[Value]]:
    """The values that most accounts of each cluster share, of equally many the rarest first."""
    key, owner = _repeated(*_keys(sweep, cluster, number))
    if not len(key):
        return {}
    keys, place = np.unique(key, return_inverse=True)
    packed = np.sort(owner << 32 | place)
    last = np.flatnonzero(np.diff(packed, append=-1))
    members = np.diff(last, prepend=-1)
    last, members = last[members >= 2], members[members >= 2]
    owner, place = packed[last] >> 32, packed[last] & 0xFFFFFFFF
    accounts = sweep.counted(keys)[place]
    order = np.lexsort((place, accounts, -members, owner))
    key, owner, members, accounts = keys[place][order], owner[order], members[order], accounts[order]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    rank = np.arange(len(owner)) - np.repeat(starts, np.diff(np.append(starts, len(owner))))
    told = rank < MOST_VALUES
    found: dict[int, list[Value]] = {}
    columns = (column[told].tolist() for column in (owner, key, members, accounts))
    for cluster_, key_, members_, accounts_ in zip(*columns, strict=True):
        value = Value(_KINDS[key_ & KIND_MASK], members_, accounts_)
        found.setdefault(cluster_, []).append(value)
    return found


def _repeated(
    key: NDArray[np.int64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those rows whose key is there more than once for the same owner, and few others: what a mixture of both
    begins with, and in the lowest bits each one's row, is sorted much faster than rows by key and owner."""
    low = max(len(key), 1).bit_length()
    begins = np.sort((key ^ owner * _SPREAD) >> low << low | np.arange(len(key)))
    rows = begins & ((1 << low) - 1)
    begins >>= low
    same = np.zeros(len(key) + 1, np.bool_)
    np.equal(begins[1:], begins[:-1], out=same[1:-1])
    kept = rows[same[1:] | same[:-1]]
    return key[kept], owner[kept]


def _keys(
    sweep: "Sweep", cluster: NDArray[np.int64], number: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every key of every account that is in a cluster, and that cluster."""
    of_account = np.full(sweep.history.manifest.accounts, -1, np.int64)
    of_account[number] = cluster
    keys, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for file in sweep.account_files():
        rows = pa.ipc.open_file(pa.memory_map(str(file))).read_all().select(["number", "keys"])
        of = of_account[rows["number"].to_numpy()]
        chosen = np.flatnonzero(of >= 0)
        if len(chosen):
            lists = rows["keys"].take(pa.array(chosen)).combine_chunks()
            keys.append(lists.flatten().to_numpy())
            owners.append(np.repeat(of[chosen], np.diff(lists.offsets.to_numpy())))
    return np.concatenate(keys), np.concatenate(owners)
