"""Sounds against banks: what is heard in an upload, whatever is seen with it."""

from collections.abc import Iterator

from tenfold.detectors.media import frames, sounds
from tenfold.detectors.media.matches import SOUND, Match, Range
from tenfold.detectors.media.sound_index import FULL_RATE, SoundIndex
from tenfold.store import media_hashes
from tenfold.store.database import Conn


class Sounds:
    """The sounds of all banks. The store says which entries match now."""

    def __init__(self) -> None:
        self._index = SoundIndex()

    def begin_after(self, number: int) -> None:
        """Leave out the sounds up to this number; before anything is held."""
        self._index.last = number

    def update(self, conn: Conn) -> None:
        """Hold all sounds that are in the store now."""
        while page := media_hashes.sounds_after(conn, self._index.last):
            for number, peaks in page:
                self._index.add(number, sounds.unpack(peaks))

    def found(self, conn: Conn, text: str) -> Iterator[Match]:
        """Every entry that is heard in a sound; raises FramesError and SoundError."""
        heard = self._index.search(sounds.unpack(frames.decode(text)))
        known = media_hashes.sounds_by_number(conn, [one.number for one in heard]) if heard else {}
        for one in heard:
            entry, part = known.get(one.number), one.part
            if entry is not None:
                yield Match(
                    entry=entry,
                    kind=SOUND,
                    at=Range(part.start, part.end, part.entry_start, part.entry_end),
                    moments=part.moments,
                    score=min(1.0, part.moments / (part.end - part.start) / FULL_RATE),
                )
