"""The synchronous verdict on a sign-up knows whom the account may be, and stores nothing."""

from typing import Any

import pytest

from tenfold.evaluate import Evaluator
from tenfold.policy.in_force import CurrentPolicy
from tenfold.store import database
from tenfold.threats.protectees import Watch
from tests.helpers import event
from tests.linkage.online.platform_of_returns import KEPT, Platform, policy


@pytest.fixture
def evaluator(database_url):
    pool = database.pool(database_url, 2)
    evaluator = Evaluator(pool, CurrentPolicy(policy()), Watch(b"a secret of tests"))
    yield evaluator
    evaluator.close()
    pool.close()


def test_a_return_is_for_review_before_it_exists(conn, evaluator):
    platform = Platform(conn)
    platform.crowd()
    platform.propagandist()
    platform.close("old")
    platform.day += 1
    told: dict[str, Any] = {name: value for name, value in KEPT.items() if name != "device"}
    sign_up = event("account.created", account="new", at=platform.at(), **told)
    verdict = evaluator.evaluate(sign_up, 30)
    assert verdict.outcome == "review", verdict
    assert [signal.key for signal in verdict.signals if signal.name == "return"] == ["old"]
    assert {firing.rule for firing in verdict.firings} & {"return-likely", "sign-up-linked"}
    assert platform.links("new") == {}
    assert conn.execute("SELECT FROM account_keys WHERE account = 'new'").fetchall() == []


def test_a_stranger_is_let_in(conn, evaluator):
    platform = Platform(conn)
    platform.crowd()
    platform.propagandist()
    platform.close("old")
    stranger = event(
        "account.created", account="new", at=platform.at(), handle="lamplighter", email="email:2"
    )
    assert evaluator.evaluate(stranger, 30).outcome == "allow"
