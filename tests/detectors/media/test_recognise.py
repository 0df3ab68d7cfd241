"""From a bank's entry to a held upload with a case, in the very next batch, and back when it is gone."""

from datetime import UTC, datetime, timedelta

import pytest
from PIL import ImageOps

from tenfold import pipeline
from tenfold.config import Settings
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.detectors.media.hasher import Hasher
from tenfold.detectors.media.pdq import from_hex, to_hex
from tenfold.detectors.media.turns import TURNS, turned_hashes
from tenfold.linkage.online import Linker
from tenfold.pipeline import Tools
from tenfold.policy import load_policies
from tenfold.processing.suites import CurrentSuite
from tenfold.store import banks, media_contents
from tenfold.store import events as queue
from tenfold.subjects import Subject, SubjectKind
from tenfold.threats.protectees import Watch
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.media_bank import bank
from tests.helpers import event

PDQ = "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0"
OTHER = "44bb21be8f01d2fe933a3e9413c3ac2345bcfd694fc0ad0171ebd0dd8a45d2d1"
SHA, MD5 = "ab" * 32, "cd" * 16


@pytest.fixture
def store(conn):
    banks.create(conn, id="ours", kind="media", title="Known pictures", confidence=0.9)
    conn.commit()
    conn.autocommit = True
    return conn


def near(digits, bits):
    """The hash with its first `bits` bits turned over."""
    made = from_hex(digits).copy()
    made[:bits] ^= True
    return to_hex(made)


def look(conn, detector, **hashes):
    """Details of what is found about one upload."""
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m1"), **hashes)
    return [signal.details | {"score": signal.score} for signal in detector.detect(conn, [item])[0]]


def test_a_file_is_known_by_either_digest(store):
    bank(store, f"sha256:{SHA} md5:{MD5}")
    for given in ({"sha256": SHA}, {"md5": MD5}, {"sha256": SHA, "md5": MD5}):
        (found,) = look(store, MediaDetector(), **given)
        assert (found["bank"], found["label"], found["match"], found["score"]) == (
            "ours",
            "emblem",
            "same-file",
            0.9,
        )
        assert found["entry"] == f"sha256:{SHA}"
    assert look(store, MediaDetector(), sha256=SHA[::-1], md5="00" * 16) == []


@pytest.mark.parametrize(
    ("bits", "match"), [(0, "same-picture"), (7, "near-copy"), (31, "near-copy"), (32, None)]
)
def test_a_picture_is_known_up_to_31_bits(store, bits, match):
    bank(store, f"pdq:{PDQ}")
    found = look(store, MediaDetector(), pdq=near(PDQ, bits))
    assert [one["match"] for one in found] == ([match] if match else [])
    if found:
        assert (found[0]["distance"], found[0]["turn"]) == (bits, "upright")
        assert found[0]["score"] == round(0.9 * (1 - bits / 256), 3)


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_or_negative_copy_is_known_though_only_a_hash_was_banked(store, turn, negative):
    bank(store, f"pdq:{PDQ}")
    copy = turned_hashes(from_hex(PDQ)[None])[turn][0] ^ negative
    (found,) = look(store, MediaDetector(), pdq=to_hex(copy))
    assert (found["distance"], found["turn"], found["negative"]) == (0, turn, negative)


def test_files_that_were_banked_are_found_turned_and_framed(store, tmp_path):
    picture = photo()
    files = {"plain": picture, "down": picture.rotate(180), "framed": _framed(picture)}
    hashed = {}
    with Hasher() as hasher:
        for name, image in files.items():
            (tmp_path / name).write_bytes(saved(image, "JPEG", quality=80))
            hashed[name] = hasher.hash_file(tmp_path / name)
    bank(store, hashed["plain"].value)
    (found,) = look(store, MediaDetector(), pdq=hashed["down"].pdq)
    assert (found["turn"], found["negative"], found["border"]) == ("upside-down", False, False)
    assert found["distance"] <= 4
    framed = hashed["framed"]
    assert look(store, MediaDetector(), pdq=framed.pdq) == []
    (found,) = look(store, MediaDetector(), pdq=framed.pdq, pdq_trimmed=framed.pdq_trimmed)
    assert (found["turn"], found["border"]) == ("upright", True)


def _framed(picture):
    return ImageOps.expand(picture, border=70, fill=(0, 0, 0))


