"""Reading from outside: the confined process that reads, and what it said of a file."""

import logging
import os
from typing import Final

import msgspec

from tenfold.detectors.media.answers import Answer
from tenfold.detectors.media.asking import Source
from tenfold.detectors.media.decoder import Decoder
from tenfold.events import MAX_LINES, Line

log = logging.getLogger("tenfold.words")

_TESSDATA: Final = "TESSDATA_PREFIX"


class WordReader(Decoder):
    """Reads what is written in files of strangers. Not for several threads at once."""

    program = "tenfold.detectors.media.reading.process"

    def __init__(self) -> None:
        super().__init__()
        given = os.environ.get(_TESSDATA)
        self._cannot = False
        self.environment = {_TESSDATA: given} if given else {}

    def read(self, file: Source, size: int) -> Answer:
        """The lines that stand in a file, no more than an event takes, or why it was refused.

        Raises RuntimeError where no file can be read, here, and OSError when this one cannot.
        """
        said = self.look_at(file, size)
        return msgspec.structs.replace(said, words=said.words[:MAX_LINES])

    def words_of(self, file: Source, size: int) -> list[Line] | None:
        """The lines that stand in a file, none when it cannot be read; None: no file can, here."""
        if self._cannot:  # said once; to try again with each file would take seconds of each
            return None
        try:
            said = self.read(file, size)
        except RuntimeError as error:
            log.warning("pictures are not read until the worker is started anew: %s", error)
            self._cannot = True
            return None
        if said.refused:
            log.warning("the words of a file were not read: %s", said.refused)
        return said.words
