"""How much one key may send: a token bucket of events, kept in this process."""

import threading
import time
from collections.abc import Callable

from tenfold.web.problems import Problem


class RateLimiter:
    """Events a second for each key, with a burst of one second's worth.

    How many events a request holds is known only when it has been read, so a request is let in while
    the bucket is not empty and then pays in full, into debt if need be: a key that sent 10 seconds'
    worth in one body waits 10 seconds.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[int, tuple[float, float]] = {}  # key id: level, when

    def admit(self, key: int) -> None:
        """Raises Problem 429 with Retry-After while the key is in debt."""
        level = self._level(key)
        if level <= 0:
            wait = max(1, int(-level / self._rate + 0.999))
            raise Problem(
                429,
                "Rate limit reached",
                f"This key may send {self._rate:,} events a second; wait {wait} s and send this again.",
                headers={"retry-after": str(wait)},
            )

    def charge(self, key: int, events: int) -> None:
        """Take events that were received out of the key's bucket."""
        with self._lock:
            level, _ = self._refill(key)
            self._buckets[key] = (level - events, self._clock())

    def _level(self, key: int) -> float:
        with self._lock:
            return self._refill(key)[0]

    def _refill(self, key: int) -> tuple[float, float]:
        now = self._clock()
        level, at = self._buckets.get(key, (float(self._rate), now))
        refilled = (min(float(self._rate), level + (now - at) * self._rate), now)
        self._buckets[key] = refilled
        return refilled
