"""What may stand between a governor and its verb in English."""

from tenfold.detectors.threat.marked import Marked

_ADVERBS = frozenset({
    "just", "all", "really", "fucking", "fuckin", "literally", "personally", "brutally", "slowly",
    "simply", "be", "been", "being", "publicly", "also", "go", "come", "find", "and", "then", "get",
    "them", "him", "her", "you", "everyone", "to", "legally", "forcibly", "straight", "up", "better",
    "always", "actually", "absolutely", "both", "either", "each", "one", "probably", "definitely",
    "deserve", "out", "back", "ever", "even", "on", "sight", "it", "burn", "shoot", "kill", "beat",
    "the",
})  # fmt: skip


def nothing_between(text: Marked, first: int, last: int) -> bool:
    """Whether no other subject and no negation stands between a governor and its verb."""
    if all(text.words[i] in _ADVERBS or text.has("you", i, i + 1) for i in range(first, last)):
        return True
    roles = ("i", "third", "not", "said", "act")
    free = [i for i in range(first, last) if not text.covered("still", i)]
    return not any(text.has(role, i, i + 1) for i in free for role in roles)
