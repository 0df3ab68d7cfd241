"""What holds each cluster together: its weakest link, and the values that most of its accounts share."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tenfold.linkage.components import spanning
from tenfold.linkage.keys import KIND_MASK, KeyKind
from tenfold.linkage.ordering import distinct

if TYPE_CHECKING:
    from tenfold.linkage.sweep import Sweep

MOST_VALUES = 5  # of each cluster that are told
_SPREAD = np.int64(0x1E3779B97F4A7C15)  # any odd number: owners differ in their high bits, too
_KINDS = {int(kind): kind.name.lower() for kind in KeyKind}


def why(sweep: "Sweep", out: Path) -> None:
    """One row a cluster: (cluster, accounts, closed, links, weakest_bits, values, cut_off).

    `weakest_bits`: of the links without which it would fall apart (a maximum spanning tree), the weakest;
    null where people decided all of those. `values`: JSON, a list of objects: the `kind` of a key that
    `members` accounts of the cluster show, and `accounts` in all. `cut_off`: JSON, how many links to other
    accounts were cut, by reason.
    """
    folder = sweep.stages.folder
    members = pq.read_table(folder / "clusters.parquet")
    links = pq.read_table(
        folder / "links.parquet", columns=["older_number", "newer_number", "bits", "cluster", "cut"]
    )
    cluster, number = members["cluster"].to_numpy(), members["number"].to_numpy()
    names, first, sizes = np.unique(cluster, return_index=True, return_counts=True)
    closed = np.add.reduceat(members["closed"].to_numpy().astype(np.int64), first) if len(first) else first
    weakest, counted = _weakest(links, names)
    cut = _cut_off(links, dict(zip(number.tolist(), cluster.tolist(), strict=True)))
    rows = {
        "cluster": names,
        "accounts": sizes,
        "closed": closed,
        "links": counted,
        "weakest_bits": weakest,
        "values": _values(sweep, cluster, number, names),
        "cut_off": [msgspec.json.encode(cut.get(name, {})).decode() for name in names.tolist()],
    }
    pq.write_table(pa.table(rows), out, compression="zstd")


def _weakest(links: pa.Table, names: NDArray[np.int64]) -> tuple[pa.Array, NDArray[np.int64]]:
    """Of each cluster the weakest link of its maximum spanning tree, and how many links hold it."""
    held = links.filter(pc.and_(links["cluster"].is_valid(), links["cut"].is_null()))
    cluster = np.searchsorted(names, held["cluster"].to_numpy())
    ends = np.concatenate(
        [held[name].to_numpy().astype(np.int64) for name in ("older_number", "newer_number")]
    )
    nodes, ends = np.unique(ends, return_inverse=True)
    older, newer = np.split(ends, 2)
    bits = held["bits"].fill_null(np.inf).to_numpy()
    order = np.lexsort((newer, older, -bits))
    tree = order[spanning(len(nodes), older[order], newer[order])]
    told = tree[np.isfinite(bits[tree])]
    weakest = np.full(len(names), np.inf)
    np.minimum.at(weakest, cluster[told], bits[told])
    found = pa.array(weakest, mask=~np.isfinite(weakest))
    return found, np.bincount(cluster, minlength=len(names)).astype(np.int64)


def _cut_off(links: pa.Table, of: dict[int, int]) -> dict[int, dict[str, int]]:
    """For each cluster how many likely links lead out of it, by the reason for which they were cut."""
    cut = links.filter(pc.and_(links["cluster"].is_null(), pc.not_equal(links["cut"], "weak")))
    found: dict[int, dict[str, int]] = {}
    for older, newer, reason in zip(
        cut["older_number"].to_pylist(), cut["newer_number"].to_pylist(), cut["cut"].to_pylist(), strict=True
    ):
        for name in {of.get(older), of.get(newer)} - {None}:
            reasons = found.setdefault(int(name or 0), {})
            reasons[reason] = reasons.get(reason, 0) + 1
    return found


def _values(
    sweep: "Sweep", cluster: NDArray[np.int64], number: NDArray[np.int64], names: NDArray[np.int64]
) -> pa.Array:
    """Of each cluster, as JSON, the values that most of its accounts share, of equally many the rarest
    first. `cluster` ascends; each core tells of some."""
    cores = os.cpu_count() or 1
    parts = [part for part in np.array_split(names, cores) if len(part)]
    bounds = [slice(*np.searchsorted(cluster, [part[0], part[-1] + 1])) for part in parts]
    with ThreadPoolExecutor(cores) as pool:
        told = pool.map(lambda own, of: _values_of(sweep, cluster[own], number[own], of), bounds, parts)
        return pa.concat_arrays([pa.array([], pa.string()), *told])


def _values_of(
    sweep: "Sweep", cluster: NDArray[np.int64], number: NDArray[np.int64], names: NDArray[np.int64]
) -> pa.Array:
    """The same of some of them."""
    key, owner = _repeated(*_keys(sweep, cluster, number))
    keys, place = distinct(key)
    packed = np.sort(owner << 32 | place)
    last = np.flatnonzero(np.diff(packed, append=-1))
    members = np.diff(last, prepend=-1)
    last, members = last[members >= 2], members[members >= 2]
    owner, place = packed[last] >> 32, packed[last] & 0xFFFFFFFF
    accounts = sweep.counted(keys)[place]
    fewest_last = (members.max(initial=0) - members) * (accounts.max(initial=0) + 1) + accounts
    order = np.lexsort((fewest_last, owner))  # which leaves what is equal in the order of places
    key, owner, members, accounts = keys[place][order], owner[order], members[order], accounts[order]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    rank = np.arange(len(owner)) - np.repeat(starts, np.diff(np.append(starts, len(owner))))
    told = rank < MOST_VALUES
    sizes = np.bincount(np.searchsorted(names, owner[told]), minlength=len(names))
    values = pa.ListArray.from_arrays(
        pa.array(np.append(0, np.cumsum(sizes)), pa.int32()), _json(key[told], members[told], accounts[told])
    )
    return pc.binary_join_element_wise("[", pc.binary_join(values, ","), "]", "")


def _json(key: NDArray[np.int64], members: NDArray[np.int64], accounts: NDArray[np.int64]) -> pa.Array:
    """Each value as a JSON object."""
    kinds = pa.array([_KINDS.get(kind, "") for kind in range(KIND_MASK + 1)]).take(pa.array(key & KIND_MASK))
    numbers = (pa.array(column).cast(pa.string()) for column in (members, accounts))
    parts = ('{"kind":"', kinds, '","members":', next(numbers), ',"accounts":', next(numbers), "}")
    return pc.binary_join_element_wise(*parts, "")


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
