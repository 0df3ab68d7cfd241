"""Grammar, lexicons, editing hands, look-alikes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.simulation import editing, lookalikes, pictures, voices
from tenfold.simulation.grammar import Grammar, LexiconError
from tenfold.simulation.population import COMMUNITIES, LANGUAGES

KINDS = (*voices.HONEST_KINDS, *voices.ORGANISATION_KINDS, *voices.NETWORK_KINDS)


def test_a_template_fills_its_slots_and_slots_of_slots() -> None:
    grammar = Grammar(["{who} sees {who}"], {"who": ["a {beast}", "me"], "beast": ["fox"]}, "here")
    said = {grammar.say(Random(seed).random) for seed in range(50)}
    assert said == {"me sees me", "me sees a fox", "a fox sees me", "a fox sees a fox"}
    assert grammar.variety() == 4


@pytest.mark.parametrize(
    ("templates", "slots", "message"),
    [([], {}, "no templates"), (["{x}"], {}, "no slot named"), (["{x}"], {"x": ["{x}"]}, "holds itself")],
)
def test_a_broken_lexicon_says_where(templates: list[str], slots: dict[str, list[str]], message: str) -> None:
    with pytest.raises(LexiconError, match=f"here.*{message}"):
        Grammar(templates, slots, "here")


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("community", COMMUNITIES)
def test_each_community_says_thousands_of_different_things(community: str, language: str) -> None:
    grammar, random = voices.grammar(community, language), Random(1)
    said = {grammar.say(random.random) for _ in range(20_000)}
    assert len(said) > 3_000


@pytest.mark.parametrize("language", LANGUAGES[:3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_speaks_its_language(kind: str, language: str) -> None:
    grammar, random = voices.grammar(kind, language), Random(2)
    said = [grammar.say(random.random) for _ in range(200)]
    arabic = sum(any(editing.is_arabic(letter) for letter in text) for text in said)
    assert arabic == (200 if language == "ar" else 0)
    assert not any("{" in text or "}" in text for text in said)


def test_statements_in_and_out_of_the_shipped_bank_are_both_spoken() -> None:
    voice, known = voices.Voice(Random(3)), voices.statements("en")[0]
    own = voices.statements("en")[1]
    said = [voice.say("propaganda", 1, True, 0)[0] for _ in range(600)]
    assert any(text in said for text in known)
    assert any(text in said for text in own)
    assert sum(text in known or text in own for text in said) < 200


TEXTS = st.text(min_size=1, max_size=80) | st.sampled_from(["الراية الرمادية عادت", "the grey banner stands"])


@given(TEXTS, st.integers(0, 1_000))
def test_edits_never_fail_and_some_do_something(text: str, seed: int) -> None:
    for edit in editing.EDITS:
        assert isinstance(edit(text, Random(seed)), str)
    sample = "the grey banner stands over every gate"
    assert any(editing.edited(sample, Random(seed + step)) != sample for step in range(20))


@given(
    st.text(alphabet="aeopcxyiAEOPCTHKMBdfgnrt يكهأةىبتثلمن", max_size=30),
    st.integers(1, 5),
    st.integers(0, 20),
)
def test_look_alikes_fold_to_what_they_look_like(text: str, positions: int, start: int) -> None:
    for table in (lookalikes.LATIN, lookalikes.ARABIC):
        swapped = lookalikes.swap(text, table, positions, start)
        assert lookalikes.fold(swapped) == lookalikes.fold(text)
        assert sum(a != b for a, b in zip(text, swapped, strict=True)) <= positions


@given(st.integers(0, 2**256 - 1), st.integers(0, 64), st.integers(0, 100))
def test_an_edited_picture_is_exactly_so_far_away(value: int, bits: int, seed: int) -> None:
    original = f"{value:064x}"
    assert pictures.distance(original, pictures.edited(original, bits, Random(seed))) == bits
