"""Second factors and sessions: enrolling, coming in, what is refused, what ends."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tenfold.store import audit, people, second_factors, web_sessions
from tenfold.store.database import Conn
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Role
from tenfold.web.console.entering import agent
from tests.console.running import PASSWORD, Site

KEY = b"the installation's key, for tests"
NOW = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def nadia(conn: Conn) -> User:
    return people.add_user(conn, "Nadia", [Role.LEAD], password=PASSWORD)


def enrolled(conn: Conn, user: User, now: datetime) -> tuple[pyotp.TOTP, list[str]]:
    """The person's app, and their recovery codes."""
    app = pyotp.TOTP(second_factors.begin(conn, KEY, user.id))
    codes = second_factors.confirm(conn, KEY, user.id, app.at(now), now)
    assert codes is not None
    return app, codes


def test_a_code_counts_in_its_half_minute_and_its_neighbours(conn: Conn, nadia: User) -> None:
    app, _ = enrolled(conn, nadia, NOW - 10 * STEP)
    for apart, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        conn.execute("UPDATE second_factors SET last_step = 0")
        found = second_factors.check(conn, KEY, nadia.id, app.at(NOW + apart * STEP), NOW)
        assert (found == "app") is good, apart


def test_a_code_works_once_and_earlier_ones_not_after_it(conn: Conn, nadia: User) -> None:
    app, _ = enrolled(conn, nadia, NOW - 10 * STEP)
    assert second_factors.check(conn, KEY, nadia.id, app.at(NOW), NOW) == "app"
    assert second_factors.check(conn, KEY, nadia.id, app.at(NOW), NOW) is None
    assert second_factors.check(conn, KEY, nadia.id, app.at(NOW - STEP), NOW) is None
    assert second_factors.check(conn, KEY, nadia.id, app.at(NOW + STEP), NOW) == "app"


def test_codes_may_be_typed_in_any_digits_and_with_spaces(conn: Conn, nadia: User) -> None:
    app, _ = enrolled(conn, nadia, NOW - 10 * STEP)
    code = app.at(NOW)
    arabic = code[:3].translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) + " " + code[3:]
    assert second_factors.check(conn, KEY, nadia.id, arabic, NOW) == "app"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\0", "²³¹²³¹x", "9" * 100_000])
def test_nonsense_is_no_code(conn: Conn, nadia: User, code: str) -> None:
    enrolled(conn, nadia, NOW)
    assert second_factors.check(conn, KEY, nadia.id, code, NOW) is None


def test_each_recovery_code_works_once_and_for_its_owner(conn: Conn, nadia: User) -> None:
    _, codes = enrolled(conn, nadia, NOW)
    other = people.add_user(conn, "Other", [])
    enrolled(conn, other, NOW)
    assert len(set(codes)) == 10
    assert second_factors.check(conn, KEY, other.id, codes[0], NOW) is None
    assert second_factors.check(conn, KEY, nadia.id, f" {codes[0].upper()} ", NOW) == "recovery"
    assert second_factors.check(conn, KEY, nadia.id, codes[0], NOW) is None
    assert second_factors.codes_left(conn, nadia.id) == 9
    fresh = second_factors.renew_codes(conn, KEY, nadia.id)
    assert second_factors.check(conn, KEY, nadia.id, codes[1], NOW) is None
    assert second_factors.check(conn, KEY, nadia.id, fresh[1], NOW) == "recovery"


def test_the_store_holds_neither_secret_nor_codes(conn: Conn, nadia: User) -> None:
    app, codes = enrolled(conn, nadia, NOW)
    dump = str(conn.execute("SELECT * FROM second_factors, recovery_codes").fetchall())
    assert app.secret not in dump
    assert not any(code.replace("-", "") in dump for code in codes)


def test_a_second_factor_in_use_is_not_replaced_unseen(conn: Conn, nadia: User) -> None:
    first = second_factors.begin(conn, KEY, nadia.id)
    assert second_factors.begin(conn, KEY, nadia.id) == first, "reloading the page shows the same picture"
    assert second_factors.confirm(conn, KEY, nadia.id, "000000", NOW) is None
    assert not people.user_named(conn, "Nadia").second_factor
    assert second_factors.check(conn, KEY, nadia.id, pyotp.TOTP(first).at(NOW), NOW) is None
    assert second_factors.confirm(conn, KEY, nadia.id, pyotp.TOTP(first).at(NOW), NOW)
    with pytest.raises(ValueError, match="already"):
        second_factors.begin(conn, KEY, nadia.id)


def post(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get(page).text)
    assert csrf
    return client.post(path, data=fields | {"csrf": csrf[1]})


def test_a_password_alone_is_no_session_then(site: Site) -> None:
    user = site.person(Role.LEAD, password=PASSWORD)
    with site.store() as conn:
        app, codes = enrolled(conn, user, datetime.now(UTC) - 10 * STEP)
    client = site.client()
    answer = post(client, "/login", "/login", name=user.name, password=PASSWORD, next="/status")
    assert answer.headers["location"] == "/login/second"
    assert client.get("/status").headers["location"].startswith("/login")
    assert post(client, "/login/second", "/login/second", code="000000").status_code == 401
    code = app.now()
    assert post(client, "/login/second", "/login/second", code=code).headers["location"] == "/status"
    assert client.get("/status").status_code == 200

    elsewhere = site.client()
    csrf = re.search(r'name="csrf" value="(\w+)"', elsewhere.get("/login").text)
    assert csrf
    sent = elsewhere.post(site.link(user), data={"csrf": csrf[1]})
    assert sent.headers["location"] == "/login/second", "a link is no way around"
    again = elsewhere.post("/login/second", data={"csrf": csrf[1], "code": code})
    assert again.status_code == 401, "the code was used"
    assert elsewhere.post("/login/second", data={"csrf": csrf[1], "code": codes[0]}).is_redirect
    with site.store() as conn:
        acts = [row.act for row in audit.stream(conn, actor=user.actor)]
    assert acts == [
        "second_factor.wrong",
        "login",
        "second_factor.wrong",
        "second_factor.recovery_code",
        "login",
    ]


