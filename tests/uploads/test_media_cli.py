"""Bytes are erased from the command line, unless somebody needs them; a file's hashes go into its event."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.cli.common import CommandError
from tenfold.store import uploads
from tenfold.store.objects import Objects
from tests.detectors.media.drawn_pictures import photo, saved
from tests.uploads.sending import run_pipeline, told
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


def test_hash_is_a_client_from_which_no_picture_leaves(serve, conn, tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(saved(photo(), "PNG"))
    done = CliRunner().invoke(build(), ["hash", str(picture), "--event", json.dumps(told())])
    site = serve(data_dir=tmp_path)
    headers = site.key("events:write") | {"content-type": "application/json"}
    answer = site.client.post("/v1/events", content=done.stdout, headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    run_pipeline(conn)
    kind, sha256, pdq = conn.execute("SELECT kind, sha256, length(pdq) FROM media").fetchone()
    assert (kind, sha256, pdq) == ("image", hashlib.sha256(picture.read_bytes()).hexdigest(), 64)


@pytest.mark.parametrize(
    ("event", "more", "reason"),
    [
        ("{", [], "--event: "),
        (
            json.dumps(told(type_="post.created", post="p", text="a") | {"data": {"post": "p", "text": "a"}}),
            [],
            "not to post.created",
        ),
        (json.dumps(told(sha256="0")), [], "data.sha256"),
        (json.dumps(told()), ["--json"], "exclude each other"),
        (json.dumps(told()), ["b.png"], "about one file, 2 were given"),
    ],
)
def test_an_event_that_does_not_fit_a_file_is_told(tmp_path, event, more, reason):
    (tmp_path / "a.png").write_bytes(b"x")
    done = CliRunner().invoke(build(), ["hash", str(tmp_path / "a.png"), *more, "--event", event])
    assert reason in str(done.exception)
