"""Stages of a long job: each leaves one file, which is kept and used again while its inputs are the same."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import msgspec

from tenfold import __version__
from tenfold.linkage.manifest import replace_file, sha256_of

NOTES = "stages.json"


class _Note(msgspec.Struct):
    inputs: str
    sha256: str


class Stages:
    """The stages of one folder. A file counts as made once it is noted here, whole and renamed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reused: list[str] = []
        self._noting = Lock()  # stages may be made side by side
        folder.mkdir(parents=True, exist_ok=True)
        self._notes: dict[str, _Note] = {}
        if (folder / NOTES).exists():
            try:
                self._notes = msgspec.json.decode((folder / NOTES).read_bytes(), type=dict[str, _Note])
            except msgspec.MsgspecError:
                self._notes = {}  # made anew: nothing is lost but time

    def file(self, name: str, inputs: Sequence[object], make: Callable[[Path], None]) -> Path:
        """The file `name`, made by `make(path)` unless it is there from the same inputs."""
        if not self.known(name, inputs):
            path = self.partial(name)
            make(path)
            self.made(name, inputs)
        return self.folder / name

    def files(self, wanted: Mapping[str, tuple[Sequence[object], Callable[[Path], None]]]) -> None:
        """The same for files that do not need each other, made side by side: by name inputs and `make`."""
        todo = [name for name, (inputs, _) in wanted.items() if not self.known(name, inputs)]
        with ThreadPoolExecutor(max(len(todo), 1)) as pool:
            making = [pool.submit(wanted[name][1], self.partial(name)) for name in todo]
        for name, one in zip(todo, making, strict=True):
            one.result()
            self.made(name, wanted[name][0])

    def known(self, name: str, inputs: Sequence[object]) -> bool:
        """Whether the file is there and was made from these inputs by this version."""
        note, path = self._notes.get(name), self.folder / name
        if note is None or note.inputs != _digest(inputs) or not path.is_file():
            return False
        if sha256_of(path) != note.sha256:
            return False
        self.reused.append(name)
        return True

    def partial(self, name: str) -> Path:
        """Where the file is to be written until it is whole."""
        path = self.folder / (name + ".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def made(self, name: str, inputs: Sequence[object]) -> None:
        """The partial file is whole: from now on it counts."""
        partial = self.partial(name)
        note = _Note(_digest(inputs), sha256_of(partial))
        with self._noting:
            self._notes[name] = note
            os.replace(partial, self.folder / name)
            replace_file(self.folder / NOTES, msgspec.json.format(msgspec.json.encode(self._notes)))

    def digest(self, name: str) -> str:
        """What stands for the content of a file that was made."""
        return self._notes[name].sha256


def _digest(inputs: Sequence[object]) -> str:
    return hashlib.sha256(msgspec.json.encode([__version__, *inputs])).hexdigest()
