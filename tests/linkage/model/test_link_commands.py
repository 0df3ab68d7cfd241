"""`tenfold link`: measured against a truth file, learned from decisions, models listed and chosen."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tenfold.cli import build
from tenfold.linkage import against_truth, returns
from tenfold.linkage.model import Model
from tenfold.store import link_decisions, link_models
from tenfold.store.database import Conn
from tenfold.store.signals import save_links
from tests.linkage.model.people import CLOSED, DAY, closed_account, judged, other_account

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def run(database_url, monkeypatch):
    """Calls the command line against the test's database."""
    monkeypatch.setenv("TENFOLD_DATABASE_URL", database_url)

    def call(*arguments: str) -> tuple[int, str, BaseException | None]:
        result = CliRunner().invoke(build(), ["link", *arguments])
        return result.exit_code, result.output, result.exception

    return call


def account(conn: Conn, name: str, display: str) -> None:
    conn.execute(
        "INSERT INTO accounts (id, handle, display_name, first_seq, updated_at) VALUES (%s, %s, %s, 1, %s)",
        [name, name, display, NOW],
    )


def linked(conn: Conn, closed: str, new: str, *, like: bool = True) -> None:
    again = closed_account(account=new, closed_us=None, created_us=CLOSED + DAY // 2)
    one = judged(closed_account(account=closed), again)
    assert one.level == "likely"
    save_links(conn, [returns.as_link(one if like else msgspec.structs.replace(one, level="possible"))])


@pytest.fixture
def truth(conn: Conn, tmp_path: Path) -> Path:
    """Two returns, of which one is found; one honest account of each culture, one of them accused."""
    for name, display in {
        "old1": "Herald",
        "old2": "Lamp",
        "new1": "Herald",
        "new2": "Someone",
        "salma": "سلمى الحداد",
        "peter": "Peter Hollis",
    }.items():
        account(conn, name, display)
    linked(conn, "old1", "new1")
    linked(conn, "old2", "salma")
    linked(conn, "old2", "new2", like=False)
    conn.commit()
    lines = [
        {"record": "group", "group": "g"},
        {"record": "account", "account": "old1", "operator": "o1"},
        {"record": "account", "account": "old2", "operator": "o2"},
        {
            "record": "account",
            "account": "new1",
            "operator": "o1",
            "predecessor": "old1",
            "evasions": ["leet"],
            "language": "en",
        },
        {
            "record": "account",
            "account": "new2",
            "operator": "o2",
            "predecessor": "old2",
            "evasions": ["vpn"],
            "language": "ar",
        },
        {"record": "account", "account": "salma", "operator": "p1", "language": "ar"},
        {"record": "account", "account": "peter", "operator": "p2", "language": "en"},
    ]
    path = tmp_path / "truth.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return path


def test_links_are_measured_against_the_truth(run, truth: Path):
    code, output, _ = run("evaluate", str(truth), "--json")
    assert code == 0, output
    report = json.loads(output)
    assert report["links"] == 3
    assert report["precision"] == {"likely": {"hits": 1, "of": 2}, "possible": {"hits": 1, "of": 1}}
    assert report["recall"] == {"hits": 1, "of": 2}
    assert report["recall_shown"] == {"hits": 2, "of": 2}
    assert report["by_evasion"]["leet"]["returns"] == {"hits": 1, "of": 1}
    assert report["by_evasion"]["vpn"]["returns"] == {"hits": 0, "of": 1}
    assert report["by_names"]["Arab"]["flagged"] == {"hits": 1, "of": 1}
    assert report["by_names"]["Latn"]["flagged"]["hits"] == 0
    assert report["per_1000"] == 250
    code, output, _ = run("evaluate", str(truth))
    assert code == 0
    assert "returns found, likely: 0.5000 (1 of 2; 95 %:" in output
    assert "language ar: 0 likely and 1 shown of 1 returns; 1 of 1 others wrongly called likely" in output


def test_a_return_with_many_predecessors_is_found_once_and_recognised_when_it_was_first_linked(
    run, conn: Conn, truth: Path
):
    conn.execute("INSERT INTO events (seq, received_at, body) VALUES (1, now() - interval '1 hour', '{}')")
    conn.execute("UPDATE links SET first_at = now() - interval '50 minutes' WHERE closed = 'old1'")
    with truth.open("a", encoding="utf-8") as file:
        for n in range(5):
            account(conn, f"older{n}", "Herald")
            linked(conn, f"older{n}", "new1")
            file.write(json.dumps({"record": "account", "account": f"older{n}", "operator": "o1"}) + "\n")
    linked(conn, "old1", "new1")  # with more evidence
    conn.commit()
    code, output, _ = run("evaluate", str(truth), "--json")
    assert code == 0, output
    report = json.loads(output)
    assert report["precision"]["likely"]["hits"] == 6
    assert 0.5 <= report["average_precision"] <= 1, "two returns, both linked, one of them behind a false one"
    assert set(report["calibration_by_language"]) == {"ar", "en", "unknown"}
    assert report["seconds"] == pytest.approx([2100, 3300], rel=0.05), "one after 10 minutes, one after 60"


def test_bought_and_slept_accounts_are_evasions_of_their_own_and_no_late_recognitions(
    run, conn: Conn, truth: Path
):
    """They were there long before they were returns: the time since their first event says nothing."""
    for seq, days in ((1, 1), (2, 400)):
        conn.execute(
            "INSERT INTO events (seq, received_at, body)"
            " VALUES (%s, now() - make_interval(days => %s), '{}')",
            [seq, days],
        )
    for name, evasion in (("bought", "aged_account"), ("slept", "sleeper")):
        account(conn, name, "Herald")
        conn.execute("UPDATE accounts SET first_seq = 2 WHERE id = %s", [name])
        linked(conn, "old1", name)
        with truth.open("a", encoding="utf-8") as file:
            told = {"operator": "o1", "predecessor": "old1", "used_from": "2026-02-01T00:00:00Z"}
            line = {"record": "account", "account": name, "evasions": [evasion], "language": "en"} | told
            file.write(json.dumps(line) + "\n")
    conn.commit()
    code, output, _ = run("evaluate", str(truth), "--json")
    assert code == 0, output
    report = json.loads(output)
    for evasion in ("aged_account", "sleeper"):
        assert report["by_evasion"][evasion]["returns"] == {"hits": 1, "of": 1}
    assert report["recall"] == {"hits": 3, "of": 4}
    day = 24 * 3600
    assert report["seconds"] == pytest.approx([day, day], rel=0.01)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"record": "account"}\n', "line 1"),
        ('{"record": "group", "group": "g"}\n', "no line has"),
        ("", "no line has"),
    ],
)
def test_truth_files_without_sense_are_refused(run, tmp_path: Path, content: str, message: str):
    path = tmp_path / "truth.ndjson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(against_truth.TruthError, match=message):
        against_truth.read(path)
    code, _, error = run("evaluate", str(path))
    assert code != 0
    assert message in str(error)
    code, _, error = run("evaluate", str(tmp_path / "nowhere"))
    assert "No such file" in str(error)


