"""A few accounts around a closed one, written into the tables as the pipeline leaves them."""

from datetime import UTC, datetime, timedelta

from tenfold.fingerprint import Fingerprint
from tenfold.linkage import keys
from tenfold.linkage.keys import KeyKind
from tenfold.store import closures, link_keys, signals
from tenfold.store.closures import Closure
from tenfold.store.database import Conn
from tenfold.store.signals import Link

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLOSED, BACK, MAYBE, READER, FAR = "raya-1", "raya-2", "raya-3", "reader", "far"
CHANNEL = "https://ashen-banner.example/qanat"
DOMAIN = "ashen-banner.example"
DEVICE = "d1" * 32
GROUP = "g-ashen"


def add_account(conn: Conn, account: str, *, state: str = "active", days: int = 10) -> None:
    """An account that the platform told of, `days` before NOW."""
    conn.execute(
        "INSERT INTO accounts (id, handle, display_name, links, created_at, first_seq, updated_at, state)"
        " VALUES (%s, %s, %s, %s, %s, 1, %s, %s)",
        [account, f"h_{account}", f"Name of {account}", [], NOW - timedelta(days=days), NOW, state],
    )


def show(conn: Conn, kind: KeyKind, value: str, *accounts: str) -> int:
    """These accounts show a value; returns its key."""
    key = keys.key_of(kind, value)
    link_keys.add(conn, [(account, key) for account in accounts])
    return key


def follow(conn: Conn, follower: str, *targets: str) -> None:
    """One follows others."""
    for target in targets:
        conn.execute("INSERT INTO follows VALUES (%s, %s, %s)", [follower, target, NOW])


def link(conn: Conn, first: str, second: str, *, level: str = "likely", closed: str | None = CLOSED) -> None:
    """A link that a model found, with three pieces of evidence."""
    a, b = sorted([first, second])
    evidence = [
        {"kind": "device", "bits": 6.0},
        {"kind": "handle", "bits": 3.5},
        {"kind": "time", "bits": -1.0},
    ]
    found = Link(
        account_a=a,
        account_b=b,
        bits=5.25,
        probability=0.97 if level == "likely" else 0.5,
        level=level,
        evidence=evidence,
        origin="model:1",
        closed=closed,
        model="1",
    )
    signals.save_links(conn, [found])


def fill(conn: Conn) -> None:
    """A closed account; one likely and one possible return; a reader who shares its domain; and `far`, whom
    only the reader follows."""
    add_account(conn, CLOSED, state="closed", days=90)
    for account in (BACK, MAYBE, READER, FAR):
        add_account(conn, account)
    shown = Fingerprint(account=CLOSED, handles=("raya",), urls=(CHANNEL,), tokens=(("device", DEVICE),))
    closure = Closure(
        account=CLOSED,
        created_at=NOW - timedelta(days=90),
        closed_at=NOW - timedelta(days=30),
        origin="platform",
        ground="TVEC1",
        fingerprint=shown,
        expires_at=None,
    )
    closures.keep(conn, [closure])
    show(conn, KeyKind.DOMAIN, DOMAIN, CLOSED, BACK, READER)
    show(conn, KeyKind.URL, CHANNEL, CLOSED, BACK)
    show(conn, KeyKind.DEVICE, DEVICE, CLOSED, BACK)
    show(conn, KeyKind.NAME_SKELETON, "raya", CLOSED, FAR)  # names are no nodes
    link(conn, CLOSED, BACK)
    link(conn, CLOSED, MAYBE, level="possible")
    conn.execute(
        "INSERT INTO groups (id, name, created_at, updated_at) VALUES (%s, 'Ashes', %s, %s)",
        [GROUP, NOW, NOW],
    )
    for account in (CLOSED, MAYBE):
        conn.execute("INSERT INTO memberships VALUES (%s, %s, 'member', %s)", [GROUP, account, NOW])
    follow(conn, READER, CLOSED, FAR)
    follow(conn, CLOSED, BACK)
    follow(conn, BACK, CLOSED)
    conn.execute("INSERT INTO mentions VALUES (%s, %s, %s, true)", [BACK, CLOSED, NOW])
