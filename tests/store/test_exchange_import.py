"""Lists of exchanges in banks: taken in whole or not at all, again without effect, updated and withdrawn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from tenfold.cli import banks as cli
from tenfold.cli.common import CommandError
from tenfold.detectors import bank_values
from tenfold.detectors.bank_values import GivenEntry
from tenfold.detectors.exchanges import importing
from tenfold.detectors.exchanges.importing import ListImported
from tenfold.store import audit, banks, exchanges, media_contents, media_hashes
from tenfold.store.banks import BankError, StoredEntry
from tenfold.store.database import Conn

PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
MD5 = "0f343b0931126a20f133d67c2b018a3b"
LATE = 1_700_000_000


@pytest.fixture
def bank(conn: Conn) -> str:
    banks.create(conn, id="ashen-list", kind="media", title="A list", marking="TLP:GREEN", confidence=0.6)
    conn.commit()
    return "ashen-list"


@pytest.fixture
def take(conn: Conn, bank: str, tmp_path: Path) -> Callable[..., ListImported]:
    def take(*rows: dict[str, Any], format_: Any = "tat") -> ListImported:
        path = tmp_path / "list.json"
        path.write_text(json.dumps({"results" if format_ == "tat" else "data": rows}))
        *_, last = [*importing.import_list(conn, bank, path, format_)] or [
            ListImported(bank=bank, format=format_)
        ]
        conn.commit()
        return last

    return take


def row(id_: int = 1, digest: str = PDQ, updated: float = LATE, **more: Any) -> dict[str, Any]:
    given = {"id": id_, "hash_digest": digest, "algorithm": "PDQ" if len(digest) == 64 else "MD5"}
    return given | {"updated_on": updated, "deleted": False, "file_type": "png"} | more


def entries(conn: Conn) -> list[StoredEntry]:
    return list(banks.stream(conn, "ashen-list"))


def counts(result: ListImported) -> tuple[int, int, int, int, int]:
    return result.new, result.changed, result.ended, result.unchanged, result.refused


def test_a_list_becomes_entries_that_match(conn: Conn, take: Callable[..., ListImported]) -> None:
    result = take(row(ideology="far-right"), row(2, MD5), row(3, "a" * 40, algorithm="SHA1"))
    assert (counts(result), result.not_held) == ((3, 0, 0, 0, 0), {"SHA1": 1})
    md5, pdq = entries(conn)
    assert (pdq.value, pdq.label, pdq.confidence, pdq.marking) == (f"pdq:{PDQ}", "far-right", None, None)
    assert (pdq.provenance, pdq.added_by) == ("Tech Against Terrorism hash list, png", "exchange:tat")
    assert md5.value == f"md5:{MD5}"
    assert [one.confidence for one in media_hashes.by_digest(conn, [MD5])["md5", MD5]] == [pytest.approx(0.6)]
    exchange = exchanges.by_name(conn, "ASHEN_LIST")
    assert exchange is not None and exchange.newest_at is not None
    assert (exchange.api, exchange.records, exchange.newest_at.timestamp()) == ("tat", 3, LATE)


def test_again_changes_nothing(conn: Conn, take: Callable[..., ListImported]) -> None:
    take(row(), row(2, MD5))
    before = (entries(conn), banks.get(conn, "ashen-list").revision)
    assert counts(take(row(), row(2, MD5), row(2, MD5))) == (0, 0, 0, 3, 0)
    assert (entries(conn), banks.get(conn, "ashen-list").revision) == before


def test_updates_and_withdrawals_by_the_exchanges_own_id(
    conn: Conn, take: Callable[..., ListImported]
) -> None:
    take(row(), row(2, MD5))
    other = PDQ[::-1]
    assert counts(
        take(row(1, other, LATE + 1, ideology="islamist"), row(2, MD5, LATE + 1, deleted=True))
    ) == (
        *(0, 1, 1, 0),
        0,
    )
    assert [(entry.value, entry.label) for entry in entries(conn)] == [(f"pdq:{other}", "islamist")]
    assert media_hashes.by_digest(conn, [MD5]) == {}


def test_an_older_list_brings_nothing_back(conn: Conn, take: Callable[..., ListImported]) -> None:
    take(row(deleted=True), row(2, MD5, LATE, ideology="new"))
    assert counts(take(row(1, updated=LATE - 5), row(2, MD5, LATE - 5, ideology="old"))) == (0, 0, 0, 2, 0)
    assert [(entry.value, entry.label) for entry in entries(conn)] == [(f"md5:{MD5}", "new")]
    take(row(2, MD5, LATE + 9, ideology="new"))
    take(row(2, MD5, LATE + 5, ideology="between"))
    assert [entry.label for entry in entries(conn)] == ["new"]


def test_an_entry_stands_while_one_record_does(conn: Conn, take: Callable[..., ListImported]) -> None:
    take(row(1), row(2), row(3, PDQ.upper()))
    assert len(entries(conn)) == 1
    take(row(1, deleted=True), row(3, PDQ.upper(), deleted=True))
    assert len(entries(conn)) == 1
    take(row(2, deleted=True))
    assert entries(conn) == []
    assert counts(take(row(2, updated=LATE + 1))) == (0, 1, 0, 0, 0)
    assert len(entries(conn)) == 1


def test_what_several_records_say_is_merged(conn: Conn, take: Callable[..., ListImported]) -> None:
    said = {"raw_indicator": PDQ, "type": "HASH_PDQ", "status": "MALICIOUS"}
    take(
        said
        | {
            "id": 1,
            "confidence": 40,
            "share_level": "AMBER",
            "expired_on": "2050-01-01T00:00:00Z",
            "tags": ["b"],
        },
        said
        | {
            "id": 2,
            "confidence": 80,
            "share_level": "WHITE",
            "expired_on": "2060-01-01T00:00:00Z",
            "tags": ["c"],
        },
        said | {"id": 3, "confidence": 99, "expired_on": "2001-01-01T00:00:00Z", "tags": ["a"]},
        said | {"id": 4, "confidence": 99, "status": "NON_MALICIOUS"},
        format_="fb_threatexchange",
    )
    (entry,) = entries(conn)
    assert entry.expires_at is not None and entry.confidence is not None
    assert (entry.label, round(entry.confidence, 2), entry.marking, entry.expires_at.year) == (
        *("b", 0.8, "TLP:AMBER"),
        2060,
    )
    take(said | {"id": 1, "status": "NON_MALICIOUS"}, format_="fb_threatexchange")
    (entry,) = entries(conn)
    assert (entry.label, entry.marking) == ("c", "TLP:CLEAR")
    opinions = conn.execute(
        "SELECT state, opinions FROM exchange_records WHERE id = 'descriptor 4'"
    ).fetchone()
    assert opinions == ("disputed", [{"source": "", "verdict": "disagrees", "tags": []}])


def test_entries_of_people_stay(conn: Conn, take: Callable[..., ListImported], bank: str) -> None:
    good, _ = bank_values.check("media", [GivenEntry(value=f"pdq:{PDQ}", label="ours")])
    banks.add_entries(conn, bank, good, "cli:test")
    take(row(ideology="theirs"))
    assert [entry.label for entry in entries(conn)] == ["ours"]
    take(row(updated=LATE + 1, deleted=True))
    assert [entry.label for entry in entries(conn)] == ["ours"]
    conn.execute("UPDATE bank_entries SET expires_at = now() - interval '1 day'")
    take(row(updated=LATE + 2, ideology="theirs"))
    assert [(entry.label, entry.added_by) for entry in entries(conn)] == [("theirs", "exchange:tat")]


def test_an_entry_that_was_disabled_here_stays_so(
    conn: Conn, take: Callable[..., ListImported], bank: str
) -> None:
    take(row(1, MD5))
    content = media_contents.by_key(conn, bank, f"md5:{MD5}")
    assert content is not None
    media_contents.disable(conn, content.id, None, forever=True)
    assert counts(take(row(1, MD5, LATE + 1, ideology="another"))) == (0, 1, 0, 0, 0)
    assert [entry.label for entry in entries(conn)] == ["another"]
    assert media_hashes.by_digest(conn, [MD5]) == {}


def test_bad_records_are_told_and_left_out(conn: Conn, take: Callable[..., ListImported]) -> None:
    result = take(
        row(1, "xyz", algorithm="PDQ"),
        row(2, MD5),
        row(3, "0" * 64),
        {"id": 4},
        row(5, ideology="a\0b"),
        row(6, id="\ud800"),
        row(7, id="x" * 501),
    )
    assert (counts(result), len(entries(conn))) == ((1, 0, 0, 0, 6), 1)
    reasons = [one.reason for one in result.refused_lines]
    for reason, part in zip(
        reasons,
        ["hexadecimal digits", "blank", "hash_digest", "U+0000", "surrogate", "id is longer"],
        strict=True,
    ):
        assert part in reason


def test_a_bank_holds_one_exchanges_list(conn: Conn, take: Callable[..., ListImported], bank: str) -> None:
    take(row())
    with pytest.raises(
        BankError, match="holds the list of tat; make a bank of its own for that of fb_threat"
    ):
        take({"raw_indicator": PDQ, "type": "HASH_PDQ"}, format_="fb_threatexchange")


versions = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1, 5),
        st.sampled_from([PDQ, MD5, PDQ[::-1]]),
        st.booleans(),
        st.sampled_from(["", "x", "y"]),
    ),
    max_size=8,
    unique_by=lambda version: version[:2],
)


@given(versions=versions, order=st.randoms(use_true_random=False), cut=st.integers(0, 8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_lists_come_the_newest_word_stands(
    conn: Conn, take: Callable[..., ListImported], versions: list[Any], order: Any, cut: int
) -> None:
    conn.execute("DELETE FROM exchanges")
    conn.execute("DELETE FROM bank_entries")
    rows = [
        row(id_, digest, LATE + at, deleted=gone, ideology=label) for id_, at, digest, gone, label in versions
    ]
    newest = {one["id"]: one for one in sorted(rows, key=lambda one: one["updated_on"])}
    order.shuffle(rows)
    take(*rows[:cut])
    take(*rows[cut:])
    standing = sorted((one for one in newest.values() if not one["deleted"]), key=lambda one: one["id"])
    expected: dict[str, str] = {}
    for one in standing:
        expected.setdefault(f"{one['algorithm'].lower()}:{one['hash_digest']}", one["ideology"])
    assert {entry.value: entry.label for entry in entries(conn)} == expected
    hashes = conn.execute("SELECT kind || ':' || encode(hash, 'hex') FROM media_hashes").fetchall()
    assert {text for (text,) in hashes} == expected.keys()


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)

    def run(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(cli.app, list(arguments))
        if isinstance(result.exception, CommandError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return run


def test_the_commands_take_lists_in_and_give_them_out(
    conn: Conn, bank: str, run: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"pdq {PDQ}\nvideo_md5 {MD5}\ntrend_query abc\nbad\n")
    told = run("import", bank, str(path), "--format", "local_file", status=1)
    assert f"{path}: line 4: 'bad'" in told.stderr
    assert "1 hashes of kind 'trend_query' are not held" in told.stderr
    assert "3 new, 0 changed, 0 ended, 0 known already, 1 refused (local_file)" in told.stdout
    assert json.loads(run("import", bank, str(path), "--json", status=1).stdout)["unchanged"] == 3
    assert [entry.act for entry in audit.stream(conn)] == ["bank.list_imported"] * 2
    assert run("export", bank, "--format", "local_file").stdout == f"video_md5 {MD5}\npdq {PDQ}\n"
    out = tmp_path / "out.json"
    assert "2 hashes written" in run("export", bank, str(out), "--format", "fb_threatexchange").stderr
    run("create", "copy", "--kind", "media", "--title", "A copy")
    run("add", bank, f"sha256:{'ab' * 32}", "--marking", "TLP:RED")
    kept = run("export", bank, str(out), "--format", "fb_threatexchange").stderr
    assert "2 hashes written" in kept
    assert "1 entries stay: TLP:RED" in kept
    assert "ab" * 32 not in out.read_text()
    assert "2 new" in run("import", "copy", str(out)).stdout
    assert [(entry.value, entry.marking) for entry in banks.stream(conn, "copy")] == [
        (f"md5:{MD5}", "TLP:GREEN"),
        (f"pdq:{PDQ}", "TLP:GREEN"),
    ]


@pytest.mark.parametrize(
    "case",
    [
        (("import", "ashen-list", "{}", "--format", "tat"), "not JSON, or cut off"),
        (("import", "ashen-list", "{}", "--format", "gifct"), "'gifct' is no format of a list; one of fb_"),
        (("import", "words", "{}", "--format", "tat"), "words is a bank of terms"),
        (("import", "none", "{}", "--format", "tat"), "no bank 'none'"),
        (("import", "ashen-list", "{}.missing"), "cannot be read"),
        (("export", "ashen-list", "--format", "ncmec"), "ncmec is only read; lists are written as"),
        (("export", "words", "--format", "local_file"), "words is a bank of terms"),
        (("export", "ashen-list", "/nowhere/x", "--format", "local_file"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    conn: Conn, bank: str, run: Callable[..., Result], tmp_path: Path, case: tuple[tuple[str, ...], str]
) -> None:
    arguments, reason = case
    run("create", "words", "--kind", "terms", "--title", "Words")
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"results": [row(), row(2)]})[:-4])
    with pytest.MonkeyPatch.context() as patch, pytest.raises(CommandError, match=reason):
        patch.setattr(importing, "BATCH", 1)  # so that something was written when the list breaks off
        run(*(one.replace("{}", str(path)) for one in arguments))
    assert entries(conn) == []
    assert exchanges.listing(conn) == []
