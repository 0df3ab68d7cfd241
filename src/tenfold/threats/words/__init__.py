"""What threats say to people outside the console, in English and Arabic: calls and referral packets.

One JSON file of flat keys for each language. A text put into a sentence is isolated, so that an address
cannot turn the words around it about.
"""

from datetime import UTC, datetime
from importlib import resources
from typing import Final, Literal

import msgspec

Language = Literal["en", "ar"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ar")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


class Words:
    """One language."""

    def __init__(self, language: Language) -> None:
        file = resources.files("tenfold.threats.words") / f"{language}.json"
        self.language = language
        self.direction = "rtl" if language == "ar" else "ltr"
        self.messages = msgspec.json.decode(file.read_bytes(), type=dict[str, str])

    def say(self, key: str, **values: str | int) -> str:
        """The message; KeyError if there is none."""
        return self.messages[key].format(
            **{
                name: f"{FIRST_STRONG_ISOLATE}{value}{POP_ISOLATE}" if isinstance(value, str) else value
                for name, value in values.items()
            }
        )

    def name(self, prefix: str, value: str) -> str:
        """The name of one of a fixed list, or the value itself."""
        return self.messages.get(f"{prefix}.{value}", value)


WORDS: Final[dict[Language, Words]] = {language: Words(language) for language in LANGUAGES}


def moment(at: datetime) -> str:
    """A time that nobody can misread, to the second, with its zone: `2026-11-22 14:05:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
