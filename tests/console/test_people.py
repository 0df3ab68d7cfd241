"""Users, passwords, login links, sessions and throttling, against a real database."""

import argon2
import pytest

from tenfold.store import people, throttle, web_sessions
from tenfold.store.database import Conn
from tenfold.taxonomy import Role

PASSWORD = "a long enough password"


def user_of(conn: Conn, token: str) -> people.User | None:
    found = web_sessions.find(conn, token)
    return found.user if found else None


@pytest.fixture
def mariam(conn: Conn) -> people.User:
    return people.add_user(conn, "Mariam مريم", [Role.MODERATOR, Role.LEAD], password=PASSWORD, locale="ar")


def test_a_user_is_found_again_whatever_the_capitals(conn: Conn, mariam: people.User) -> None:
    assert people.user_named(conn, "MARIAM مريم") == mariam
    assert mariam.roles == {Role.MODERATOR, Role.LEAD}
    assert people.users(conn) == [mariam]
    assert people.names(conn, [mariam.id, 999]) == {mariam.id: "Mariam مريم"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "nul\0"])
def test_names_that_cannot_be_shown_are_refused(conn: Conn, name: str) -> None:
    with pytest.raises(people.PeopleError, match="a name is 1 to 100"):
        people.add_user(conn, name, [Role.ADMIN])


def test_a_name_is_taken_once_and_the_transaction_survives(conn: Conn, mariam: people.User) -> None:
    with pytest.raises(people.PeopleError, match="exists already"):
        people.add_user(conn, "mariam مريم", [])
    assert people.users(conn) == [mariam]


def test_unknown_user_is_said_by_name(conn: Conn) -> None:
    with pytest.raises(people.PeopleError, match="no user named 'nobody'"):
        people.user_named(conn, "nobody")


def test_password_logs_in_and_others_do_not(conn: Conn, mariam: people.User) -> None:
    assert people.authenticate(conn, "mariam مريم", PASSWORD) == mariam
    assert people.authenticate(conn, mariam.name, PASSWORD + "x") is None
    assert people.authenticate(conn, mariam.name, "") is None
    assert people.authenticate(conn, "nobody", PASSWORD) is None
    assert people.authenticate(conn, "nul\0", "nul\0") is None


def test_a_user_without_password_cannot_use_one(conn: Conn) -> None:
    people.add_user(conn, "link only", [Role.AUDITOR])
    assert people.authenticate(conn, "link only", "") is None


def test_a_password_cut_at_the_limit_is_not_the_password(conn: Conn) -> None:
    longest = "p" * people.MAX_PASSWORD_LENGTH
    people.add_user(conn, "long", [], password=longest)
    assert people.authenticate(conn, "long", longest) is not None
    assert people.authenticate(conn, "long", longest + "p") is None


@pytest.mark.parametrize("password", ["short", "x" * 1_001])
def test_passwords_of_bad_length_are_refused(conn: Conn, mariam: people.User, password: str) -> None:
    with pytest.raises(people.PeopleError, match="password"):
        people.set_password(conn, mariam.id, password)


def test_passwords_are_kept_as_argon2id_and_renewed_when_weak(conn: Conn, mariam: people.User) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    conn.execute("UPDATE users SET password_hash = %s", [weak])
    assert people.authenticate(conn, mariam.name, PASSWORD) == mariam
    row = conn.execute("SELECT password_hash FROM users").fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$")
    assert row[0] != weak
    assert people.authenticate(conn, mariam.name, PASSWORD) == mariam


def test_a_login_link_works_once(conn: Conn, mariam: people.User) -> None:
    token = people.create_login_link(conn, mariam.id)
    assert people.redeem_login_link(conn, token + "x") is None
    assert people.redeem_login_link(conn, token) == mariam
    assert people.redeem_login_link(conn, token) is None


def test_a_login_link_expires(conn: Conn, mariam: people.User) -> None:
    token = people.create_login_link(conn, mariam.id)
    conn.execute("UPDATE login_links SET expires_at = expires_at - %s::interval", [people.LINK_LIFETIME])
    assert people.redeem_login_link(conn, token) is None


def test_tokens_are_not_in_the_store(conn: Conn, mariam: people.User) -> None:
    tokens = [people.create_login_link(conn, mariam.id), web_sessions.start(conn, mariam.id)]
    dump = str(conn.execute("SELECT * FROM login_links, web_sessions").fetchall())
    assert all(token not in dump for token in tokens)
    assert web_sessions.find(conn, tokens[0]) is None, "a link is no session"


