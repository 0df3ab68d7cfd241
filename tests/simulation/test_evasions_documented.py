"""Whoever reads how to evade reads what it costs and what still catches it; the simulator does all of it."""

import re
from pathlib import Path

import pytest

from tenfold.simulation import evasions

DOCS = Path(__file__).parents[2] / "docs"
CODE = re.compile(r"`([a-z_]+)`")


def rows(page: str, first_header: str) -> list[list[str]]:
    """The cells of the table whose header begins so."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith(f"| {first_header} |")]
    found: list[list[str]] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return found
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


@pytest.mark.parametrize("page", ["linkage.md", "simulation.md"])
def test_every_evasion_of_the_simulator_is_documented_and_no_other(page: str) -> None:
    named = [name for row in rows(page, "evasion") for name in CODE.findall(row[0])]
    assert sorted(named) == sorted(evasions.NAMES)


def test_each_says_what_it_costs_and_what_still_catches_it_with_its_counts() -> None:
    for row in rows("linkage.md", "evasion"):
        _, costs, caught, *found = row
        assert costs and caught, row
        assert all(re.match(r"[01]\.\d\d of [\d,]+ \(", cell) for cell in found), row
