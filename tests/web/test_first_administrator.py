"""The first start makes one administrator; who gets the link that logs in."""

import re

from tenfold.store import people
from tenfold.store.database import Conn
from tenfold.taxonomy import Role
from tenfold.web.server import first_administrator

URL = "https://tenfold.example"


def test_a_terminal_is_shown_a_link_that_logs_in_once(conn: Conn) -> None:
    welcome = first_administrator(conn, URL, terminal=True)
    found = re.search(rf"{URL}/login/(\S+)", welcome or "")
    assert found
    user = people.redeem_login_link(conn, found[1])
    assert user is not None
    assert (user.name, user.roles) == ("admin", frozenset(Role))
    assert people.redeem_login_link(conn, found[1]) is None


def test_a_file_is_told_the_command_and_no_token(conn: Conn) -> None:
    welcome = first_administrator(conn, URL, terminal=False)
    assert welcome
    assert "`tenfold users login-link admin`" in welcome
    assert "/login/" not in welcome
    assert conn.execute("SELECT count(*) FROM login_links").fetchone() == (0,)


def test_later_starts_say_nothing(conn: Conn) -> None:
    first_administrator(conn, URL, terminal=True)
    assert first_administrator(conn, URL, terminal=True) is None
    assert len(people.users(conn)) == 1
