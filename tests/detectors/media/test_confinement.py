"""Inside the walls nothing opens, connects, starts or grows."""

import platform
import signal
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


IDLING = """
import resource, time
from tenfold.detectors.media.confinement import allow_cpu, used_cpu
began = time.monotonic()
while time.monotonic() - began < 0.5:  # short runs, of which the clock's ticks see more or less than all
    sum(range(2_000))
    time.sleep(0.003)
allow_cpu(3)
print(resource.getrlimit(resource.RLIMIT_CPU)[0] - used_cpu())
"""
SPINNING = """
from tenfold.detectors.media.confinement import allow_cpu
allow_cpu(1)
while True:
    pass
"""


def test_a_file_has_all_its_seconds_of_cpu_however_the_process_ran_before():
    done = subprocess.run([sys.executable, "-c", IDLING], capture_output=True, text=True, check=True)
    assert 3 - 0.1 <= float(done.stdout) <= 4


def test_it_ends_when_they_are_used_up():
    assert subprocess.run([sys.executable, "-c", SPINNING], check=False).returncode == -signal.SIGXCPU
