"""How common names are: writes src/tenfold/threats/protectees/common_names.json.

Each name token of the training data (see `tenfold.linkage.name_pairs`) is counted under its consonant key,
apart for Arabic and other names; kept are keys that at least 1 in 5,000 tokens of either has, with the bits
that such a word is worth, -log2 of the greater share. Run: python scripts/count_names.py
"""

import json
from collections import Counter
from math import log2
from pathlib import Path

from tenfold.linkage.name_pairs import DATA, FILE
from tenfold.linkage.phonetic import phonetic
from tenfold.linkage.populations import population

TARGET = Path(__file__).parents[1] / "src/tenfold/threats/protectees/common_names.json"
LEAST_SHARE = 1 / 5_000


def main() -> None:
    """Count, and write the bits of the common keys, the most common first."""
    counts: dict[str, Counter[str]] = {"Arab": Counter(), "Latn": Counter()}
    totals: Counter[str] = Counter()
    for line in (DATA / FILE).read_text(encoding="utf-8").splitlines():
        latin, arabic, times = line.split("\t")
        people = population(latin)
        if people not in counts:
            continue
        totals[people] += int(times)
        for key in {phonetic(latin), phonetic(arabic.replace(" ", ""))}:
            counts[people][key] += int(times)
    bits: dict[str, float] = {}
    for people, counted in counts.items():
        for key, count in counted.items():
            if count >= LEAST_SHARE * totals[people]:
                bits[key] = min(bits.get(key, 99), round(-log2(count / totals[people]), 1))
    ordered = dict(sorted(bits.items(), key=lambda item: (item[1], item[0])))
    TARGET.write_text(
        json.dumps({"rare": round(-log2(LEAST_SHARE), 1), "bits": ordered}) + "\n", encoding="utf-8"
    )
    print(f"{len(ordered)} keys of {sum(map(len, counts.values()))}; {totals}")


if __name__ == "__main__":
    main()
