"""CSV files that people open: no value is taken for a formula."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

# What spreadsheets compute when a cell begins with it (OWASP, "CSV injection"); an apostrophe makes it text.
_FORMULA = r"^([=+\-@\t\r])"


def cell(text: str) -> str:
    """A text as it may stand in a CSV file: an apostrophe before what begins like a formula."""
    return re.sub(_FORMULA, r"'\1", text)


def write(table: pa.Table, path: Path) -> None:
    """A table with its header, each text as by `cell`."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = pc.replace_substring_regex(table.column(place), pattern=_FORMULA, replacement=r"'\1")
            table = table.set_column(place, field, texts)
    pc_csv.write_csv(table, path)
