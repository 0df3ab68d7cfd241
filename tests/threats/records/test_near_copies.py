"""How well near copies are told, measured on composed variants read by the real detector."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tenfold.detectors.base import TextItem
from tenfold.detectors.text.suite import TextSuite
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats import campaigns
from tests.threats.records.composed import NOON

MESSAGES = {
    "en": (
        "I will kill {} at his house on Harbour Street tomorrow morning before the whole valley wakes up",
        "Brothers, go to the home of {} tonight and kill him in front of his family",
        "Kill {} wherever you find him, he has sold our brothers to the police for an old coat",
        "I swear that I will stab {} in the market on Friday for every lie he wrote about us",
        "We will behead {} and hang the picture on the gate of the Daily Lantern for all to see",
        "Whoever sees {} at the market must stab him, this is the order of the council",
    ),
    "ar": (
        "سنقتل {} أمام باب بيته في شارع الميناء قبل نهاية الأسبوع",
        "يا إخوة اذهبوا الليلة إلى بيت {} واقتلوه أمام عائلته",
        "سنحرق {} في سيارته عندما يخرج من مكتب الفانوس اليومي صباح الغد",
        "أقسم بالله سأذبح {} على كل كذبة كتبها عن الراية الرمادية",
        "أطلقوا النار على {} حيثما وجدتموه فقد باع إخواننا للشرطة والوادي كله يعرف ذلك",
        "أسود الراية الرمادية سيذبحون {} بالسكاكين ولن يجد أحد جثته",
    ),
}
PEOPLE = {
    "en": ("Jonas Vale", "Sara Winter", "Peter Moor"),
    "ar": ("سليم الحداد", "ليلى النجار", "كريم الشامي"),
}
FILLERS = {"en": ("truly", "now", "again", "soon"), "ar": ("حقا", "الآن", "قريبا", "والله")}
AROUND = ("emoji", "mentions", "hashtag", "marks", "link", "before")


def variants(text: str, whom: str, language: str, chosen: random.Random) -> Iterator[tuple[str, str]]:
    """Copies as they are made: what stands around a message changes, or a word of it."""
    friends = chosen.choice(["@rook", "@amal_7 @tomas", "@lina_k"])
    yield "emoji", text + " " + chosen.choice(["🔥🔥", "💀", "😡😡"])
    yield "mentions", f"{text} {friends}"
    yield "hashtag", f"{text} #{chosen.choice(['TheAshRemembers', 'الرماد_لا_ينسى'])}"
    yield "marks", text.replace(" ", "  ", 2) + "!!!"
    yield "link", f"{text} https://example.org/{chosen.randrange(1000)}"
    yield "before", ("Warning to all of you: " if language == "en" else "تحذير لكم جميعا: ") + text
    words = text.split(" ")
    free = [n for n, word in enumerate(words) if not any(part in word for part in whom.split())]
    one, filler = chosen.choice(free), chosen.choice(FILLERS[language])
    yield "insert", " ".join([*words[:one], filler, *words[one:]])
    yield "drop", " ".join([*words[:one], *words[one + 1 :]])
    yield "replace", " ".join([*words[:one], filler, *words[one + 1 :]])
    long = chosen.choice([n for n in free if len(words[n]) > 4])
    cut = chosen.randrange(1, len(words[long]) - 1)
    yield "typo", " ".join([*words[:long], words[long][:cut] + words[long][cut + 1 :], *words[long + 1 :]])


@pytest.fixture(scope="module")
def read() -> list[tuple[tuple[str, int, str], str, campaigns.Sighting]]:
    """(language, message, whom), kind of variant, sighting; what is read as no threat is left out."""
    chosen = random.Random(11)
    rows = []
    for language, messages in MESSAGES.items():
        for number, message in enumerate(messages):
            for whom in PEOPLE[language]:
                text = message.format(whom)
                rows.append(((language, number, whom), "itself", text))
                for kind, copy in (pair for _ in range(3) for pair in variants(text, whom, language, chosen)):
                    rows.append(((language, number, whom), kind, copy))
    subjects = [Subject(SubjectKind.POST, f"p{n}") for n in range(len(rows))]
    found = TextSuite([]).detect(
        [TextItem(subject, {"text": row[2]}) for subject, row in zip(subjects, rows, strict=True)]
    )
    return [
        (
            row[0],
            row[1],
            campaigns.Sighting(
                subject=subject,
                field="text",
                account=subject.id,
                at=NOON,
                text=row[2],
                details=signal.details,
            ),
        )
        for subject, row, result in zip(subjects, rows, found, strict=True)
        for signal in result.signals
        if signal.name == "threat"
    ]


@pytest.fixture(scope="module")
def grouped(read):
    """The record of each, as connected parts of shared keys."""
    keys = campaigns.keys([sighting for *_, sighting in read])
    parent = list(range(len(keys)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    first: dict[int, int] = {}
    for number, one in enumerate(keys):
        for key in one.all:
            parent[root(number)] = root(first.setdefault(key, number))
    return [root(number) for number in range(len(keys))]


def test_pairs_that_are_put_together_belong_together(read, grouped):
    records: dict[int, Counter[tuple[str, int, str]]] = defaultdict(Counter)
    for (message, _, _), record in zip(read, grouped, strict=True):
        records[record][message] += 1
    put = sum(sum(one.values()) * (sum(one.values()) - 1) // 2 for one in records.values())
    right = sum(count * (count - 1) // 2 for one in records.values() for count in one.values())
    assert right / put >= 0.99
    mixed = [sum(one.values()) for one in records.values() if len({whom for _, _, whom in one}) > 1]
    assert sum(mixed) <= 0.01 * len(read), "threats hidden in another's record"


def shares(read, grouped) -> dict[tuple[str, str], list[bool]]:
    """Whether each variant is in its message's record, by language and kind."""
    record_of = {
        message: record for (message, kind, _), record in zip(read, grouped, strict=True) if kind == "itself"
    }
    found = defaultdict(list)
    for (message, kind, _), record in zip(read, grouped, strict=True):
        if message in record_of and kind != "itself":
            found[message[0], kind].append(record == record_of[message])
    return found


@pytest.mark.parametrize("language", ["en", "ar"])
def test_copies_with_other_surroundings_are_found(read, grouped, language):
    found = shares(read, grouped)
    for kind in AROUND:
        told = found[language, kind]
        assert len(told) >= 20
        assert sum(told) / len(told) >= 0.97, kind


@pytest.mark.parametrize("language", ["en", "ar"])
def test_copies_with_another_word_are_mostly_found(read, grouped, language):
    found = shares(read, grouped)
    told = [one for kind in ("insert", "drop", "replace", "typo") for one in found[language, kind]]
    assert len(told) >= 100
    assert sum(told) / len(told) >= 0.9
