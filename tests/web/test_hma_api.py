"""The API of Hasher-Matcher-Actioner as its clients know it: what is sent, and what comes back, to the byte.

The expected bodies are facts recorded from a running server of that kind; where it has a fault, the test says
what is right instead.
"""

import http.server
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tenfold.detectors.exchanges.importing import import_list
from tenfold.store import audit, banks, media_contents
from tenfold.store.database import Conn
from tenfold.store.keys import Scope
from tenfold.web.hma import lookup
from tests.detectors.media.drawn_pictures import photo

if TYPE_CHECKING:
    from tests.conftest import Server

STRIPES = "f" * 63 + "0"
NEAR_STRIPES = "f" * 62 + "00"


def jpeg(seed: int = 3, side: int = 400) -> bytes:
    file = io.BytesIO()
    photo(seed, (side, side)).save(file, "JPEG", quality=92)
    return file.getvalue()


def blank() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(file, "PNG")
    return file.getvalue()


class Client:
    """A client that can be given an address only: its key is in the path."""

    def __init__(self, server: "Server", *scopes: Scope) -> None:
        token = server.key(*(scopes or (Scope.BANKS_READ, Scope.BANKS_WRITE)))["authorization"].split()[1]
        self._base = f"/hma/key/{token}"
        self._client = server.client

    def __call__(self, request: str, **sent: Any) -> tuple[int, Any]:
        method, path = request.split(" ", 1)
        answer = self._client.request(method, self._base + path, **sent)
        return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
def hma(server: "Server") -> Client:
    return Client(server)


def bank(hma: Client, name: str = "BANK_A", **given: Any) -> None:
    assert hma("POST /c/banks", json={"name": name, **given})[0] == 201


def signal(hma: Client, digits: str = STRIPES, name: str = "BANK_A") -> int:
    status, body = hma(f"POST /c/bank/{name}/signal", json={"pdq": digits})
    assert status == 200
    return int(body["id"])


def test_it_says_that_it_lives_to_everybody(server: "Server") -> None:
    for path in ("/hma/status", "/hma/status/live"):
        answer = server.client.get(path)
        assert (answer.status_code, answer.text) == (200, "I-AM-ALIVE")


def test_a_key_comes_in_the_header_or_in_the_path_and_needs_its_scope(server: "Server") -> None:
    reads = server.key(Scope.BANKS_READ)
    assert server.client.get("/hma/c/banks", headers=reads).json() == []
    token = reads["authorization"].split()[1]
    assert server.client.get(f"/hma/key/{token}/c/banks").json() == []
    for path in ("/hma/c/banks", "/hma/key/tf_wrong/c/banks"):
        answer = server.client.get(path)
        assert answer.status_code == 401
        assert list(answer.json()) == ["message"]
    answer = server.client.post("/hma/c/banks", headers=reads, json={"name": "BANK_A"})
    assert answer.status_code == 403
    assert "banks:write" in answer.json()["message"]


def test_banks_are_made_renamed_and_removed(hma: Client) -> None:
    assert hma("POST /c/banks", json={"name": "BANK_A"}) == (
        201,
        {"matching_enabled_ratio": 1.0, "name": "BANK_A"},
    )
    made = hma("POST /c/banks", json={"name": "BANK_B", "enabled_ratio": "0.5"})
    assert made == (201, {"matching_enabled_ratio": 0.5, "name": "BANK_B"})
    assert hma("POST /c/banks", json={"name": "BANK_A"}) == (403, {"message": "Bank already exists"})
    names = hma("GET /c/banks")[1]
    assert [one["name"] for one in names] == ["BANK_A", "BANK_B"]
    assert hma("PUT /c/bank/BANK_B", json={"enabled_ratio": 0.0})[1]["matching_enabled_ratio"] == 0.0
    id_ = signal(hma, name="BANK_B")
    assert hma("PUT /c/bank/BANK_B", json={"name": "BANK_D"})[1]["name"] == "BANK_D"
    assert hma(f"GET /c/bank/BANK_D/content/{id_}")[0] == 200
    assert hma("GET /c/bank/BANK_B") == (404, {"message": "bank 'BANK_B' not found"})
    assert hma("PUT /c/bank/NOPE", json={"name": "X"}) == (404, {"message": "Bank not found"})
    for _ in range(2):
        assert hma("DELETE /c/bank/BANK_A") == (200, {"message": "Done"})
    assert [one["name"] for one in hma("GET /c/banks")[1]] == ["BANK_D"]


