"""Closures from elsewhere: files and requests, whole or not at all, personal data as tokens."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.intake.tables import FileError
from tenfold.linkage import given
from tenfold.linkage.given import FIELDS, GivenError
from tenfold.linkage.importing import import_file
from tenfold.store import closures, link_keys, links_due
from tenfold.store.keys import Scope
from tests.conftest import SECRET
from tests.linkage.online.platform_of_returns import KEPT, Platform

ROW = {
    "account": "x-1",
    "closed_at": "2026-02-01T00:00:00Z",
    "created_at": "2026-01-01T00:00:00+03:00",
    "ground": "TVEC7",
    "handles": ["رماد_1", "ramad_1"],
    "emails": ["A.Nobody@Example.org"],
    "addresses": ["192.0.2.7"],
    "links": ["HTTPS://Example.org/a?b=1"],
    "texts": ["The river rose again over the old bridge and nobody came to look at it."],
}


def written(folder, form: str, rows):
    path = folder / f"closed.{form}"
    if form == "ndjson":
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            for row in rows:
                writer.writerow({k: "|".join(v) if isinstance(v, list) else v for k, v in row.items()})
    return path


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_every_form_of_file_says_the_same(conn, tmp_path, form):
    report = import_file(conn, written(tmp_path, form, [ROW]), SECRET, lambda _: None)
    assert (report.rows, report.kept, report.faults) == (1, 1, [])
    found = closures.load(conn, ["x-1"])["x-1"]
    assert found.origin == f"import:closed.{form}"
    assert found.fingerprint.handles == ("رماد_1", "ramad_1")
    email = Pseudonymiser(SECRET).token("email", "anybody@example.org")
    assert (
        email
        != dict(found.fingerprint.tokens)["email"]
        == Pseudonymiser(SECRET).token("email", "a.nobody@example.org")
    )
    assert {kind for kind, _ in found.fingerprint.tokens} == {"email", "address", "network"}
    assert found.fingerprint.urls == ("https://example.org/a?b=1",)
    assert len(found.fingerprint.texts) == 1
    assert "Nobody" not in conn.execute("SELECT fingerprint::text FROM closures").fetchone()[0]


def test_a_row_at_fault_is_named_and_nothing_is_kept(database_url, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from tenfold.cli import build

    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_SECRET", "s" * 40)
    bad = [ROW, {"account": "x-2", "closed_at": "yesterday"}, {"closed_at": "2026-02-01T00:00:00Z"}]
    result = CliRunner().invoke(
        build(), ["closures", "import", str(written(tmp_path, "ndjson", bad)), "--json"]
    )
    report = json.loads(result.stdout)
    assert result.exit_code == 1 and report["kept"] == 0
    assert [fault["row"] for fault in report["faults"]] == [2, 3]
    assert "closed_at" in report["faults"][0]["reason"] and "account" in report["faults"][1]["reason"]
    good = CliRunner().invoke(build(), ["closures", "import", str(written(tmp_path, "csv", [ROW]))])
    assert good.exit_code == 0 and "1 closure kept" in good.stdout
    listed = CliRunner().invoke(build(), ["closures", "list", "--json"])
    assert [one["account"] for one in json.loads(listed.stdout)] == ["x-1"]
    assert CliRunner().invoke(build(), ["closures", "erase", "x-1", "--reason", "test"]).exit_code == 0
    assert json.loads(CliRunner().invoke(build(), ["closures", "list", "--json"]).stdout) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfea", "UTF-16"),
        (b'account,closed_at\n"x', "quote"),
    ],
)
def test_files_that_cannot_be_read_say_why(conn, tmp_path, content, said):
    path = tmp_path / "closed.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=said):
        import_file(conn, path, SECRET, lambda _: None)


def test_importing_twice_changes_nothing(conn, tmp_path):
    path = written(tmp_path, "ndjson", [ROW, ROW])
    for _ in range(2):
        assert not import_file(conn, path, SECRET, lambda _: None).faults
    assert closures.count(conn) == 1
    before = link_keys.of_account(conn, "x-1", closed=True)
    assert before == link_keys.of_account(conn, "x-1")
    closures.erase(conn, ["x-1"])
    assert link_keys.of_account(conn, "x-1") == set(), "nothing of an account unknown here stays"


def test_the_return_of_an_imported_account_is_found_among_those_who_are_there(conn, tmp_path):
    platform = Platform(conn)
    platform.crowd()
    token = Pseudonymiser(SECRET).token("email", "a@example.org")
    platform.sign_up("new", **{**KEPT, "email": token})
    platform.work()
    row = {
        "account": "elsewhere:1",
        "closed_at": "2026-02-01T00:00:00Z",
        "handle": "zarqun_alfidda",
        "name": "زرقون الفضة",
        "email": "a@example.org",
        "bio": KEPT["bio"],
        "links": KEPT["links"],
    }
    import_file(conn, written(tmp_path, "ndjson", [row]), SECRET, lambda _: None)
    platform.work()
    assert platform.links("new").keys() == {"elsewhere:1"}
    assert ("new", "returns") in platform.cases()


def test_an_account_that_is_open_here_is_refused(conn, tmp_path):
    platform = Platform(conn)
    platform.sign_up("x-1", handle="x")
    platform.work()
    report = import_file(conn, written(tmp_path, "ndjson", [ROW]), SECRET, lambda _: None)
    assert report.kept == 0 and "open on this platform" in report.faults[0].reason


def test_what_the_platform_kept_of_an_account_that_it_closed_is_not_replaced(conn, tmp_path):
    platform = Platform(conn)
    platform.propagandist("x-1")
    platform.close("x-1")
    before = closures.load(conn, ["x-1"])
    rows = [ROW, {**ROW, "account": "x-2"}]
    report = import_file(conn, written(tmp_path, "ndjson", rows), SECRET, lambda _: None)
    assert (report.rows, report.kept, report.left, report.faults) == (2, 1, ["x-1"], [])
    assert closures.load(conn, ["x-1"]) == before
    again = import_file(conn, written(tmp_path, "csv", [{**ROW, "account": "x-2"}]), SECRET, lambda _: None)
    assert (again.kept, again.left) == (1, [])
    assert closures.load(conn, ["x-2"])["x-2"].origin == "import:closed.csv"


def test_the_api_takes_lists_and_erases(server):
    write, read = server.key(Scope.CLOSURES_WRITE), server.key(Scope.CLOSURES_READ)
    answer = server.client.post("/v1/closures", json=[ROW, {**ROW, "account": "x-2"}], headers=write)
    assert answer.json() == {"kept": 2, "left": []}, answer.text
    first = server.client.get("/v1/closures", params={"limit": 1}, headers=read).json()
    second = server.client.get(
        "/v1/closures", params={"limit": 1, "cursor": first["next"]}, headers=read
    ).json()
    assert [page["closures"][0]["account"] for page in (first, second)] == ["x-2", "x-1"]
    assert "fingerprint" not in first["closures"][0]
    assert server.client.delete("/v1/closures/x-1", headers=write).status_code == 204
    assert server.client.delete("/v1/closures/x-1", headers=write).status_code == 404
    with server.runtime.pool.connection() as conn:
        assert links_due.count(conn) == 2


def test_the_api_refuses_what_cannot_be(server):
    write = server.key(Scope.CLOSURES_WRITE)
    future = {**ROW, "closed_at": "2999-01-01T00:00:00Z"}
    answer = server.client.post("/v1/closures", json=[ROW, future], headers=write)
    assert answer.status_code == 422 and "[1].closed_at" in answer.text
    assert server.client.get("/v1/closures", headers=server.key(Scope.LINKS_WRITE)).status_code == 403


@pytest.mark.parametrize("column", ["bio", "name", "handle"])
@pytest.mark.parametrize("value", ["news | views | coffee", "[not json", '["a", "b"]'])
def test_a_column_of_one_value_takes_it_as_it_is(column, value):
    one = given.parse({"account": "a", "closed_at": "2026-01-01T00:00:00Z", column: value})
    assert getattr(one, column + "s") == [value]


@pytest.mark.parametrize("link", ["=cmd", "not a link", "http://"])
def test_a_link_that_is_no_url_is_refused_by_name(link):
    with pytest.raises(GivenError, match=r"links: .*is no URL"):
        given.parse({"account": "a", "closed_at": "2026-01-01T00:00:00Z", "links": [link]})


cells = st.dictionaries(
    st.sampled_from([*FIELDS, "email", "nonsense"]),
    st.none() | st.text(max_size=20) | st.integers() | st.lists(st.text(max_size=5), max_size=3),
)


@generated(cells)
@settings(max_examples=300, deadline=None)
def test_any_row_is_taken_or_refused_with_a_reason(row):
    try:
        one = given.parse({"account": "a", "closed_at": "2026-01-01T00:00:00Z", **row})
    except GivenError as error:
        assert str(error)
    else:
        assert given.closure(one, Pseudonymiser(SECRET), "import:x").keys
