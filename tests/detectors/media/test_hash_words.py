"""`tenfold hash --words`: what is written in pictures and films, in both languages, as events take it."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold import events
from tenfold.cli import build
from tenfold.detectors.media.reading import weights
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.written import caption

ENGLISH, ARABIC = "grey over every gate", "رماد على كل باب"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    (made / "english.png").write_bytes(saved(caption(ENGLISH), "PNG"))
    (made / "arabic.png").write_bytes(saved(caption(ARABIC), "PNG"))
    (made / "plain.png").write_bytes(saved(photo(), "PNG"))
    (made / "broken.png").write_bytes(saved(photo(), "PNG")[:500])
    (made / "text.txt").write_bytes(b"grey over every gate")
    return made


def run(folder, *arguments, names=("english.png",)):
    return CliRunner().invoke(build(), ["hash", *(str(folder / name) for name in names), *arguments])


def test_each_line_is_told_to_programs_as_an_event_takes_it(folder):
    names = ("english.png", "arabic.png", "plain.png", "broken.png", "text.txt")
    done = run(folder, "--words", "--json", names=names)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [[line["text"] for line in one["words"]] for one in found] == [[ENGLISH], [ARABIC], [], [], []]
    for one in found:
        body = {
            "id": "u-1",
            "type": "media.uploaded",
            "time": datetime.now(UTC).isoformat(),
            "account": "a-1",
            "data": one | {"media": "m-1"},
        }
        event = events.parse(msgspec.json.encode(body))
        assert isinstance(event.data, events.MediaUploaded)
        assert json.loads(msgspec.json.encode(event.data.words)) == one["words"]
    left, top, right, bottom = found[0]["words"][0]["box"]
    assert left < 500 < right
    assert top < 500 < bottom
    assert found[3]["note"]


def test_a_person_sees_the_lines_under_their_file(folder):
    done = run(folder, "--words", names=("arabic.png", "plain.png"))
    first, words, second = done.stdout.splitlines()
    assert first.endswith("arabic.png")
    assert words == f"\twords: {ARABIC}"
    assert second.endswith("plain.png")


def test_nothing_is_read_unasked(folder):
    (found,) = json.loads(run(folder, "--json").stdout)
    assert "words" not in found
    assert "words" not in run(folder).stdout


def test_entries_of_banks_hold_no_words(folder):
    done = run(folder, "--words", "--csv")
    assert "hold no words" in str(done.exception)


def test_a_machine_that_cannot_read_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    done = run(folder, "--words")
    assert weights.PACKAGES in str(done.exception)
