"""Reading and splitting the training data."""

from pathlib import Path

import pytest

from tenfold.linkage.name_pairs import FILE, read_pairs

LINES = "khaled\tخ ا ل د\t3\nkhalid\tخ ا ل د\t9\nḤāmid\tح ا م د\t1\n123\t٥\t1\n"


def write(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_spellings_become_letters_and_empty_ones_go(tmp_path: Path) -> None:
    pairs = read_pairs(write(tmp_path, LINES))
    assert [(pair.latin_letters, pair.arabic_letters) for pair in pairs] == [
        ("khaled", "خالد"),
        ("khalid", "خالد"),
        ("hamid", "حامد"),
    ]


def test_names_that_share_a_spelling_are_in_one_part(tmp_path: Path) -> None:
    chain = "".join(f"name{'abcdefghij'[i]}\t{letter} ل\t1\n" for i, letter in enumerate("اااابببببب"))
    pairs = read_pairs(write(tmp_path, chain + "namea\tب ل\t1\n"))
    assert len({pair.part for pair in pairs}) == 1


def test_the_split_is_the_same_each_time_and_has_all_parts(tmp_path: Path) -> None:
    letters = "abdfhklmnrst"
    lines = "".join(
        f"{a}{b}{c}\t{x} {y}\t1\n"
        for a, x in zip(letters, "ابدفهكلمنرست", strict=True)
        for b, y in zip(letters, "ابدفهكلمنرست", strict=True)
        for c in "e"
    )
    first = read_pairs(write(tmp_path, lines))
    assert first == read_pairs(tmp_path)
    assert {pair.part for pair in first} == {"train", "choice", "test"}


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"wd_arabic.* is not there"):
        read_pairs(tmp_path)


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 2: 1 fields"):
        read_pairs(write(tmp_path, "khaled\tخ ا ل د\t3\nbroken\n"))