def test_a_session_lives_until_it_is_ended(conn: Conn, mariam: people.User) -> None:
    token = web_sessions.start(conn, mariam.id)
    assert user_of(conn, token) == mariam
    web_sessions.end(conn, token)
    assert web_sessions.find(conn, token) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE web_sessions SET expires_at = now()",
        "UPDATE web_sessions SET seen_at = now() - interval '1 hour'",
        "UPDATE users SET disabled = true",
    ],
)
def test_a_session_ends_by_age_idleness_or_its_user(conn: Conn, mariam: people.User, change: str) -> None:
    token = web_sessions.start(conn, mariam.id)
    conn.execute(change.encode())
    assert web_sessions.find(conn, token) is None


def test_use_keeps_a_session_from_being_idle(conn: Conn, mariam: people.User) -> None:
    token = web_sessions.start(conn, mariam.id)
    conn.execute("UPDATE web_sessions SET seen_at = now() - interval '59 minutes'")
    assert user_of(conn, token) == mariam
    row = conn.execute("SELECT seen_at = now() FROM web_sessions").fetchone()
    assert row == (True,)


@pytest.mark.parametrize("how", ["password", "disable"])
def test_a_new_password_or_disabling_ends_all_access(conn: Conn, mariam: people.User, how: str) -> None:
    session, link = web_sessions.start(conn, mariam.id), people.create_login_link(conn, mariam.id)
    if how == "password":
        people.set_password(conn, mariam.id, "another long password")
    else:
        people.set_disabled(conn, mariam.id, True)
        assert people.authenticate(conn, mariam.name, PASSWORD) is None
        people.set_disabled(conn, mariam.id, False)
    assert web_sessions.find(conn, session) is None
    assert people.redeem_login_link(conn, link) is None


def test_roles_count_at_once(conn: Conn, mariam: people.User) -> None:
    token = web_sessions.start(conn, mariam.id)
    people.set_roles(conn, mariam.id, [Role.AUDITOR, *mariam.roles, Role.AUDITOR])
    found = web_sessions.find(conn, token)
    assert found is not None
    assert found.user.roles == {Role.AUDITOR, *mariam.roles}


def test_losing_a_role_ends_all_access(conn: Conn, mariam: people.User) -> None:
    token, link = web_sessions.start(conn, mariam.id), people.create_login_link(conn, mariam.id)
    people.set_roles(conn, mariam.id, [Role.AUDITOR, Role.LEAD])
    assert web_sessions.find(conn, token) is None
    assert people.redeem_login_link(conn, link) is None


def test_preferences_are_kept(conn: Conn, mariam: people.User) -> None:
    people.set_preferences(conn, mariam.id, locale="en", blur=False, shortcuts=False)
    user = people.user_named(conn, mariam.name)
    assert (user.locale, user.blur, user.shortcuts) == ("en", False, False)


def test_guessing_is_slowed_down_for_the_guesser_alone(conn: Conn) -> None:
    guesser = throttle.Throttle(b"k" * 32, "Mariam", "203.0.113.9")
    elsewhere = throttle.Throttle(b"k" * 32, "mariam ", "203.0.113.10")
    for _ in range(throttle.FAILURES_PER_PAIR):
        assert not guesser.blocked(conn)
        guesser.failed(conn)
    assert guesser.blocked(conn)
    assert not elsewhere.blocked(conn)
    conn.execute("UPDATE login_failures SET at = at - %s::interval", [throttle.WINDOW])
    assert not guesser.blocked(conn)


def test_spraying_many_names_from_one_address_is_slowed_down(conn: Conn) -> None:
    for number in range(throttle.FAILURES_PER_ADDRESS):
        throttle.Throttle(b"k" * 32, f"name-{number}", "203.0.113.9").failed(conn)
    assert throttle.Throttle(b"k" * 32, "fresh", "203.0.113.9").blocked(conn)
    assert not throttle.Throttle(b"k" * 32, "fresh", "203.0.113.10").blocked(conn)


def test_guessing_one_name_from_everywhere_is_slowed_down(conn: Conn) -> None:
    for number in range(throttle.FAILURES_PER_NAME):
        throttle.Throttle(b"k" * 32, "mariam", f"198.51.100.{number}").failed(conn)
    assert throttle.Throttle(b"k" * 32, "MARIAM", "203.0.113.1").blocked(conn)


def test_success_forgets_the_failures(conn: Conn) -> None:
    guesser = throttle.Throttle(b"k" * 32, "mariam", "203.0.113.9")
    for _ in range(throttle.FAILURES_PER_PAIR):
        guesser.failed(conn)
    guesser.succeeded(conn)
    assert not guesser.blocked(conn)
