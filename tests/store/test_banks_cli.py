"""`tenfold banks`, run as a person runs it, against a real database."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tenfold.cli import banks as cli
from tenfold.cli.common import CommandError
from tenfold.store import audit, banks
from tenfold.store.database import Conn

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    runner = CliRunner()

    def invoke(*arguments: str, status: int = 0) -> Result:
        result = runner.invoke(cli.app, list(arguments))
        if isinstance(result.exception, CommandError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return invoke


def make(run: Run) -> None:
    run("create", "ashen", "--kind", "terms", "--title", "The Ashen Banner", "--confidence", "0.8")


def test_a_bank_from_its_making_to_its_end(run: Run, conn: Conn, tmp_path: Path) -> None:
    make(run)
    assert "2 added" in run("add", "ashen", "الراية الرمادية", "Ashen Banner", "--label", "name").stdout
    assert json.loads(run("add", "ashen", "ASHEN  banner", "--json").stdout) == {"added": 0, "duplicates": 1}
    assert "1 removed" in run("remove", "ashen", "ألراية الرماديه").stdout
    listed = json.loads(run("list", "--json").stdout)
    assert [(bank["id"], bank["entries"], bank["enabled"]) for bank in listed] == [("ashen", 1, True)]
    run("disable", "ashen")
    assert banks.load_banks(conn) == []
    assert "was disabled already" in run("disable", "ashen").stdout
    run("enable", "ashen")
    assert [entry.value for entry in banks.load_banks(conn)[0].entries] == ["Ashen Banner"]
    acts = [row.act for row in audit.stream(conn)]
    assert acts == [
        "bank.created",
        "bank.added",
        "bank.added",
        "bank.removed",
        "bank.disabled",
        "bank.enabled",
    ]


def test_import_reports_refused_lines_and_exports_again(run: Run, tmp_path: Path) -> None:
    make(run)
    path = tmp_path / "in.csv"
    path.write_text("value,label\nbanner,name\n!!!,name\nashen,name\n")
    result = run("import", "ashen", str(path), status=1)
    assert "line 3:" in result.stderr
    assert "2 added, 0 there already, 1 refused" in result.stdout
    again = json.loads(run("import", "ashen", str(path), "--json", status=1).stdout)
    assert (again["added"], again["duplicates"], again["refused"]) == (0, 2, 1)
    out = tmp_path / "out.csv"
    run("export", "ashen", str(out))
    assert out.read_text().splitlines()[1:] == ["ashen,name,,,,", "banner,name,,,,"]
    lines = run("export", "ashen").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"value": "ashen", "label": "name"},
        {"value": "banner", "label": "name"},
    ]


def test_the_starter_banks_are_installed_once(run: Run) -> None:
    assert "ashen-banner-terms" in run("starter").stdout
    assert "already" in run("starter").stdout
    assert "ashen-banner-terms\tterms" in run("list").stdout


def test_entries_expire_on_a_day_and_are_marked(run: Run, conn: Conn) -> None:
    make(run)
    run("add", "ashen", "banner", "--expires", "2090-01-31", "--marking", "TLP:RED", "--confidence", "0.5")
    (entry,) = banks.page(conn, "ashen")
    assert (entry.expires_at, entry.marking) == (datetime(2090, 1, 31, tzinfo=UTC), "TLP:RED")


def test_a_bank_of_media_is_asked_of_a_share_of_uploads(run: Run, conn: Conn) -> None:
    make(run)
    run("create", "ours", "--kind", "media", "--title", "Known pictures")
    run("add", "ours", f"md5:{'a' * 32}", "--expires", "2090-01-31")
    assert "asked of 25.0% of uploads" in run("ratio", "ours", "0.25").stdout
    assert "was that already" in run("ratio", "ours", "0.25").stdout
    assert "1 entries, asked of 25.0% of uploads" in run("list").stdout
    assert banks.get(conn, "ours").ratio == 0.25
    with pytest.raises(CommandError, match="bank of terms"):
        run("ratio", "ashen", "0.5")
    assert [row.details for row in audit.stream(conn) if row.act == "bank.ratio_set"] == [{"ratio": 0.25}]
    run("ratio", "ours", "2", status=2)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "none", "x"), "no bank 'none'"),
        (("export", "none"), "no bank 'none'"),
        (("import", "none", "x.csv"), "no bank 'none'"),
        (("import", "ashen", "missing.csv"), "missing.csv: cannot be read"),
        (("export", "ashen", "out.xlsx"), "which form"),
        (("export", "ashen", "/nowhere/out.csv"), "cannot be written"),
        (("add", "ashen", "good", "!!!"), "nothing added: '!!!' has no letter"),
        (("add", "ashen", "x" * 30_000), "longer than"),
        (("remove", "ashen", "none"), "no such entry"),
        (("add", "ashen", "x", "--marking", "RED"), "no marking"),
        (("add", "ashen", "x", "--expires", "2020-01-31"), "expired already"),
        (("add-case", "ashen", "7"), "bank of terms"),
        (("create", "ashen", "--kind", "terms", "--title", "x"), "already"),
        (("create", "A B", "--kind", "terms", "--title", "x"), "cannot be a bank's id"),
        (("create", "b", "--kind", "words", "--title", "x"), "no kind of bank"),
        (("create", "b", "--kind", "terms", "--title", "x", "--marking", "RED"), "no marking"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    make(run)
    with pytest.raises(CommandError, match=reason):
        run(*arguments)
