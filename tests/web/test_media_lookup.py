"""Look-ups of many hashes in one request."""

import pytest

from tenfold.store import banks
from tenfold.store.keys import Scope
from tests.detectors.media.media_bank import bank

KNOWN = "0123456789abcdef" * 4
NEAR = KNOWN[:-1] + "0"
STRANGE = "fedcba9876543210" * 2 + "0123456789abcdef" * 2
MD5 = "0f343b0931126a20f133d67c2b018a3b"


@pytest.fixture
def asked(server, conn):
    banks.create(conn, id="ours", kind="media", title="x", confidence=0.9)
    banks.create(conn, id="theirs", kind="media", title="x")
    conn.commit()
    bank(conn, f"pdq:{KNOWN} pdq/mirrored:{STRANGE} md5:{MD5}", label="emblem")
    bank(conn, f"pdq:{NEAR}", label="poster", to="theirs", confidence=0.5)
    conn.commit()
    headers = server.key(Scope.BANKS_READ)

    def ask(*hashes):
        return server.client.post("/v1/media/look-up", headers=headers, json={"hashes": list(hashes)})

    return ask


def test_each_hash_is_told_what_it_matches_the_nearest_first(asked):
    answer = asked(f"pdq:{KNOWN}", f"pdq:{'5' * 64}", f"md5:{MD5}", f"pdq:{STRANGE}")
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [one["hash"] for one in results] == [
        f"pdq:{KNOWN}",
        f"pdq:{'5' * 64}",
        f"md5:{MD5}",
        f"pdq:{STRANGE}",
    ]
    first = [(one["bank"], one["label"], one["confidence"], one["distance"]) for one in results[0]["matches"]]
    assert first == [("ours", "emblem", 0.9, 0), ("theirs", "poster", 0.5, 4)]
    assert results[1]["matches"] == []
    assert [(one["bank"], one["distance"], one["form"]) for one in results[2]["matches"]] == [("ours", 0, "")]
    assert [one["form"] for one in results[3]["matches"]] == ["mirrored"]


def test_what_does_not_match_now_is_not_told(asked, conn):
    banks.set_enabled(conn, "ours", False)
    conn.commit()
    assert [one["bank"] for one in asked(f"pdq:{KNOWN}").json()["results"][0]["matches"]] == ["theirs"]


@pytest.mark.parametrize(
    "hash_",
    [
        "",
        KNOWN,
        "pdq:12",
        "sha1:12",
        f"pdq/mirrored:{KNOWN}",
        f"pdq:{KNOWN} md5:{MD5}",
        "film:AAAA",
        "pdq:" + "0" * 64,
    ],
)
def test_what_is_no_hash_is_refused_with_its_place(asked, hash_):
    answer = asked(f"pdq:{KNOWN}", hash_)
    assert answer.status_code == 422
    assert "hashes[1]" in answer.text or "hashes" in str(answer.json()["errors"])


def test_at_most_a_thousand_at_once_and_only_with_the_scope(asked, server):
    assert asked(*[f"pdq:{KNOWN}"] * 1000).status_code == 200
    assert asked(*[f"pdq:{KNOWN}"] * 1001).status_code == 422
    assert asked().status_code == 422
    answer = server.client.post(
        "/v1/media/look-up", headers=server.key(Scope.EVENTS_WRITE), json={"hashes": [f"pdq:{KNOWN}"]}
    )
    assert answer.status_code == 403
