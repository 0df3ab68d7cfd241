"""Walls around a process that reads strangers' files: limits, and on Linux a filter of system calls.

The filter (seccomp, see seccomp(2)) lets through what decoding in memory needs. All else fails with EPERM:
opening files, sockets, starting threads, processes or programs.
"""

import ctypes
import math
import platform
import resource
import signal
import struct
import sys
import time
from typing import Final

MEMORY: Final = 1 << 30  # bytes of address space
READING_MEMORY: Final = 3 << 29  # of the process that reads words: its networks take 700 MiB
PICTURE_CPU_SECONDS: Final = 10
FILM_CPU_SECONDS: Final = 120

_LINUX: Final = platform.system() == "Linux"
_TICKS: Final = -8  # number of the clock of ticks of the process that asks (CPUCLOCK_PROF, see posix-timers)
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2  # arguments of prctl(2)
_ALLOW, _EPERM, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word, jump if equal, return

# The calls that are let through, with their numbers on x86-64 and on 64-bit ARM.
_CALLS: Final = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "getrandom": (318, 278),
}
_MACHINES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # AUDIT_ARCH_*, column above


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine(memory: int = MEMORY) -> bool:
    """Give up everything but standard input, output, memory and CPU; returns whether calls are filtered.

    Where they are not (no Linux, another machine), opening anything still fails: no number for it is free.
    """
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(kind, (most, most))
    machine = _MACHINES.get(platform.machine())
    return sys.platform == "linux" and machine is not None and _filter(*machine)


def allow_cpu(seconds: int) -> None:
    """Let the process use so many seconds more from now on; then SIGXCPU ends it."""
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used_cpu()) + seconds, hard))


def used_cpu() -> float:
    """Seconds of CPU of this process, as its limit counts them.

    Linux counts ticks for that: whoever runs when the clock ticks ran all the time since the last tick. In a
    process that runs now and then this differs from what getrusage(2) tells, after minutes by whole seconds.
    """
    if _LINUX:
        return time.clock_gettime(_TICKS)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _filter(machine: int, column: int) -> bool:
    calls = [numbers[column] for numbers in _CALLS.values()]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _EPERM), (_RETURN, 0, 0, _ALLOW)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return int(libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0)) == 0
