"""`tenfold protectees` as an operator runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tenfold.cli import build
from tenfold.store import audit, database


@pytest.fixture(autouse=True)
def _settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))


def run(*arguments: str, input: str | bytes | None = None) -> Result:
    return CliRunner().invoke(build(), ["protectees", *arguments], input=input)


def test_add_list_end_and_export(tmp_path: Path, database_url: str) -> None:
    made = run(
        "add",
        "person",
        "Karim Nasser",
        "--alias",
        "كريم ناصر",
        "--address",
        "-",
        "--json",
        input="12 Palm St\n",
    )
    assert made.exit_code == 0, made.output
    id_ = json.loads(made.stdout)["id"]
    listed = run("list")
    assert "Karim Nasser" in listed.stdout
    assert "1 addresses" in listed.stdout
    assert "Palm" not in listed.output + made.output
    assert [one["id"] for one in json.loads(run("list", "--json", "--search", "ناصر").stdout)] == [id_]
    assert run("end", str(id_)).stdout == f"{id_} is ended\n"
    assert run("list").stdout == ""
    assert "ended" in run("list", "--ended").stdout
    file = tmp_path / "out.csv"
    assert run("export", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "Palm" not in file.read_text(encoding="utf-8-sig")
    assert json.loads(run("import", str(file), "--json").stdout)["unchanged"] == 1
    with database.connect(database_url) as conn:
        rows = [row for row in audit.stream(conn) if row.act.startswith("protectee")]
    assert {"protectee.added", "protectee.ended", "protectees.exported"} <= {row.act for row in rows}
    assert "Karim" not in str([(row.subject, row.details) for row in rows])


def test_import_from_standard_input_and_faults(tmp_path: Path) -> None:
    good = "key;kind;name\nhr-1;person;Karim Nasser\n"
    assert run("import", "-", input=good).stdout == "1 added, 0 changed, 0 as they were\n"
    bad = run("import", "-", input="key,kind,name\nhr-2,person,Greta L\nhr-3,dog,Rex\n")
    assert bad.exit_code == 1
    assert "line 3: column kind: " in bad.stderr
    assert "nothing of this file is kept" in bad.stdout
    assert len(run("list").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "there-is-none.csv"),
        ("end", "77"),
        ("add", "dog", "Rex"),
        ("add", "person", "Karim Nasser", "--address", "Secret Lane"),
    ],
)
def test_errors_are_one_line(arguments: tuple[str, ...]) -> None:
    from tenfold.cli.common import CommandError

    failed = run(*arguments)
    assert isinstance(failed.exception, CommandError)
    assert "\n" not in str(failed.exception)
    assert "Secret" not in str(failed.exception)
