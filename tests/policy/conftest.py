"""Ways to load rules from text."""

from pathlib import Path

import pytest

from tenfold.policy import PolicyError, PolicyErrors, PolicySet, load
from tests.policy.policy_world import KINDS, Load, Mistakes


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Load one file of rules given as text."""

    def load_it(text: str) -> PolicySet:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return load([path], KINDS)

    return load_it


@pytest.fixture
def mistakes(load_text: Load) -> Mistakes:
    """What is refused in a file of rules."""

    def find(text: str) -> list[PolicyError]:
        with pytest.raises(PolicyErrors) as caught:
            load_text(text)
        return caught.value.errors

    return find
