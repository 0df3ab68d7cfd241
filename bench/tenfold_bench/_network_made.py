"""A network as large as the console shows: a closed account, those linked to it, followers, shared sites."""

import random
from datetime import UTC, datetime, timedelta

from tenfold.linkage import keys
from tenfold.linkage.keys import KeyKind
from tenfold.store import link_keys, signals
from tenfold.store.database import Conn
from tenfold.store.signals import Link

START = "raya"
LINKED, SITES = 90, 120
TARGETS = 2  # whom each follows


def fill(conn: Conn, followers: int, seed: int = 7) -> None:
    """`followers` accounts of whom each follows two of those that are linked to the closed one."""
    chance, now = random.Random(seed), datetime.now(UTC)
    linked = [f"linked-{number}" for number in range(LINKED)]
    following = [f"follower-{number}" for number in range(followers)]
    accounts = [(START, "closed"), *((one, "active") for one in (*linked, *following))]
    follows = [(one, target) for one in following for target in chance.sample(linked, TARGETS)]
    follows += [(chance.choice(linked), one) for one in following[::3]]
    with conn.cursor() as writer:
        writer.executemany(
            "INSERT INTO accounts (id, handle, display_name, links, created_at, first_seq, updated_at, state)"
            " VALUES (%s, %s, %s, '{}', %s, 1, %s, %s)",
            [
                (one, f"h_{one}", f"Name of {one}", now - timedelta(days=chance.randint(1, 80)), now, state)
                for one, state in accounts
            ],
        )
        writer.executemany(
            "INSERT INTO follows (follower, target, created_at) VALUES (%s, %s, %s)",
            [(*pair, now) for pair in sorted(set(follows))],
        )
    shown = [
        (account, keys.key_of(KeyKind.DOMAIN, f"site{site}.example"))
        for site in range(SITES)
        for account in (*chance.sample(following, 12), *chance.sample(linked, 2))
    ]
    link_keys.add(conn, shown)
    signals.save_links(conn, [_link(one, chance) for one in linked])
    conn.commit()


def _link(account: str, chance: random.Random) -> Link:
    first, second = sorted([START, account])
    likely = chance.random() < 0.67
    return Link(
        account_a=first,
        account_b=second,
        bits=5.25,
        probability=0.97 if likely else 0.5,
        level="likely" if likely else "possible",
        evidence=[{"kind": "device", "bits": 6.0}, {"kind": "handle", "bits": 3.5}],
        origin="model:1",
        closed=START,
        model="1",
    )
