"""The console's words in English and Arabic: lookup, plural forms, numbers, times, isolation.

Each language is a folder of JSON files of flat keys, one file for each part of the console. A message
is a text with `{names}`, or an object of plural forms chosen by the value `n` (CLDR: English has one
and other, Arabic zero, one, two, few, many and other). Strings put into a message are isolated, so
that a Latin handle in an Arabic sentence (or the reverse) cannot turn the words around it about.
"""

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Final

import msgspec
from markupsafe import Markup, escape

from tenfold.store.people import Locale

Message = str | dict[str, str]
Value = str | int | float | Markup

LOCALES: Final[tuple[Locale, ...]] = ("en", "ar")
EXACT_BELOW: Final = 10  # of a unit: from here on the smaller unit would only be noise
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

_ARABIC_NUMBER = str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬")


def plural_form(locale: Locale, n: int) -> str:
    """The CLDR plural category of a whole number."""
    n = abs(n)
    if locale == "en":
        return "one" if n == 1 else "other"
    if n <= 2:
        return ("zero", "one", "two")[n]
    if 3 <= n % 100 <= 10:
        return "few"
    return "many" if n % 100 >= 11 else "other"


def read_messages(locale: Locale) -> dict[str, Message]:
    """All messages of a language. ValueError if two files have the same key: one would hide the other."""
    messages: dict[str, Message] = {}
    folder = resources.files("tenfold.web.console") / "translations" / locale
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        part = msgspec.json.decode(file.read_bytes(), type=dict[str, Message])
        if twice := messages.keys() & part.keys():
            raise ValueError(
                f"{locale}/{file.name} says again what another file says: {', '.join(sorted(twice))}"
            )
        messages |= part
    return messages


class Translator:
    """One language: texts, numbers and times as its readers expect them."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale
        self.messages = read_messages(locale)
        self.direction = "rtl" if locale == "ar" else "ltr"

    def _template(self, key: str, n: Value | None) -> str:
        message = self.messages[key]
        if isinstance(message, str):
            return message
        if not isinstance(n, int):
            raise TypeError(f"the message {key!r} counts something: give it n")
        return message.get(plural_form(self.locale, n)) or message["other"]

    def html(self, key: str, **values: Value) -> Markup:
        """The message for a page: texts put into it are escaped and stand in `<bdi>`."""

        def shown(value: Value) -> Markup:
            if isinstance(value, Markup):
                return value
            if isinstance(value, str):
                return Markup("<bdi>{}</bdi>").format(value)
            return escape(self.number(value))

        return Markup(self._template(key, values.get("n"))).format(  # noqa: S704 - our own files
            **{name: shown(value) for name, value in values.items()}
        )

    def text(self, key: str, **values: Value) -> str:
        """The message for an attribute or a title: texts put into it stand between isolates."""

        def shown(value: Value) -> str:
            if isinstance(value, str):
                return f"{FIRST_STRONG_ISOLATE}{value}{POP_ISOLATE}"
            return self.number(value)

        return self._template(key, values.get("n")).format(
            **{name: shown(value) for name, value in values.items()}
        )

    def has(self, key: str) -> bool:
        """Whether there is such a message; for names that rules and platforms make up."""
        return key in self.messages

    def name(self, prefix: str, value: str) -> Markup:
        """The name of one of a fixed list (`ground`, `action`), or the value itself, isolated."""
        key = f"{prefix}.{value}"
        return self.html(key) if key in self.messages else Markup("<bdi>{}</bdi>").format(value)

    def number(self, value: float, decimals: int = 2) -> str:
        """A number with its groups of three and at most `decimals` places, in the language's digits."""
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.{decimals}f}"
        return text.translate(_ARABIC_NUMBER) if self.locale == "ar" else text

    def clock(self, seconds: float) -> str:
        """A moment of a film in minutes and seconds: 4:05."""
        shown = f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
        return shown.translate(_ARABIC_NUMBER) if self.locale == "ar" else shown

    def percent(self, share: float) -> str:
        """A share of 0..1 in whole percent."""
        number = self.number(round(share * 100))
        return f"{number}٪" if self.locale == "ar" else f"{number}%"

    def duration(self, span: timedelta) -> str:
        """A span of time, rounded down: its largest unit up to days, and the next one below ten."""
        minutes = int(abs(span).total_seconds()) // 60
        amounts = [("days", minutes // 1440), ("hours", minutes // 60 % 24), ("minutes", minutes % 60)]
        first = next((place for place, (_, amount) in enumerate(amounts) if amount), len(amounts) - 1)
        last = first + 2 if amounts[first][1] < EXACT_BELOW else first + 1
        shown = [amounts[first], *(part for part in amounts[first + 1 : last] if part[1])]
        texts = [self.text(f"time.{unit}", n=amount) for unit, amount in shown]
        return self.messages["time.joiner"].join(texts)  # type: ignore[union-attr]

    def moment(self, at: datetime) -> str:
        """A date and time in UTC, such as `21 Nov 2026, 14:05 UTC`."""
        at = at.astimezone(UTC)
        month = self.text(f"month.{at.month}")
        day, year, clock = f"{at.day}", f"{at.year}", f"{at:%H:%M}"
        if self.locale == "ar":
            day, year, clock = (part.translate(_ARABIC_NUMBER) for part in (day, year, clock))
        return self.messages["time.moment"].format(day=day, month=month, year=year, clock=clock)  # type: ignore[union-attr]

    def ago(self, at: datetime, now: datetime) -> str:
        """How long ago something was, in words."""
        if now - at < timedelta(minutes=1):
            return self.text("time.just_now")
        return self.messages["time.ago"].format(span=self.duration(now - at))  # type: ignore[union-attr]


TRANSLATORS: Final[dict[Locale, Translator]] = {locale: Translator(locale) for locale in LOCALES}


def preferred_locale(accept_language: str, otherwise: Locale) -> Locale:
    """The first of our languages in an Accept-Language header by its weights; `otherwise` if none."""
    best: tuple[float, Locale] = (0.0, otherwise)
    for part in accept_language[:1000].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        for locale in LOCALES:
            if tag.lower().split("-")[0] == locale and quality > best[0]:
                best = (quality, locale)
    return best[1]
