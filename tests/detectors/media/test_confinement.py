"""Inside the walls nothing opens, connects, starts or grows."""

import platform
import subprocess
import sys

import pytest

TRIES = {
    "open": "open('/etc/hostname')",
    "socket": "socket.socket()",
    "fork": "os.fork()",
    "program": "os.execv('/bin/true', ['true'])",
    "thread": "threading.Thread(target=print).start()",
    "memory": "bytearray(2 << 30)",
}


def inside(code):
    """What a confined process says about trying something."""
    script = (
        "import os, socket, sys, threading\n"
        "from tenfold.detectors.media.confinement import confine\n"
        "filtered = confine()\n"
        f"try:\n    {code}\n    said = 'done'\n"
        "except BaseException as error:\n    said = type(error).__name__\n"
        "os.write(1, f'{filtered} {said}'.encode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="no filter of calls here",
)
@pytest.mark.parametrize("act", TRIES)
def test_it_cannot(act):
    filtered, said = inside(TRIES[act])
    assert filtered == "True"
    assert said == {"thread": "RuntimeError", "memory": "MemoryError"}.get(act, "PermissionError")


def test_it_can_compute():
    assert inside("sum(range(1000))")[1] == "done"
