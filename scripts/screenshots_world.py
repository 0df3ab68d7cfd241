"""What the pictures show: a simulated month through the real pipeline, and what people made of it.

The organisation is made up; so is everybody who works here.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import screenshots_media
import uvicorn

from tenfold import config, events, pipeline
from tenfold.casework import precedents, seconds, service
from tenfold.casework.appeals import AppealWish, Times, file_appeal
from tenfold.casework.service import Order, Verdict
from tenfold.detectors import shipped
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.suites import CurrentSuite
from tenfold.simulation import SimulationSpec, generate
from tenfold.store import database, people, web_sessions
from tenfold.store import events as queue
from tenfold.store.database import Conn
from tenfold.store.embedded import EmbeddedServer
from tenfold.store.objects import Objects
from tenfold.store.people import Locale
from tenfold.taxonomy import ActionKind, Ground, Role
from tenfold.threats.protectees import Watch
from tenfold.web.app import create_app
from tenfold.web.console.i18n import LOCALES
from tenfold.web.runtime import Runtime

SECRET = b"for pictures only" * 2
LEADS = {"en": "Lead", "ar": "المشرف"}
ADMINISTRATORS = {"en": "Administrator", "ar": "مدير النظام"}
COLLEAGUES = {
    "Day desk": [Role.MODERATOR],
    "Night desk": [Role.MODERATOR, Role.SECURITY],
    "فريق السياسات": [Role.POLICY],
    "Audit": [Role.AUDITOR],
}
CAMPAIGN = "سنقتل موظفي مكتب الشمال الليلة عند باب المكتب"
THREAT = "We will shoot the employees of the North Office tonight at the door of their office."
MONTH = SimulationSpec(events=20_000, start=datetime.now(UTC).date() - timedelta(days=30))
COPIES_DECIDED = 3
# What users wrote about decisions, the language they wrote in, and how long ago.
APPEALS = (
    ("أنا صحفية، ونقلت البيان كما ورد في الخبر ولم أؤيده. أرجو أن تقرؤوا المنشور كاملًا.", "ar", 15),
    ("I quoted it to argue against it. Please read the second half of my post.", "en", 11),
    ("كان اقتباسًا من كتاب تاريخ.", "ar", 4),
)
APPEAL_TIMES = Times(window=timedelta(days=184), due=timedelta(days=14))


@contextmanager
def console(folder: Path) -> Iterator[tuple[str, str]]:
    """A console with a store of its own; gives its address and the store's."""
    server = EmbeddedServer(folder, durable=False)
    database.migrate(server.url)
    pool = database.pool(server.url, 4)
    runtime = Runtime(settings=config.load({}, data_dir=folder), url=server.url, pool=pool, secret=SECRET)
    listener = socket.create_server(("127.0.0.1", 0))
    web = uvicorn.Server(uvicorn.Config(create_app(runtime), log_level="warning"))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server.url
    finally:
        web.should_exit = True
        thread.join()
        pool.close()
        server.stop()


def fill(url: str, folder: Path) -> None:
    """A month judged by the starter pack, uploads, people, and some of their work."""
    with database.connect(url, autocommit=True) as conn:
        with conn.transaction():
            shipped.install(conn)
        told = [events.parse(msgspec.json.encode(event)) for event in (*generate(MONTH), *_threatening())]
        for start in range(0, len(told), 1_000):
            with conn.transaction():
                queue.insert_events(conn, told[start : start + 1_000])
        screenshots_media.upload(conn, url, Objects(config.load({}, data_dir=folder).objects), SECRET)
        policy = load_policies(config.load({}))
        tools = Tools(suite=CurrentSuite().get(conn), policy=policy, linker=Linker(), watch=Watch(SECRET))
        while pipeline.run_once(conn, tools, 1_000).applied or pipeline.run_due(conn, tools):
            pass
        for name, roles in COLLEAGUES.items():
            people.add_user(conn, name, roles)
        for names, role in ((LEADS, Role.LEAD), (ADMINISTRATORS, Role.ADMIN)):
            for locale in LOCALES:
                people.add_user(conn, names[locale], [role], locale=locale)
        with conn.transaction():
            _decided(conn)


def session(conn: Conn, names: dict[str, str], locale: Locale) -> str:
    """A session of a person of this language."""
    return web_sessions.start(conn, people.user_named(conn, names[locale]).id)


