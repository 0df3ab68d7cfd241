"""Make the pictures in docs/screenshots: a simulated month through the real pipeline, seen by Chromium.

python scripts/screenshots.py [FOLDER]
"""

import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import screenshots_networks
import screenshots_overview
import screenshots_world
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tenfold.store import database
from tenfold.web.console.i18n import LOCALES

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = (
    os.environ.get("TENFOLD_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium-headless-shell"
)
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--ignore-gpu-blocklist", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SIZE: ViewportSize = {"width": 1280, "height": 800}
SHARPNESS = 1.5  # pixels of a picture for each of the page
COLOURS = 256  # of a picture: a third of the bytes, and nobody sees it
SCHEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
PATIENCE = 120_000  # milliseconds for a page on a busy machine


def places(url: str) -> tuple[dict[str, str], str]:
    """The pages by the names of their pictures, and the closed account of the return."""
    number_of = screenshots_world.number_of
    with database.connect(url) as conn:
        case = screenshots_world.telling_case(conn)
        closed, new = screenshots_world.telling_return(conn)
        threat = number_of(conn, "SELECT id FROM threats ORDER BY urgency, sources DESC, id LIMIT 1")
        media = number_of(conn, "SELECT id FROM cases WHERE subject_kind = 'media' ORDER BY id DESC LIMIT 1")
    return {
        "queue": "/cases?severity=3",
        "case": f"/cases/{case}",
        "media": f"/cases/{media}",
        "return": f"/returns/pair?{urlencode({'closed': closed, 'new': new})}",
        "appeals": "/appeals",
        "appeal": "/appeals/1",
        "confirmations": "/seconds",
        "confirmation": "/seconds/1",
        "search": f"/search?{urlencode({'q': 'الراية'})}",
        "care": "/preferences#care",
        "lab": "/policy",
        "threats": "/threats",
        "threat": f"/threats/{threat}",
        "figures": "/threats/figures",
    }, closed


@contextmanager
def seen(
    browser: Browser, address: str, session: str, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page as one person sees it."""
    context = browser.new_context(
        viewport=SIZE, device_scale_factor=SHARPNESS, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "tenfold_session", "value": session, "url": address}])
    yield context.new_page()
    context.close()


def take(browser: Browser, address: str, session: str, pages: dict[str, str], target: str) -> None:
    """Pages as a lead sees them by day, a case by night too. `target`: pattern of the pictures' paths."""
    with seen(browser, address, session) as page:
        for name, path in pages.items():
            if name == "case":
                continue
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            if name == "return":
                page.locator("#waterfall").evaluate("card => card.scrollIntoView()")
            page.screenshot(path=target.format(name, ""))
    for scheme, suffix in SCHEMES:
        with seen(browser, address, session, scheme) as page:
            page.goto(address + pages["case"])
            page.locator(".option", has=page.locator(".tag")).locator("input").first.check()
            page.locator('input[name="purpose"][value="none"]').check()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=target.format("case", suffix))
            if scheme == "light":
                page.locator("#precedents").evaluate("card => card.scrollIntoView()")
                page.locator("#notice").evaluate("part => part.scrollIntoView({ block: 'center' })")
                page.screenshot(path=target.format("precedents", suffix))


def take_administration(browser: Browser, address: str, session: str, target: str) -> None:
    """What an administrator sees."""
    with seen(browser, address, session) as page:
        for name in ("people", "banks", "retention"):
            page.goto(f"{address}/admin/{name}")
            page.screenshot(path=target.format(name, ""))


def made_small(target: Path) -> None:
    """Write the pictures again with few colours."""
    for path in target.glob("*.png"):
        with Image.open(path) as picture:
            # Few colours that cover all, each then moved to the middle of what it stands for.
            few = picture.convert("RGB").quantize(
                COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
            )
        few.save(path, optimize=True)


def main() -> None:
    """All pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tf-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with screenshots_world.console(Path(folder)) as (address, url):
            screenshots_world.fill(url, Path(folder))
            pages, closed = places(url)
            with database.connect(url) as conn:
                leads, admins = (
                    {locale: screenshots_world.session(conn, names, locale) for locale in LOCALES}
                    for names in (screenshots_world.LEADS, screenshots_world.ADMINISTRATORS)
                )
            for locale in LOCALES:
                pattern = str(target / f"{{}}-{locale}{{}}.png")
                take(browser, address, leads[locale], pages, pattern)
                take_administration(browser, address, admins[locale], pattern)
            screenshots_networks.take(browser, address, leads, closed, target)
        with (
            tempfile.TemporaryDirectory(prefix="tf-") as elsewhere,
            screenshots_world.console(Path(elsewhere)) as (busy, its_store),
        ):
            screenshots_overview.take(browser, busy, screenshots_overview.fill(its_store), target)
        browser.close()
    made_small(target)


if __name__ == "__main__":
    main()