@pytest.mark.parametrize("name", ["lower case", "", "BÄNK", "A" * 101])
def test_a_name_that_no_bank_can_have_is_refused(hma: Client, name: str) -> None:
    refused = (400, {"message": "Bank names must be UPPER_WITH_UNDERSCORE"})
    assert hma("POST /c/banks", json={"name": name}) == refused


@pytest.mark.parametrize("name", ["_A", "A__B", "A_B", "0", "A" * 100])
def test_every_name_that_it_knows_can_be_had_at_once(hma: Client, name: str) -> None:
    for one in (name, "A_B_", "A-B".replace("-", "_") + "_C"):
        bank(hma, one)
    assert hma(f"GET /c/bank/{name}")[1]["name"] == name


def test_of_a_parameter_that_is_sent_twice_the_first_counts(hma: Client) -> None:
    bank(hma)
    signal(hma)
    assert list(hma(f"GET /m/lookup?signal_type=pdq&signal={STRIPES}&signal=")[1]) == ["BANK_A"]
    assert hma(f"GET /m/lookup?signal_type=pdq&signal=&signal={STRIPES}")[0] == 400


def test_a_missing_field_is_told_as_an_array(hma: Client) -> None:
    status, body = hma("POST /c/banks", json={})
    assert status == 422
    assert body == [{"type": "missing", "loc": ["name"], "msg": "Field required", "input": {}}]
    assert hma(f"GET /m/raw_lookup?signal={STRIPES}")[0] == 422
    assert hma("GET /h/hash")[1][0]["loc"] == ["url"]


def test_a_bank_that_is_not_enabled_is_asked_of_no_upload(hma: Client) -> None:
    bank(hma, enabled=False)
    signal(hma)
    assert hma("GET /c/bank/BANK_A")[1]["matching_enabled_ratio"] == 0.0
    look = f"GET /m/lookup?signal_type=pdq&signal={STRIPES}"
    assert hma(look) == (200, {})
    assert list(hma(f"{look}&bypass_coinflip=true")[1]) == ["BANK_A"]


def test_tenfolds_own_banks_of_media_are_there_under_a_name_in_capitals(hma: Client, conn: Conn) -> None:
    banks.create(conn, id="our-media", kind="media", title="x")
    banks.create(conn, id="our-words", kind="terms", title="x")
    conn.commit()
    assert [one["name"] for one in hma("GET /c/banks")[1]] == ["OUR_MEDIA"]


def test_a_file_is_hashed(hma: Client) -> None:
    status, body = hma("POST /h/hash", files={"photo": ("a.jpg", jpeg(), "image/jpeg")})
    assert status == 200
    assert list(body) == ["pdq"]
    assert len(body["pdq"]) == 64
    assert hma("POST /h/hash", files={"photo": ("w.png", blank())}) == (200, {"pdq": ""})
    video = hma("POST /h/hash", files={"video": ("a.mp4", b"abc", "video/mp4")})
    assert video == (200, {"video_md5": "900150983cd24fb0d6963f7d28e17f72"})
    assert hma("POST /h/hash", files={"file": ("a.mp4", b"abc")}) == (
        400,
        {"message": "no such content_type: 'file'"},
    )
    assert hma("POST /h/hash") == (400, {"message": "Missing multipart/form-data file upload"})


def test_a_file_that_is_no_picture_has_no_hash_and_breaks_nothing(hma: Client) -> None:
    assert hma("POST /h/hash", files={"photo": ("a.jpg", b"not an image")}) == (200, {"pdq": ""})
    assert hma("POST /m/lookup", files={"photo": ("w.png", blank())}) == (200, {"pdq": {}})


