"""Banks of media filled from the command line, from files of hashes and from decided cases."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from tenfold.casework.filing import file_firings
from tenfold.cli import build
from tenfold.cli.common import CommandError
from tenfold.detectors.media.detector import MediaDetector, MediaItem
from tenfold.store import banks, content, database
from tenfold.store.content import Media, Post
from tenfold.store.keys import Scope
from tenfold.subjects import Subject, SubjectKind
from tests.casework.small_platform import NOW, add_account, firing
from tests.detectors.media.drawn_pictures import photo, saved
from tests.detectors.media.media_bank import bank

PDQ = "b6e41c2a6dffc47f0f2c3f8699737f8c38796ed11b819600e3fd515a448055a0"
OTHER = "44bb21be8f01d2fe933a3e9413c3ac2345bcfd694fc0ad0171ebd0dd8a45d2d1"


@pytest.fixture
def run(database_url, monkeypatch):
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)

    def invoke(*arguments, status=0):
        result = CliRunner().invoke(build(), [*arguments])
        if isinstance(result.exception, CommandError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return invoke


def look(conn, **hashes):
    item = MediaItem(subject=Subject(SubjectKind.MEDIA, "m"), **hashes)
    return [signal.details for signal in MediaDetector().detect(conn, [item])[0]]


def test_files_are_banked_by_their_hashes_and_go_through_csv_unchanged(run, conn, tmp_path):
    run("banks", "create", "ours", "--kind", "media", "--title", "Known pictures")
    run("banks", "create", "again", "--kind", "media", "--title", "The same")
    picture, text = tmp_path / "a.png", tmp_path / "b.bin"
    picture.write_bytes(saved(photo(), "PNG"))
    text.write_bytes(b"some bytes")
    assert "2 added" in run("banks", "add-files", "ours", str(picture), str(text), "--label", "emblem").stdout
    assert "0 added, 2 there already" in run("banks", "add-files", "ours", str(picture), str(text)).stdout
    run("banks", "export", "ours", str(tmp_path / "out.csv"))
    assert "2 added" in run("banks", "import", "again", str(tmp_path / "out.csv")).stdout
    rows = "SELECT key, kind, form, hash FROM media_hashes WHERE bank = %s ORDER BY key, kind, form, hash"
    ours = conn.execute(rows, ["ours"]).fetchall()
    assert ours == conn.execute(rows, ["again"]).fetchall()
    assert len(ours) == 2 + 2 + 8 + 12  # digests, the eight turns of the picture, and by a few degrees
    listed = tmp_path / "hashes.csv"
    listed.write_text(run("hash", "--csv", str(picture), str(text)).stdout, encoding="utf-8")
    assert "0 added, 2 there already" in run("banks", "import", "again", str(listed)).stdout


def test_what_cannot_be_banked_is_told_by_line(run, conn, tmp_path):
    run("banks", "create", "ours", "--kind", "media", "--title", "Known pictures")
    run("banks", "create", "words", "--kind", "terms", "--title", "Words")
    file = tmp_path / "list.csv"
    file.write_text(
        f"value,label\npdq:{PDQ},emblem\n{PDQ},emblem\nmd5:12,x\nMD5:{'A' * 32},x\n", encoding="utf-8"
    )
    told = run("banks", "import", "ours", str(file), status=1)
    assert "line 3: " in told.stderr
    assert "does not say what kind of hash it is" in told.stderr
    assert "line 4: 'md5:12': md5 is 32 hexadecimal digits" in told.stderr
    assert "2 added, 0 there already, 2 refused" in told.stdout
    assert look(conn, md5="a" * 32)[0]["entry"] == f"md5:{'a' * 32}"
    with pytest.raises(CommandError, match="bank of terms"):
        run("banks", "add-files", "words", str(file))


def case_about(conn, subject):
    file_firings(conn, [firing(subject)], NOW)
    (case,) = conn.execute("SELECT id FROM cases WHERE subject_id = %s", [subject.id]).fetchone()
    return case


def upload(conn, id_, **hashes):
    media = Media(id=id_, account="a-1", created_at=datetime.now(UTC), kind="image", seq=1, **hashes)
    content.add_media(conn, [media])
    return Subject(SubjectKind.MEDIA, id_)


@pytest.fixture
def platform(server):
    with server.runtime.pool.connection() as conn:
        add_account(conn, "a-1")
        banks.create(conn, id="ours", kind="media", title="Known pictures")
        banks.create(conn, id="words", kind="terms", title="Words")
    return server


@pytest.fixture
def call(platform):
    key = platform.key(Scope.CASES_READ, Scope.CASES_WRITE, Scope.BANKS_READ, Scope.BANKS_WRITE)

    def post(path, **body):
        return platform.client.post(f"/v1/{path}", json=body, headers=key)

    return post


def test_media_of_a_decided_case_are_known_until_the_decision_is_reversed(platform, call):
    with platform.runtime.pool.connection() as conn:
        case = case_about(conn, upload(conn, "m-1", sha256="ab" * 32, pdq=PDQ, pdq_trimmed=OTHER))
    early = call("banks/ours/case", case=case)
    assert (early.status_code, "decide it first" in early.json()["detail"]) == (409, True)
    decided = call(f"cases/{case}/decisions", ground="TVEC1", proposals=None, reason="seen")
    added = call("banks/ours/case", case=case, label="emblem")
    assert (added.status_code, added.json()["added"]) == (200, 1)
    assert call("banks/ours/case", case=case).json()["duplicates"] == 1
    with platform.runtime.pool.connection() as conn:
        (found,) = look(conn, pdq=OTHER)
        assert (found["bank"], found["label"], found["border"]) == ("ours", "emblem", True)
        assert banks.page(conn, "ours")[0].provenance == f"case {case}: TVEC1"
    reversed_ = call(f"decisions/{decided.json()['decision_id']}/reverse", reason="mistaken")
    assert reversed_.status_code in (200, 201), reversed_.text
    with platform.runtime.pool.connection() as conn:
        assert look(conn, pdq=PDQ, sha256="ab" * 32) == []
    call(f"cases/{case}/decisions", ground="TVEC1", proposals=None, reason="right after all")
    assert call("banks/ours/case", case=case).json()["added"] == 1
    with platform.runtime.pool.connection() as conn:
        assert len(look(conn, sha256="ab" * 32)) == 1


def test_media_of_a_decided_post_are_banked_each(platform, call):
    with platform.runtime.pool.connection() as conn:
        upload(conn, "m-1", pdq=PDQ)
        upload(conn, "m-2", md5="cd" * 16)
        upload(conn, "m-3")
        post = Post(
            id="p-1", account="a-1", created_at=NOW, text="look", seq=1, media=["m-1", "m-2", "m-3", "m-4"]
        )
        content.save_posts(conn, [post])
        case = case_about(conn, Subject(SubjectKind.POST, "p-1"))
    call(f"cases/{case}/decisions", ground="TVEC7", proposals=None, reason="seen")
    assert call("banks/ours/case", case=case).json()["added"] == 2


def test_what_is_no_violation_or_has_no_media_is_not_banked(platform, call):
    assert call("banks/ours/case", case=999).status_code == 404
    with platform.runtime.pool.connection() as conn:
        fine = case_about(conn, upload(conn, "m-1", pdq=PDQ))
        bare = case_about(conn, upload(conn, "m-2"))
    call(f"cases/{fine}/decisions", ground="TVEC0", proposals=None, reason="news")
    call(f"cases/{bare}/decisions", ground="TVEC1", proposals=None, reason="seen")
    for case, into, reason in (
        (fine, "ours", "no violation"),
        (bare, "ours", "nothing with hashes"),
        (bare, "words", "bank of terms"),
    ):
        answer = call(f"banks/{into}/case", case=case)
        assert (answer.status_code, reason in answer.json()["detail"]) == (409, True), answer.text
    assert call("banks/none/case", case=bare).status_code == 404


def test_whoever_adds_hashes_commits_before_the_next_takes_numbers(database_url, conn):
    banks.create(conn, id="one", kind="media", title="One")
    banks.create(conn, id="two", kind="media", title="Two")
    conn.commit()
    detector = MediaDetector()
    with database.connect(database_url) as first, database.connect(database_url) as second:
        for one in (first, second):
            one.execute("SELECT 1")  # so that what follows stays open
        bank(first, f"pdq:{PDQ}", to="one")
        second.execute("SET lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            bank(second, f"pdq:{OTHER}", to="two")
        second.rollback()
        second.execute("SELECT 1")
        detector.update(conn)
        first.commit()
        bank(second, f"pdq:{OTHER}", to="two")
        second.commit()
    items = [MediaItem(subject=Subject(SubjectKind.MEDIA, "m"), pdq=digits) for digits in (PDQ, OTHER)]
    assert [len(found) for found in detector.detect(conn, items)] == [1, 1]
