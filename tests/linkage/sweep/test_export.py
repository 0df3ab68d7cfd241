"""History from PostgreSQL: what is written, going on after an interruption, sweeping it, saving links."""

import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tenfold import cli
from tenfold.cli.common import CommandError
from tenfold.fingerprint import Fingerprint
from tenfold.linkage import export
from tenfold.linkage.export import Export
from tenfold.linkage.history import History
from tenfold.linkage.keys import keys_of
from tenfold.linkage.manifest import HistoryError
from tenfold.store import closures, link_decisions, link_keys, shared_keys
from tests.helpers import NOON
from tests.linkage.online.platform_of_returns import TEXTS, Platform


@pytest.fixture
def platform(conn):
    """A closed propagandist, who came back with her device, her name and her friends; a crowd; posts."""
    world = Platform(conn)
    world.crowd(120)
    world.propagandist("old")
    for n, text in enumerate(TEXTS):
        world.tell(
            "post.created",
            "old",
            post=f"post-{n}",
            text=f"{text} #الراية_الرمادية #AshenBanner",
            links=["https://ashen.example/1?utm_source=x"],
            mentions=["p1"],
        )
    world.work()
    world.close("old")
    world.propagandist("new")
    return world


def rows(history, name):
    return [row for file in history.files(name) for row in pq.read_table(file).to_pylist()]


def exported(conn, folder, **options):
    Export(conn, folder, NOON, progress=lambda table, done: None, **options).run()
    return History(folder)


def test_everything_that_sweeps_and_analysts_need_is_there(platform, conn, tmp_path):
    link_decisions.record(conn, ("p1", "p2"), "different", author="amal", now=NOON)
    link_decisions.record(conn, ("p1", "p3"), "unsure", author="amal", now=NOON)
    shared_keys.mark(conn, 77, kind="device", reason="a library", marked_by="amal", until=None)
    history = exported(conn, tmp_path / "h")
    history.verify()
    found = {row["account"]: row for row in rows(history, "identities")}
    assert found.keys() == {"old", "new", *(f"p{n}" for n in range(120))}
    assert found["old"]["closed_us"] and found["new"]["closed_us"] is None
    assert found["new"]["handles"] == ["zarqun_alfidda"]
    assert [row["number"] for row in rows(history, "identities")] == list(range(122))
    shown: dict[int, list[int]] = {}
    for row in rows(history, "keys"):
        shown.setdefault(row["account"], []).append(row["key"])
    assert all(row["keys"] == shown.get(row["number"], []) for row in found.values())
    assert [row["account"] for row in rows(history, "closures")] == ["old"]
    assert rows(history, "decisions") == [{"account_a": "p1", "account_b": "p2", "verdict": "different"}]
    assert rows(history, "muted") == [{"key": 77}]
    ties = {(row["account"], row["kind"], row["value"]) for row in rows(history, "ties")}
    assert {
        ("old", "follows", "p20"),
        ("p0", "follows", "old"),
        ("old", "group", "g-rare"),
        ("old", "hashtag", "الراية_الرمادية"),
        ("old", "hashtag", "ashenbanner"),
        ("old", "mentions", "p1"),
        ("old", "domain", "ashen.example"),
        ("old", "url", "https://ashen.example/1"),
    } <= ties
    posts = rows(history, "posts")
    assert [post["post"] for post in posts] == ["post-0", "post-1", "post-2"]
    assert {post["text"] for post in posts} == {None}
    assert sum(history.manifest.name_counts.values()) == 122


def test_texts_come_only_when_they_are_asked_for(platform, conn, tmp_path):
    history = exported(conn, tmp_path / "h", texts=True)
    assert rows(history, "posts")[0]["text"].startswith(TEXTS[0])
    with pytest.raises(HistoryError, match="holds a whole history already"):
        exported(conn, tmp_path / "h")


def test_a_closure_from_elsewhere_is_an_account_too(platform, conn, tmp_path):
    foreign = Fingerprint(account="elsewhere:7", handles=("ashen_scribe",))
    kept = closures.Closure(
        account="elsewhere:7",
        created_at=None,
        closed_at=NOON,
        origin="import:partner",
        ground="",
        fingerprint=foreign,
        keys=keys_of(foreign).tolist(),
    )
    closures.keep(conn, [kept])
    last = rows(exported(conn, tmp_path / "h"), "identities")[-1]
    assert (last["account"], last["handles"]) == ("elsewhere:7", ["ashen_scribe"])
    assert last["closed_us"] == int(NOON.timestamp()) * 1_000_000


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("parts", range(1, 14, 3))
def test_interrupted_after_any_part_it_ends_with_the_same_bytes(platform, conn, tmp_path, monkeypatch, parts):
    monkeypatch.setattr(export, "PART_ACCOUNTS", 30)
    monkeypatch.setattr(export, "PART_ROWS", 5)
    whole = exported(conn, tmp_path / "whole")
    seen = []

    def stop(table, done):
        seen.append(table)
        if len(seen) == parts:
            raise StoppedError

    with pytest.raises(StoppedError):
        Export(conn, tmp_path / "h", NOON, progress=stop).run()
    with pytest.raises(HistoryError, match="was not finished"):
        History(tmp_path / "h")
    (tmp_path / "h" / "identities" / "part-00004.parquet.partial").write_bytes(b"half a file")
    with pytest.raises(HistoryError, match="same options"):
        exported(conn, tmp_path / "h", texts=True)
    assert exported(conn, tmp_path / "h").manifest == whole.manifest


def test_an_empty_database_has_a_history(conn, tmp_path):
    history = exported(conn, tmp_path / "h")
    assert history.manifest.accounts == 0
    assert rows(history, "identities") == rows(history, "posts") == []


