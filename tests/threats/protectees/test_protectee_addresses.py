"""Street addresses: found in texts by keyed tokens alone, in both languages' order of words and digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.threats.protectees import addresses
from tests.threats.protectees.watching import SECRET, Eye, watched

PALM = watched(
    1,
    "person",
    "Karim Nasser",
    cities=["Amman", "عمّان"],
    address=["12 Palm Street, Flat 3, Amman 11118", "شارع النخيل ١٢، شقة ٣، عمّان"],
)
LONG = watched(2, "person", "Greta Lindqvist", address=["King Abdullah Road 7b"])
EYE = Eye(PALM, LONG)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we know 12 Palm Street", [1]),
        ("he lives at 12, palm st.", [1]),
        ("Palm Street no. 12 tonight", [1]),
        ("شارع النخيل 12", [1]),
        ("١٢ شارع النخيل", [1]),
        ("ساكن في شارع النخيل، بناية رقم ١٢", [1]),
        ("بشارع نخيل ١٢", [1]),
        ("12 share3 el nakheel", [1]),
        ("7B King Abdullah Rd", [2]),
        ("king abdullah street 7b", [2]),
        ("12 palm in Amman", [1]),
    ],
)
def test_an_address_is_found(text: str, expected: list[int]) -> None:
    matches = EYE.matches(text)
    assert [match.protectee for match in matches] == expected
    start, end = matches[0].span
    assert matches[0].how == "address"
    assert any(character.isdigit() for character in text[start:end])


@pytest.mark.parametrize(
    "text",
    [
        "12 palm trees",
        "13 Palm Street",
        "112 Palm Street",
        "Flat 3, Amman 11118",
        "3 Palm Street",
        "12 Oak Street",
        "7 King Abdullah Road",
        "شارع النخيل",
    ],
)
def test_another_address_is_not(text: str) -> None:
    assert EYE.ids(text) == []


_NAMES = st.sampled_from(["Palm", "Cedar Hill", "النخيل", "الملك حسين", "Old Mill Green", "زيتون"])


@given(
    name=_NAMES,
    number=st.integers(1, 9_999),
    first=st.booleans(),
    arabic_digits=st.booleans(),
    around=st.sampled_from(["{}", "tonight {} you die", "الليلة في {} سنأتي", "({})", "{}!"]),
)
def test_an_address_is_found_whatever_the_order_and_the_digits(
    name: str, number: int, first: bool, arabic_digits: bool, around: str
) -> None:
    arabic = name[0] > "\u0600"
    street = f"شارع {name}" if arabic else f"{name} Street"
    eye = Eye(watched(1, "place", "Somewhere", address=[f"{number} {street}"]))
    shown = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if arabic_digits else str(number)
    written = f"{shown} {street}" if first else f"{street} {shown}"
    assert eye.ids(around.format(written)) == [1]
    assert eye.ids(around.format(written.replace(shown, f"{shown}9"))) == []


def test_tokens_depend_on_the_installation() -> None:
    one = addresses.tokens(SECRET, "12 Palm Street")
    other = addresses.tokens(b"another key", "12 Palm Street")
    assert one.isdisjoint(other)
    assert {len(token) for token in one | other} == {16}


@pytest.mark.parametrize(
    "address", ["", "Palm Street", "12", "PO Box", "12, Amman", "Flat 3", "a " * 300 + "12"]
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(addresses.AddressError) as refused:
        addresses.tokens(SECRET, address)
    assert "Amman" not in str(refused.value)
    assert "house number" in str(refused.value)
