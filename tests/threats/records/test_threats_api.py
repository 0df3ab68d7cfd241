"""`/v1/threats` and `tenfold threats`: scopes, lists, steps, figures, corrections."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from tenfold import cli
from tenfold.store import protectees
from tenfold.store.keys import Scope
from tenfold.threats import records
from tests.threats.records.composed import NOON, sighting

TEXT = "I will kill {} at the door of his house on Harbour Street, and nobody will hear it"


@pytest.fixture
def platform(server):
    """A server with a few records: T1 by two accounts, T2, T3, and a report in the news."""
    with server.runtime.pool.connection() as conn:
        news: dict[str, Any] = {"speech_act": "news", "gates": ["news"], "gated": True, "level": "N"}
        said = [
            sighting("p1", "a1", TEXT.format("Jonas Vale"), level="T1"),
            sighting("p2", "a2", TEXT.format("Jonas Vale") + " 🔥", level="T1"),
            sighting("p3", "a1", TEXT.format("Sara Winter"), "Sara Winter", level="T2"),
            sighting("p4", "a4", TEXT.format("Peter Moor"), "Peter Moor", level="T3", language="ar"),
            sighting("p5", "paper", TEXT.format("Jonas Vale"), **news),
        ]
        records.take(conn, said, datetime.now(UTC))
    return server


def get(server, path, *scopes, **params):
    return server.client.get(path, headers=server.key(*(scopes or (Scope.THREATS,))), params=params)


def post(server, path, body=None, scope=Scope.THREATS):
    return server.client.post(path, headers=server.key(scope), json=body)


def test_every_path_needs_the_scope(platform):
    for path in ("", "/counts", "/1", "/figures", "/figures.csv", "/corrections"):
        assert get(platform, f"/v1/threats{path}", Scope.CASES_READ).status_code == 403, path
    for step in ("look", "take", "assess", "correct", "escalate", "monitor", "close", "reopen", "hand-over"):
        assert post(platform, f"/v1/threats/1/{step}", {}, Scope.CASES_WRITE).status_code == 403, step


def test_the_list_is_by_level_then_time_left_and_goes_page_by_page(platform):
    answer = get(platform, "/v1/threats").json()
    assert [row["level"] for row in answer["rows"]] == ["T1", "T2", "T3"]
    assert answer["next"] is None
    seen: list[int] = []
    cursor: Any = ""
    while cursor is not None:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = get(platform, "/v1/threats", **params).json()
        seen += [row["id"] for row in page["rows"]]
        cursor = page["next"]
    assert seen == [row["id"] for row in answer["rows"]]
    assert get(platform, "/v1/threats", cursor="nonsense").status_code == 422


@pytest.mark.parametrize(
    ("wanted", "levels"),
    [
        ({"level": "T2"}, ["T2"]),
        ({"account": "a1"}, ["T1", "T2"]),
        ({"language": "ar"}, ["T3"]),
        ({"information": "true"}, ["N"]),
        ({"status": "closed"}, []),
        ({"owner": "user:1"}, []),
        ({"overdue": "true"}, []),
        ({"target_kind": "named_person"}, ["T1", "T2", "T3"]),
    ],
)
def test_the_list_can_be_narrowed(platform, wanted, levels):
    assert [row["level"] for row in get(platform, "/v1/threats", **wanted).json()["rows"]] == levels


def test_counts(platform):
    answer = get(platform, "/v1/threats/counts").json()
    assert answer["open"] == 3
    assert answer["by_level"] == {"T0": 0, "T1": 1, "T2": 1, "T3": 1, "N": 0}
    assert answer["information"] == 1


def test_one_threat_with_its_sources_and_earlier_ones(platform):
    id_ = get(platform, "/v1/threats").json()["rows"][0]["id"]
    view = get(platform, f"/v1/threats/{id_}").json()
    assert [source["subject_id"] for source in view["sources"]] == ["p1", "p2"]
    assert [account["id"] for account in view["accounts"]] == ["a1", "a2"]
    assert [one["target"] for one in view["earlier"]] == ["Sara Winter"]
    assert {factor["factor"] for factor in view["factors"]} >= {"speech_act", "act", "target"}
    assert get(platform, "/v1/threats/999").status_code == 404


def test_who_is_watched_over_is_told_to_their_scope_alone(platform):
    with platform.runtime.pool.connection() as conn:
        who = protectees.add(conn, {"kind": "person", "name": "Jonas Vale"}, "user:1")
        said = sighting("p9", "a9", TEXT.format("Jonas Vale"), protectees=((who, "name", 0.9, 12, 22),))
        id_ = records.take(conn, [said], datetime.now(UTC))[0].threat_id
    assert get(platform, f"/v1/threats/{id_}").json()["protectees"] == []
    full = get(platform, f"/v1/threats/{id_}", Scope.THREATS, Scope.PROTECTEES).json()
    assert [match["protectee"] for match in full["protectees"]] == [who]


def test_a_threat_is_worked_through_to_its_end(platform):
    id_ = get(platform, "/v1/threats", level="T2").json()["rows"][0]["id"]
    path = f"/v1/threats/{id_}"
    assert post(platform, f"{path}/look").json()["status"] == "new"
    taken = post(platform, f"{path}/take").json()
    assert (taken["status"], taken["owner"][:4]) == ("assessing", "key:")
    corrected = post(platform, f"{path}/correct", {"factor": "when", "value": "6", "reason": "tonight"})
    assert corrected.json()["level"] == "T0"
    refused = post(platform, f"{path}/close", {"outcome": "other", "reason": "done"})
    assert (refused.status_code, refused.json()["state"]) == (409, "assessing")
    assessed = post(platform, f"{path}/assess", {"level": "T3", "reason": "a boy of twelve"})
    assert (assessed.json()["level"], assessed.json()["due_at"]) == ("T3", None)
    assert post(platform, f"{path}/escalate", {"reason": "please look"}).json()["owner"] is None
    until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert (
        post(platform, f"{path}/monitor", {"reason": "wait", "until": until}).json()["status"] == "monitored"
    )
    assert post(platform, f"{path}/hand-over", {"owner": "user:3"}).json()["owner"] == "user:3"
    closed = post(platform, f"{path}/close", {"outcome": "not_credible", "reason": "talked to"}).json()
    assert (closed["status"], closed["outcome"]) == ("closed", "not_credible")
    assert post(platform, f"{path}/assess", {"level": "T1", "reason": "no"}).status_code == 409
    assert post(platform, f"{path}/reopen", {"reason": "again"}).json()["status"] == "assessing"


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("assess", {"level": "T9", "reason": "x"}),
        ("assess", {"level": "T1", "reason": "  "}),
        ("assess", {"level": "T1"}),
        ("correct", {"factor": "mood", "value": "x", "reason": "y"}),
        ("correct", {"factor": "when", "value": "soon", "reason": "y"}),
        ("monitor", {"reason": "x", "until": "2020-01-01T00:00:00Z"}),
        ("monitor", {"reason": "x", "until": "2099-01-01T00:00:00"}),
        ("close", {"outcome": "fine", "reason": "x"}),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(platform, step, body):
    id_ = get(platform, "/v1/threats", level="T2").json()["rows"][0]["id"]
    assert post(platform, f"/v1/threats/{id_}/{step}", body).status_code in (400, 409, 422)
    assert get(platform, f"/v1/threats/{id_}").json()["threat"]["status"] == "new"


def test_figures_as_json_and_csv_have_denominators(platform):
    with platform.runtime.pool.connection() as conn:
        conn.execute("INSERT INTO threat_read VALUES ('2026-03-01', 1, 700), ('2026-03-01', 2, 300)")
    day = {"since": "2026-02-01", "until": "2026-03-31"}
    answer = get(platform, "/v1/threats/figures", by="month", **day).json()
    (month,) = answer["periods"]
    assert (month["begins"], month["posts"], month["threats"], month["information"]) == (
        "2026-03-01",
        1000,
        3,
        1,
    )
    assert month["by_level"] == {"T1": 1, "T2": 1, "T3": 1}
    assert month["by_language"] == {"ar": 1, "en": 2}
    assert month["to_human"] | {"threats": 3, "seen": 0, "decided": 0} == month["to_human"]
    table = get(platform, "/v1/threats/figures.csv", **day)
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    threats_row = next(row for row in rows if row["period"] == "whole" and row["dimension"] == "threats")
    assert (threats_row["count"], threats_row["of"], threats_row["of_what"]) == ("3", "1000", "posts_read")
    assert all(row["of"] and row["of_what"] for row in rows)
    backwards = get(platform, "/v1/threats/figures", since="2026-03-02", until="2026-03-01")
    assert backwards.status_code == 422


def test_corrections_come_page_by_page(platform):
    id_ = get(platform, "/v1/threats", level="T3").json()["rows"][0]["id"]
    for value in ("6", "12", None):
        wish: dict[str, Any] = {"factor": "when", "value": value, "reason": "read again"}
        assert post(platform, f"/v1/threats/{id_}/correct", wish).status_code == 200
    first = get(platform, "/v1/threats/corrections", limit=2).json()
    rest = get(platform, "/v1/threats/corrections", after=first["next"]).json()
    told = [(one["before"], one["after"]) for one in first["corrections"] + rest["corrections"]]
    assert told == [(None, "6"), ("6", "12"), ("12", None)]
    assert rest["next"] is None
    assert first["corrections"][0]["text"] == TEXT.format("Peter Moor")


@pytest.fixture
def run(platform, monkeypatch):
    monkeypatch.setenv("TENFOLD_DATABASE_URL", platform.runtime.url)

    def call(*args):
        result = CliRunner().invoke(cli.build(), ["threats", *args])
        assert result.exception is None, result.exception
        return result.stdout

    return call


def test_the_command_line_tells_the_same(platform, run):
    lines = run("list").splitlines()
    assert len(lines) == 3
    assert "2 texts by 2 accounts" in lines[0]
    listed = json.loads(run("list", "--json"))["rows"]
    assert [row["level"] for row in listed] == ["T1", "T2", "T3"]
    assert "Harbour Street" in run("show", str(listed[0]["id"]))
    assert json.loads(run("show", str(listed[0]["id"]), "--json"))["threat"]["accounts"] == 2
    day = ("--since", "2026-03-01", "--until", "2026-03-01")
    assert json.loads(run("figures", *day, "--json"))["whole"]["threats"] == 3
    assert run("figures", *day, "--csv").startswith("period,posts_read,threats,")
    assert "3 threats in" in run("figures", *day)
    id_ = listed[2]["id"]
    post(platform, f"/v1/threats/{id_}/correct", {"factor": "when", "value": "6", "reason": "tonight"})
    (line,) = run("corrections", "--ndjson").splitlines()
    assert json.loads(line)["after"] == "6"
    assert "when None -> '6'" in run("corrections")
    assert run("corrections", "--after", str(json.loads(line)["id"])) == ""


def test_the_command_line_says_what_is_wrong(run):
    for args in (
        ("list", "--level", "T7"),
        ("list", "--status", "gone"),
        ("show", "999"),
        ("figures", "--by", "week"),
    ):
        with pytest.raises(AssertionError):
            run(*args)


def test_first_looks_are_counted_against_the_clock(platform):
    id_ = get(platform, "/v1/threats", level="T1").json()["rows"][0]["id"]
    post(platform, f"/v1/threats/{id_}/look")
    with platform.runtime.pool.connection() as conn:
        conn.execute("UPDATE threats SET due_at = now() - interval '1 hour' WHERE read_level = 'T2'")
    day = NOON.date().isoformat()
    whole = get(platform, "/v1/threats/figures", since=day, until=day).json()["whole"]
    waited = whole["to_human"]
    assert (waited["threats"], waited["seen"], waited["decided"], waited["in_time"]) == (3, 1, 2, 1)
    assert waited["median"] == waited["p90"]
    assert 0 <= waited["median"] < 5
    assert whole["to_human_by_level"]["T1"]["in_time"] == 1
