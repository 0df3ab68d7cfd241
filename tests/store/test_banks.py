"""Banks in the store: entries go in once under their normal form, come out as they were, expire."""

import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenfold.banks import KINDS, BankKind
from tenfold.detectors import bank_transfer, bank_values
from tenfold.detectors.bank_transfer import EntryFileError, Imported
from tenfold.detectors.bank_values import GivenEntry
from tenfold.store import banks, database
from tenfold.store.banks import Added, BankError, UnknownBankError
from tenfold.store.database import Conn


def make(conn: Conn, id: str = "ashen", kind: BankKind = "terms") -> None:
    banks.create(conn, id=id, kind=kind, title="The Ashen Banner", confidence=0.9)


def add(conn: Conn, *values: str | GivenEntry, bank: str = "ashen") -> Added:
    given = [GivenEntry(value=value) if isinstance(value, str) else value for value in values]
    good, refused = bank_values.check(banks.get(conn, bank).kind, given)
    assert not refused
    return banks.add_entries(conn, bank, good, "cli:test")


def values(conn: Conn, bank: str = "ashen") -> list[str]:
    return [entry.value for found in banks.load_banks(conn) if found.id == bank for entry in found.entries]


def test_a_bank_starts_empty_and_its_id_is_its_own(conn: Conn) -> None:
    make(conn)
    bank = banks.get(conn, "ashen")
    assert (bank.kind, bank.entries, bank.enabled, bank.marking) == ("terms", 0, True, "TLP:AMBER")
    with pytest.raises(BankError, match="already"):
        make(conn)
    with pytest.raises(BankError, match="no marking"):
        banks.create(conn, id="x", kind="terms", title="x", marking="SECRET")
    assert [found.id for found in banks.listing(conn)] == ["ashen"]


@pytest.mark.parametrize("id", ["none", "", "a\0b", "\ud800"])
def test_an_unknown_bank_is_said_to_be_unknown(conn: Conn, id: str) -> None:
    for use in (
        lambda: banks.get(conn, id),
        lambda: banks.add_entries(conn, id, [], "cli:test"),
        lambda: banks.remove_entries(conn, id, ["x"]),
        lambda: banks.set_enabled(conn, id, False),
        lambda: list(banks.stream(conn, id)),
    ):
        with pytest.raises(UnknownBankError):
            use()


@pytest.mark.parametrize(
    ("kind", "same", "other"),
    [
        ("terms", ["الراية الرمادية", "ألرَّايَةُ  الرماديه!", "#الراية_الرمادية"], "راية"),
        ("terms", ["Ashen Banner", "ASHEN  BÁNNER"], "ashenbanner"),
        ("urls", ["https://example.org/a/", "hxxp://www.Example[.]org/a#b"], "https://example.org/b"),
        ("domains", ["example.org", "https://www.Example.org/x"], "a.example.org"),
        ("texts", ["We rise, together", "we rise together"], "we rise"),
        ("meanings", ["Join us", "join us!"], "join them"),
    ],
)
def test_entries_are_one_when_their_normal_form_is(
    conn: Conn, kind: BankKind, same: list[str], other: str
) -> None:
    make(conn, kind=kind)
    assert add(conn, *same, other) == Added(added=2, duplicates=len(same) - 1)
    assert add(conn, *same) == Added(added=0, duplicates=len(same))
    assert len(values(conn)) == 2


def test_entries_keep_everything_they_came_with(conn: Conn) -> None:
    make(conn)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    given = GivenEntry(
        value="Ashen", label="name", confidence=0.5, provenance="desk", expires_at=until, marking="TLP:RED"
    )
    add(conn, given, "banner")
    first, second = banks.page(conn, "ashen")
    assert (first.key, first.value, first.label, first.confidence) == ("ashen", "Ashen", "name", 0.5)
    assert (first.provenance, first.marking, first.added_by, first.expires_at) == (
        "desk",
        "TLP:RED",
        "cli:test",
        until,
    )
    assert (second.confidence, second.marking, second.expires_at) == (None, None, None)
    assert banks.page(conn, "ashen", after="ashen") == [second]
    assert banks.page(conn, "ashen", limit=1) == [first]
    bank = banks.load_banks(conn)[0]
    assert (bank.id, bank.kind, round(bank.confidence, 6)) == ("ashen", "terms", 0.9)
    assert [(e.key, e.label, e.confidence) for e in bank.entries] == [
        ("ashen", "name", 0.5),
        ("banner", "", None),
    ]


def test_removing(conn: Conn) -> None:
    make(conn)
    add(conn, "a", "b", "c")
    assert banks.remove_entries(conn, "ashen", ["a", "c", "none", "x\0", "\ud800"]) == 2
    assert values(conn) == ["b"]


