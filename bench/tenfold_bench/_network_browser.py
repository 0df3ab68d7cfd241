"""The page of a network in a real Chromium: seconds until it can be used, frames while it is moved about.

The browser draws on the processor, as on a machine without a graphics card.
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tenfold_bench._console_keyboard import ARGUMENTS, CHROMIUM

WAIT = 120_000  # milliseconds, for a machine that is busy
STEP = 1 / 60  # seconds between two moves of the mouse
POINTED = 12  # lines of the table
# The times between frames, in milliseconds, until it is told to stop.
FRAMES = """
() => {
  const times = [];
  let [last, going] = [performance.now(), true];
  const frame = () => {
    times.push(performance.now() - last);
    last = performance.now();
    if (going) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.framesSeen = () => { going = false; return times; };
}
"""
# From a line that is pressed until the frame after the one in which the graph shows it.
FOCUS = """
async (count) => {
  const times = [];
  for (const line of [...document.querySelectorAll("tbody .case-link")].slice(0, count)) {
    const begun = performance.now();
    line.click();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    times.push(performance.now() - begun);
  }
  return times;
}
"""
SENT = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, one) => sum + one.transferSize, 0)
"""


class Moved(NamedTuple):
    """Milliseconds of each frame; processor milliseconds of the page's main thread for all of them, and of
    all processes of the browser."""

    frames: list[float]
    main: float
    browser: float


class Seen(NamedTuple):
    """Milliseconds until the graph can be used, until nodes stand still; processor milliseconds of the page's
    main thread until then; bytes that were sent; what moving it took; milliseconds of each focus."""

    ready: float
    settled: float
    main: float
    sent: int
    dragged: Moved
    zoomed: Moved
    focused: list[float]


def look(place: str, url: str, session: str, seconds: float) -> Seen:
    """Open the network at `place`, drag and zoom it for so many seconds each."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(WAIT)
        context.add_cookies([{"name": "tenfold_session", "value": session, "url": url}])
        page = context.new_page()
        meter = _Meter(context.new_cdp_session(page), browser.new_browser_cdp_session())
        began = time.perf_counter()
        page.goto(place, wait_until="commit")
        page.locator("[data-ready=graph]").wait_for()
        ready = (time.perf_counter() - began) * 1000
        page.locator("[data-settled]").wait_for()
        settled = (time.perf_counter() - began) * 1000
        main, _ = meter.spent()
        x, y = _middle(page)
        dragged = meter.measured(page, lambda: _drag(page, x, y, seconds))
        zoomed = meter.measured(page, lambda: _zoom(page, x, y, seconds))
        seen = Seen(ready, settled, main, page.evaluate(SENT), dragged, zoomed, page.evaluate(FOCUS, POINTED))
        browser.close()
    return seen


class _Meter:
    """Counts frames, and the time that processors spent on them."""

    def __init__(self, page: CDPSession, browser: CDPSession) -> None:
        self._page, self._browser = page, browser
        page.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent(self) -> tuple[float, float]:
        """Processor milliseconds of the page's main thread, and of all processes of the browser."""
        metrics = {one["name"]: one["value"] for one in self._page.send("Performance.getMetrics")["metrics"]}
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return metrics["TaskDuration"] * 1000, sum(one["cpuTime"] for one in processes) * 1000

    def measured(self, page: Page, doing: Callable[[], None]) -> Moved:
        page.evaluate(FRAMES)
        before = self.spent()
        doing()
        after = self.spent()
        return Moved(page.evaluate("framesSeen()"), after[0] - before[0], after[1] - before[1])


def _middle(page: Page) -> tuple[float, float]:
    box = page.locator("[data-canvas]").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _drag(page: Page, x: float, y: float, seconds: float) -> None:
    """Drag the graph about with the mouse: 200 pixels to each side, and back."""
    page.mouse.move(x, y)
    page.mouse.down()
    for part in _moments(seconds):
        angle = part * seconds * 2.5
        page.mouse.move(x + 200 * np.sin(angle), y + 120 * np.sin(angle * 0.7))
    page.mouse.up()


def _zoom(page: Page, x: float, y: float, seconds: float) -> None:
    """Turn the wheel towards the graph and away from it, a second each."""
    page.mouse.move(x, y)
    for part in _moments(seconds):
        page.mouse.wheel(0, -40 if int(part * seconds) % 2 == 0 else 40)


def _moments(seconds: float) -> Iterator[float]:
    """Parts of a stretch of time as they pass, at most one every STEP."""
    begun = time.perf_counter()
    while (past := time.perf_counter() - begun) < seconds:
        yield past / seconds
        time.sleep(STEP - (time.perf_counter() - begun) % STEP)
