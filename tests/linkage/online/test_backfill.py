"""Accounts that were there before linkage are taken up, and a run that was cut off goes on."""

from tenfold.linkage import backfill
from tenfold.store import closures, link_keys
from tests.linkage.online.platform_of_returns import KEPT, Platform


def test_old_accounts_get_keys_and_closures_and_their_returns_are_found(conn, monkeypatch):
    platform = Platform(conn)
    platform.crowd()
    platform.propagandist()
    platform.close("old")
    platform.sign_up("new", **KEPT)
    platform.work()
    kept = {id_: link_keys.of_account(conn, id_) for id_ in ("old", "new", "p1")}
    conn.execute("TRUNCATE account_keys, closure_keys, closures, links, signals, links_due, link_watch")
    monkeypatch.setattr(backfill, "AT_ONCE", 40)
    assert backfill.waiting(conn) == 152
    run = backfill.run(conn)
    first = next(run)
    del run
    last = list(backfill.run(conn))[-1]
    assert (first.accounts + last.accounts, first.closed + last.closed) == (40 + 112, 1)
    assert backfill.waiting(conn) == 0
    assert {id_: link_keys.of_account(conn, id_) for id_ in kept} == kept
    platform.work()
    assert closures.count(conn) == 1
    assert platform.links("new").keys() == {"old"}