def test_a_disabled_bank_is_not_loaded(conn: Conn) -> None:
    make(conn)
    add(conn, "banner")
    assert banks.set_enabled(conn, "ashen", False)
    assert banks.load_banks(conn) == []
    assert not banks.set_enabled(conn, "ashen", False)
    assert banks.set_enabled(conn, "ashen", True)
    assert values(conn) == ["banner"]


def expire(conn: Conn, key: str) -> None:
    conn.execute("UPDATE bank_entries SET expires_at = now() - interval '1 s' WHERE key = %s", [key])


def test_an_expired_entry_matches_no_more_and_can_be_added_again(conn: Conn) -> None:
    make(conn)
    add(conn, GivenEntry(value="banner", label="old"), "ashen")
    before = banks.revision(conn)
    expire(conn, "banner")
    assert values(conn) == ["ashen"]
    assert banks.revision(conn) != before
    assert banks.get(conn, "ashen").expired == 1
    assert add(conn, GivenEntry(value="Banner", label="new"), "ashen") == Added(added=1, duplicates=1)
    assert values(conn) == ["ashen", "Banner"]
    assert [entry.label for entry in banks.page(conn, "ashen")] == ["", "new"]


def test_every_change_and_nothing_else_changes_the_revision(conn: Conn) -> None:
    seen = [banks.revision(conn)]
    steps: list[Callable[[], object]] = [
        lambda: make(conn),
        lambda: add(conn, "banner"),
        lambda: make(conn, "second"),
        lambda: add(conn, "ashen", bank="second"),
        lambda: banks.set_enabled(conn, "ashen", False),
        lambda: banks.set_enabled(conn, "ashen", True),
        lambda: banks.remove_entries(conn, "ashen", ["banner"]),
    ]
    for step in steps:
        step()
        seen.append(banks.revision(conn))
    assert len(set(seen)) == len(seen)
    banks.remove_entries(conn, "ashen", ["banner"])
    add(conn, "ashen", bank="second")
    banks.set_enabled(conn, "ashen", True)
    assert banks.revision(conn) == seen[-1]


def test_a_change_that_commits_late_is_seen(database_url: str) -> None:
    with database.connect(database_url) as early, database.connect(database_url) as late:
        make(early, "early")
        make(early, "late")
        early.commit()
        add(late, "banner", bank="late")  # takes its number first
        add(early, "banner", bank="early")
        early.commit()
        before = banks.revision(early)
        late.commit()
        assert banks.revision(early) != before


def test_writers_of_one_bank_take_turns(database_url: str) -> None:
    """Two writers add the same entries in opposite order: no deadlock, and each entry once."""
    words = [f"w{number}x" for number in range(500)]
    with database.connect(database_url) as conn:
        make(conn)
    results: list[Added] = []

    def write(order: list[str]) -> None:
        with database.connect(database_url) as conn:
            for start in range(0, 500, 50):
                results.append(add(conn, *order[start : start + 50]))

    threads = [threading.Thread(target=write, args=(order,)) for order in (words, words[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.added for result in results) == 500
    with database.connect(database_url) as conn:
        assert len(values(conn)) == 500


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        ("terms", GivenEntry(value="!!! 🔥"), "no letter or digit"),
        ("urls", GivenEntry(value="not a link"), "no web address"),
        ("domains", GivenEntry(value="co.uk"), "no domain"),
        ("texts", GivenEntry(value="..."), "no letter"),
        ("terms", GivenEntry(value="a\0b"), "U+0000"),
        ("terms", GivenEntry(value="a\ud800"), "surrogate"),
        ("terms", GivenEntry(value="a", label="x\0"), "U+0000"),
        ("terms", GivenEntry(value="word " * 1_000), "2,000 bytes"),
        ("texts", GivenEntry(value="word " * 5_000), "20,000 characters"),
        ("terms", GivenEntry(value="a", marking="SECRET"), "no marking"),
        ("terms", GivenEntry(value="a", expires_at=datetime(2020, 1, 1, tzinfo=UTC)), "expired already"),
        ("terms", GivenEntry(value="a", expires_at=datetime(2090, 1, 1)), "time zone"),
    ],
)
def test_what_no_bank_can_hold_is_refused_with_a_reason(
    kind: BankKind, given: GivenEntry, reason: str
) -> None:
    good, refused = bank_values.check(kind, [GivenEntry(value="https://example.org"), given])
    assert len(good) == 1
    assert [one.place for one in refused] == [1]
    assert reason in refused[0].reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    st.lists(st.text(st.characters(codec=None), min_size=1, max_size=30), max_size=8), st.sampled_from(KINDS)
)
def test_whatever_passes_the_check_can_be_kept(conn: Conn, texts: list[str], kind: BankKind) -> None:
    good, refused = bank_values.check(
        kind, [GivenEntry(value=text, label=text, provenance=text) for text in texts]
    )
    assert len(good) + len(refused) == len(texts)
    with conn.transaction(force_rollback=True):
        make(conn, kind=kind)
        assert banks.add_entries(conn, "ashen", good, "cli:test").added == len({entry.key for entry in good})
        assert {entry.value for entry in banks.page(conn, "ashen")} <= set(texts)


