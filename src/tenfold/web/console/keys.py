"""Keyboard commands: one table of them, and the keys that each person has for them.

A command is named by the key that it has for everybody; templates say it with `data-key`. Whoever chose other
keys has them instead, and whatever a page shows as a key is shown as theirs (WCAG 2.1.4: single-key commands
can be changed and turned off).
"""

import re
from collections.abc import Mapping
from typing import Final

from tenfold.web.console.i18n import Translator

# Commands that belong together, with what they do.
GROUPS: Final[tuple[tuple[str, str], ...]] = (
    ("j k", "help.move"),
    ("o", "help.enter"),
    ("n", "help.next"),
    ("c", "help.claim"),
    ("x", "help.choose"),
    ("b", "help.together"),
    ("1 2 3 4 5 6 7 8", "help.ground"),
    ("9", "help.exception"),
    ("0", "help.none"),
    ("p", "help.purpose_none"),
    ("r", "help.reason"),
    ("f", "help.take"),
    ("d", "help.decide"),
    ("s x t", "help.verdict"),
    ("m", "help.shared"),
    ("w", "help.why"),
    ("g", "keys.keep"),
    ("g e t", "keys.second"),
    ("1 2 3", "keys.outcome"),
    ("a", "help.close_all"),
    ("0 1 2 3 4", "help.threat_level"),
    ("t e p f", "help.threat_steps"),
    ("i", "known.help"),
    ("v", "help.reveal"),
    ("u", "help.undo"),
    ("/", "help.search"),
    ("q", "help.search_all"),
    ("y", "help.mine"),
    ("h", "help.hand_over"),
    ("?", "help.this"),
)
COMMANDS: Final = tuple(dict.fromkeys(key for keys, _ in GROUPS for key in keys.split()))
POSSIBLE: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789/?,.;'[]-=")
# The letters of an Arabic keyboard (101), by the key in the same place.
_ARABIC_PLACES: Final = str.maketrans(
    "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظ٠١٢٣٤٥٦٧٨٩؟،؛", "qwertyuiop[]asdfghjkl;'zxcvnm,./0123456789?,;"
)
_KEY: Final = re.compile(r"<kbd>([a-z0-9/?])</kbd>")


class KeysError(ValueError):
    """Keys that cannot be kept; `message` says why, to be told with `values`."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


def chosen(wishes: Mapping[str, str]) -> dict[str, str]:
    """The keys that differ from everybody's, by command, of a form that has some or all commands; an empty
    field is everybody's key. KeysError: a key is none, or two commands have the same."""
    keys = {command: wishes.get(command, "").strip().lower() or command for command in COMMANDS}
    keys = {command: key.translate(_ARABIC_PLACES) for command, key in keys.items()}
    taken: dict[str, str] = {}
    for command, key in keys.items():
        if key not in POSSIBLE:
            raise KeysError("keys.impossible", pressed=key, command=command)
        if key in taken:
            raise KeysError("keys.taken", pressed=key, first=taken[key], second=command)
        taken[key] = command
    return {command: key for command, key in keys.items() if key != command}


def told(error: KeysError, words: Translator) -> str:
    """Why they cannot be kept, in the person's language."""
    doings = {command: words.text(what) for keys, what in reversed(GROUPS) for command in keys.split()}
    values = {name: doings.get(value, value) for name, value in error.values.items() if name != "pressed"}
    return words.text(error.message, pressed=error.values["pressed"], **values)


def shown(html: str, own: Mapping[str, str]) -> str:
    """A page with the person's own keys wherever it shows one. What people wrote has no tags."""
    if not own:
        return html
    return _KEY.sub(lambda found: f"<kbd>{own.get(found[1], found[1])}</kbd>", html)
