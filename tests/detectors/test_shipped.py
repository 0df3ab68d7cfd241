"""The shipped banks can be read, are fictional, and go into the database once."""

import unicodedata
from pathlib import Path

import pytest

from tenfold.detectors import shipped
from tenfold.detectors.shipped import BankFile, BankFileError
from tenfold.detectors.text.suite import TextSuite
from tenfold.store import banks, database
from tenfold.store.database import Conn

IDS = [
    "ashen-banner-domains",
    "ashen-banner-meanings",
    "ashen-banner-statements",
    "ashen-banner-terms",
    "ashen-banner-urls",
    "ashen-banner-vocabulary",
    "fundraising-cues",
    "recruitment-cues",
]
GOOD = "bank: b\nkind: terms\ntitle: T\nentries:\n  name: [one, two]\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "b.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_banks_are_these_and_say_where_they_come_from() -> None:
    files = shipped.bank_files()
    assert sorted(file.bank for file in files) == IDS
    assert {file.provenance for file in files} == {"shipped with Tenfold; fictional"}
    labels = {label for file in files for label in file.entries}
    own = {"name", "sign", "slogan", "imagery", "statement"}
    assert labels == own | {"recruitment", "fundraising", "praise", "threat", "contrast"}


def test_no_entry_is_there_twice_and_every_address_is_one_that_cannot_exist() -> None:
    for bank in shipped.banks():
        keys = [entry.key for entry in bank.entries]
        assert len(keys) == len(set(keys)), bank.id
        if bank.kind in ("urls", "domains"):
            for entry in bank.entries:
                host = entry.value.removeprefix("https://").split("/")[0]
                assert host.endswith((".example", ".test")), entry.value


@pytest.mark.parametrize("file", shipped.bank_files(), ids=lambda file: file.bank)
def test_arabic_has_as_much_as_english(file: BankFile) -> None:
    if file.kind in ("urls", "domains"):
        return
    for label, values in file.entries.items():
        arabic = sum(unicodedata.bidirectional(value[0]) == "AL" for value in values)
        assert arabic >= len(values) * 0.3, label


def test_install_puts_every_bank_in_and_does_it_once(conn: Conn) -> None:
    assert sorted(shipped.install(conn)) == IDS
    revision = banks.revision(conn)
    assert shipped.install(conn) == []
    assert banks.revision(conn) == revision
    loaded = {bank.id: bank for bank in banks.load_banks(conn)}
    for bank in shipped.banks():
        assert loaded[bank.id].kind == bank.kind
        assert {entry.value for entry in loaded[bank.id].entries} == {entry.value for entry in bank.entries}


def test_install_leaves_a_bank_as_its_owners_made_it(conn: Conn) -> None:
    shipped.install(conn)
    kept = banks.page(conn, "ashen-banner-domains")[0]
    banks.remove_entries(conn, "ashen-banner-domains", [kept.key])
    banks.set_enabled(conn, "recruitment-cues", False)
    assert shipped.install(conn) == []
    assert kept.key not in {entry.key for entry in banks.page(conn, "ashen-banner-domains")}
    assert not banks.get(conn, "recruitment-cues").enabled


def test_processes_that_install_at_the_same_time_take_turns(database_url: str) -> None:
    with database.connect(database_url) as one, database.connect(database_url) as other:
        shipped.install(one)
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            shipped.install(other)
        other.rollback()
        one.commit()
        assert shipped.install(other) == []


def test_a_suite_of_loaded_banks_is_only_rebuilt_where_they_changed(conn: Conn) -> None:
    shipped.install(conn)
    suite = TextSuite(banks.load_banks(conn))
    banks.set_enabled(conn, "ashen-banner-domains", False)
    updated = suite.updated(banks.load_banks(conn))
    assert updated._meanings is suite._meanings
    assert updated._urls is not suite._urls


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bank: [", "b.yaml"),
        (GOOD.replace("terms", "words"), "words"),
        (GOOD.replace("bank: b", "bank: Ashen Banner"), "bank"),
        (GOOD + "colour: grey\n", "colour"),
        (GOOD.replace("entries:\n  name: [one, two]\n", ""), "entries"),
        (GOOD.replace("[one, two]", "[1, 2]"), "entries"),
        ("just text", "b.yaml"),
        ("", "b.yaml"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_name(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BankFileError, match=r"b\.yaml") as caught:
        shipped.read(write(tmp_path, text))
    assert says in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BankFileError, match=r"none\.yaml"):
        shipped.read(tmp_path / "none.yaml")


def test_an_entry_that_would_match_nothing_is_refused(tmp_path: Path) -> None:
    file = shipped.read(write(tmp_path, GOOD.replace("two", "'!!'")))
    with pytest.raises(BankFileError, match="!!"):
        shipped.entries(file)
