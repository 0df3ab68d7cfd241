"""Make the pictures in docs/screenshots: a simulated month through the real pipeline, seen by Chromium.

python scripts/screenshots.py [FOLDER]
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import msgspec
import screenshots_networks
import screenshots_overview
import uvicorn
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tenfold import config, events, pipeline
from tenfold.casework import precedents, service
from tenfold.casework.service import Verdict
from tenfold.detectors import shipped
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.suites import CurrentSuite
from tenfold.simulation import SimulationSpec, generate
from tenfold.store import database, people, web_sessions
from tenfold.store import events as queue
from tenfold.store.embedded import EmbeddedServer
from tenfold.taxonomy import Ground, Role
from tenfold.threats.protectees import Watch
from tenfold.web.app import create_app
from tenfold.web.console.i18n import LOCALES
from tenfold.web.runtime import Runtime

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("TENFOLD_TEST_CHROMIUM", "/usr/bin/chromium")
SIZE: ViewportSize = {"width": 1280, "height": 800}
SCHEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
SECRET = b"for pictures only" * 2
ADMINISTRATORS = {"en": "Administrator", "ar": "مدير النظام"}
COLLEAGUES = {
    "Day desk": [Role.MODERATOR],
    "Night desk": [Role.MODERATOR, Role.SECURITY],
    "فريق السياسات": [Role.POLICY],
    "Audit": [Role.AUDITOR],
}
NAMES = {"en": "Lead", "ar": "المشرف"}
CAMPAIGN = "سنقتل موظفي مكتب الشمال الليلة عند باب المكتب"
COPIES_DECIDED = 3
THREAT = "We will shoot the employees of the North Office tonight at the door of their office."
MONTH = SimulationSpec(events=20_000, start=datetime.now(UTC).date() - timedelta(days=30))


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


def fill(url: str) -> dict[str, str]:
    """A month judged by the starter pack, and a person for each language; returns their sessions."""
    with database.connect(url, autocommit=True) as conn:
        with conn.transaction():
            shipped.install(conn)
        told = [events.parse(msgspec.json.encode(event)) for event in (*generate(MONTH), *threatening())]
        for start in range(0, len(told), 1_000):
            with conn.transaction():
                queue.insert_events(conn, told[start : start + 1_000])
        policy = load_policies(config.load({}))
        tools = Tools(suite=CurrentSuite().get(conn), policy=policy, linker=Linker(), watch=Watch(SECRET))
        while pipeline.run_once(conn, tools, 1_000).applied or pipeline.run_due(conn, tools):
            pass
        sessions: dict[str, str] = {}
        for locale in LOCALES:
            user = people.add_user(conn, NAMES[locale], [Role.LEAD], locale=locale)
            sessions[locale] = web_sessions.start(conn, user.id)
    return sessions


def administrators(url: str) -> dict[str, str]:
    """Colleagues to administer, and an administrator for each language; returns their sessions."""
    with database.connect(url) as conn:
        for name, roles in COLLEAGUES.items():
            people.add_user(conn, name, roles)
        found: dict[str, str] = {}
        for locale in LOCALES:
            user = people.add_user(conn, ADMINISTRATORS[locale], [Role.ADMIN], locale=locale)
            found[locale] = web_sessions.start(conn, user.id)
    return found


def take_people(browser: Browser, address: str, session: str, path: str) -> None:
    """The page of people as an administrator sees it."""
    context = browser.new_context(viewport=SIZE, device_scale_factor=1.5, reduced_motion="reduce")
    context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/admin/people")
    page.screenshot(path=path)
    context.close()


def threatening() -> Iterator[dict[str, object]]:
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


def telling_threat(url: str) -> int:
    """The most urgent threat that most accounts repeat."""
    with database.connect(url) as conn:
        row = conn.execute("SELECT id FROM threats ORDER BY urgency, sources DESC, id LIMIT 1").fetchone()
    assert row is not None, "the campaign made no record"
    return int(row[0])


def telling_case(url: str) -> int:
    """The post in Arabic on which most was found."""
    with database.connect(url) as conn:
        row = conn.execute(
            """
            SELECT cases.id FROM cases JOIN posts ON posts.id = cases.subject_id
            WHERE subject_kind = 'post' AND posts.language = 'ar'
            ORDER BY severity DESC, (
                SELECT count(DISTINCT name) FROM signals WHERE subject_kind = 'post' AND subject_id = posts.id
            ) DESC, length(posts.text) DESC LIMIT 1
            """
        ).fetchone()
    assert row is not None, "the simulated month gave no Arabic case"
    return int(row[0])


def decide_copies(url: str, case: int) -> None:
    """Decide some near copies of a case, so that there is a precedent."""
    with database.connect(url) as conn:
        found = precedents.similar(conn, case)
        for like in found.copies[:COPIES_DECIDED] if found else ():
            verdict = Verdict(ground=Ground(like.suspected), reason="It praises the organisation.")
            service.decide(conn, case_id=like.case_id, verdict=verdict, actor="user:1", now=datetime.now(UTC))


def telling_return(url: str) -> tuple[str, str]:
    """The closed and the new account of the likely return for which most speaks."""
    with database.connect(url) as conn:
        row = conn.execute(
            """
            SELECT closed, CASE closed WHEN account_a THEN account_b ELSE account_a END FROM links
            WHERE level = 'likely' AND closed IS NOT NULL
            ORDER BY jsonb_array_length(evidence) DESC, bits DESC LIMIT 1
            """
        ).fetchone()
    assert row is not None, "the simulated month gave no likely return"
    return row[0], row[1]


def take(browser: Browser, address: str, session: str, places: dict[str, str], target: str) -> None:
    """Pages as one person sees them by day, a case by night too. `places`: path by name; `target`: pattern of
    the pictures' paths."""
    for scheme, suffix in SCHEMES:
        context = browser.new_context(
            viewport=SIZE, device_scale_factor=1.5, color_scheme=scheme, reduced_motion="reduce"
        )
        context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
        page = context.new_page()
        if scheme == "light":
            for name in ("queue", "return", "threats", "threat", "figures"):
                page.goto(address + places[name])
                if name == "return":
                    page.locator("#waterfall").evaluate("card => card.scrollIntoView()")
                page.screenshot(path=target.format(name, suffix))
        page.goto(address + places["case"])
        page.locator('input[value="TVEC7"]').check()
        page.locator('input[name="purpose"][value="none"]').check()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=target.format("case", suffix))
        if scheme == "light":
            page.locator("#precedents").evaluate("card => card.scrollIntoView()")
            page.locator("#notice").evaluate("part => part.scrollIntoView({ block: 'center' })")
            page.screenshot(path=target.format("precedents", suffix))
        context.close()


def main() -> None:
    """All pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tf-") as folder,
        console(Path(folder)) as (address, url),
        sync_playwright() as playwright,
    ):
        sessions = fill(url)
        case = telling_case(url)
        decide_copies(url, case)
        closed, new = telling_return(url)
        places = {
            "queue": "/cases",
            "return": f"/returns/pair?{urlencode({'closed': closed, 'new': new})}",
            "threats": "/threats",
            "threat": f"/threats/{telling_threat(url)}",
            "figures": "/threats/figures",
            "case": f"/cases/{case}",
        }
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--headless",
                "--no-sandbox",
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--ignore-gpu-blocklist",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        for locale, session in sessions.items():
            take(browser, address, session, places, str(target / f"{{}}-{locale}{{}}.png"))
        screenshots_networks.take(browser, address, sessions, closed, target)
        with (
            tempfile.TemporaryDirectory(prefix="tf-") as elsewhere,
            console(Path(elsewhere)) as (busy, its_store),
        ):
            screenshots_overview.take(browser, busy, screenshots_overview.fill(its_store), target)
        for locale, session in administrators(url).items():
            take_people(browser, address, session, str(target / f"people-{locale}.png"))
        browser.close()


if __name__ == "__main__":
    main()
