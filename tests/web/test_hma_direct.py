"""Look-ups that are answered from memory, ahead of the framework, are answered as it answers them."""

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tenfold.detectors.media.bands import Codes, Found, codes_of
from tenfold.detectors.media.index import HashIndex
from tenfold.store import banks
from tenfold.store.database import Conn
from tenfold.store.keys import Scope
from tenfold.web.auth import KeyCache
from tenfold.web.hma import lookup
from tenfold.web.hma.lookup import Lookup
from tenfold.web.hma.wire import parameters
from tests.detectors.media.media_bank import bank

if TYPE_CHECKING:
    from tests.conftest import Server

KNOWN = "f" * 63 + "0"
NEAR = "f" * 62 + "00"
EXPIRING = "0" * 32 + "f" * 32
LOOK = f"/m/lookup?signal_type=pdq&signal={KNOWN}"

# What clients send, and what they should not.
GIVEN = {
    "signal": [KNOWN, NEAR, EXPIRING, "0f" * 32, KNOWN.upper(), "", "zz", "\0", "\u0669" * 64],
    "signal_type": ["pdq", "pdq", "video_md5", "PDQ", ""],
    "banks": ["NEAR", "NEAR,OTHER", "NONE", ",", ""],
    "bypass_coinflip": ["true", "0"],
    "include_distance": ["1", "false"],
    "seed": ["1", ""],
}
QUERIES = st.lists(
    st.sampled_from([(name, value) for name, values in GIVEN.items() for value in values]), max_size=6
).map(urlencode)


@pytest.fixture
def filled(server: "Server", conn: Conn, monkeypatch: pytest.MonkeyPatch) -> "Server":
    """A server that has looked at what its two banks hold, and will not look again by itself."""
    for id_ in ("near", "other"):
        banks.create(conn, id=id_, kind="media", title="x")
    banks.set_enabled(conn, "other", False)
    bank(conn, f"pdq:{KNOWN}", to="near")
    bank(conn, f"pdq:{NEAR}", to="other")
    bank(conn, f"pdq:{EXPIRING}", to="other")
    conn.execute(
        "UPDATE bank_entries SET expires_at = now() + interval '1 hour' WHERE value ~ %s", [EXPIRING]
    )
    conn.commit()
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 1e9)
    server.client.app.state.key_cache = KeyCache(seconds=1e9)
    assert server.client.get(f"/hma{LOOK}", headers=server.key(Scope.BANKS_READ)).status_code == 200
    return server


def answers(server: "Server", address: str, query: str, headers: dict[str, str]) -> list[tuple[Any, ...]]:
    """What is told at an address, and at the same with a slash that only the framework takes away."""
    told = []
    for slash in ("", "/"):
        answer = server.client.get(f"{address}{slash}?{query}", headers=headers)
        kept = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        told.append((answer.status_code, kept, answer.content))
    return told


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(query=QUERIES, route=st.sampled_from(["lookup", "raw_lookup"]), in_path=st.booleans())
@example(query=f"signal_type=pdq&signal={KNOWN}", route="lookup", in_path=True)
@example(query=f"signal_type=pdq&signal={EXPIRING}&include_distance=1", route="raw_lookup", in_path=False)
def test_both_ways_tell_the_same(filled: "Server", query: str, route: str, in_path: bool) -> None:
    for key in (
        filled.key(Scope.BANKS_READ),
        filled.key(Scope.EVENTS_WRITE),
        {},
        {"authorization": "Bearer x"},
    ):
        token = key.get("authorization", "Bearer none").split()[1]
        base, headers = (f"/hma/key/{token}", {}) if in_path else ("/hma", key)
        filled.client.get(f"{base}{LOOK}", headers=headers)  # from now on a good key is remembered
        direct, framework = answers(filled, f"{base}/m/{route}", query, headers)
        assert direct == framework


@given(st.binary(max_size=60) | st.text("ab=&+%41;é", max_size=30).map(lambda text: text.encode("latin-1")))
def test_parameters_are_read_as_the_standard_library_reads_them(query: bytes) -> None:
    expected: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        expected.setdefault(name, value)
    assert list(parameters(query).items()) == list(expected.items())


def no_thread(*_: Any) -> Any:
    raise AssertionError("a thread was asked")


def test_what_is_in_memory_needs_neither_thread_nor_framework(
    filled: "Server", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    headers = filled.key(Scope.BANKS_READ, Scope.METRICS_READ)
    token = headers["authorization"].split()[1]
    assert filled.client.get(f"/hma{LOOK}", headers=headers).status_code == 200
    monkeypatch.setattr(Lookup, "near", no_thread)
    caplog.clear()
    with caplog.at_level("INFO", logger="tenfold.web.requests"):
        assert list(filled.client.get(f"/hma{LOOK}", headers=headers).json()) == ["NEAR"]
        assert list(filled.client.get(f"/hma/key/{token}{LOOK}").json()) == ["NEAR"]
    lines = [record.getMessage() for record in caplog.records if record.name == "tenfold.web.requests"]
    assert [line.split()[1:4] for line in lines] == [
        ["GET", "/hma/m/lookup", "200"],
        ["GET", "/hma/key/{token:str}/m/lookup", "200"],
    ]
    assert all(line.endswith("key=2") and token not in line and KNOWN not in line for line in lines)
    counted = filled.client.get("/metrics", headers=headers).text
    for route, times in (("/hma/m/lookup", 3.0), ("/hma/key/{token:str}/m/lookup", 1.0)):
        labels = f'method="GET",route="{route}",status="200"'
        assert f"tenfold_http_requests_total{{{labels}}} {times}" in counted


def test_a_revoked_key_is_refused_ahead_of_the_framework_too(
    filled: "Server", conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = filled.key(Scope.BANKS_READ)
    assert filled.client.get(f"/hma{LOOK}", headers=headers).status_code == 200
    conn.execute("UPDATE api_keys SET revoked_at = now()")
    conn.commit()
    monkeypatch.setattr("tenfold.web.auth.time.monotonic", lambda: 1e12)
    assert filled.client.get(f"/hma{LOOK}", headers=headers).status_code == 401


def test_no_look_up_of_the_event_loop_waits_for_another(
    server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Lookup(server.runtime.pool)
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 1e9)
    assert index.at_hand(KNOWN) is None  # nothing is held yet
    assert index.near(KNOWN) == index.at_hand(KNOWN) == []
    searching, go_on = threading.Event(), threading.Event()
    original = HashIndex.search

    def slow(held: HashIndex, queries: Codes) -> Found:
        searching.set()
        go_on.wait()
        return original(held, queries)

    with monkeypatch.context() as patch:
        patch.setattr(HashIndex, "search", slow)
        thread = threading.Thread(target=index.all_near, args=(codes_of(bytes(32)),))
        thread.start()
        searching.wait()
        try:
            assert index.at_hand(KNOWN) is None
        finally:
            go_on.set()
            thread.join()
    assert index.at_hand(KNOWN) == []
