"""What the rules read, as named features of the learned model: "call_to_action:beat", "aim:women"."""

from collections.abc import Iterable

from tenfold.detectors.threat.marked import Marked
from tenfold.detectors.threat.reading import Reading

_ROLES = ("must", "future", "want", "wish", "weapon", "person", "not", "said", "face", "laugh", "condemned")


def symbols(text: Marked | None, found: Iterable[Reading]) -> list[str]:
    """Names of the features of one text, each once; none when nothing in it was worth reading."""
    if text is None:
        return []
    named = {"read"}
    for role in ("act", "act_noun"):
        for mark in text.role(role):
            named |= {
                f"word:{mark.entry.value}",
                f"harm:{mark.entry.harm}",
                f"form:{'+'.join(sorted(mark.entry.forms))}",
            }
            named |= {f"near:{word}" for word in text.words[mark.last : mark.last + 3]}
            named |= {f"pair:{mark.entry.value}:{word}" for word in text.words[mark.last : mark.last + 4]}
            named |= {f"before:{word}" for word in text.words[max(0, mark.first - 3) : mark.first]}
    named |= {f"has:{role}" for role in _ROLES if text.role(role)}
    for reading in found:
        named |= {f"{reading.says}", f"{reading.says}:{reading.act}", f"{reading.says}:{reading.harm}"}
        named |= {
            f"level:{reading.level}",
            f"ungated:{reading.ungated}",
            *(f"gate:{gate}" for gate in reading.gates),
        }
        if reading.aim:
            named.add(f"kind:{reading.aim.kind}:{reading.level}")
            named |= {f"aim:{word}" for word in text.words[reading.aim.first : reading.aim.last]}
    return sorted(named)
