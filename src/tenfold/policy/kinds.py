"""Every signal that rules can ask about."""

from tenfold.detectors.media.signals import MEDIA
from tenfold.detectors.text import suite
from tenfold.evidence import SignalKind
from tenfold.linkage.returns import RETURN

KINDS: dict[str, SignalKind] = {**suite.KINDS, MEDIA.name: MEDIA, RETURN.name: RETURN}
