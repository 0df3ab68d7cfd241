"""Events may refer to files of one directory, and to nothing else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.intake.file_references import FileReferenceError, fault, open_file
from tests.uploads.sending import examine_all, run_pipeline, told


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "agreed"
    (root / "2026" / "صور").mkdir(parents=True)
    (root / "2026" / "صور" / "a.bin").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    return root


def test_a_file_of_the_directory_is_read(folder):
    with open_file(folder, "2026/صور/a.bin") as file:
        assert file.read() == b"inside"


def linked_file(root):
    (root / "link").symlink_to(root.parent / "secret")
    return "link"


def linked_folder(root):
    (root / "out").symlink_to(root.parent)
    return "out/secret"


def pipe(root):
    os.mkfifo(root / "pipe")
    return "pipe"


@pytest.mark.parametrize(
    "path",
    ["../secret", "2026/../../secret", "/etc/hostname", "", ".", "2026", "2026/", "a//b", "2026\\..\\secret",
     "a\nb", "a\0b", "x" * 1_001, "nothing", linked_file, linked_folder, pipe],
)  # fmt: skip
def test_nothing_else_is(folder, path):
    with pytest.raises(FileReferenceError):
        open_file(folder, path if isinstance(path, str) else path(folder))


@given(st.lists(st.sampled_from(["..", ".", "", "a", "2026", "/", "\\", "~", "صور"]), max_size=6))
def test_no_path_that_is_let_in_leads_out(parts):
    path = "/".join(parts)
    if not fault(path):
        assert not os.path.isabs(path)
        assert not os.path.normpath(path).startswith("..")
        assert os.path.normpath(path) == path


def test_an_event_with_a_file_waits_and_goes_on_with_its_hashes(serve, conn, database_url, folder, tmp_path):
    conn.autocommit = True
    server = serve(data_dir=tmp_path, uploads_dir=str(folder))
    answer = server.client.post(
        "/v1/events", headers=server.key("events:write"), json=[
            told(file="2026/صور/a.bin"), told("u-2", "m-2", file="../secret"),
            told("u-3", "m-3", file="gone"), told("u-1", file="2026/صور/a.bin"), told("u-4", "m-4"),
        ],
    )  # fmt: skip
    statuses = [one["status"] for one in answer.json()["results"]]
    assert statuses == ["accepted", "refused", "accepted", "duplicate", "accepted"]
    assert answer.json()["results"][1]["problem"]["field"] == "data.file"
    assert examine_all(database_url, tmp_path / "objects", folder) == 2
    run_pipeline(conn)
    assert conn.execute("SELECT id, bytes FROM media ORDER BY id").fetchall() == [
        ("m-1", 6),
        ("m-3", None),
        ("m-4", None),
    ]
    asked = "SELECT body -> 'data' FROM events WHERE body ->> 'id' IN ('u-1', 'u-3')"
    bodies = conn.execute(asked).fetchall()
    assert all("file" not in data for (data,) in bodies)
    assert any("cannot be read in" in data.get("note", "") for (data,) in bodies)


def test_without_a_directory_no_file_is_referred_to(server):
    answer = server.client.post("/v1/events", headers=server.key("events:write"), json=told(file="a.jpg"))
    assert "TENFOLD_UPLOADS_DIR" in answer.json()["results"][0]["problem"]["hint"]
