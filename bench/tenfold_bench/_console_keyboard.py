"""A seeded moderator in a real Chromium: works through cases by keyboard alone."""

import os
import random
import shutil
from typing import NamedTuple

from playwright.sync_api import Page, Response, sync_playwright

CHROMIUM = (
    os.environ.get("TENFOLD_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium-headless-shell"
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# From the key that decides until the next case stands in the page and a frame with it was drawn.
STOPWATCH = """
(() => {
  let began = 0;
  window.shown = [];
  addEventListener("keydown", (event) => { if (event.key === "d") began = performance.now(); }, true);
  new MutationObserver((changes) => {
    const replaced = changes.some((change) => [...change.addedNodes].some((node) => node.id === "main"));
    if (began && replaced) requestAnimationFrame(() => {
      window.shown.push(performance.now() - began);
      document.documentElement.dataset.shown = "";
    });
  }).observe(document, { childList: true, subtree: true });
  for (const type of ["pointerdown", "mousedown", "touchstart", "wheel"]) {
    addEventListener(type, () => {
      sessionStorage.setItem("touches", Number(sessionStorage.getItem("touches") ?? 0) + 1);
    }, true);
  }
})();
"""


class Worked(NamedTuple):
    """Milliseconds from key to next case of those that were there already, how many pages were loaded
    instead, how often a mouse, finger or wheel was used, and what went wrong."""

    shown: list[float]
    loaded: int
    touches: int
    faults: list[str]


def work(url: str, session: str, cases: int, seed: int = 1) -> Worked:
    """Decide so many cases. What went wrong are errors of scripts and answers of 400 and above."""
    faults: list[str] = []

    def see(response: Response) -> None:
        if response.status >= 400:
            faults.append(f"{response.status} {response.url}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        context.add_cookies([{"name": "tenfold_session", "value": session, "url": url}])
        context.add_init_script(STOPWATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", see)
        page.goto(f"{url}/cases")
        page.keyboard.press("n")
        page.wait_for_url("**/cases/*")
        chance = random.Random(seed)
        times: list[float] = []
        loaded = sum(not _decide(page, chance, times) for _ in range(cases))
        touches = int(page.evaluate("sessionStorage.getItem('touches')") or 0)
        browser.close()
    return Worked(times, loaded, touches, faults)


def _decide(page: Page, chance: random.Random, times: list[float]) -> bool:
    """One case, read until the next is there; whether the next one showed without a page being loaded."""
    page.wait_for_selector('form[data-ahead]:not([data-ahead=""])')
    number = page.url.split("/cases/")[1].split("?")[0]
    ground = chance.choice("0123456789")
    page.keyboard.press(ground)
    if ground not in "09":
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("r")
    page.keyboard.type("because")
    page.keyboard.press("Escape")
    page.evaluate("window.shown = []; delete document.documentElement.dataset.shown")
    page.keyboard.press("d")
    page.wait_for_url(f"**of={number}*")
    # By selector: a function that is waited for is evaluated in the page, whose policy forbids it.
    page.wait_for_selector("html[data-shown], html:not(:has(form[data-ahead]))", state="attached")
    shown: list[float] = page.evaluate("window.shown")
    times += shown[:1]
    return bool(shown)