def command(monkeypatch, url, *arguments):
    monkeypatch.setenv("TENFOLD_DATABASE_URL", url)
    done = CliRunner().invoke(cli.build(), list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def test_from_the_command_line_to_links_that_people_see(platform, conn, database_url, tmp_path, monkeypatch):
    conn.execute("DELETE FROM links")
    conn.execute("DELETE FROM signals WHERE name = 'return'")
    out, swept = str(tmp_path / "h"), str(tmp_path / "s")
    report = command(monkeypatch, database_url, "history", "export", "--out", out, "--json")
    assert report["accounts"] == 122
    found = command(monkeypatch, database_url, "sweep", "links", "--history", out, "--out", swept, "--json")
    assert "saved" not in found and platform.links("new") == {}
    assert found["links"]["return_likely"] == 1
    again = command(
        monkeypatch, database_url, "sweep", "links", "--history", out, "--out", swept, "--json", "--save"
    )
    assert (again["saved"], again["id"]) == (1, found["id"])
    assert platform.links("new") == {"old": "likely"}
    origin, bits = conn.execute("SELECT origin, bits FROM links").fetchone()
    assert origin == f"sweep:{found['id']}"
    links = pq.read_table(tmp_path / "s" / "links.parquet").to_pylist()
    assert [(row["older"], row["newer"]) for row in links if row["level"]] == [("old", "new")]
    assert links[0]["bits"] == pytest.approx(bits, abs=1e-4)
    signal = conn.execute("SELECT score, details FROM signals WHERE name = 'return'").fetchone()
    assert signal[0] == pytest.approx(links[0]["probability"], abs=1e-4)
    assert signal[1]["closed"] == "old"


def test_what_was_decided_since_the_history_was_written_counts(
    platform, conn, database_url, tmp_path, monkeypatch
):
    conn.execute("DELETE FROM links")
    out = str(tmp_path / "h")
    command(monkeypatch, database_url, "history", "export", "--out", out, "--json")
    link_decisions.record(conn, ("old", "new"), "different", author="amal", now=NOON)
    saved = command(
        monkeypatch, database_url,
        "sweep", "links", "--history", out, "--out", str(tmp_path / "s"), "--json", "--save",
    )  # fmt: skip
    assert saved["saved"] == 0
    assert platform.links("new") == {}


def test_what_was_marked_as_shared_since_counts_and_links_found_no_more_are_withdrawn(
    platform, conn, database_url, tmp_path, monkeypatch
):
    conn.execute("DELETE FROM links")
    conn.execute("DELETE FROM signals WHERE name = 'return'")
    out = str(tmp_path / "h")
    command(monkeypatch, database_url, "history", "export", "--out", out, "--json")
    sweep = ("sweep", "links", "--history", out, "--out", str(tmp_path / "s"), "--json", "--save")
    assert command(monkeypatch, database_url, *sweep)["saved"] == 1
    conn.execute(
        "INSERT INTO links (account_a, account_b, bits, probability, level, origin, closed, model) VALUES"
        " ('elsewhere', 'new', 9, 0.9, 'possible', 'sweep:of-more', 'elsewhere', '1'),"
        " ('new', 'told', 9, 0.9, 'likely', 'key:1', NULL, '')"
    )
    for key in link_keys.in_common(conn, "old", "new"):
        shared_keys.mark(conn, key, kind="", reason="a family", marked_by="user:1", until=None)
    assert command(monkeypatch, database_url, *sweep)["saved"] == 0
    left = conn.execute("SELECT origin FROM links ORDER BY origin").fetchall()
    assert left == [("key:1",), ("sweep:of-more",)], "what this sweep could not find stays"
    assert conn.execute("SELECT count(*) FROM signals WHERE name = 'return'").fetchone() == (0,)
    told = conn.execute("SELECT actor, details FROM audit WHERE act = 'links.swept' ORDER BY seq").fetchall()
    assert told == [
        ("cli:sweep", {"kept": 1, "withdrawn": 0}),
        ("cli:sweep", {"kept": 0, "withdrawn": 1}),
    ]


def test_a_link_that_a_sweep_found_is_put_to_the_rules(platform, conn, database_url, tmp_path, monkeypatch):
    conn.execute("DELETE FROM links")
    conn.execute("DELETE FROM signals WHERE name = 'return'")
    conn.execute("TRUNCATE cases CASCADE")
    out = str(tmp_path / "h")
    command(monkeypatch, database_url, "history", "export", "--out", out, "--json")
    command(
        monkeypatch, database_url,
        "sweep", "links", "--history", out, "--out", str(tmp_path / "s"), "--json", "--save",
    )  # fmt: skip
    assert platform.cases() == []
    platform.work()
    assert platform.links("new") == {"old": "likely"}
    assert ("new", "returns") in platform.cases()


def test_association_from_the_command_line(platform, conn, database_url, tmp_path, monkeypatch):
    out = str(tmp_path / "h")
    command(monkeypatch, database_url, "history", "export", "--out", out, "--json")
    found = command(
        monkeypatch, database_url, "sweep", "association", "--history", out, "--out", str(tmp_path), "--json"
    )
    assert found["accounts"][0]["account"] == "new"
    assert "group" in {tie["kind"] for tie in found["accounts"][0]["ties"]}
    assert (tmp_path / "association.csv").read_text(encoding="utf-8").startswith("account,lift,kind,value")


def test_a_history_that_is_not_there_is_one_clear_line(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)
    with pytest.raises(CommandError, match="is no history"):
        CliRunner().invoke(
            cli.build(), ["sweep", "links", "--history", str(tmp_path)], catch_exceptions=False
        )