def test_guessing_codes_is_slowed_down(site: Site) -> None:
    user = site.person(Role.LEAD, password=PASSWORD)
    with site.store() as conn:
        app, _ = enrolled(conn, user, datetime.now(UTC) - 10 * STEP)
    client = site.client()
    post(client, "/login", "/login", name=user.name, password=PASSWORD)
    seen = [post(client, "/login/second", "/login/second", code="000000").status_code for _ in range(6)]
    assert seen == [401] * 5 + [429]
    assert post(client, "/login/second", "/login/second", code=app.now()).status_code == 429


def test_a_role_that_needs_a_second_factor_opens_nothing_without(site_with: Callable[..., Site]) -> None:
    site = site_with(second_factor_roles=("lead",))
    client = site.client(site.person(Role.LEAD))
    for path in ("/", "/cases", "/preferences", "/returns"):
        assert client.get(path).headers["location"] == "/security", path
    answer = client.get("/cases", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (403, "/security")
    assert post(client, "/decisions/1/reverse", "/security", reason="x").headers["location"] == "/security"
    page = client.get("/security/enrol").text
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    assert post(client, "/security/enrol", "/security/enrol", code="1").status_code == 422
    assert post(client, "/security/enrol", "/security/enrol", code=app.now()).status_code == 200
    assert client.get("/cases").status_code == 200
    assert post(client, "/security/remove", "/security", code=app.now()).status_code == 403
    moderator = site.client(site.person(name="Moderator"))
    assert moderator.get("/cases").status_code == 200


def test_enrolling_ends_sessions_that_began_without(site: Site) -> None:
    user = site.person()
    here, elsewhere = site.client(user), site.client(user)
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', here.get("/security/enrol").text)
    assert secret
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    page = post(here, "/security/enrol", "/security/enrol", code=app.now()).text
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", page)) == 10
    assert here.get("/cases").status_code == 200
    assert elsewhere.get("/cases").is_redirect
    assert here.get("/security/enrol").headers["location"] == "/security"
    with site.store() as conn:
        conn.execute("UPDATE second_factors SET last_step = 0")
    assert post(here, "/security/remove", "/security", code=app.now()).headers["location"].endswith("removed")
    with site.store() as conn:
        assert not people.user_named(conn, user.name).second_factor


def test_sessions_end_one_by_one_and_only_ones_own(site: Site) -> None:
    user, other = site.person(), site.person(name="Other")
    here, second, third, theirs = (site.client(one) for one in (user, user, user, other))
    with site.store() as conn:
        numbers = [one.id for one in web_sessions.listing(conn, user.id)]
        foreign = web_sessions.listing(conn, other.id)[0].id
    assert here.get("/security").text.count('name="session"') == 3
    post(here, "/security/sessions", "/security", session=str(foreign))
    assert theirs.get("/cases").status_code == 200
    post(here, "/security/sessions", "/security", session=str(sorted(numbers)[1]))
    assert second.get("/cases").is_redirect
    assert third.get("/cases").status_code == 200
    post(here, "/security/sessions", "/security", session="others")
    assert third.get("/cases").is_redirect
    assert here.get("/cases").status_code == 200
    for odd in ("", "x", "-1", "9" * 30):
        assert post(here, "/security/sessions", "/security", session=odd).status_code == 400


def test_lifetimes_are_settings_and_count_for_sessions_that_are_there(site_with: Callable[..., Site]) -> None:
    site = site_with(session_hours=2, session_idle_minutes=5)
    client = site.client(site.person())
    assert client.get("/cases").status_code == 200
    for change in ("created_at = now() - interval '121 minutes'", "seen_at = now() - interval '6 minutes'"):
        client = site.client(site.person(name=change[:9]))
        with site.store() as conn:
            conn.execute(f"UPDATE web_sessions SET {change}".encode())
        assert client.get("/cases").is_redirect


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_of_a_browser_only_its_kind_is_kept(given: str, shown: str) -> None:
    assert agent(given) == shown


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ("Set up an app", "Take it into use", "One more step", "End all others")),
        ("ar", ("اضبط تطبيقًا", "ابدأ استعماله", "خطوة أخرى", "أنهِ كل ما عداها")),
    ],
)
def test_a_person_sets_up_an_app_and_comes_in_with_it(
    site_with: Callable[..., Site], page: Page, locale: Locale, words: tuple[str, ...]
) -> None:
    site = site_with(second_factor_roles=("lead",))
    user = site.person(Role.LEAD, locale=locale, password=PASSWORD)
    page.goto(site.link(user))
    page.locator("main button.primary").click()
    page.wait_for_url("**/security")
    page.get_by_role("link", name=words[0]).click()
    box = page.locator(".qr svg").bounding_box()
    assert box
    assert box["width"] > 150
    app = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.fill("input[name=code]", app.now())
    page.get_by_role("button", name=words[1]).click()
    codes = page.locator(".recovery code").all_inner_texts()
    assert len(codes) == 10
    page.locator("form[action='/logout'] button").click()
    page.fill("input[name=name]", user.name)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button.primary").click()
    expect(page.get_by_role("heading", name=words[2])).to_be_visible()
    page.fill("input[name=code]", codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases")
    site.client(user)
    page.goto(f"{site.url}/security")
    page.get_by_role("button", name=words[3]).click()
    expect(page.locator("table tbody tr")).to_have_count(1)
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