def test_a_picture_that_was_added_is_matched_by_its_copies_at_once(hma: Client) -> None:
    bank(hma)
    files = {"photo": ("a.jpg", jpeg(), "image/jpeg")}
    data = {
        "metadata": '{"content_id": "c1", "content_uri": "https://e.org/1", "json": {"k": 1}}',
        "note": "hello",
    }
    status, body = hma("POST /c/bank/BANK_A/content", files=files, data=data)
    assert status == 200
    assert list(body) == ["id", "signals"]
    id_, digits = body["id"], body["signals"]["pdq"]
    assert hma(f"GET /m/lookup?signal_type=pdq&signal={digits}") == (
        200,
        {"BANK_A": [{"bank_content_id": id_, "distance": "0"}]},
    )
    status, body = hma("POST /m/lookup", files={"photo": ("b.jpg", jpeg(side=300))})
    (found,) = body["pdq"]["BANK_A"]
    assert found["bank_content_id"] == id_
    assert 0 <= int(found["distance"]) <= 31
    other = hma("POST /m/lookup", files={"photo": ("c.jpg", jpeg(seed=8))})
    assert other == (200, {"pdq": {}})
    assert hma("GET /m/index/status?signal_type=pdq")[1]["pdq"]["size"] == 1


def test_an_entry_shows_what_was_said_of_it(hma: Client) -> None:
    bank(hma)
    data = {
        "metadata": '{"content_id": "c1", "content_uri": "https://e.org/1", "json": {"k": 1}}',
        "note": "hello",
    }
    id_ = hma("POST /c/bank/BANK_A/content", files={"photo": ("a.jpg", jpeg())}, data=data)[1]["id"]
    wanted = {
        "bank": {"matching_enabled_ratio": 1.0, "name": "BANK_A"},
        "disable_until_ts": 1,
        "id": id_,
        "note": "hello",
        "original_media_uri": None,
    }
    metadata = {"content_id": "c1", "content_uri": "https://e.org/1", "json": {"k": 1}}
    assert hma(f"GET /c/bank/BANK_A/content/{id_}") == (
        200,
        wanted | {"metadata": {"collab": None, **metadata}},
    )
    status, body = hma(f"GET /c/bank/BANK_A/content/{id_}?include_signals=true&include_metadata=false")
    assert len(body.pop("signals")["pdq"]) == 64
    assert (status, body) == (200, wanted)
    status, body = hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"disable_until_ts": 1, "note": "x"})
    assert body == wanted | {"note": "x", "collab_metadata": {}, "user_metadata": metadata}


def test_metadata_of_another_shape_are_kept(hma: Client) -> None:
    bank(hma)
    sent = hma(
        "POST /c/bank/BANK_A/content", files={"photo": ("a.jpg", jpeg())}, data={"metadata": '{"custom": 1}'}
    )
    kept = hma(f"GET /c/bank/BANK_A/content/{sent[1]['id']}")[1]["metadata"]
    assert kept == {"content_id": None, "content_uri": None, "json": {"custom": 1}, "collab": None}
    for broken in ("{", "[1]", '"x"'):
        status, body = hma(
            "POST /c/bank/BANK_A/content", files={"photo": ("a.jpg", jpeg())}, data={"metadata": broken}
        )
        assert status == 400
        assert body["message"].startswith("Invalid metadata")


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"pdq": "xyz"}, "Invalid pdq signal: invalid PDQ hash"),
        ({"pdq": "F" * 64}, "Invalid pdq signal: invalid PDQ hash"),
        ({"nope": "x"}, "No such signal type nope"),
        ({}, "No signals given"),
        ({"video_md5": "12"}, "Invalid video_md5 signal: invalid MD5 hash"),
    ],
)
def test_a_signal_that_is_none_is_refused(hma: Client, sent: dict[str, str], message: str) -> None:
    bank(hma)
    assert hma("POST /c/bank/BANK_A/signal", json=sent) == (400, {"message": message})


def test_a_hash_of_a_blank_picture_would_match_all_and_is_refused(hma: Client) -> None:
    bank(hma)
    status, body = hma("POST /c/bank/BANK_A/signal", json={"pdq": "0" * 64})
    assert status == 400
    assert "blank picture" in body["message"]


