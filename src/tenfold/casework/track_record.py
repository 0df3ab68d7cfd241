"""How right the links that were shown have been: counts of what people decided, by shown probability."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tenfold.linkage import names, parameters
from tenfold.store import link_models
from tenfold.store.database import Conn

# Edges of the bands of shown probability: narrow where decisions are made, wide where nothing is shown.
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0)
ENOUGH = 20  # decisions of a band from which its share of right ones is told: below, +-20 points at best
LATEST = 50_000  # decisions that are counted
POSTS = 20  # of an account of which nobody told the language


class Count(msgspec.Struct, kw_only=True):
    """What people decided about links of one sort. `shown` is the sum of the probabilities shown for those
    decided `same` or `different`."""

    same: int = 0
    different: int = 0
    unsure: int = 0
    shown: float = 0.0

    @property
    def decided(self) -> int:
        """How many say something: all but the unsure."""
        return self.same + self.different

    @property
    def right(self) -> float | None:
        """The share of right links; None while none is decided."""
        return self.same / self.decided if self.decided else None

    @property
    def expected(self) -> float | None:
        """The mean of the probabilities shown; what `right` would be if they were right."""
        return self.shown / self.decided if self.decided else None

    @property
    def enough(self) -> bool:
        """Whether the share says much."""
        return self.decided >= ENOUGH

    def add(self, verdict: str, probability: float) -> None:
        """Count one decision in."""
        if verdict == "unsure":
            self.unsure += 1
            return
        self.same += verdict == "same"
        self.different += verdict == "different"
        self.shown += probability


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions about links shown with a probability of at least `low` and below `high` (1 included)."""

    low: float
    high: float
    count: Count


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All decisions in force about links, by band, and by language and by population of names of the newer
    account; "" where it is not known."""

    bands: tuple[Band, ...]
    languages: dict[str, Count]
    cultures: dict[str, Count]
    whole: Count


def place(probability: float) -> int:
    """The number of the band of a probability."""
    return max(number for number, low in enumerate(EDGES[:-1]) if probability >= low or number == 0)


def record(conn: Conn) -> Record:
    """The latest decision in force of each pair, at most the LATEST of them. Where the platform did not tell
    the language of an account, it is that of most of its last posts."""
    rows = conn.execute(
        """
        WITH decided AS (
            SELECT DISTINCT ON (account_a, account_b) id, account_a, account_b, verdict, probability
            FROM link_decisions WHERE reversed_at IS NULL ORDER BY account_a, account_b, id DESC
        )
        SELECT verdict, probability::float8, COALESCE(newer.language, wrote.language), newer.name
        FROM (SELECT * FROM decided WHERE probability IS NOT NULL ORDER BY id DESC LIMIT %s) AS decided
        LEFT JOIN LATERAL (
            SELECT id, language, COALESCE(display_name, handle) AS name FROM accounts
            WHERE id IN (account_a, account_b)
            ORDER BY state = 'closed', created_at DESC NULLS LAST, id LIMIT 1
        ) AS newer ON true
        LEFT JOIN LATERAL (
            SELECT mode() WITHIN GROUP (ORDER BY language) AS language FROM (
                SELECT language FROM posts WHERE newer.language IS NULL AND account = newer.id
                ORDER BY created_at DESC LIMIT %s) AS last
        ) AS wrote ON true
        """,
        [LATEST, POSTS],
    )
    return _tallied(rows)


def _tallied(rows: Iterable[tuple[Any, ...]]) -> Record:
    bands, whole = [Count() for _ in EDGES[:-1]], Count()
    languages: dict[str, Count] = {}
    cultures: dict[str, Count] = {}
    for verdict, probability, language, name in rows:
        culture = names.population(name or "")
        for count in (
            bands[place(probability)],
            languages.setdefault(language or "", Count()),
            cultures.setdefault(culture, Count()),
            whole,
        ):
            count.add(verdict, probability)
    return Record(
        bands=tuple(
            Band(low=low, high=high, count=count)
            for low, high, count in zip(EDGES, EDGES[1:], bands, strict=False)
        ),
        languages=_by_size(languages),
        cultures=_by_size(cultures),
        whole=whole,
    )


class Tried(msgspec.Struct, frozen=True, array_like=True):
    """Of the model's own trial: of `pairs` held-out pairs with this mean probability, `share` were the same
    people's (linkage.evaluation.reliability)."""

    probability: float
    share: float
    pairs: int


def tried(conn: Conn) -> list[Tried]:
    """What the model in use reports of itself; empty when it reports nothing that we can read."""
    model = link_models.current(conn)
    report = parameters.shipped().report if model is None else model.report
    try:
        return msgspec.convert(report.get("reliability", []), list[Tried])
    except msgspec.ValidationError:
        return []


def _by_size(counts: dict[str, Count]) -> dict[str, Count]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1].decided, item[0])))


def band_of(conn: Conn, probability: float) -> Band:
    """What was decided about links shown with about this probability, of at most LATEST of them."""
    number = place(probability)
    low, high = EDGES[number], EDGES[number + 1]
    count = Count()
    for verdict, pairs, shown in conn.execute(
        """
        SELECT verdict, count(*), sum(probability)::float8 FROM (
            SELECT verdict, probability FROM link_decisions AS decided
            WHERE reversed_at IS NULL AND probability >= %(low)s::real
              AND (probability < %(high)s::real OR %(high)s::real = 1)
              AND NOT EXISTS (
                SELECT FROM link_decisions AS later
                WHERE later.account_a = decided.account_a AND later.account_b = decided.account_b
                  AND later.id > decided.id AND later.reversed_at IS NULL)
            ORDER BY probability, id DESC LIMIT %(most)s
        ) AS counted
        GROUP BY verdict
        """,
        {"low": low, "high": high, "most": LATEST},
    ):
        setattr(count, verdict, pairs)
        count.shown += shown if verdict != "unsure" else 0.0
    return Band(low=low, high=high, count=count)
