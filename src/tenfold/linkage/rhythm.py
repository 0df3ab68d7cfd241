"""When an account posts: do two accounts keep the same hours, beyond living in the same time zone?

Counts by hour are Dirichlet-multinomial (Pólya) distributed: everybody has shares of hours of their own,
drawn around what is usual in their time zone; the more freely people differ, the smaller the concentration.
If one person keeps both hours, both counts come from the same shares; if two, each from their own. The
likelihood ratio is

    sum over zone, usual day and concentration of  prior * DM(left + right)
    ---------------------------------------------------------------------------
    sum over zone, usual day and concentration of  prior * DM(left) * DM(right)

with DM(x) = prod_h (a m_h) (a m_h + 1) ... (a m_h + x_h - 1) / (a (a + 1) ... (a + sum x - 1)), a the
concentration and m the usual shares. Zone, day and concentration are the same above and below and for both
accounts, so that sharing a zone or being ordinary is no evidence: the result does not change when both are
shifted by the same hours.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tenfold.fingerprint import HOURS
from tenfold.linkage.ordering import once

LEAST = 20  # hours with posts on either side, below which nothing is said
MOST_BITS, LEAST_BITS = 3.0, -3.0  # never reached
_HOUR_US = 3_600_000_000
_PAIRS = 256  # at once, so that what is summed stays near the processor
_READ = 100  # hours with posts; more are scaled down to it: the usual days are not known more precisely

# Shares of hours, in thousandths, local time. Of 58,317 pages that shared news in one time zone (CooRTweet's
# data on the German elections of 2021, in UTC), and an evening person's day made of two harmonics, lowest
# around 4 and highest around 19.
_NEWS = (8, 5, 6, 14, 26, 36, 44, 49, 59, 62, 66, 62, 63, 58, 57, 56, 55, 77, 62, 46, 35, 23, 17, 12)
_EVENING = (25, 12, 5, 5, 5, 5, 14, 25, 36, 45, 52, 55, 57, 57, 57, 59, 62, 65, 68, 70, 68, 62, 52, 39)
# How much people differ: concentrations and their prior. Fitted to half of those pages: most lie at 40 to 80;
# the larger ones are for platforms whose people differ less.
_CONCENTRATIONS = ((15.0, 0.25), (40.0, 0.35), (120.0, 0.25), (1_000.0, 0.15))

Counts = NDArray[np.int64]  # (accounts, HOURS)
Floats = NDArray[np.float32]


def hours(times_us: Iterable[int]) -> tuple[int, ...]:
    """24 counts: in how many different hours (of some day) it posted, by hour of the day, UTC; () if never.

    A burst of posts within one hour counts once: its posts are no independent observations.
    """
    times = np.fromiter(times_us, dtype=np.int64)
    if not len(times):
        return ()
    spoken = np.unique(times // _HOUR_US)
    return tuple(np.bincount(spoken % HOURS, minlength=HOURS).tolist())


def similarity(left: Counts, right: Counts) -> Floats:
    """log2 of how much likelier two accounts' hours are if one person keeps both, pair by pair.

    Between LEAST_BITS and MOST_BITS; 0 where either has posted in fewer than LEAST hours.
    """
    rows = np.arange(len(left))
    return likeness(left, rows, right, rows)


def likeness(
    left: Counts, left_rows: NDArray[np.int64], right: Counts, right_rows: NDArray[np.int64]
) -> Floats:
    """`similarity` of left_rows[i] with right_rows[i]; each account is weighed once."""
    bits = np.zeros(len(left_rows), dtype=np.float32)
    long = (left.sum(axis=1) >= LEAST)[left_rows] & (right.sum(axis=1) >= LEAST)[right_rows]
    enough = np.flatnonzero(long)
    if not len(enough):
        return bits
    one, of_one, alone_one = _weighed(left, left_rows[enough])
    other, of_other, alone_other = _weighed(right, right_rows[enough])
    for start in range(0, len(enough), _PAIRS):
        part = slice(start, start + _PAIRS)
        a, b = of_one[part], of_other[part]
        together = _log_likelihood(one[a] + other[b])
        score = _log_sum(together) - _log_sum(alone_one[a] + alone_other[b])
        bits[enough[part]] = MOST_BITS * np.tanh(score / np.log(2.0) / MOST_BITS)
    return bits


def _weighed(counts: Counts, rows: NDArray[np.int64]) -> tuple[Counts, NDArray[np.int64], Floats]:
    """Scaled counts of these accounts, each once; which of them each row is; their log likelihood alone."""
    some, places = once(rows, len(counts))
    scaled = _scaled(counts[some])
    parts = [_log_likelihood(scaled[start : start + _PAIRS]) for start in range(0, len(some), _PAIRS)]
    return scaled, places, np.concatenate([_log_likelihood(scaled[:0]), *parts])


def _scaled(counts: Counts) -> Counts:
    total = counts.sum(axis=1, keepdims=True)
    scaled: Counts = np.rint(counts * np.minimum(_READ / total, 1.0)).astype(np.int64)
    return scaled


@cache
def _tables() -> tuple[Floats, Floats, Floats]:
    """Logarithms by setting (usual day, concentration, zone): of the rising products for each hour and
    count, (HOURS * (2 * _READ + 1), settings); of those for totals; and of the priors."""
    steps = np.arange(2 * _READ + HOURS * 2)
    by_hour, by_total, priors = [], [], []
    for day in (_NEWS, _EVENING):
        shares = np.array(day) / sum(day)
        for concentration, prior in _CONCENTRATIONS:
            products = _rising(concentration * shares[:, None], steps[: 2 * _READ])
            total = _rising(np.array([[concentration]]), steps)[0]
            for zone in range(HOURS):
                by_hour.append(np.roll(products, zone, axis=0).reshape(-1))
                by_total.append(total)
                priors.append(np.log(prior))
    hourly, totals = (np.array(part, dtype=np.float32).T.copy() for part in (by_hour, by_total))
    return hourly, totals, np.array(priors, dtype=np.float32)


def _rising(start: NDArray[np.float64], steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """log(start (start + 1) ... (start + k - 1)) for k from 0 to len(steps)."""
    return np.pad(np.cumsum(np.log(start + steps), axis=1), ((0, 0), (1, 0)))


def _log_likelihood(counts: Counts) -> Floats:
    """log DM of counts in each setting: (accounts, settings)."""
    by_hour, by_total, _ = _tables()
    rows = counts + np.arange(HOURS) * (2 * _READ + 1)
    total = by_hour[rows[:, 0]]
    for hour in range(1, HOURS):
        total += by_hour[rows[:, hour]]
    return np.asarray(total - by_total[counts.sum(axis=1)])


def _log_sum(log_likelihood: Floats) -> Floats:
    """Logarithm of the sum over settings, by their priors."""
    weighed = log_likelihood + _tables()[2]
    most = weighed.max(axis=1)
    return np.asarray(most + np.log(np.exp(weighed - most[:, None]).sum(axis=1)))