def test_of_every_bank_and_label_the_nearest_entry_is_told(store):
    banks.create(store, id="theirs", kind="media", title="A list", confidence=0.5)
    bank(store, f"pdq:{near(PDQ, 20)}")
    bank(store, f"pdq:{near(PDQ, 5)}")
    bank(store, f"pdq:{near(PDQ, 9)}", label="flag")
    bank(store, f"pdq:{near(PDQ, 6)}", to="theirs")
    found = look(store, MediaDetector(), pdq=PDQ)
    told = {(one["bank"], one["label"]): one["distance"] for one in found}
    assert told == {("ours", "emblem"): 5, ("ours", "flag"): 9, ("theirs", "emblem"): 6}


def test_entries_count_from_the_next_look_on_and_no_longer_than_they_should(store):
    detector, second = MediaDetector(), MediaDetector()
    assert look(store, detector, pdq=PDQ) == look(store, second, pdq=PDQ) == []
    bank(store, f"pdq:{PDQ}")
    assert len(look(store, detector, pdq=PDQ)) == len(look(store, second, pdq=PDQ)) == 1
    with store.transaction():
        banks.set_enabled(store, "ours", False)
    assert look(store, detector, pdq=PDQ) == []
    with store.transaction():
        banks.set_enabled(store, "ours", True)
    store.execute("UPDATE bank_entries SET expires_at = now() - interval '1 second'")
    assert look(store, detector, pdq=PDQ) == []
    bank(store, f"pdq:{PDQ} pdq/mirrored:{OTHER}", expires_at=datetime.now(UTC) + timedelta(days=1))
    assert look(store, detector, pdq=OTHER)[0]["turn"] == "mirrored"
    with store.transaction():
        banks.remove_entries(store, "ours", [f"pdq:{PDQ}"])
    assert look(store, detector, pdq=PDQ) == look(store, MediaDetector(), pdq=PDQ) == []


def test_a_disabled_entry_matches_again_when_its_time_comes(store):
    detector = MediaDetector()
    bank(store, f"pdq:{PDQ}")
    (number,) = store.execute("SELECT id FROM media_contents").fetchone()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for until, forever, found in ((tomorrow, False, 0), (None, False, 1), (None, True, 0), (None, False, 1)):
        media_contents.disable(store, number, until, forever=forever)
        assert len(look(store, detector, pdq=PDQ)) == found


def test_a_bank_is_asked_of_a_share_of_uploads_and_always_of_the_same(store):
    detector = MediaDetector()
    bank(store, f"pdq:{PDQ}")
    uploads = [MediaItem(subject=Subject(SubjectKind.MEDIA, f"m{n}"), pdq=PDQ) for n in range(400)]

    def asked(ratio):
        media_contents.set_ratio(store, "ours", ratio)
        return [bool(found) for found in detector.detect(store, uploads)]

    assert not any(asked(0.0))
    half = asked(0.5)
    assert 140 <= sum(half) <= 260
    assert half == asked(0.5)
    assert all(asked(1.0))


def test_banks_of_media_do_not_load_into_the_detectors_of_texts(store):
    bank(store, f"pdq:{PDQ}")
    assert banks.load_banks(store) == []


def test_a_known_picture_is_held_with_a_case_and_its_author_left_alone(store):
    bank(store, f"pdq:{PDQ} sha256:{SHA}")
    tools = Tools(
        suite=CurrentSuite().get(store),
        policy=load_policies(Settings()),
        linker=Linker(),
        watch=Watch(b"the installation's key"),
    )
    events = [
        event("media.uploaded", media="m1", kind="image", pdq=near(PDQ, 12).upper()),
        event("media.uploaded", media="m2", kind="image", pdq=OTHER),
        event("media.uploaded", media="m3", kind="video", sha256=SHA),
        event("media.uploaded", media="m4", kind="file"),
    ]
    with store.transaction():
        assert all(queue.insert_events(store, events))
    while pipeline.run_once(store, tools, 100).applied:
        pass
    cases = store.execute("SELECT subject_id, queue FROM cases ORDER BY subject_id").fetchall()
    assert cases == [("m1", "propaganda"), ("m3", "propaganda")]
    states = store.execute("SELECT id, state FROM media ORDER BY id").fetchall()
    assert states == [("m1", "held"), ("m2", "visible"), ("m3", "held"), ("m4", "visible")]
    assert store.execute("SELECT state FROM accounts").fetchall() == [("active",)]
    (details,) = store.execute("SELECT details FROM signals WHERE subject_id = 'm1'").fetchone()
    assert (details["bank"], details["distance"], details["match"]) == ("ours", 12, "near-copy")