def test_raw_look_ups_tell_numbers_and_distances(hma: Client) -> None:
    bank(hma)
    bank(hma, "BANK_B")
    first, second = signal(hma), signal(hma, NEAR_STRIPES, "BANK_B")
    look = f"GET /m/raw_lookup?signal_type=pdq&signal={STRIPES}"
    assert hma(look) == (200, {"matches": [first, second]})
    found = [{"bank_content_id": first, "distance": "0"}, {"bank_content_id": second, "distance": "4"}]
    assert hma(f"{look}&include_distance=true") == (200, {"matches": found})
    assert hma(f"{look}&banks=BANK_B&include_distance=1") == (200, {"matches": found[1:]})
    assert hma("GET /m/raw_lookup?signal_type=pdq&signal=zz") == (
        400,
        {"message": "invalid signal: invalid PDQ hash"},
    )
    assert hma(f"GET /m/raw_lookup?signal_type=zz&signal={STRIPES}") == (
        400,
        {"message": "No such SignalType 'zz'"},
    )


def test_what_is_removed_is_found_no_more_and_only_through_its_own_bank(hma: Client) -> None:
    bank(hma)
    bank(hma, "BANK_B")
    id_ = signal(hma)
    look = f"GET /m/raw_lookup?signal_type=pdq&signal={STRIPES}"
    assert hma(look)[1] == {"matches": [id_]}
    assert hma(f"GET /c/bank/BANK_B/content/{id_}") == (404, {"message": f"content '{id_}' not found"})
    assert hma(f"DELETE /c/bank/BANK_B/content/{id_}") == (200, {"deleted": 0})
    assert hma(look)[1] == {"matches": [id_]}
    assert hma(f"DELETE /c/bank/BANK_A/content/{id_}") == (200, {"deleted": 1})
    assert hma(look)[1] == {"matches": []}
    assert hma(f"GET /c/bank/BANK_A/content/{2**70}")[0] == 404


def test_a_disabled_entry_matches_when_its_time_comes(hma: Client, conn: Conn) -> None:
    bank(hma)
    id_ = signal(hma)
    look = f"GET /m/lookup?signal_type=pdq&signal={STRIPES}"
    tomorrow = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
    for until, matches in ((0, False), (1, True), (tomorrow, False), (2, True)):
        status, body = hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"disable_until_ts": until})
        assert (status, body["disable_until_ts"]) == (200, until)
        assert bool(hma(look)[1]) is matches
    assert hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"disable_until_ts": -5}) == (
        400,
        {"message": "disable_until_ts must be a non-negative integer"},
    )
    far = int((datetime.now(UTC) + timedelta(days=4000)).timestamp())
    assert hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"disable_until_ts": far})[0] == 400


def test_a_ratio_asks_a_share_of_look_ups_and_the_same_seed_the_same(hma: Client) -> None:
    bank(hma, enabled_ratio=0.5)
    signal(hma)
    look = f"GET /m/lookup?signal_type=pdq&signal={STRIPES}"
    by_seed = [bool(hma(f"{look}&seed={seed}")[1]) for seed in range(60)]
    assert by_seed == [bool(hma(f"{look}&seed={seed}")[1]) for seed in range(60)]
    assert 15 <= sum(by_seed) <= 45


def test_hashes_are_compared(hma: Client) -> None:
    assert hma("POST /m/compare", json={"pdq": [STRIPES, STRIPES]}) == (200, {"pdq": [True, {"distance": 0}]})
    assert hma("POST /m/compare", json={"pdq": [STRIPES, "0" * 64]})[1]["pdq"][0] is False
    assert hma("POST /m/compare", json={"pdq": [STRIPES]}) == (
        400,
        {"message": "Comparison hash list length must be exactly 2"},
    )
    assert hma("POST /m/compare", json=[1]) == (400, {"message": "Request input was not a dict"})


