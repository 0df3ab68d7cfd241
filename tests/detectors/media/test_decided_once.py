"""Decided once, never again: media of a closed case are banked, and the next copy is held at once."""

import msgspec
import pytest
from tenfold_bench import _made_films, _made_sounds

from tenfold.detectors.media.hasher import Hasher
from tenfold.store import banks
from tenfold.store import events as queue
from tenfold.store.keys import Scope
from tenfold.subjects import Subject, SubjectKind
from tests.casework.small_platform import add_account
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.test_media_banks import case_about
from tests.helpers import event
from tests.uploads.sending import run_pipeline

HASHES = ("sha256", "md5", "pdq", "pdq_trimmed", "points", "film", "sound")


def picture():
    return saved(photo(), "PNG"), saved(photo(size=(450, 300)), "JPEG", quality=60), "near-copy"


def film():
    frames = _made_films.film(5, 12.0)
    return _made_films.encoded(frames), _made_films.encoded(frames[50:250], codec="mpeg4"), "same-scene"


def sound():
    chant = _made_sounds.chant(3, 30)
    part = chant[8 * _made_sounds.RATE : 18 * _made_sounds.RATE]
    copy = _made_sounds.encoded(part, codec="libmp3lame", form="mp3", rate=32_000)
    return _made_sounds.encoded(chant), copy, "same-sound"


def uploaded(conn, hasher, tmp_path, id_, data):
    file = tmp_path / id_
    file.write_bytes(data)
    found = msgspec.to_builtins(hasher.hash_file(file))
    hashes = {name: found[name] for name in HASHES if found[name]}
    with conn.transaction():
        told = event("media.uploaded", id=f"u-{id_}", account="amal", media=id_, **hashes)
        queue.insert_events(conn, [told])
    run_pipeline(conn)


@pytest.mark.parametrize("made", [picture, film, sound])
def test_the_next_copy_is_held_before_it_is_shown_and_names_the_case(server, conn, tmp_path, made):
    original, copy, match = made()
    banks.create(conn, id="ours", kind="media", title="Decided")
    add_account(conn, "a-1")
    conn.commit()
    conn.autocommit = True
    key = server.key(Scope.CASES_READ, Scope.CASES_WRITE, Scope.BANKS_READ, Scope.BANKS_WRITE)

    def call(path, **body):
        answer = server.client.post(f"/v1/{path}", json=body, headers=key)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    with Hasher() as hasher:
        uploaded(conn, hasher, tmp_path, "first", original)
        with conn.transaction():
            case = case_about(conn, Subject(SubjectKind.MEDIA, "first"))
        call(f"cases/{case}/decisions", ground="TVEC1", proposals=None, reason="seen")
        assert call("banks/ours/case", case=case, label="emblem")["added"] == 1
        uploaded(conn, hasher, tmp_path, "again", copy)
    held = conn.execute("SELECT kind, state FROM actions WHERE subject_id = 'again'").fetchall()
    assert ("hold", "ordered") in held
    found = conn.execute(
        "SELECT details ->> 'match', provenance FROM signals JOIN bank_entries"
        " ON bank = details ->> 'bank' AND bank_entries.key = details ->> 'entry' WHERE subject_id = 'again'"
    ).fetchall()
    assert found == [(match, f"case {case}: TVEC1")]
    assert conn.execute("SELECT state FROM cases WHERE subject_id = 'again'").fetchall() == [("open",)]
