"""Every signal that rules can ask about."""

from tenfold.detectors.text import suite
from tenfold.evidence import SignalKind
from tenfold.linkage.returns import RETURN

KINDS: dict[str, SignalKind] = {**suite.KINDS, RETURN.name: RETURN}