def test_types_and_exchanges_are_listed(hma: Client) -> None:
    assert hma("GET /c/signal_type")[1] == [
        {"enabled_ratio": 1.0, "name": "pdq"},
        {"enabled_ratio": 1.0, "name": "video_md5"},
    ]
    assert hma("GET /c/content_type")[1] == [
        {"enabled": True, "name": "photo"},
        {"enabled": True, "name": "video"},
    ]
    assert hma("GET /c/signal_type/index")[1]["pdq"]["index_out_of_date"] is False
    assert hma("GET /m/index/status")[1]["video_md5"] == {"built_to": -1, "present": True, "size": 0}
    assert hma("GET /m/index/status?signal_type=zz") == (400, {"message": "No such signal type 'zz'"})
    assert hma("GET /c/exchanges") == (200, [])
    types = ["fb_threatexchange", "local_file", "ncmec", "stop_ncii", "tat"]
    assert hma("GET /c/exchanges/apis") == (200, types)
    for path, body in (
        ("tat", {"has_set_authentification": False, "supports_authentification": False}),
        ("tat/schema", {"config_schema": {"fields": []}, "credentials_schema": None}),
    ):
        assert hma(f"GET /c/exchanges/api/{path}") == (200, body)
        unknown = path.replace("tat", "zz")
        assert hma(f"GET /c/exchanges/api/{unknown}") == (400, {"message": "no such Exchange API 'zz'"})
    for request in ("GET /c/exchange/NOPE", "GET /c/exchange/NOPE/status", "PUT /c/exchange/NOPE"):
        assert hma(request) == (404, {"message": "Exchange 'NOPE' not found"})
    assert hma("DELETE /c/exchange/a%00b")[0] == 404
    assert hma("POST /c/exchanges", json={"bank": "EX_2", "api": "zz"}) == (
        400,
        {"message": "No such exchange type 'zz'"},
    )
    assert hma("POST /c/exchanges", json={"bank": "bad name", "api": "tat"}) == (
        400,
        {"message": "Field `bank` must match /^[A-Z0-9_]+$/"},
    )


def test_a_list_that_was_taken_in_is_told_as_one_that_was_fetched(
    hma: Client, conn: Conn, tmp_path: Path
) -> None:
    bank(hma, "EX_1")
    row = {"id": 1, "hash_digest": STRIPES, "algorithm": "PDQ", "updated_on": 1704901040.5}
    path = tmp_path / "list.json"
    path.write_text(json.dumps([row, row | {"id": 2}, row | {"id": 3, "deleted": True}]))
    before = int(time.time())
    list(import_list(conn, "ex-1", path, "tat"))
    conn.commit()
    assert hma("GET /c/exchanges") == (200, ["EX_1"])
    assert hma("GET /c/exchange/EX_1") == (200, {"name": "EX_1", "api": "tat", "enabled": True})
    status, told = hma("GET /c/exchange/EX_1/status")
    assert before <= told.pop("last_fetch_complete_ts") <= time.time()
    assert (status, told) == (
        200,
        {
            "checkpoint_ts": 1704901040,
            "fetched_items": 2,
            "last_fetch_succeeded": True,
            "running_fetch_start_ts": None,
            "up_to_date": True,
        },
    )
    assert hma(f"GET /m/lookup?signal_type=pdq&signal={STRIPES}")[1].keys() == {"EX_1"}
    hma("PUT /c/bank/EX_1", json={"name": "EX_9"})
    assert hma("GET /c/exchanges") == (200, ["EX_9"])
    for request in ("PUT /c/exchange/EX_9", "DELETE /c/exchange/EX_9"):
        status, told = hma(request, json={"enabled": False})
        assert (status, "tenfold banks import" in told["message"]) == (400, True)
    assert hma("POST /c/exchanges", json={"bank": "EX_1", "api": "tat", "api_json": {}})[0] == 400
    hma("DELETE /c/bank/EX_9")
    assert hma("GET /c/exchanges") == (200, [])


@contextmanager
def site(pages: dict[str, bytes]) -> Iterator[str]:
    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(302 if body == b"" else 404 if body is None else 200)
            self.send_header("location", "/a.jpg")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def test_a_file_is_fetched_where_the_operator_allows_it(serve: "Callable[..., Server]") -> None:
    hma = Client(serve(webhook_private_addresses=True))
    bank(hma)
    with site({"/a.jpg": jpeg(), "/away": b""}) as url:
        digits = hma(f"GET /h/hash?url={url}/a.jpg")[1]["pdq"]
        status, body = hma(f"POST /c/bank/BANK_A/content?url={url}/a.jpg&content_type=photo")
        assert (status, body["signals"]) == (200, {"pdq": digits})
        kept = hma(f"GET /c/bank/BANK_A/content/{body['id']}")[1]
        assert kept["original_media_uri"] == f"{url}/a.jpg"
        match = [{"bank_content_id": body["id"], "distance": "0"}]
        assert hma(f"GET /m/lookup?url={url}/a.jpg") == (200, {"pdq": {"BANK_A": match}})
        assert hma(f"GET /m/lookup?url={url}/a.jpg&signal_type=pdq") == (200, {"BANK_A": match})
        for path in ("/none", "/away"):
            assert hma(f"GET /h/hash?url={url}{path}")[0] == 400


