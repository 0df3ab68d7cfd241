"""The rules in force: the operator's files, or the starter pack."""

from pathlib import Path

import tenfold.policy
from tenfold.config import Settings, SettingsError
from tenfold.detectors.text.suite import KINDS
from tenfold.policy import PolicyErrors, PolicySet

STARTER = Path(tenfold.policy.__file__).parent / "packs" / "starter"


def load(settings: Settings) -> PolicySet:
    """Read and check the rules; SettingsError lists every mistake in them."""
    try:
        return tenfold.policy.load(settings.policies or (STARTER,), KINDS)
    except PolicyErrors as errors:
        raise SettingsError(f"the rules cannot be used:\n{errors}") from None
