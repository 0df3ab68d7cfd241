"""Every kind and level of evidence, every verdict and mark has words in both languages."""

import pytest

from tenfold.casework.linked import Mark
from tenfold.casework.returns_list import VERDICTS
from tenfold.casework.returns_shown import Evidence, evidence
from tenfold.casework.shared_values import SHAREABLE, WHYS
from tenfold.casework.track_record import Band, Count, Tried
from tenfold.linkage.kinds import Kind, Level
from tenfold.linkage.ledger import Family
from tenfold.linkage.model import HELD_BACK
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tenfold.web.console.returns_words import chance, findings, kind_name, meaning, signed

both = pytest.mark.parametrize("locale", LOCALES)
ENGLISH, ARABIC = TRANSLATORS["en"], TRANSLATORS["ar"]


def test_all_evidence_has_words() -> None:
    keys = {
        *(f"evidence.kind.{kind.name.lower()}" for kind in Kind),
        *(f"evidence.kind.{kind}" for kind in SHAREABLE),
        *(f"evidence.level.{level.name.lower()}" for level in Level if level is not Level.MISSING),
        *(f"evidence.family.{family}" for family in Family),
        *(f"held.{word}" for word in (*HELD_BACK, "decided") if word),
        *(f"mark.{mark}" for mark in Mark),
        *(f"verdict.{verdict}" for verdict in VERDICTS),
        *(f"verdict.{verdict}.help" for verdict in VERDICTS),
        *(f"shared.why.{why}" for why in WHYS),
        *(f"compared.{word}" for word in ("equal", "alike", "different", "missing")),
        *("culture.Arab", "culture.Latn"),
    }
    for locale in LOCALES:
        assert keys <= set(TRANSLATORS[locale].messages)


def test_what_was_found_is_told_in_words() -> None:
    item = Evidence(
        kind="avatar",
        level="near",
        bits=9.1,
        rarity=18.3,
        accounts=3,
        population=1_000_204,
        distance=4,
        out_of=256,
    )
    assert [str(part) for part in findings(ENGLISH, item)] == [
        "nearly the same",
        "4 of 256 bits differ",
        "3 of 1,000,204 accounts show it",
    ]
    assert [str(part) for part in findings(ARABIC, item)] == [
        "تقارب شديد",
        "٤ بتّات مختلفة من ٢٥٦",
        "٣ حسابات من ١٬٠٠٠٬٢٠٤ تظهره",
    ]
    assert (signed(ENGLISH, 9.1), signed(ARABIC, -2.04)) == (
        '<bdi dir="ltr">+9.1</bdi>',
        '<bdi dir="ltr">−٢٫٠</bdi>',
    )


@both
def test_evidence_that_we_do_not_know_keeps_its_name_and_words(locale: str) -> None:
    words = TRANSLATORS[locale]  # type: ignore[index]
    item = evidence([{"kind": "<b>palm</b>", "level": "mystic", "words": "they <say> so", "bits": 2}])[0]
    assert kind_name(words, item.kind) == "<bdi>&lt;b&gt;palm&lt;/b&gt;</bdi>"
    assert [str(part) for part in findings(words, item)] == [
        "<bdi>mystic</bdi>",
        "<bdi>they &lt;say&gt; so</bdi>",
    ]


def test_evidence_of_another_shape_keeps_kind_and_bits() -> None:
    odd = {"kind": "device", "bits": 3, "accounts": {"so": "many"}, "later": True}
    assert evidence([odd, {"bits": "x"}]) == (Evidence(kind="device", bits=3.0), Evidence(kind=""))


@pytest.mark.parametrize(
    ("probability", "english", "arabic"),
    [(0.934, "93%", "٩٣٪"), (0.9999, "over 99%", "أكثر من ٩٩٪"), (0.0004, "under 1%", "أقل من ١٪")],
)
def test_nothing_is_said_to_be_certain(probability: float, english: str, arabic: str) -> None:
    assert chance(ENGLISH, probability) == english
    assert chance(ARABIC, probability) == arabic


def band(same: int, different: int) -> Band:
    return Band(low=0.9, high=0.97, count=Count(same=same, different=different))


def test_what_a_probability_means_rests_on_decisions_when_they_are_enough() -> None:
    told = meaning(ENGLISH, band(56, 4), [Tried(0.94, 0.94, 1000)])
    assert told == ("Of 100 links shown at 90 to 97 percent about 93 were right, measured on 60 decisions.")
    assert "٦٠ قرارًا" in meaning(ARABIC, band(56, 4), [])


def test_while_they_are_few_the_models_own_trial_speaks() -> None:
    report = [Tried(0.6, 0.6, 500), Tried(0.94, 0.94, 1000)]
    few = meaning(ENGLISH, band(3, 0), report)
    assert few.startswith("Only 3 decisions so far about links shown at 90 to 97 percent: too few")
    assert "94 of 100 such links were right, measured on 1,000 pairs" in few
    assert "a ranking only" in meaning(ENGLISH, band(3, 0), [])
    assert meaning(ENGLISH, band(0, 0), report).startswith("Nobody has decided yet")
