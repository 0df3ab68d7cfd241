"""Protectees in PostgreSQL: kept, changed, ended, related; and the watch that follows every change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenfold.store import protectees
from tenfold.store.database import Conn
from tenfold.store.protectees import ProtecteeError, UnknownProtecteeError
from tenfold.threats.protectees import Watch, given
from tests.threats.protectees.watching import SECRET


def add(conn: Conn, kind: str, name: str, **fields: Any) -> int:
    return given.add(conn, given.from_values({"kind": kind, "name": name, **fields}), SECRET, "user:1")


def change(conn: Conn, id_: int, fields: Mapping[str, Any]) -> bool:
    return given.change(conn, id_, given.from_values(fields), SECRET)


def ids(watch: Watch, conn: Conn, text: str) -> list[int]:
    return [match.protectee for match in watch.find(conn, [(text, [], [])])[0]]


def test_what_is_kept_comes_back_but_for_addresses(conn: Conn) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    id_ = add(
        conn,
        "person",
        " Karim Nasser ",
        key="hr-7",
        names=["كريم ناصر", "كريم ناصر"],
        handles=["@karim_n"],
        accounts=["a-1"],
        domains=["staff@Redwood.Example"],
        cities=["عمّان"],
        addresses=["12 Palm Street", "شارع النخيل 12"],
        contact="desk 4",
        starts_at="2026-03-01T00:00:00Z",
        ends_at=(at + timedelta(days=9)).isoformat(),
    )
    kept = protectees.get(conn, id_)
    assert (kept.key, kept.name, kept.names, kept.handles) == (
        "hr-7",
        "Karim Nasser",
        ["كريم ناصر"],
        ["karim_n"],
    )
    assert (kept.domains, kept.addresses, kept.active) == (["redwood.example"], 2, True)
    assert (kept.starts_at, kept.contact, kept.created_by) == (at, "desk 4", "user:1")
    dump = " ".join(str(row) for row in conn.execute("SELECT p::text FROM protectees p"))
    dump += " ".join(str(row) for row in conn.execute("SELECT a::text FROM protectee_addresses a"))
    assert "Palm" not in dump
    assert "نخيل" not in dump


def test_the_watch_follows_changes(conn: Conn) -> None:
    watch = Watch(SECRET)
    assert ids(watch, conn, "kill karim nasser") == []
    id_ = add(conn, "person", "Karim Nasser")
    assert ids(watch, conn, "kill karim nasser") == [id_]
    assert change(conn, id_, {"name": "Greta Lindqvist", "addresses": ["12 Palm Street"]})
    assert ids(watch, conn, "kill karim nasser") == []
    assert ids(watch, conn, "greta lindqvist") == [id_]
    assert ids(watch, conn, "12 palm street") == [id_]
    assert protectees.end(conn, id_)
    assert not protectees.end(conn, id_)
    assert ids(watch, conn, "greta lindqvist, 12 palm street") == []
    assert change(conn, id_, {"active": True})
    assert ids(watch, conn, "greta lindqvist") == [id_]


def test_nothing_is_asked_of_the_store_for_no_texts(conn: Conn) -> None:
    conn.close()
    assert Watch(SECRET).find(conn, []) == []


def test_the_revision_moves_only_with_a_change(conn: Conn) -> None:
    id_ = add(conn, "person", "Karim Nasser", names=["كريم ناصر"], addresses=["12 Palm Street"])
    before = protectees.revision(conn)
    assert not change(
        conn, id_, {"name": "Karim Nasser", "names": ["كريم ناصر"], "addresses": ["Palm St. 12"]}
    )
    assert protectees.revision(conn) == before
    assert change(conn, id_, {"addresses": []})
    assert protectees.get(conn, id_).addresses == 0
    assert protectees.revision(conn) != before


def test_what_is_left_out_stays(conn: Conn) -> None:
    id_ = add(conn, "person", "Karim Nasser", handles=["karim_n"], addresses=["12 Palm Street"], note="x")
    change(conn, id_, {"note": ""})
    kept = protectees.get(conn, id_)
    assert (kept.note, kept.handles, kept.addresses) == ("", ["karim_n"], 1)


def test_members_and_teams_are_related(conn: Conn) -> None:
    office = add(conn, "office", "Redwood Amman")
    team = add(conn, "team", "Redwood Support", member_of=office)
    one, other, gone = (add(conn, "person", f"Person Number{i}a", member_of=team) for i in range(3))
    alone = add(conn, "person", "Greta Lindqvist")
    protectees.end(conn, gone)
    related = protectees.related(conn, [office, team, one, alone])
    assert related == {office: [team, one, other], team: [office, one, other], one: [office, team], alone: []}


def test_memberships_that_cannot_be_are_refused(conn: Conn) -> None:
    office = add(conn, "office", "Redwood Amman")
    team = add(conn, "team", "Redwood Support", member_of=office)
    person = add(conn, "person", "Karim Nasser", member_of=team)
    for id_, fields in (
        (office, {"member_of": team}),
        (team, {"member_of": team}),
        (team, {"member_of": person}),
        (team, {"kind": "event"}),
        (team, {"member_of": 10**9}),
        (person, {"member_of": -1}),
    ):
        with pytest.raises(ProtecteeError, match="member_of"), conn.transaction():
            change(conn, id_, fields)
    assert protectees.get(conn, team).member_of == office


def test_keys_are_unique_and_made_where_none_is_given(conn: Conn) -> None:
    one = add(conn, "person", "Karim Nasser", key="hr-7")
    with pytest.raises(ProtecteeError, match="hr-7"), conn.transaction():
        add(conn, "person", "Greta Lindqvist", key="hr-7")
    other = add(conn, "person", "Greta Lindqvist")
    assert protectees.get(conn, other).key.startswith("p-")
    with pytest.raises(ProtecteeError, match="hr-7"), conn.transaction():
        change(conn, other, {"key": "hr-7"})
    assert not change(conn, one, {"key": "hr-7"})
    with pytest.raises(UnknownProtecteeError):
        protectees.get(conn, 10**6)
    with pytest.raises(UnknownProtecteeError):
        protectees.end(conn, 2**70)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "dog"}, "kind"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "💀"}, "name"),
        ({"names": ["..."]}, "names"),
        ({"name": "a\0b"}, "name"),
        ({"domains": ["not a domain"]}, "domains"),
        ({"addresses": ["Palm Street"]}, "addresses"),
        ({"starts_at": "2026-03-01T00:00:00"}, "starts_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-01T00:00:00Z"}, "ends_at"),
        ({"names": ["x"] * 101}, "names"),
        ({"dog": 1}, ""),
    ],
)
def test_faults_name_their_field(conn: Conn, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(given.GivenError) as refused:
        add(conn, **{"kind": "person", "name": "Karim Nasser"} | fields)
    assert refused.value.field == field
    assert conn.execute("SELECT count(*) FROM protectees").fetchone() == (0,)


def test_pages_and_search(conn: Conn) -> None:
    found = [
        add(conn, "person", "Karim Nasser", names=["كريم ناصر"]),
        add(conn, "team", "Redwood", domains=["redwood.example"]),
        add(conn, "person", "Greta 100%_"),
    ]
    protectees.end(conn, found[1])
    assert [one.id for one in protectees.page(conn)] == [found[0], found[2]]
    assert [one.id for one in protectees.page(conn, ended=True)] == found
    assert [one.id for one in protectees.page(conn, ended=True, limit=1, after=found[0])] == [found[1]]
    assert [one.id for one in protectees.page(conn, ended=True, search="REDWOOD.EX")] == [found[1]]
    assert [one.id for one in protectees.page(conn, search="ناصر")] == [found[0]]
    assert [one.id for one in protectees.page(conn, search="%_")] == [found[2]]
    assert [one.id for one in protectees.page(conn, kind="team")] == []
