"""How many events a second the policy judges on one core: rules of which most match patterns.

Events have 5 fields and 25 words. 60 % of the rules match a pattern; the others look at numbers, sets
and texts. Every firing is traced. Worst case too: events whose fields are nearly all unknown.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tenfold.evidence import FieldType, SignalKind
from tenfold.policy import Facts, PolicySet, load
from tenfold.subjects import Subject, SubjectKind
from tenfold_bench.result import Figure, Result

BANKED: dict[str, FieldType] = {"bank": "str", "label": "str", "entry": "str"}
KINDS = {name: SignalKind(name=name, title=name, score_means="", details=BANKED) for name in ("terms", "url")}
SIZES = (10, 50, 200)
# Osprey's engine on this workload, measured earlier and not run here: 60 to 68 with 200 rules.
PEER_OF_200_RULES = 64.0
LETTERS = ("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
UNIT = "events/CPU-s"


def words(chance: random.Random) -> list[str]:
    """2,000 made-up words of two scripts."""
    return ["".join(chance.choices(LETTERS[number % 2], k=chance.randint(3, 9))) for number in range(2_000)]


def rules(number: int, vocabulary: Sequence[str], chance: random.Random, always: bool) -> str:
    """A policy of so many rules, three in five of which match a pattern."""
    conditions = []
    for index in range(number):
        first, second, third = chance.sample(vocabulary, 3)
        if index % 5 < 3:
            pattern = (f"{first}\\\\s+{second}", f"(?:{first}|{second}).{{0,20}}{third}")[index % 2]
            guard = ("account.age_hours < 72", "not post.is_repost", "post.length > 20")[index % 3]
            conditions.append(f"{guard} and matches(post.text, '(?i){pattern}')")
        elif index % 5 == 3:
            conditions.append(
                f"account.followers < {index % 50} and post.language == 'en' "
                f"and ('{first}' in signals.terms.banks or signals.terms.score > 0.9)"
            )
        else:
            conditions.append(
                f"account.location in {{'{first}', '{second}'}} "
                f"or (startswith(account.handle, '{third}') and account.posts < {index})"
            )
    lines = ["rules:"]
    if always:
        conditions = [
            f"post.length > 20 and matches(post.text, '(?i)[a-z]{{1,{n % 9 + 2}}}')" for n in range(number)
        ]
    for index, condition in enumerate(conditions):
        lines += [
            f"  - name: rule-{index}",
            "    title: a rule of the bench",
            "    on: post",
            f'    when: "{condition}"',
            "    ground: TVEC7",
            "    severity: low",
            "    then: {case: {queue: bench}}",
        ]
    return "\n".join(lines)


def policy(number: int, vocabulary: Sequence[str], chance: random.Random, always: bool = False) -> PolicySet:
    """A loaded policy of so many rules; with `always` each is true of every post."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(rules(number, vocabulary, chance, always), encoding="utf-8")
        return load([path], KINDS)


def events(number: int, vocabulary: Sequence[str], chance: random.Random) -> list[Facts]:
    """Posts of 25 words by accounts of all sorts; a few use the patterns' words side by side."""
    return [
        Facts(
            event_type="post.created",
            time=datetime(2026, 3, 1, 12, tzinfo=UTC),
            subject=Subject(SubjectKind.POST, str(index)),
            account={
                "id": str(index % 500),
                "handle": chance.choice(vocabulary),
                "location": chance.choice(vocabulary),
                "followers": chance.randint(0, 5_000),
                "posts": chance.randint(0, 5_000),
                "age_hours": chance.uniform(0, 10_000),
            },
            post={
                "text": " ".join(chance.choices(vocabulary, k=25)),
                "language": chance.choice(("en", "ar")),
                "length": 150,
                "is_repost": False,
            },
            signals={"terms": {"score": chance.random(), "count": 1, "banks": {"x"}, "labels": {"y"}}},
        )
        for index in range(number)
    ]


def bare(number: int) -> list[Facts]:
    """Posts of which nearly nothing is known."""
    return [
        Facts(
            event_type="post.created",
            time=datetime(2026, 3, 1, 12, tzinfo=UTC),
            subject=Subject(SubjectKind.POST, str(index)),
            signals=None,
        )
        for index in range(number)
    ]


def measure(judged: PolicySet, facts: Sequence[Facts]) -> tuple[float, float]:
    """Events per CPU-second, and firings per event."""
    judged.judge(facts[0])  # the first event of a kind compiles its rules
    start = time.process_time()
    fired = sum(len(judged.judge(one)) for one in facts)
    return len(facts) / (time.process_time() - start), fired / len(facts)


def run(quick: bool) -> Result:
    """Judge the same events with 10, 50 and 200 rules."""
    chance = random.Random(7)
    vocabulary = words(chance)
    number = 5_000 if quick else 20_000
    facts, nothing = events(number, vocabulary, chance), bare(number)
    figures: list[Figure] = []
    notes = []
    for size in SIZES:
        judged = policy(size, vocabulary, chance)
        speed, firings = measure(judged, facts)
        figure = Figure(label=f"{size} rules", ours=speed, unit=UNIT)
        if size == 200:
            figure.peer, figure.peer_name, figure.goal = PEER_OF_200_RULES, "Osprey", ">= 2,000"
            figure.ratio = speed / PEER_OF_200_RULES
        figures.append(figure)
        notes.append(f"{size} rules: {firings:.3f} firings an event, each with its trace")
        speed, _ = measure(judged, nothing)
        figures.append(Figure(label=f"{size} rules, all fields unknown", ours=speed, unit=UNIT))
    speed, firings = measure(policy(200, vocabulary, chance, always=True), facts[: number // 10])
    figures.append(Figure(label="200 rules that all fire", ours=speed * firings, unit="firings/CPU-s"))
    notes.append("peer: an earlier measured figure of Osprey's engine, 60-68 events/CPU-s; not run here")
    return Result(name="policy", n=number, figures=figures, notes=notes)