def _threatening() -> Iterator[dict[str, object]]:
    """A campaign against an office by fourteen new accounts, and one threat in English."""
    now = datetime.now(UTC)
    for number in range(15):
        account, at = f"raya-{number}", now - timedelta(minutes=25 * number + 2)
        begun = at - timedelta(hours=30)
        profile = {"handle": f"sawt_alraya_{number}", "display_name": f"صوت الراية {number}"}
        yield _event("account.created", account, begun, profile)
        text = CAMPAIGN if number else THREAT
        yield _event("post.created", account, at, {"post": f"raya-post-{number}", "text": text})


def _event(kind: str, account: str, at: datetime, data: dict[str, str]) -> dict[str, object]:
    return {
        "id": f"{kind}-{account}",
        "type": kind,
        "time": at.isoformat(),
        "account": account,
        "data": data,
    }


def _decided(conn: Conn) -> None:
    """Near copies that were decided, appeals against decisions, one that waits for a second person."""
    now = datetime.now(UTC)
    day, night = people.user_named(conn, "Day desk"), people.user_named(conn, "Night desk")
    found = precedents.similar(conn, telling_case(conn))
    for like in found.copies[:COPIES_DECIDED] if found else ():
        verdict = Verdict(ground=Ground(like.suspected), reason="It praises the organisation.")
        service.decide(conn, case_id=like.case_id, verdict=verdict, actor=day.actor, now=now)
    rows = conn.execute(
        "SELECT id FROM cases WHERE state = 'open' AND subject_kind = 'post' ORDER BY severity, id LIMIT %s",
        [len(APPEALS) + 1 + len(LEADS)],
    ).fetchall()
    for name in LEADS.values():
        ((case,), verdict) = rows.pop(), Verdict(ground=Ground.NONE, reason="Ordinary words.")
        lead = people.user_named(conn, name)
        service.decide(conn, case_id=case, verdict=verdict, actor=lead.actor, now=now)
    for number, ((case,), (words, language, days)) in enumerate(zip(rows, APPEALS, strict=False)):
        at = now - timedelta(days=days)
        verdict = Verdict(
            ground=Ground.PRAISE, add=(Order(kind=ActionKind.HIDE),), reason="Praise, no quotation."
        )
        made = service.decide(conn, case_id=case, verdict=verdict, actor=day.actor, now=at)
        wish = AppealWish(
            external_id=f"appeal-{number}", words=words, decision=made.decision_id, language=language
        )
        file_appeal(conn, wish, times=APPEAL_TIMES, actor="key:1", now=at)
    seconds.set_rule(conn, kind="action", value="close_account", needed=True, actor=night.actor, now=now)
    close = Verdict(
        ground=Ground.RECRUITMENT,
        add=(Order(kind=ActionKind.CLOSE_ACCOUNT),),
        reason="It recruits, in its own name, since yesterday.",
    )
    seconds.or_propose(
        conn,
        lambda: service.decide(conn, case_id=rows[-1][0], verdict=close, actor=day.actor, now=now),
        actor=day.actor,
        now=now,
    )


def telling_case(conn: Conn) -> int:
    """The propaganda in Arabic that is a copy of a known statement, and on which most was found."""
    row = conn.execute(
        """
        SELECT cases.id FROM cases JOIN posts ON posts.id = cases.subject_id
        WHERE subject_kind = 'post' AND posts.language = 'ar' AND queue = 'propaganda'
        ORDER BY (
            SELECT count(*) FILTER (WHERE name = 'near_duplicate') > 0
            FROM signals WHERE subject_kind = 'post' AND subject_id = posts.id
        ) DESC, (
            SELECT count(DISTINCT name) FROM signals WHERE subject_kind = 'post' AND subject_id = posts.id
        ) DESC, length(posts.text) DESC LIMIT 1
        """
    ).fetchone()
    assert row is not None, "the simulated month gave no Arabic case"
    return int(row[0])


def telling_return(conn: Conn) -> tuple[str, str]:
    """The closed and the new account of the likely return for which most speaks."""
    row = conn.execute(
        """
        SELECT closed, CASE closed WHEN account_a THEN account_b ELSE account_a END FROM links
        WHERE level = 'likely' AND closed IS NOT NULL
        ORDER BY jsonb_array_length(evidence) DESC, bits DESC LIMIT 1
        """
    ).fetchone()
    assert row is not None, "the simulated month gave no likely return"
    return row[0], row[1]


def number_of(conn: Conn, query: str) -> int:
    """The one number that a query gives."""
    row = conn.execute(query).fetchone()
    assert row is not None, f"the simulated month gave no row for {query!r}"
    return int(row[0])
