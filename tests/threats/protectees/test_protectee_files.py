"""CSV files of protectees: as people save them, whole or not at all, told line by line."""

import io

import pytest

from tenfold.store import protectees
from tenfold.store.database import Conn
from tenfold.threats.protectees import tables
from tenfold.threats.protectees.importing import Imported, export_csv, import_csv
from tests.threats.protectees.watching import SECRET

FILE = """key,kind,name,names,handles,addresses,cities,member_of,contact,starts_at
hr-1,person,Karim Nasser,كريم ناصر|K. Nasser,karim_n,"12 Palm Street, Flat 3|شارع النخيل ١٢",Amman,t-1,desk,
hr-2,person,Greta Lindqvist,,,,,t-1,,2026-03-01T00:00:00Z
t-1,team,Redwood Support,دعم ريدوود,,,,,,
"""
ARABIC = """المعرف;النوع;الاسم;أسماء أخرى;المدينة;الفريق
م-1;شخص;كريم ناصر;Karim Nasser;عمّان;ف-1
ف-1;فريق;دعم ريدوود;;;
"""


def take(conn: Conn, text: str | bytes) -> Imported:
    return import_csv(conn, text if isinstance(text, bytes) else text.encode(), SECRET, "user:1")


def test_a_file_is_kept_and_keeps_its_memberships(conn: Conn) -> None:
    report = take(conn, FILE)
    assert (report.rows, report.added, report.changed, report.unchanged, report.faults) == (3, 3, 0, 0, [])
    kept = protectees.by_key(conn, ["hr-1", "hr-2", "t-1"])
    assert kept["hr-1"].member_of == kept["hr-2"].member_of == kept["t-1"].id
    assert kept["hr-1"].names == ["كريم ناصر", "K. Nasser"]
    assert kept["hr-1"].addresses == 2


def test_a_file_is_a_part_of_the_callers_transaction(conn: Conn) -> None:
    take(conn, FILE)
    conn.rollback()
    assert protectees.page(conn) == []


def test_the_same_file_again_changes_nothing(conn: Conn) -> None:
    take(conn, FILE)
    before = protectees.revision(conn)
    report = take(conn, FILE)
    assert (report.added, report.changed, report.unchanged, report.ids) == (0, 0, 3, [])
    assert protectees.revision(conn) == before


def test_a_changed_row_changes_what_its_columns_say_and_nothing_else(conn: Conn) -> None:
    take(conn, FILE)
    report = take(conn, "key,kind,name,handles\nhr-1,person,Karim Nassar,\n")
    kept = protectees.by_key(conn, ["hr-1"])["hr-1"]
    assert (report.changed, report.ids) == (1, [kept.id])
    assert (kept.name, kept.handles, kept.contact, kept.addresses) == ("Karim Nassar", [], "desk", 2)
    assert kept.member_of is not None
    take(conn, "key,kind,name,member_of\nhr-1,person,Karim Nassar,\n")
    assert protectees.by_key(conn, ["hr-1"])["hr-1"].member_of is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_separators_and_arabic_headers(conn: Conn, encoding: str, end: str) -> None:
    report = take(conn, ARABIC.replace("\n", end).encode(encoding))
    assert (report.added, report.faults) == (2, [])
    kept = protectees.by_key(conn, ["م-1", "ف-1"])
    assert (kept["م-1"].kind, kept["م-1"].cities, kept["م-1"].member_of) == (
        "person",
        ["عمّان"],
        kept["ف-1"].id,
    )
    assert take(conn, ARABIC.replace(";", "\t").encode()).unchanged == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("key,kind\n", "no column 'name'"),
        ("key,kind,name,dog\n", "line 1, column 4: 'dog'"),
        ("key,id,kind,name\n", "line 1, column 2: 'id' says the same"),
        ('key,kind,name\nhr-1,person,"open\n', "row that begins on line 2"),
        (b"key,kind,name\nhr-1,person," + "كريم".encode("windows-1256"), "line 2, byte"),
        (b"\xff\xfe\x00", "UTF-16"),
    ],
)
def test_files_that_cannot_be_read_say_where_and_what_to_do(
    conn: Conn, text: str | bytes, message: str
) -> None:
    with pytest.raises(tables.TableError, match=message):
        take(conn, text)


def test_faults_are_told_by_line_and_column_and_nothing_is_kept(conn: Conn) -> None:
    text = (
        "key,kind,name,domains,addresses,member_of,starts_at\n"
        "hr-1,person,Karim Nasser,,,,\n"
        '\nhr-2,dog,"Two\nlines",,,,\n'
        "hr-3,person,,,,,\n"
        "hr-4,person,Four Persons,not a domain,,,\n"
        "hr-5,person,Five Persons,,Secret Lane,,\n"
        "hr-6,person,Six Persons,,,nobody,\n"
        "hr-7,person,Seven Persons,,,hr-1,\n"
        "hr-8,person,Eight Persons,,,,tomorrow\n"
        "hr-1,person,Again Nasser,,,,\n"
        "hr-9,person\n"
    )
    report = take(conn, text)
    assert sorted((fault.line, fault.column) for fault in report.faults) == [
        (4, "kind"),
        (6, "name"),
        (7, "domains"),
        (8, "addresses"),
        (9, "member_of"),
        (10, "member_of"),
        (11, "starts_at"),
        (12, "key"),
        (13, ""),
    ]
    assert "Secret" not in str(report.faults)
    assert (report.added, report.ids) == (0, [])
    assert protectees.page(conn) == []


def test_only_the_first_faults_are_told(conn: Conn) -> None:
    report = take(conn, "key,kind,name\n" + "".join(f"k{i},dog,x\n" for i in range(1_000)))
    assert len(report.faults) == tables.MAX_FAULTS


def test_an_export_is_what_an_import_takes(conn: Conn) -> None:
    take(conn, FILE)
    take(conn, "key,kind,name,note,active\nx,place,Meridian Tower,=1+1,no\n")
    out = io.StringIO()
    assert export_csv(conn, out) == 4
    assert "Palm" not in out.getvalue()
    assert "'=1+1" in out.getvalue()
    report = take(conn, out.getvalue())
    assert (report.added, report.changed, report.unchanged) == (0, 0, 4)
    assert protectees.by_key(conn, ["hr-1"])["hr-1"].addresses == 2
    assert not protectees.by_key(conn, ["x"])["x"].active
