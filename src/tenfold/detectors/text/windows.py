"""Cut a text into windows: the short stretches of prose whose meaning is compared.

Links, mentions and numbers are not prose. A post of up to 24 words is one window; a longer one is cut after
sentences (short sentences stay together), and sentences longer than 32 words are cut wherever that is.
"""

import re

import msgspec

from tenfold.detectors.text.encoder import MARKS

LEAST_WORDS = 3  # fewer have no meaning that could be compared
_WHOLE = 24  # measured: whole posts of this length are recognised as well as their sentences
_ENOUGH = 6
_MOST = 32
_READ = 5_000  # words of one text, about 30,000 characters: what bounds the time for a hostile one

_LINK_OR_WORD = rf"(?:https?://|www\.)\S*|@\w+|([\w{MARKS}]{{1,40}})"
_WORD = re.compile(_LINK_OR_WORD, re.IGNORECASE)
_WORD_OR_END = re.compile(_LINK_OR_WORD + r"|([.!?\u061f\u06d4\u2026]+(?!\S)|\n)", re.IGNORECASE)


class Window(msgspec.Struct, frozen=True):
    """The words of one stretch, and the range [start, end) of the text's code points that holds them."""

    start: int
    end: int
    words: list[str]


def windows(text: str) -> list[Window]:
    """The windows of a text in their order; none when it has fewer than LEAST_WORDS words."""
    words = [word for word in _WORD.findall(text) if word]
    if len(words) > _WHOLE:
        return _cut(text)
    if len(words) < LEAST_WORDS:
        return []
    start = len(text) - len(text.lstrip())
    return [Window(start, len(text.rstrip()), words)]


def _cut(text: str) -> list[Window]:
    cut: list[Window] = []
    words: list[str] = []
    start = end = read = 0

    for match in _WORD_OR_END.finditer(text):
        word, sentence_ends = match.groups()
        if word:
            start = start if words else match.start()
            end = match.end()
            words.append(word)
            read += 1
        if len(words) >= (_ENOUGH if sentence_ends else _MOST):
            cut.append(Window(start, end, words))
            words = []
        if read == _READ:
            break
    if len(words) >= LEAST_WORDS:
        cut.append(Window(start, end, words))
    return cut
