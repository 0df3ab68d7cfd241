"""What is wrong with a policy: where exactly, why, and how to mend it."""

import unicodedata

import msgspec


class PolicyError(msgspec.Struct, frozen=True, order=True):
    """One mistake. `line` and `column` count from 1; `width` is how many characters are wrong.

    `source` is the line of the file as it stands there; empty when there is none to show.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    source: str = ""
    width: int = 1

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        if self.source:
            number = str(self.line)
            before = self.source[: self.column - 1]
            wrong = self.source[self.column - 1 : self.column - 1 + self.width]
            caret = " " * cells(before) + "^" * max(1, cells(wrong))
            text += f"\n  {number} | {self.source.replace(TAB, ' ')}\n  {' ' * len(number)} | {caret}"
        return text + (f"\n  hint: {self.hint}" if self.hint else "")


class PolicyErrors(ValueError):  # noqa: N818 - holds many
    """Every mistake of a policy, in the order of files and lines."""

    def __init__(self, errors: list[PolicyError]) -> None:
        self.errors = sorted(set(errors))
        super().__init__("\n".join(str(error) for error in self.errors))


TAB = "\t"


def cells(text: str) -> int:
    """Columns that `text` takes in a terminal: marks take none, wide characters two."""
    return sum(
        0
        if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