def test_nothing_is_fetched_from_the_operators_own_network(hma: Client) -> None:
    with site({"/a.jpg": jpeg()}) as url:
        status, body = hma(f"GET /h/hash?url={url}/a.jpg")
    assert status == 400
    assert body["message"].startswith("Invalid or unsafe URL provided")
    assert hma("GET /h/hash?url=ftp://x/y")[0] == 400


def test_every_change_is_in_the_audit_chain(hma: Client, conn: Conn) -> None:
    bank(hma)
    id_ = signal(hma)
    hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"note": "x"})
    hma(f"DELETE /c/bank/BANK_A/content/{id_}")
    hma("DELETE /c/bank/BANK_A")
    acts = [row.act for row in audit.stream(conn) if row.act.startswith("bank.")]
    assert acts == [
        "bank.created",
        "bank.entries_added",
        "bank.entry_changed",
        "bank.entries_removed",
        "bank.deleted",
    ]


def test_hostile_bodies_are_refused(hma: Client) -> None:
    bank(hma)
    for body in (b"{", b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 100_000):
        assert hma("POST /c/banks", content=body, headers={"content-type": "application/json"})[0] in (
            400,
            422,
        )
    assert hma("POST /c/bank/BANK_A/signal", json={"pdq": STRIPES, "note": "x" * 300})[0] == 400
    assert hma("POST /c/bank/BANK_A/signal", json={"pdq": STRIPES, "note": "a\0b"})[0] == 400


def look(hma: Client, digits: str = STRIPES) -> Any:
    status, body = hma(f"GET /m/lookup?signal_type=pdq&signal={digits}")
    assert status == 200
    return body


def test_known_pictures_are_answered_for_without_the_database(hma: Client, server: "Server") -> None:
    bank(hma)
    id_ = signal(hma)
    found = {"BANK_A": [{"bank_content_id": id_, "distance": "0"}]}
    assert look(hma) == found
    asked: list[int] = []
    original = media_contents.by_numbers

    def counted(conn: Conn, numbers: Any) -> Any:
        asked.extend(numbers)
        return original(conn, numbers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_contents, "by_numbers", counted)
        assert look(hma) == found
        assert asked == []
        hma(f"PUT /c/bank/BANK_A/content/{id_}", json={"disable_until_ts": 0})
        assert look(hma) == {}
        assert asked  # what was disabled may come back: about it the store is asked


def test_what_others_change_in_the_store_is_seen_at_the_next_renewal(
    hma: Client, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)
    bank(hma)
    signal(hma)
    media_contents.name_bank(conn, "bank-a", "RENAMED")
    conn.commit()
    assert list(look(hma)) == ["RENAMED"]
    banks.set_enabled(conn, "bank-a", False)
    conn.commit()
    assert look(hma) == {}
    banks.set_enabled(conn, "bank-a", True)
    conn.execute("UPDATE bank_entries SET expires_at = now() + interval '1 hour'")
    conn.commit()
    assert list(look(hma)) == ["RENAMED"]
    conn.execute("UPDATE bank_entries SET expires_at = now() - interval '1 second'")
    conn.commit()
    assert look(hma) == {}


def test_a_removal_that_began_early_and_is_committed_late_is_seen(
    hma: Client, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FRESH_SECONDS", 0.0)
    bank(hma)
    early, later = signal(hma), signal(hma, "0" * 32 + "f" * 32)
    assert look(hma)
    media_contents.delete_bank(conn, "none")  # begins the transaction
    conn.execute("DELETE FROM bank_entries WHERE key = %s", [f"pdq:{STRIPES}"])
    hma(f"DELETE /c/bank/BANK_A/content/{later}")
    assert look(hma, "0" * 32 + "f" * 32) == {}
    assert look(hma) == {"BANK_A": [{"bank_content_id": early, "distance": "0"}]}
    conn.commit()
    assert look(hma) == {}