def import_(conn: Conn, path: Path) -> Imported:
    return list(bank_transfer.import_file(conn, "ashen", path, "cli:test"))[-1]


def test_import_of_csv_reports_by_line(conn: Conn, tmp_path: Path) -> None:
    make(conn)
    path = tmp_path / "terms.csv"
    path.write_text(
        "value,label,confidence,expires_at\n"
        "Ashen Banner,name,0.8,2090-01-01T00:00:00Z\n"
        '"الراية\nالرمادية",name,,\n'  # lines 3 and 4
        "ashen  banner,again,,\n"
        "!!!,,,\n"
        "banner,,2,\n"
        "banner,x\n"
        "\n"
        "banner,,,tomorrow\n",
        encoding="utf-8-sig",
    )
    result = import_(conn, path)
    assert (result.lines, result.added, result.duplicates, result.refused) == (7, 2, 1, 4)
    reasons = {one.line: one.reason for one in result.refused_lines}
    assert list(reasons) == [6, 7, 8, 10]
    assert "no letter" in reasons[6]
    assert "confidence" in reasons[7]
    assert "2 columns" in reasons[8]
    assert "expires_at" in reasons[10]
    assert [entry.confidence for entry in banks.page(conn, "ashen")] == pytest.approx([0.8, None])


def test_import_of_ndjson(conn: Conn, tmp_path: Path) -> None:
    make(conn)
    path = tmp_path / "terms.ndjson"
    path.write_text('{"value":"a"}\n\n{"value":"b","label":"x"}\n{"valu":"c"}\n[]\n{\n{"value":""}\n')
    result = import_(conn, path)
    assert (result.added, result.refused) == (2, 4)
    assert [one.line for one in result.refused_lines] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", b"", "empty"),
        ("x.csv", b"term\nbanner\n", "unknown columns 'term'"),
        ("x.csv", b"value,value\na,b\n", "doubled"),
        ("x.csv", "value\nالراية".encode("utf-16"), "UTF-16"),
        ("x.csv", b"value\n\xff\xfe\n", "not UTF-8"),
        ("x.csv", b'value\n"a\n', "line"),
        ("x.csv", b"value\n" + b"a" * 2_000_000, "line"),
        ("x.txt", b"a", "form is not known"),
        ("missing.csv", None, "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(
    conn: Conn, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    make(conn)
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EntryFileError, match=reason) as raised:
        import_(conn, path)
    assert str(path) in str(raised.value)


def test_a_large_import_goes_in_batches_and_can_be_run_again(conn: Conn, tmp_path: Path) -> None:
    make(conn)
    path = tmp_path / "many.csv"
    rows = [f"الكلمة {number % 20_000}" for number in range(25_000)]
    path.write_text("value\n" + "\n".join(rows))
    steps = list(bank_transfer.import_file(conn, "ashen", path, "cli:test"))
    assert [step.lines for step in steps] == [10_000, 20_000, 25_000]
    assert (steps[-1].added, steps[-1].duplicates, steps[-1].refused) == (20_000, 5_000, 0)
    assert import_(conn, path).duplicates == 25_000
    assert banks.get(conn, "ashen").entries == 20_000


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_what_is_exported_can_be_imported(conn: Conn, tmp_path: Path, form: str) -> None:
    make(conn)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    add(
        conn,
        GivenEntry(
            value='The "Ashen",\nBanner', label="name", confidence=0.25, expires_at=until, marking="TLP:RED"
        ),
        GivenEntry(value="الراية الرمادية", provenance="مكتب"),
    )
    file = io.StringIO()
    write = bank_transfer.write_csv if form == "csv" else bank_transfer.write_ndjson
    assert write(banks.stream(conn, "ashen"), file) == 2
    path = tmp_path / f"out.{form}"
    path.write_text(file.getvalue(), newline="")
    before = banks.page(conn, "ashen")
    banks.remove_entries(conn, "ashen", [entry.key for entry in before])
    assert import_(conn, path).added == 2
    assert banks.page(conn, "ashen") == before
