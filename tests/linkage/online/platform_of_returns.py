"""A small platform for tests of returns: what people do becomes events, and the worker's loop is turned."""

from datetime import timedelta
from functools import cache

from tenfold.detectors.text.suite import TextSuite
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import PolicySet, load
from tenfold.policy.kinds import KINDS
from tenfold.policy.policyset import STARTER_PACK
from tenfold.store import events as queue
from tenfold.threats.protectees import Watch
from tests.helpers import NOON, event
from tests.working import work

TEXTS = (
    "The river rose again over the old bridge and nobody came to look at it all day long, friends.",
    "صباح الخير يا أصدقاء، وصلت الشاحنات إلى السوق القديم ولم يبق شيء على الرفوف منذ الفجر",
    "We counted the lamps along the eastern path twice and there are fewer of them every single night.",
)


# What a return that hides nothing keeps of the account that was closed: under any model a link.
KEPT = {
    "handle": "zarqun_alfidda2",
    "display_name": "زرقون الفضة",
    "bio": "The silver of the morning is counted twice before the eastern gate is opened",
    "links": ["https://lamp.example/zarqun"],
    "device": "device:z",
    "email": "email:z",
    "phone": "phone:z",
}


@cache
def policy() -> PolicySet:
    return load([STARTER_PACK / "accounts.yaml"], KINDS)


class Platform:
    """Events of accounts, a day apart if nothing else is said, and one worker."""

    def __init__(self, conn) -> None:
        conn.autocommit = True
        self.conn = conn
        self.tools = Tools(
            suite=TextSuite([]), policy=policy(), linker=Linker(), watch=Watch(b"the installation's key")
        )
        self.day = 0.0

    def at(self):
        return NOON + timedelta(days=self.day)

    def tell(self, type_, account, **data) -> None:
        sent = event(type_, account=account, at=self.at(), **data)
        with self.conn.transaction():
            assert queue.insert_events(self.conn, [sent])

    def sign_up(self, account, **profile) -> None:
        self.day += 1
        device = profile.pop("device", None)
        self.tell("account.created", account, **profile)
        if device:
            self.tell("session.started", account, device=device, ip=f"address:{account}")

    def crowd(self, count=150) -> None:
        """Ordinary people, so that rare values are rare."""
        for n in range(count):
            self.tell("account.created", f"p{n}", handle=f"person {chr(97 + n % 26)}{n}x", bio=f"I like {n}")
        self.work()

    def work(self) -> None:
        """Turn the loop until nothing waits and nothing is due."""
        work(self.conn, self.tools)

    def links(self, account) -> dict[str, str]:
        """Level of each link of an account by the other account."""
        rows = self.conn.execute(
            "SELECT closed, level FROM links WHERE (account_a = %(id)s OR account_b = %(id)s)"
            " AND closed <> %(id)s",
            {"id": account},
        )
        return dict(rows.fetchall())

    def bits(self, account) -> float:
        """Of the strongest link of an account; 0 without any."""
        (bits,) = self.conn.execute(
            "SELECT coalesce(max(bits), 0) FROM links WHERE account_a = %(id)s OR account_b = %(id)s",
            {"id": account},
        ).fetchone()
        return float(bits)

    def cases(self) -> list[tuple[str, str]]:
        """Subject and queue of every case that waits."""
        found = self.conn.execute("SELECT subject_id, queue FROM cases WHERE state <> 'decided' ORDER BY id")
        return list(found.fetchall())

    def propagandist(self, account="old", **more) -> None:
        """Somebody with a rare name, a device, friends who follow him, and a group."""
        self.sign_up(account, **{**KEPT, "handle": "zarqun_alfidda", **more})
        for n in range(6):
            self.tell("follow.created", f"p{n}", target=account)
            self.tell("follow.created", account, target=f"p{n + 20}")
        self.tell("group.joined", account, group="g-rare")
        self.work()

    def close(self, account, reason="violent extremism") -> None:
        self.day += 1
        self.tell("account.closed", account, reason=reason)
        self.work()
