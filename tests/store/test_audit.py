"""The audit chain finds every change that is made to it."""

import hashlib
import threading
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import RaiseException

from tenfold.store import audit, database
from tenfold.store.audit import Entry, Row
from tenfold.store.database import Conn

SECRET = b"0123456789abcdef0123456789abcdef"
ENTRIES = [
    Entry(actor=f"user:{n}", act="case.decided", subject=f"case:{n}", details={"ground": "TVEC1", "n": n})
    for n in range(1, 6)
]


@pytest.fixture
def chain(conn: Conn) -> Conn:
    """A chain of five rows, whose guard against mistakes is off: here somebody means it."""
    audit.append(conn, ENTRIES[:2])
    audit.append(conn, ENTRIES[2:])
    conn.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
    return conn


def test_an_untouched_chain_holds(chain: Conn) -> None:
    result = audit.verify(chain)
    assert result.intact
    assert result.rows == 5


def test_an_empty_chain_holds(conn: Conn) -> None:
    assert audit.verify(conn).intact


def test_rows_read_back_as_they_were_appended(chain: Conn) -> None:
    rows = list(audit.stream(chain))
    assert [(row.actor, row.act, row.subject, row.details) for row in rows] == [
        (entry.actor, entry.act, entry.subject, entry.details) for entry in ENTRIES
    ]
    assert [row.seq for row in audit.stream(chain, subject="case:3")] == [3]
    assert [row.seq for row in audit.stream(chain, actor="user:4")] == [4]


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor = 'user:9'",
        "act = 'case.viewed'",
        "subject = 'case:99'",
        'details = \'{"ground": "TVEC0"}\'',
        "details = '{}'",
        "previous = decode(repeat('ab', 32), 'hex')",
        "hash = decode(repeat('ab', 32), 'hex')",
        "seq = seq + 100",
    ],
)
def test_any_changed_field_of_any_row_is_found(chain: Conn, seq: int, change: str) -> None:
    chain.execute(f"UPDATE audit SET {change} WHERE seq = {seq}")
    result = audit.verify(chain)
    assert not result.intact
    assert result.rows == seq - 1


def test_a_deleted_row_is_found(chain: Conn) -> None:
    chain.execute("DELETE FROM audit WHERE seq = 3")
    result = audit.verify(chain)
    assert (result.rows, result.broken) == (2, 4)


def test_a_deleted_first_row_is_found(chain: Conn) -> None:
    chain.execute("DELETE FROM audit WHERE seq = 1")
    assert audit.verify(chain).rows == 0
    assert not audit.verify(chain).intact


def test_a_deleted_row_is_found_when_the_others_are_renumbered(chain: Conn) -> None:
    chain.execute("DELETE FROM audit WHERE seq = 3")
    chain.execute("UPDATE audit SET seq = 3 WHERE seq = 4")
    chain.execute("UPDATE audit SET seq = 4 WHERE seq = 5")
    assert audit.verify(chain).broken == 3


def test_an_inserted_row_is_found(chain: Conn) -> None:
    chain.execute("UPDATE audit SET seq = 7 WHERE seq = 5")
    chain.execute("UPDATE audit SET seq = 6 WHERE seq = 4")
    chain.execute("UPDATE audit SET seq = 5 WHERE seq = 7")
    chain.execute(
        "INSERT INTO audit SELECT 4, at, actor, act, subject, details, hash, hash FROM audit WHERE seq = 3"
    )
    assert audit.verify(chain).broken == 4


def test_swapped_rows_are_found(chain: Conn) -> None:
    chain.execute("UPDATE audit SET seq = 100 WHERE seq = 2")
    chain.execute("UPDATE audit SET seq = 2 WHERE seq = 3")
    chain.execute("UPDATE audit SET seq = 3 WHERE seq = 100")
    assert audit.verify(chain).broken == 2


def test_a_cut_off_end_is_found_with_a_checkpoint(chain: Conn) -> None:
    mark = audit.checkpoint(chain, SECRET)
    chain.execute("DELETE FROM audit WHERE seq > 3")
    assert audit.verify(chain).intact, "without a checkpoint nothing tells that there was more"
    result = audit.verify(chain, mark)
    assert (result.rows, result.broken) == (3, 4)


