"""What the server logs goes to standard error, a line for each thing, with its time, level and name."""

import re
import subprocess
import sys

LOGGING = """
import logging
from tenfold.web import logs
logs.begin("info")
for name, level in (("tenfold.web.requests", 20), ("tenfold.web.requests", 10), ("httpx", 20), ("httpx", 30)):
    logging.getLogger(name).log(level, "said at %d", level)
try:
    raise ValueError("why")
except ValueError:
    logging.getLogger("tenfold").exception("failed")
"""


def test_lines_have_time_level_and_name_and_libraries_only_warn() -> None:
    ran = subprocess.run([sys.executable, "-c", LOGGING], check=True, capture_output=True, text=True)
    assert ran.stdout == ""
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} "
    requests, httpx, failed, *raised = ran.stderr.splitlines()
    assert re.fullmatch(stamp + "INFO tenfold.web.requests: said at 20", requests)
    assert re.fullmatch(stamp + "WARNING httpx: said at 30", httpx)
    assert re.fullmatch(stamp + "ERROR tenfold: failed", failed)
    assert (raised[0], raised[-1]) == ("Traceback (most recent call last):", "ValueError: why")
