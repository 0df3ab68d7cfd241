"""What was uploaded before an entry was added is found, too: once, and whatever happens meanwhile."""

import json
import time

import pytest
from typer.testing import CliRunner

from tenfold import pipeline
from tenfold.cli import build
from tenfold.config import Settings
from tenfold.detectors.media import frames
from tenfold.detectors.media.detector import MediaDetector
from tenfold.detectors.media.hasher import Hasher
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.policy.in_force import CurrentPolicy
from tenfold.processing import lookback
from tenfold.processing.lookback import LookingBack
from tenfold.processing.suites import CurrentSuite
from tenfold.store import banks, database, media_lookback
from tenfold.store import events as queue
from tenfold.threats.protectees import Watch
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.media_bank import bank
from tests.helpers import event

SHA = "ab" * 32


@pytest.fixture
def store(conn):
    banks.create(conn, id="ours", kind="media", title="Known pictures", confidence=0.9)
    conn.commit()
    conn.autocommit = True
    return conn


@pytest.fixture
def looking():
    return LookingBack(CurrentPolicy(load_policies(Settings())))


def pdq_of(answer):
    assert answer.whole is not None
    return answer.whole.hashes[0]


def upload(conn, *items):
    tools = Tools(
        suite=CurrentSuite().get(conn),
        policy=load_policies(Settings()),
        linker=Linker(),
        watch=Watch(b"secret"),
        media=MediaDetector(),
    )
    events = [event("media.uploaded", id=f"u-{one['media']}", account="amal", **one) for one in items]
    with conn.transaction():
        queue.insert_events(conn, events)
    while pipeline.run_once(conn, tools, 100).applied:
        continue


def look_once(looking, pool):
    """One step that looked at something, or had nothing more to look at; how many uploads it looked at.

    A step waits for every transaction of the server that is older, those of other databases (and their
    vacuuming) included: that is why an empty step is not the end.
    """
    ends = time.monotonic() + 120
    while not (looked := looking.step(pool)):
        with pool.connection() as conn:
            if not media_lookback.progress(conn).under_way:
                return 0
        assert time.monotonic() < ends, "a transaction of this server stays open"
    return looked


def look_all(looking, pool):
    """Steps until nothing is left; how many uploads were looked at."""
    looked = 0
    while count := look_once(looking, pool):
        looked += count
    return looked


def matches(conn):
    return conn.execute(
        "SELECT subject_id, details ->> 'match' FROM signals WHERE name = 'media' ORDER BY 1"
    ).fetchall()


def cases(conn):
    return conn.execute("SELECT subject_id FROM cases ORDER BY 1").fetchall()


def test_an_earlier_copy_is_found_and_comes_before_people(store, pool, looking):
    with Hasher() as hasher:
        original = hasher.look(saved(photo(), "PNG"))
        copy = hasher.look(saved(photo(size=(450, 300)), "JPEG", quality=60))
    upload(
        store,
        {"media": "copy", "kind": "image", "pdq": pdq_of(copy)},
        {"media": "file", "sha256": SHA},
        {
            "media": "other",
            "kind": "image",
            "pdq": "44bb21be8f01d2fe933a3e9413c3ac2345bcfd694fc0ad0171ebd0dd8a45d2d1",
        },
    )
    assert look_all(looking, pool) == 0
    assert matches(store) == []
    bank(store, f"pdq:{pdq_of(original)}")
    bank(store, f"sha256:{SHA}", label="poster")
    assert look_all(looking, pool) == 3
    assert matches(store) == [("copy", "near-copy"), ("file", "same-file")]
    assert cases(store) == [("copy",), ("file",)]
    state = store.execute("SELECT state FROM actions WHERE subject_id = 'copy' AND kind = 'hold'").fetchone()
    assert state == ("ordered",)
    assert media_lookback.progress(store) == media_lookback.Progress(
        under_way=False, looked=3, found=2, left=0
    )
    assert look_all(looking, pool) == 0


def test_parts_of_pictures_are_found_by_their_points(store, pool, looking):
    with Hasher() as hasher:
        whole, part = (
            hasher.look(saved(one, "PNG")) for one in (photo(), photo().crop((200, 100, 800, 550)))
        )
    upload(
        store,
        {"media": "crop", "kind": "image", "pdq": pdq_of(part), "points": frames.write(part.points)},
    )
    bank(store, f"pdq:{pdq_of(whole)} points:{frames.write(whole.points)}")
    look_all(looking, pool)
    assert matches(store) == [("crop", "in-part")]


