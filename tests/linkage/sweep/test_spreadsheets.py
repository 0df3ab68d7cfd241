"""CSV files for people hold no formulas, and everything else as it is."""

import csv

import pyarrow as pa
import pytest

from tenfold.linkage import spreadsheets
from tenfold.networks import association
from tenfold.networks.association import Associated, Tie

FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_text(tmp_path, text):
    spreadsheets.write(
        pa.table({"account": [text, "a-1=2", None], "bits": [-1.5, 2.0, 3.0]}), tmp_path / "t.csv"
    )
    with open(tmp_path / "t.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [["account", "bits"], ["'" + text, "-1.5"], ["a-1=2", "2"], ["", "3"]]


@pytest.mark.parametrize("text", FORMULAS)
def test_so_it_is_in_the_list_of_the_associated(tmp_path, text):
    found = [
        Associated(
            account=text, lift=2.0, ties=(Tie(kind="url", value=text, bits=3.0, closed=1, accounts=2),)
        )
    ]
    association.write_csv(found, tmp_path / "a.csv")
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        _, row = csv.reader(file)
    assert row == ["'" + text, "2", "url", "'" + text, "3.00", "1", "2"]
