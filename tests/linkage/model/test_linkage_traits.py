"""Faith, ethnicity, dialect, country and language are never evidence."""

import itertools

import pytest

from tenfold.fingerprint import Fingerprint
from tests.linkage.model.people import closed_account, judged, other_account

BIOS = {
    "Arabic, devout": "مسلم والحمد لله، من حلب، أحب القراءة",
    "Arabic, dialect": "شو بدي قول، شامي وبحب القهوة كتير",
    "English, devout": "Christian, from Ohio, reader of long novels",
    "English, plain": "Retired postman who paints ships at weekends",
    "Arabizi": "ana mn masr w b7eb el kora w el shay",
}
NAMES = {"Arabic": ("طارق الحداد", "سمير النجار"), "Latin": ("Peter Hollis", "Gwen Mallory")}


def pair(first: dict[str, object], second: dict[str, object]) -> tuple[Fingerprint, Fingerprint]:
    return closed_account(**first), other_account(**second)


def test_strangers_who_speak_of_like_or_other_faith_tongue_or_place_score_the_same():
    bits = {
        (one, other): judged(*pair({"bios": (BIOS[one],)}, {"bios": (BIOS[other],)})).bits
        for one, other in itertools.permutations(BIOS, 2)
    }
    assert len(set(bits.values())) == 1, bits


def test_strangers_of_one_name_culture_score_as_those_of_two():
    bits = {
        (one, other): judged(*pair({"names": (NAMES[one][0],)}, {"names": (NAMES[other][1],)})).bits
        for one, other in itertools.product(NAMES, repeat=2)
    }
    assert len(set(bits.values())) == 1, bits


@pytest.mark.parametrize("accounts", [2, 50, 5_000])
def test_a_name_as_rare_among_its_like_counts_the_same_in_either_script(accounts: int):
    shown = {
        name: judged(*pair({"names": (name,)}, {"names": (name,)}), accounts=accounts).bits
        for name in ("طارق الحداد", "Gwen Mallory")
    }
    assert len(set(shown.values())) == 1, shown


def test_texts_of_others_in_the_same_tongue_are_no_shared_texts():
    arabic = judged(*pair({"texts": (11, 12)}, {"texts": (13, 14)}))
    english = judged(*pair({"texts": (21, 22)}, {"texts": (23, 24)}))
    assert arabic.bits == english.bits
    assert "text" not in {item.kind for item in arabic.items if item.bits > 0}


def test_no_kind_of_evidence_is_such_a_trait():
    from tenfold.linkage.kinds import Kind

    forbidden = (
        "faith",
        "religion",
        "ethnic",
        "dialect",
        "country",
        "language",
        "script",
        "location",
        "zone",
    )
    assert not [kind.name for kind in Kind if any(word in kind.name.lower() for word in forbidden)]
