"""The confined process from outside: started when needed, and anew when a file has killed it."""

import io
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import msgspec

from tenfold.detectors.media import asking
from tenfold.detectors.media.answers import Answer
from tenfold.detectors.media.asking import Source
from tenfold.detectors.media.confinement import FILM_CPU_SECONDS, MEMORY, PICTURE_CPU_SECONDS
from tenfold.detectors.media.kinds import START, is_picture

PICTURE_WALL_SECONDS: Final = 30  # for one file, however busy the machine is
FILM_WALL_SECONDS: Final = 600


class Decoder:
    """Looks at files of strangers. Not for several threads at once."""

    program = "tenfold.detectors.media.decoding"  # what the process runs
    environment: Mapping[str, str] = {}  # and what else it is told

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    @property
    def process_id(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    def look(self, data: bytes, *, thumbnails: bool = False) -> Answer:
        """What a file with these bytes shows; whatever it does, an answer comes."""
        return self.look_at(io.BytesIO(data), len(data), thumbnails=thumbnails)

    def look_at(self, file: Source, size: int, *, thumbnails: bool = False) -> Answer:
        """What a file of `size` bytes shows; raises OSError only when the file itself cannot be read."""
        file.seek(0)
        picture = is_picture(file.read(START))
        process = self._started()
        wall = PICTURE_WALL_SECONDS if picture else FILM_WALL_SECONDS
        timer = threading.Timer(wall, process.kill)
        timer.start()
        try:
            assert process.stdin and process.stdout
            asking.request(process.stdin, size, thumbnails)
            return asking.serve(file, size, process.stdout, process.stdin)
        except (BrokenPipeError, EOFError, msgspec.DecodeError):
            self._process = None
            late = not timer.is_alive()
            return Answer(refused=_why(_end(process), picture, late))
        except BaseException:  # half a conversation cannot be taken up again
            self.close()
            raise
        finally:
            timer.cancel()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            process = subprocess.Popen(
                [sys.executable, "-I", "-m", self.program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"OPENBLAS_NUM_THREADS": "1", **self.environment},
            )
            assert process.stdout
            try:
                asking.first_answer(process.stdout)
            except (EOFError, msgspec.DecodeError):
                raise RuntimeError(
                    f"the process that decodes media does not start (status {_end(process)}); "
                    f"`{sys.executable} -I -m {self.program}` shows why"
                ) from None
            self._process = process
        return self._process


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Make sure that a process is gone; its status."""
    process.kill() if process.poll() is None else None
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except BrokenPipeError:
                continue
    return process.wait()


def _why(status: int, picture: bool, late: bool) -> str:
    if late:
        return f"took longer than {PICTURE_WALL_SECONDS if picture else FILM_WALL_SECONDS} s to decode"
    if status == -signal.SIGXCPU:
        return f"took more than {PICTURE_CPU_SECONDS if picture else FILM_CPU_SECONDS} s of CPU to decode"
    return f"broke the decoder (status {status}); it may try to use more than {MEMORY >> 20} MiB"