def test_a_chain_written_anew_is_found_with_a_checkpoint(chain: Conn) -> None:
    mark = audit.checkpoint(chain, SECRET)
    chain.execute("DELETE FROM audit")
    audit.append(chain, [msgspec.structs.replace(entry, actor="user:9") for entry in ENTRIES])
    assert audit.verify(chain).intact
    assert audit.verify(chain, mark).broken == 5


def test_a_checkpoint_stays_good_while_the_chain_grows(chain: Conn) -> None:
    mark = audit.checkpoint(chain, SECRET)
    audit.append(chain, ENTRIES)
    assert audit.verify(chain, mark).intact


def test_a_forged_checkpoint_is_told_from_ours(chain: Conn) -> None:
    mark = audit.checkpoint(chain, SECRET)
    assert audit.is_ours(mark, SECRET)
    assert not audit.is_ours(msgspec.structs.replace(mark, seq=4), SECRET)
    assert not audit.is_ours(msgspec.structs.replace(mark, hash="00" * 32), SECRET)
    assert not audit.is_ours(mark, b"another secret of at least 32 bytes")


def test_the_guard_stops_mistakes(conn: Conn) -> None:
    audit.append(conn, ENTRIES)
    for statement in ("UPDATE audit SET actor = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(RaiseException, match="only ever appended"), conn.transaction():
            conn.execute(statement)


def test_appending_at_once_makes_one_chain(database_url: str) -> None:
    def work() -> None:
        with database.connect(database_url) as connection:
            for _ in range(20):
                audit.append(connection, ENTRIES[:3])
                connection.commit()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect(database_url) as connection:
        result = audit.verify(connection)
        assert result.intact
        assert result.rows == 4 * 20 * 3


texts = st.text('ab:1 "رﷺ😀\n', max_size=6)
plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts
json_values = plain.filter(lambda value: value not in (float("inf"), float("-inf"))) | st.lists(texts)


def _chain_of(entries: list[Entry]) -> list[Row]:
    """A chain as an export holds it: written by hand from the documented form, not by the code under test."""
    rows: list[Row] = []
    previous = "0" * 64
    for seq, entry in enumerate(entries, 1):
        body: dict[str, Any] = {
            "seq": seq,
            "at": "2026-03-01T12:00:00.000000Z",
            "actor": entry.actor,
            "act": entry.act,
            "subject": entry.subject,
            "details": entry.details,
            "previous": previous,
        }
        hashed = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
        rows.append(Row(**body, hash=hashed))
        previous = hashed
    return rows


@given(
    entries=st.lists(
        st.builds(
            Entry,
            actor=texts,
            act=texts,
            subject=texts,
            details=st.dictionaries(texts, json_values, max_size=2),
        ),
        min_size=1,
        max_size=4,
    ),
    data=st.data(),
)
def test_any_tampered_field_of_an_export_is_found(entries: list[Entry], data: st.DataObject) -> None:
    rows = _chain_of(entries)
    assert audit.verify_rows(rows).intact
    index = data.draw(st.integers(0, len(rows) - 1))
    field = data.draw(st.sampled_from(Row.__struct_fields__))
    old = getattr(rows[index], field)
    strategy: st.SearchStrategy[Any] = texts
    if field == "seq":
        strategy = st.integers(0, 100)
    elif field == "details":
        strategy = st.dictionaries(texts, json_values, max_size=3)
    new = data.draw(strategy)
    if msgspec.json.encode(new, order="sorted") == msgspec.json.encode(old, order="sorted"):
        return
    rows[index] = msgspec.structs.replace(rows[index], **{field: new})
    assert not audit.verify_rows(rows).intact


def test_details_of_every_shape_survive_the_store(conn: Conn) -> None:
    odd = {
        "float": 1e22,
        "small": 1e-7,
        "one": 1.0,
        "arabic": "الراية الرمادية",
        "quote": '"\\\n',
        "deep": [{"b": 1, "a": None}],
    }
    audit.append(conn, [Entry(actor="system", act="test", subject="مستخدم:٣", details=odd)])
    assert audit.verify(conn).intact
    assert next(iter(audit.stream(conn))).details == odd
