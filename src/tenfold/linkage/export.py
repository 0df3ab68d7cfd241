"""Writing a history from the store, part by part: each is a few queries, so nothing else waits for it.

Accounts that are created while it runs may be in it or not; what it holds of an account is as of its part.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from tenfold.detectors.text.url_form import normal_url
from tenfold.fingerprint import Fingerprint
from tenfold.linkage import gather
from tenfold.linkage.history import PART_ACCOUNTS, TABLES, Writer
from tenfold.linkage.keys import domain_of
from tenfold.linkage.manifest import Manifest
from tenfold.store import closures, exports, link_decisions
from tenfold.store.database import Conn

PART_ROWS = 100_000
GATHERED = 1_000  # accounts whose traces are read at once
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HASHTAG = re.compile(r"#(\w{1,100})")
Progress = Callable[[str, int], None]  # table, rows written by now


class Export:
    """One export into one folder; run it again after an interruption and it goes on where it was."""

    def __init__(
        self, conn: Conn, folder: Path, now: datetime, *, texts: bool = False, progress: Progress
    ) -> None:
        self._conn, self._texts, self._progress = conn, texts, progress
        self.writer = Writer(folder, now, {"texts": texts})

    def run(self) -> Manifest:
        """Write what is missing. Raises HistoryError when the folder holds a whole history."""
        steps: dict[str, Callable[[], None]] = {
            "identities": self._identities,
            "closures": self._closures,
            "decisions": self._decisions,
            "muted": self._muted,
            "ties": self._ties,
            "posts": self._posts,
        }
        for name, step in steps.items():
            if not self.writer.written(name).done:
                step()
                self.writer.done(name)
        return self.writer.finish()

    def _identities(self) -> None:
        """Accounts of the platform, then closed ones from lists; both in the order of their ids."""
        source, after = self.writer.written("identities").mark or ("accounts", "")
        pages = {"accounts": exports.accounts, "closures": exports.foreign_closures}
        for name in ("accounts", "closures")[source == "closures" :]:
            after = after if name == source else ""
            while ids := pages[name](self._conn, after, PART_ACCOUNTS):
                kept = {id_: _closed(one) for id_, one in closures.load(self._conn, ids).items()}
                live = [id_ for id_ in ids if id_ not in kept]
                for start in range(0, len(live), GATHERED):
                    kept |= gather.fingerprints(self._conn, live[start : start + GATHERED])
                self._conn.commit()
                after = ids[-1]
                self.writer.add_accounts([kept[id_] for id_ in ids if id_ in kept], [name, after])
                self._progress("accounts", self.writer.manifest.accounts)

    def _closures(self) -> None:
        self._pages("closures", lambda after, most: exports.closures(self._conn, after, most), "")

    def _decisions(self) -> None:
        found = link_decisions.all_in_force(self._conn)
        rows = [(row.account_a, row.account_b, row.verdict) for row in found if row.verdict != "unsure"]
        self._once("decisions", rows)

    def _muted(self) -> None:
        self._once("muted", [(key,) for key in exports.muted(self._conn)])

    def _ties(self) -> None:
        """Follows, then groups; what posts mention follows with the posts."""
        source, after = self.writer.written("ties").mark or ("follows", ["", ""])
        if source == "follows":
            while page := exports.follows(self._conn, after, PART_ROWS):
                after = list(page[-1][:2])
                rows = [(row[0], "follows", row[1], row[2]) for row in page if row[3]]
                self._add("ties", rows, ["follows", after])
            source, after = "groups", ["", ""]
        while source == "groups" and (page := exports.memberships(self._conn, after, PART_ROWS)):
            after = list(page[-1][:2])
            self._add("ties", [(row[1], "group", row[0], row[2]) for row in page], ["groups", after])

    def _posts(self) -> None:
        """Posts, and beside each part what they tie their authors to."""
        after = self.writer.written("posts").mark or ""
        while page := exports.posts(self._conn, after, PART_ROWS):
            self._conn.commit()
            after = page[-1][0]
            rows, ties = [], dict[tuple[str, str, str], int]()
            for row in page:
                id_, account, at, *middle, links, mentions, media, state, text = row
                tags = sorted({tag.casefold() for tag in HASHTAG.findall(text)}) if "#" in text else []
                shown = text if self._texts else None
                rows.append((id_, account, at, *middle, links, mentions, tags, media, state, shown))
                for kind, value in _tied(links, mentions, tags):
                    ties.setdefault((account, kind, value), at)
            tied = [(*tie, at) for tie, at in sorted(ties.items())]
            self.writer.add_together({"posts": _table("posts", rows), "ties": _table("ties", tied)}, after)
            self._progress("posts", self.writer.written("posts").rows)

    def _pages(self, name: str, read: Callable[[Any, int], list[tuple[Any, ...]]], start: Any) -> None:
        after = self.writer.written(name).mark or start
        while page := read(after, PART_ROWS):
            after = page[-1][0]
            self._add(name, page, after)

    def _once(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """A table of one part, unless that was written before an interruption."""
        if not self.writer.written(name).parts:
            self._add(name, rows, None)

    def _add(self, name: str, rows: Sequence[tuple[Any, ...]], mark: Any) -> None:
        self._conn.commit()
        self.writer.add(name, _table(name, rows), mark)
        self._progress(name, self.writer.written(name).rows)


def _closed(closure: closures.Closure) -> Fingerprint:
    at = (closure.closed_at - EPOCH) // timedelta(microseconds=1)
    return msgspec.structs.replace(closure.fingerprint, closed_us=at)


def _table(name: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(TABLES[name])
    arrays = [pa.array(column, field.type) for column, field in zip(columns, TABLES[name], strict=True)]
    return pa.Table.from_arrays(arrays, schema=TABLES[name])


def _tied(links: Iterable[str], mentions: Iterable[str], tags: Iterable[str]) -> set[tuple[str, str]]:
    """What one post ties its author to: kinds and values."""
    urls = {url.text for url in map(normal_url, links) if url}
    tied = {("url", url) for url in urls} | {("domain", domain_of(url)) for url in urls}
    return tied | {("mentions", account) for account in mentions} | {("hashtag", tag) for tag in tags}