def decided(conn: Conn, each: int) -> None:
    """Links on a device are confirmed, links on a bio denied."""
    for number in range(each):
        for verdict, shown in (
            ("same", {"tokens": (("device", "d-closed"),), "handles": ("ashenvoice_18",)}),
            ("different", {"bios": closed_account().bios}),
        ):
            one = judged(closed_account(), other_account(created_us=CLOSED + DAY, **shown))
            link_decisions.record(
                conn,
                (f"c{number}", f"n{number}-{verdict}"),
                verdict,  # type: ignore[arg-type]
                author="p",
                evidence=msgspec.to_builtins(one.items),
                now=NOW,
            )
    conn.commit()


def test_too_few_decisions_train_nothing(run, conn: Conn):
    decided(conn, 2)
    code, _, error = run("train")
    assert code != 0
    assert "2 decisions say 'same' and 2 'different'" in str(error)
    assert link_models.list_all(conn) == []


def test_a_trained_model_is_kept_used_and_taken_back(run, conn: Conn):
    decided(conn, 35)
    code, output, _ = run("train", "--json")
    assert code == 0, output
    version = json.loads(output)["version"]
    assert link_models.current(conn) is None  # kept, not used
    conn.rollback()

    assert run("use", version)[0] == 0
    kept = link_models.current(conn)
    assert kept is not None
    conn.rollback()
    assert kept.version == version
    assert kept.report["same"] == 35
    assert Model.load(msgspec.json.encode(kept.parameters)).version == version
    listed = json.loads(run("models", "--json")[1])
    assert [(one["version"], one["in_use"]) for one in listed] == [
        (version, True),
        (Model.shipped().version, False),
    ]
    assert run("use", "shipped")[0] == 0
    assert link_models.current(conn) is None
    acts = conn.execute("SELECT act FROM audit WHERE act LIKE 'link_model.%' ORDER BY seq").fetchall()
    assert [act for (act,) in acts] == ["link_model.trained", "link_model.used", "link_model.used"]


def test_an_unknown_model_is_not_used(run, conn: Conn):
    code, _, error = run("use", "nonsense")
    assert code != 0
    assert "there is no model 'nonsense'" in str(error)
    assert link_models.current(conn) is None
