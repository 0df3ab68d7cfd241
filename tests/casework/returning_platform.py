"""A platform on which closed accounts came back, told by events and found by the real pipeline.

Told in Arabic and in English. The organisation is made up.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tenfold.detectors.text.suite import TextSuite
from tenfold.events import Event
from tenfold.linkage import parameters
from tenfold.linkage.kinds import ABOUT, Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.online import Linker
from tenfold.linkage.parameters import Weight
from tenfold.pipeline import Tools
from tenfold.policy import PolicySet, load
from tenfold.policy.kinds import KINDS
from tenfold.policy.policyset import STARTER_PACK
from tenfold.processing.suites import CurrentSuite
from tenfold.store import events as queue
from tenfold.store import link_models
from tenfold.store.database import Conn
from tenfold.threats.protectees import Watch
from tests.databases import Databases
from tests.helpers import event
from tests.working import work

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PICTURE = "f" * 16 + "0" * 16 + "3c" * 16  # 256 bits
NEARLY = "e" + PICTURE[1:-1] + "d"  # 2 of them differ
BANNER = "77" * 32
CLOSED, BACK, BACK_AGAIN, COPY = "a-raya-1", "a-raya-2", "a-raya-3", "a-copy"
ENGLISH, ENGLISH_BACK = "a-river-1", "a-river-2"
HONEST = "a-balda"
BIO = "ننقل أخبار الراية كما هي، والقناة الاحتياطية في الرابط دائمًا"
CHANNEL = "https://ashen-banner.example/qanat"
FRIENDS = [f"friend-{n}" for n in range(6)]

_policy: list[PolicySet] = []


def tools(conn: Conn) -> Tools:
    """What a worker works with: of the starter pack the rules about accounts, read once a run."""
    if not _policy:
        _policy.append(load([STARTER_PACK / "accounts.yaml"], KINDS))
    suite: TextSuite = CurrentSuite().get(conn)
    return Tools(suite=suite, policy=_policy[0], linker=Linker(), watch=Watch(b"the installation's key"))


def happen(conn: Conn, events: Iterable[Event]) -> None:
    """Send events and work until nothing waits and nothing is due. Commits."""
    conn.commit()
    conn.autocommit = True
    told = list(events)
    for start in range(0, len(told), 500):
        with conn.transaction():
            queue.insert_events(conn, told[start : start + 500])
    work(conn, tools(conn))
    conn.autocommit = False


def fill(conn: Conn, now: datetime) -> None:
    """Honest people, two closed accounts, their returns, a copy of one that shall have somebody closed, and
    an honest account with a like name."""
    use_a_plain_model(conn)
    happen(conn, [*_crowd(now), *_closed(now)])
    happen(conn, _ends(now))
    happen(conn, [*_returns(now), *_honest(now)])


def use_a_plain_model(conn: Conn) -> None:
    """One that counts every agreement alike: what is told here comes out the same whatever is shipped."""
    weights = {
        parameters.name_of(kind, level): Weight(base=_plain_bits(kind, level))
        for kind in Kind
        for level in Level
        if level is not Level.MISSING
    }
    plain = msgspec.structs.replace(
        parameters.shipped(),
        version="plain",
        prior=-8.0,
        per_doubling=0.0,
        weights=weights,
        damping=dict.fromkeys(Family, 0.6),
        caps=dict.fromkeys(Family, 14.0),
        calibration=((-40.0, 40.0), (-40.0, 40.0)),
        copyable=None,
        alike=None,
        worn=None,
        likely=0.9,
        possible=0.3,
        proves=2.0,  # a device, or one friend
        report={},
    )
    link_models.add(conn, plain.version, msgspec.to_builtins(plain), report={}, made_by="test")
    link_models.use(conn, plain.version)


def _plain_bits(kind: Kind, level: Level) -> float:
    if level in parameters.AGAINST:
        return -0.7
    return 0.5 if ABOUT[kind].family is Family.TIME else 4.5


def _at(account: str, at: datetime) -> Any:
    def tell(type_: str, hours: float = 0, **data: Any) -> Event:
        return event(type_, account, at + hours * HOUR, **data)

    return tell


def _crowd(now: datetime) -> Iterator[Event]:
    for n in range(120):
        tell = _at(f"crowd-{n}", now - (200 - n) * DAY)
        yield tell("account.created", handle=f"{_word(n)}_{n % 7}", display_name=f"{_word(n + 50).title()}")
        yield tell("session.started", 1, device=f"hmac:{n:064x}", ip=f"hmac:{n % 40:064x}")
    for friend in FRIENDS:
        yield _at(friend, now - 150 * DAY)("account.created", handle=friend)


def _word(n: int) -> str:
    parts = ("mo", "ra", "ti", "sel", "ban", "ko", "lu", "far", "den", "wi", "pas", "jor")
    return parts[n % 12] + parts[n // 12 % 12] + parts[(n * 5 + 3) % 12]


def _closed(now: datetime) -> Iterator[Event]:
    tell = _at(CLOSED, now - 60 * DAY)
    yield tell(
        "account.created",
        handle="sawt_alraya_1",
        display_name="صوت الراية",
        bio=BIO,
        avatar=PICTURE,
        banner=BANNER,
        links=[CHANNEL],
        language="ar",
    )
    yield tell("session.started", 1, device=f"hmac:{'d1' * 32}", ip=f"hmac:{'a1' * 32}")
    for friend in FRIENDS:
        yield _at(friend, now - 59 * DAY)("follow.created", target=CLOSED)
    tell = _at(ENGLISH, now - 50 * DAY)
    yield tell(
        "account.created",
        handle="grey_river_9",
        display_name="Grey River",
        bio="the road is long, no backup, no mercy for liars",
        avatar="5a" * 32,
        email=f"hmac:{'ee' * 32}",
        language="en",
    )
    yield tell("session.started", 1, device=f"hmac:{'e1' * 32}", ip=f"hmac:{'a2' * 32}")
    for friend in FRIENDS:
        yield _at(friend, now - 49 * DAY)("follow.created", target=ENGLISH)


def _ends(now: datetime) -> Iterator[Event]:
    yield _at(CLOSED, now - 20 * DAY)("account.closed", reason="TVEC1")
    yield _at(ENGLISH, now - 15 * DAY)("account.closed", reason="TVEC7")


def _returns(now: datetime) -> Iterator[Event]:
    for account, days, picture, device in (
        (BACK, 19, NEARLY, "d1"),
        (BACK_AGAIN, 3, PICTURE, "d1"),
        (COPY, 5, PICTURE, "c7"),
    ):
        tell = _at(account, now - days * DAY)
        yield tell(
            "account.created",
            handle={BACK: "sawt_alraya_2", BACK_AGAIN: "sawt.alraya3", COPY: "sawt_alraya"}[account],
            display_name="صوت الراية",
            bio=BIO,
            avatar=picture,
            banner=BANNER,
            links=[CHANNEL],
            language="ar",
        )
        yield tell("session.started", 1, device=f"hmac:{device * 32}", ip=f"hmac:{device * 32}")
        yield tell("post.created", 2, post=f"p-{account}", text="عدنا، والقناة في الرابط")
        if device == "d1":
            for friend in FRIENDS[:4]:
                yield _at(friend, now - days * DAY + 3 * HOUR)("follow.created", target=account)
    tell = _at(ENGLISH_BACK, now - 12 * DAY)
    yield tell(
        "account.created",
        handle="grey_river_10",
        display_name="Grey River",
        bio="the road is long, no backup, no mercy for liars",
        avatar="5a" * 32,
        email=f"hmac:{'ee' * 32}",
        language="en",
    )
    yield tell("session.started", 1, device=f"hmac:{'e1' * 32}", ip=f"hmac:{'b9' * 32}")
    for friend in FRIENDS[:4]:
        yield _at(friend, now - 11 * DAY)("follow.created", target=ENGLISH_BACK)


def _honest(now: datetime) -> Iterator[Event]:
    tell = _at(HONEST, now - 100 * DAY)
    yield tell(
        "account.created",
        handle="sawt_albalda",
        display_name="صوت الراية",
        bio="أخبار بلدتنا الصغيرة ومواعيد السوق",
        avatar="12" * 32,
        language="ar",
    )
    yield tell("session.started", 1, device=f"hmac:{'f3' * 32}", ip=f"hmac:{'f3' * 32}")


def case_of(conn: Conn, account: str) -> int:
    """The latest case about an account."""
    row = conn.execute(
        "SELECT id FROM cases WHERE subject_kind = 'account' AND subject_id = %s ORDER BY id DESC LIMIT 1",
        [account],
    ).fetchone()
    assert row is not None, f"there is no case about {account}"
    return int(row[0])


def linked(conn: Conn) -> dict[tuple[str, str], str]:
    """The level of every link."""
    rows = conn.execute("SELECT account_a, account_b, level FROM links ORDER BY 1, 2")
    return {(first, second): level for first, second, level in rows}


@pytest.fixture(scope="session")
def returning_template(databases: Databases) -> str:
    """The name of a database on which all this has happened; made once a worker."""
    return databases.filled("returning", lambda conn: fill(conn, datetime.now(UTC)))


@pytest.fixture
def database_url(databases: Databases, returning_template: str) -> Iterator[str]:
    """URL of a fresh copy of it: import this where every test shall find the platform as told here."""
    with databases.copy(returning_template) as url:
        yield url
