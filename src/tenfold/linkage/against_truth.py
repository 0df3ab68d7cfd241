"""Links in the store beside a file that says who runs which account: how many are found, how many wrong."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec
import numpy as np

from tenfold.linkage import evaluation, names
from tenfold.linkage.evaluation import Share, share
from tenfold.linkage.keys import KIND_BITS, KeyKind
from tenfold.store import link_report
from tenfold.store.database import Conn
from tenfold.store.link_report import FoundLink


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs an account, one line of the file; lines with another `record` are passed over.

    `operator`: equal for all accounts of one person. `predecessor`: the closed account of which this one is
    the return. `evasions`, `language` and `role` group the figures. `copies`: whose look it wears.
    `used_from`: since when that person uses it, where it was opened earlier (slept, or bought).
    """

    account: str
    record: str = "account"
    operator: str = ""
    predecessor: str | None = None
    evasions: tuple[str, ...] = ()
    language: str = ""
    role: str = ""
    copies: str | None = None
    used_from: str | None = None


class TruthError(ValueError):
    """A line of the truth file cannot be used; says which and why."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of some accounts: returns found as likely, and at all; others wrongly called likely."""

    returns: Share
    shown: Share
    flagged: Share


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How good the links are. Shares carry their counts.

    `precision` by level; `recall`: returns with a link to a predecessor, likely ones; `recall_shown`: or
    possible ones. `average_precision`: accounts by their strongest link, of all returns. `per_1000`: accounts
    that are no return and are called likely, of each 1,000. `calibration_error` over all links shown, and by
    group. `ratios`: flag rates of honest accounts of two groups, (ratio, lowest, highest). `seconds`: median
    and 90 % from the arrival of a return until it was first rightly linked, but for accounts that were slept
    or bought: they were there before they were returns.
    """

    links: int
    precision: dict[str, Share]
    recall: Share
    recall_shown: Share
    average_precision: float
    calibration_error: float
    flagged: Share
    per_1000: float
    by_evasion: dict[str, Group]
    by_language: dict[str, Group]
    by_names: dict[str, Group]
    by_address: dict[str, Group]
    calibration_by_names: dict[str, float]
    calibration_by_language: dict[str, float]
    ratios: dict[str, tuple[float, float, float]]
    seconds: list[float]


def read(path: Path) -> dict[str, Known]:
    """The truth file (NDJSON, as `tenfold simulate` writes it), by account; TruthError names a bad line."""
    decoder = msgspec.json.Decoder(Known)
    known: dict[str, Known] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or b'"record":"account"' not in line.replace(b" ", b""):
                continue
            try:
                one = decoder.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise TruthError(f"{path}, line {number}: {error}") from None
            known[one.account] = one
    if not known:
        raise TruthError(f'{path}: no line has "record": "account"; `tenfold simulate` writes such files')
    return known


def evaluate(conn: Conn, truth: Mapping[str, Known]) -> Report:
    """Compare all links that linkage found with the truth; accounts the truth does not know are left out."""
    found = [link for link in link_report.links(conn) if link.new in truth and link.closed in truth]
    accounts = list(truth)
    called = link_report.names(conn, accounts)
    sharing = link_report.sharing(conn, accounts, KeyKind.ADDRESS, KIND_BITS)
    culture = {account: names.population(called.get(account, "")) or "other" for account in accounts}
    right = [_right(link, truth) for link in found]
    probability, same = np.array([link.probability for link in found]), np.array(right, np.bool_)
    judge = _Groups(found, right, truth)
    by_names = judge.by(lambda known: (culture[known.account],))
    by_address = judge.by(lambda known: ("shared" if known.account in sharing else "own",))
    whole = judge.group(truth.values())
    levels = np.array([link.level for link in found])

    def calibration(of: Mapping[str, str]) -> dict[str, float]:
        groups = np.array([of[link.new] for link in found])
        return {
            name: evaluation.calibration_error(probability[groups == name], same[groups == name])
            for name in sorted(set(of.values()))
        }

    return Report(
        links=len(found),
        precision={level: share(same[levels == level]) for level in ("likely", "possible")},
        recall=whole.returns,
        recall_shown=whole.shown,
        average_precision=_average_precision(found, right, truth),
        calibration_error=evaluation.calibration_error(probability, same),
        flagged=whole.flagged,
        per_1000=1000.0 * whole.flagged.value,
        by_evasion=judge.by(lambda known: known.evasions),
        by_language=judge.by(lambda known: (known.language,)),
        by_names=by_names,
        by_address=by_address,
        calibration_by_names=calibration(culture),
        calibration_by_language=calibration({id_: one.language or "unknown" for id_, one in truth.items()}),
        ratios={
            f"{first}/{second}": evaluation.rate_ratio(groups[first].flagged, groups[second].flagged)
            for groups, first, second in ((by_names, "Arab", "Latn"), (by_address, "shared", "own"))
            if first in groups and second in groups
        },
        seconds=evaluation.quantiles(_waited(found, right, truth)),
    )


def _right(link: FoundLink, truth: Mapping[str, Known]) -> bool:
    """Whether one person runs both; where operators are not told, whether it is the predecessor."""
    closed, new = truth[link.closed], truth[link.new]
    return new.predecessor == link.closed or bool(new.operator and new.operator == closed.operator)


def _average_precision(
    found: Iterable[FoundLink], right: Iterable[bool], truth: Mapping[str, Known]
) -> float:
    """Of accounts, each by its strongest link: who has several predecessors is found once. Right links of
    accounts that are no returns count neither way."""
    strongest = {
        link.new: (link.probability, good)
        for link, good in sorted(zip(found, right, strict=True), key=lambda one: one[0].probability)
        if truth[link.new].predecessor or not good
    }
    ranked = np.array(list(strongest.values()), np.float64).reshape(-1, 2)
    sought = sum(bool(one.predecessor) for one in truth.values())
    return evaluation.average_precision(ranked[:, 0], ranked[:, 1] > 0, sought)


def _waited(found: Iterable[FoundLink], right: Iterable[bool], truth: Mapping[str, Known]) -> list[float]:
    """Seconds from the arrival of each return to its first right link; of those that were returns from their
    first event on."""
    waited: dict[str, float] = {}
    for link, good in zip(found, right, strict=True):
        one = truth[link.new]
        if good and one.predecessor and not one.used_from and link.seconds is not None:
            waited[link.new] = min(link.seconds, waited.get(link.new, link.seconds))
    return list(waited.values())


class _Groups:
    """Who was found and who was flagged, for any group of accounts."""

    def __init__(self, found: list[FoundLink], right: list[bool], truth: Mapping[str, Known]) -> None:
        self._truth = truth
        self._found = {link.new for link, good in zip(found, right, strict=True) if good}
        likely = [(link, good) for link, good in zip(found, right, strict=True) if link.level == "likely"]
        self._likely = {link.new for link, good in likely if good}
        self._flagged = {link.new for link, good in likely if not good}

    def group(self, some: Iterable[Known]) -> Group:
        """Figures of these accounts."""
        known = list(some)
        returns = [one.account for one in known if one.predecessor]
        others = [one.account for one in known if not one.predecessor]
        return Group(
            returns=Share(sum(account in self._likely for account in returns), len(returns)),
            shown=Share(sum(account in self._found for account in returns), len(returns)),
            flagged=Share(sum(account in self._flagged for account in others), len(others)),
        )

    def by(self, names_of: Callable[[Known], Iterable[str]]) -> dict[str, Group]:
        """Figures by the names that each account goes under."""
        members: dict[str, list[Known]] = {}
        for one in self._truth.values():
            for name in names_of(one):
                members.setdefault(name or "unknown", []).append(one)
        return {name: self.group(members[name]) for name in sorted(members)}
