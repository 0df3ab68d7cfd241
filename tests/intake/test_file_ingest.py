"""`tenfold ingest`: files of every kind become events, go on after an interruption, refuse row by row."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tenfold.intake import mapping as mappings
from tenfold.intake.files import FileIngest, Options, Report
from tenfold.intake.mapping import Mapping
from tenfold.intake.tables import FileError
from tenfold.store.database import Conn

SECRET = b"the installation's key, for tests"

POSTS = """
source: forum
missing: ["", "None"]
events:
  - type: post.created
    id: "post-{id}"
    time: {column: at, time: "%Y-%m-%d %H:%M", zone: Asia/Baghdad}
    account: "{who}"
    data:
      post: "{id}"
      text: "{text}"
      links: {column: links, split: "|"}
    extra:
      likes: {column: likes, as: integer}
"""
HEADER = "id,at,who,text,links,likes\n"


def posts() -> Mapping:
    return mappings.parse(POSTS, "posts")


def run(conn: Conn, path: Path, mapping: Mapping | None = None, **options: Any) -> Report:
    chosen = Options(
        mapping=mapping,
        source=options.get("source"),
        refused=path.parent / "refused.out",
        again=options.get("again", False),
        max_event=options.get("max_event", 1_000_000),
    )
    return FileIngest(conn, SECRET, path, chosen).run(lambda done: None)


def stored(conn: Conn) -> list[dict[str, Any]]:
    return [row[0] for row in conn.execute("SELECT body FROM events ORDER BY seq").fetchall()]


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "type": "post.created",
        "time": "2026-03-01T12:00:00Z",
        "account": "a-9",
        "data": {"post": f"p-{number}", "text": "صباح الخير"},
    } | changes


def test_csv_rows_become_events(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(
        "\ufeff"
        + HEADER
        + '7,2026-03-01 15:00,jo,"two\nlines, ""quoted""",a|b |,3\n8,2026-03-02 15:00,jo,x,None,\n'
    )
    report = run(conn, path, posts())
    assert (report.rows, report.accepted, report.refused) == (2, 2, 0)
    first, second = stored(conn)
    assert first == {
        "id": "post-7",
        "type": "post.created",
        "time": "2026-03-01T15:00:00+03:00",
        "account": "jo",
        "source": "forum",
        "data": {"post": "7", "text": 'two\nlines, "quoted"', "links": ["a", "b"], "likes": 3},
    }
    assert second["data"] == {"post": "8", "text": "x"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_ndjson_plain_and_compressed(conn: Conn, tmp_path: Path, pack: Any) -> None:
    suffix = {bytes: "", gzip.compress: ".gz", zstandard.compress: ".zst"}[pack]
    path = tmp_path / f"events.ndjson{suffix}"
    path.write_bytes(pack(b"".join(json.dumps(event(n)).encode() + b"\n" for n in range(2_500))))
    assert run(conn, path).accepted == 2_500
    assert [body["id"] for body in stored(conn)] == [f"e-{n}" for n in range(2_500)]


def test_parquet_with_types_of_its_own(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "posts.parquet"
    rows = [
        {"id": 1, "at": "2026-03-01 15:00", "who": "jo", "text": "x", "links": ["a", "b"], "likes": 5.0},
        {"id": 2, "at": "2026-03-01 15:00", "who": None, "text": "x", "links": None, "likes": float("nan")},
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    report = run(conn, path, posts())
    assert (report.accepted, report.refused) == (1, 1)
    assert stored(conn)[0]["data"] == {"post": "1", "text": "x", "links": ["a", "b"], "likes": 5}
    refused = json.loads((tmp_path / "refused.out").read_text())
    assert refused["id"] == 2
    assert "account: missing" in refused["_reason"]


def test_refused_rows_can_be_mended_and_sent_again(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(
        HEADER
        + "1,2026-03-01 15:00,jo,good,,1\n"
        + "2,yesterday,jo,bad time,,1\n"
        + "3,2026-03-01 15:00,jo,bad number,,many\n"
        + "4,2026-03-01 15:00,jo\n"
        + "5,2026-03-01 15:00,jo,nul \0 inside,,1\n"
    )
    report = run(conn, path, posts())
    assert (report.rows, report.accepted, report.refused) == (5, 1, 4)
    with open(tmp_path / "refused.out", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "at", "who", "text", "links", "likes", "_reason"]
    reasons = [row[-1] for row in rows[1:]]
    for reason, words in zip(
        reasons,
        ("'yesterday' is not a time", "'many' is not a whole number", "has 3 cells", "U+0000"),
        strict=True,
    ):
        assert words in reason
    mended = (
        (tmp_path / "refused.out").read_text().replace("yesterday", "2026-03-01 15:00").replace("many", "9")
    )
    again = tmp_path / "mended.csv"
    again.write_text(mended)
    report = run(conn, again, posts())
    assert (report.accepted, report.refused) == (3, 1)
    with open(tmp_path / "refused.out", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {7}


def test_refused_events_of_ndjson_too(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    bad = event(2, time="never")
    path.write_bytes(json.dumps(event(1)).encode() + b"\n{broken\n" + json.dumps(bad).encode() + b"\n")
    report = run(conn, path)
    assert (report.accepted, report.refused) == (1, 2)
    broken, late = (json.loads(line) for line in (tmp_path / "refused.out").read_text().splitlines())
    assert broken["_line"] == "{broken"
    assert late.pop("_reason").startswith("time: ")
    assert late == bad
    again = tmp_path / "mended.ndjson"
    again.write_text(json.dumps(late | {"time": "2026-03-01T12:00:00Z", "_reason": "time"}))
    assert run(conn, again).accepted == 1
    assert "_reason" not in stored(conn)[1]


def test_an_interrupted_run_goes_on_where_it_was(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"".join(json.dumps(event(n, pad="x" * 1_000)).encode() + b"\n" for n in range(3_500)))

    def interrupt(done: int) -> None:
        if done > 2_500_000:
            raise KeyboardInterrupt

    options = Options(mapping=None, source=None, refused=tmp_path / "r", again=False, max_event=1_000_000)
    with pytest.raises(KeyboardInterrupt):
        FileIngest(conn, SECRET, path, options).run(interrupt)
    conn.rollback()
    before = len(stored(conn))
    assert 0 < before < 3_500
    report = run(conn, path)
    assert (report.resumed_at, report.rows, report.accepted, report.duplicates) == (before, 3_500, 3_500, 0)
    assert [body["id"] for body in stored(conn)] == [f"e-{n}" for n in range(3_500)]
    assert run(conn, path).already_done
    report = run(conn, path, again=True)
    assert (report.accepted, report.duplicates) == (0, 3_500)


def test_the_source_can_be_chosen(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event(1)))
    assert run(conn, path, source="archive").source == "archive"
    assert stored(conn)[0]["source"] == "archive"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("twice.csv", b"id,id\n", "two columns are called 'id'"),
        ("other.csv", b"id,at,who,texts,links,likes\n1,2,3,4,5,6\n", "no column 'text'.*'texts'"),
        (
            "latin.csv",
            HEADER.encode() + b"1,2026-03-01 15:00,jo,caf\xe9,,\n",
            r"line 2, byte \d+ \(0xe9\) is not UTF-8",
        ),
        ("wide.csv", HEADER.encode("utf-16"), "UTF-16"),
        ("open.csv", HEADER.encode() + b'1,"2026' + b"x" * 2_000_000, "begins on line 2 .*quote left open"),
        ("cut.csv.gz", gzip.compress(HEADER.encode() * 1000)[:-10], "cut off"),
        ("bad.parquet", b"PAR1 not really", "no readable Parquet"),
        ("what.xlsx", b"PK", "must end in one of"),
    ],
)
def test_files_that_cannot_be_read_say_why(
    conn: Conn, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError, match=words):
        run(conn, path, posts())


def test_a_table_needs_a_mapping(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(HEADER)
    with pytest.raises(FileError, match="--mapping"):
        run(conn, path)
    with pytest.raises(FileError, match="cannot be read"):
        run(conn, tmp_path / "none.ndjson")


def test_a_file_without_rows_is_done_at_once(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"")
    assert run(conn, path).rows == 0
    assert not (tmp_path / "refused.out").exists()


def test_rows_of_ndjson_through_a_mapping(conn: Conn, tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    rows = [{"id": 1, "at": "2026-03-01 15:00", "who": "jo", "text": "x"}, ["no object"]]
    path.write_text("\n".join(map(json.dumps, rows)))
    report = run(conn, path, posts())
    assert (report.accepted, report.refused) == (1, 1)