def test_a_step_that_is_cut_off_is_done_again_and_a_second_look_adds_nothing(
    store, pool, looking, monkeypatch
):
    monkeypatch.setattr(lookback, "AT_ONCE", 2)
    upload(store, *({"media": f"m-{number}", "sha256": SHA} for number in range(5)))
    bank(store, f"sha256:{SHA}")

    def cut_off(*_):
        raise RuntimeError("the worker dies")

    assert look_once(looking, pool) == 2
    assert media_lookback.progress(store).left == 3
    with monkeypatch.context() as patch:
        patch.setattr(media_lookback, "advance", cut_off)
        with pytest.raises(RuntimeError):
            looking.step(pool)
    assert len(matches(store)) == 2
    again = LookingBack(CurrentPolicy(load_policies(Settings())))
    assert look_all(again, pool) == 3
    assert len(matches(store)) == len(cases(store)) == 5
    audited = store.execute("SELECT count(*) FROM audit").fetchone()
    bank(store, "md5:" + "cd" * 16)
    look_all(again, pool)
    assert len(cases(store)) == 5
    assert store.execute("SELECT count(*) FROM audit").fetchone() == audited
    assert media_lookback.progress(store).found == 5


@pytest.fixture
def told(database_url, tmp_path, monkeypatch):
    """What `tenfold status` says of it to people and to programs."""
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    monkeypatch.setenv("TENFOLD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def told():
        run = CliRunner().invoke(build(), ["status"])
        (line,) = (line for line in run.stdout.splitlines() if line.strip().startswith("earlier uploads"))
        field = json.loads(CliRunner().invoke(build(), ["status", "--json"]).stdout)["media_lookback"]
        return line.split(maxsplit=2)[2].strip(), field

    return told


def test_status_says_how_far_it_is(store, pool, looking, told, monkeypatch):
    monkeypatch.setattr(lookback, "AT_ONCE", 2)
    nothing = "0 ever looked at again for new entries of banks, 0 known by them"
    assert told() == (nothing, {"under_way": False, "looked": 0, "found": 0, "left": 0})
    upload(store, *({"media": f"m-{number}", "sha256": SHA} for number in range(3)))
    bank(store, f"sha256:{SHA}")
    look_once(looking, pool)
    assert told() == (
        "2 ever looked at again for new entries of banks, 2 known by them; under way, 1 to go",
        {"under_way": True, "looked": 2, "found": 2, "left": 1},
    )
    look_all(looking, pool)
    assert told() == (
        "3 ever looked at again for new entries of banks, 3 known by them",
        {"under_way": False, "looked": 3, "found": 3, "left": 0},
    )


def test_it_waits_for_uploads_that_did_not_see_the_entry(store, pool, looking, database_url):
    with database.connect(database_url) as other:
        other.execute("SELECT pg_current_xact_id()")
        upload(store, {"media": "m-1", "sha256": SHA})
        bank(store, f"sha256:{SHA}")
        assert looking.step(pool) == 0
        other.execute(
            "INSERT INTO media (id, account, created_at, kind, sha256, seq)"
            " VALUES ('late', 'x', now(), 'file', %s, 0)",
            [SHA],
        )
        assert looking.step(pool) == 0
        other.commit()
    assert look_all(looking, pool) == 2
    assert [id_ for id_, _ in matches(store)] == ["late", "m-1"]


def test_removed_uploads_are_left_alone(store, pool, looking):
    upload(store, {"media": "m-1", "sha256": SHA})
    store.execute("UPDATE media SET state = 'removed'")
    bank(store, f"sha256:{SHA}")
    assert look_all(looking, pool) == 0
    assert matches(store) == []


def test_a_restored_backup_does_not_wait_for_transactions_of_another_server(
    store, pool, looking, monkeypatch
):
    upload(store, {"media": "m-1", "sha256": SHA})
    bank(store, f"sha256:{SHA}")
    with monkeypatch.context() as patch:
        patch.setattr(media_lookback, "claim", lambda _: None)
        assert looking.step(pool) == 0
    store.execute("UPDATE media_lookback SET waits_for = '9000000000000'")
    assert look_all(looking, pool) == 1
    assert matches(store) == [("m-1", "same-file")]
