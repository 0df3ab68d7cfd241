"""What shared links, domains and pictures read: found in the fingerprint of an account that shows them.

Keys cannot be read back, so the values of an account are hashed again. Tokens have no names.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import gather
from tenfold.linkage.keys import KeyKind, domain_of, key_of
from tenfold.store import closures, traces
from tenfold.store.database import Conn

MOST_READ = 60  # accounts whose values are read


def values(conn: Conn, shown_by: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Of each key what it reads, where the accounts that show it still tell. Few of these are read: at most
    MOST_READ, twice where what the first show says nothing (traces go with time)."""
    found = _read(conn, _readers(shown_by, set()), shown_by)
    missing = {key: accounts for key, accounts in shown_by.items() if key not in found}
    if missing:
        found |= _read(conn, _readers(missing, set(_readers(shown_by, set()))), missing)
    return found


def _read(conn: Conn, readers: Sequence[str], keys: Collection[int]) -> dict[int, str]:
    kept = {account: closure.fingerprint for account, closure in closures.load(conn, readers).items()}
    left = list(traces.load(conn, [account for account in readers if account not in kept]).values())
    prints = [*kept.values(), *gather.made(left, gather.resolve(conn, left), habits=False)]
    found: dict[int, str] = {}
    for one in prints:
        found |= {key: value for key, value in _named(one) if key in keys}
    return found


def _readers(shown_by: Mapping[int, Sequence[str]], but: Collection[str]) -> list[str]:
    """Accounts that together show all the keys, but for some of them; of several those that show most."""
    shows = Counter(account for accounts in shown_by.values() for account in accounts)
    chosen: dict[str, None] = {}
    for accounts in shown_by.values():
        left = [account for account in accounts if account not in but]
        if left and not any(account in chosen for account in left):
            chosen[max(left, key=lambda account: shows[account])] = None
    return list(chosen)[:MOST_READ]


def _named(one: Fingerprint) -> Iterable[tuple[int, str]]:
    for kind, shown in (
        (KeyKind.URL, one.urls),
        (KeyKind.DOMAIN, tuple(dict.fromkeys(map(domain_of, one.urls)))),
        (KeyKind.MEDIA, one.media),
        (KeyKind.AVATAR, one.avatars),
        (KeyKind.BANNER, one.banners),
    ):
        yield from ((key_of(kind, value), value) for value in shown)
