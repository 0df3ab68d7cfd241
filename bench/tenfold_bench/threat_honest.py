"""Honest people's posts read for threats: reporters in crises, ordinary people, and a long article that
quotes a threat.

Every PHEME post (2,402 tweets about attacks and hostage takings) is read, whether --quick or not, and each
that is raised to
T0, T1 or T2 is listed; so are the ordinary posts of TwiBot-20 (a sample of them with --quick). The article
is our own,
Arabic, fictional, and quotes a threat: it must be told as somebody else's, with whom it is against.
"""

from pathlib import Path

from tenfold.detectors.threat.detector import ThreatDetector
from tenfold_bench._threats import items, level, read, rows
from tenfold_bench.result import Figure, Result

ARTICLE = Path(__file__).parents[2] / "tests/detectors/threat/article.txt"
GOAL = 0.5  # percent of PHEME's posts
QUICK_PEOPLE = 4_000
RAISED = ("T0", "T1", "T2")
THREATENED = ("القاضي سليم", "موظفي")  # parts of what the article's threat is against


def raised(name: str, texts: list[str]) -> tuple[float, list[str]]:
    """Percent of texts with a level of RAISED, and each of them in a line."""
    found = read(texts)
    listed = [
        f"{name}, {level(one)}, {one.worst.says}, {one.worst.act}: {' '.join(text.split())[:300]}"
        for text, one in zip(texts, found, strict=True)
        if one.worst and level(one) in RAISED
    ]
    return 100 * len(listed) / len(texts), listed


def article() -> tuple[float, str]:
    """1 when the article's threat is somebody else's and the threatened are told, else 0; and what was
    read."""
    ((signal, *_),) = ThreatDetector().detect(items([ARTICLE.read_text("utf-8")])) or [[]]
    against = " | ".join(signal.details["reported_against"])
    told = signal.details["level"] == "N" and all(part in against for part in THREATENED)
    said = (
        f"level {signal.details['level']}, {signal.details['speech_act']}, reported threat against: {against}"
    )
    return float(told), said


def run(quick: bool) -> Result:
    reporters = [row["text"] for row in rows("pheme/pheme_rumour_sources.csv")]
    people = [row["text"] for row in rows("twibot20/tweets.csv")]
    if quick:
        people = people[:: max(1, len(people) // QUICK_PEOPLE)]
    of_reporters, first = raised("reporter", reporters)
    of_people, second = raised("ordinary", people)
    told, said = article()
    return Result(
        name="threat-honest",
        n=len(reporters) + len(people) + 1,
        figures=[
            Figure(label="reporters' posts raised to T0-T2", ours=of_reporters, unit="%", goal=f"< {GOAL}"),
            Figure(label="ordinary people's posts raised to T0-T2", ours=of_people, unit="%"),
            Figure(
                label="article: somebody else's threat, the threatened told", ours=told, unit="", goal="1"
            ),
        ],
        notes=[*first, *second, f"article: {said}"],
    )
