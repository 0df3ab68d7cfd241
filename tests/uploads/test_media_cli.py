"""Bytes are erased from the command line, unless somebody needs them."""

import pytest
from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.cli.common import CommandError
from tenfold.store import uploads
from tenfold.store.objects import Objects
from tests.uploads.test_objects import SHA, files, media, open_case, put


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


@pytest.fixture
def run(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))

    def invoke(*arguments):
        result = CliRunner().invoke(build(), ["media", *arguments])
        if isinstance(result.exception, CommandError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.mark.parametrize("item", ["m-1", SHA])
def test_bytes_are_erased_by_item_or_digest(run, conn, objects, item):
    put(objects, conn)
    media(conn)
    conn.commit()
    assert run("waiting") == "0 waiting\n"
    assert run("erase", item) == f"erased {SHA}\n"
    assert files(objects) == []
    with pytest.raises(CommandError, match="nothing is stored"):
        run("erase", item)


def test_what_a_case_needs_stays(run, conn, objects):
    put(objects, conn)
    media(conn)
    open_case(conn)
    conn.commit()
    with pytest.raises(CommandError, match="nothing was removed"):
        run("erase", "m-1")
    assert len(files(objects)) == 1
    assert uploads.sha256_of(conn, "m-1") == SHA
