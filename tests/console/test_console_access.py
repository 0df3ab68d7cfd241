"""Who may do what, and what an attacker may not: sessions, forged forms, headers, roles, hostile text."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Page

from tenfold.store import audit, people, throttle
from tenfold.taxonomy import Role
from tests.console import sample_cases
from tests.console.running import PASSWORD, LogIn, Site


def csrf_of(response: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', response.text)
    assert found, response.text[:500]
    return found[1]


def post(client: httpx.Client, path: str, token_from: str = "/preferences", **fields: str) -> httpx.Response:
    """A form as the console's own pages send it."""
    return client.post(path, data=fields | {"csrf": csrf_of(client.get(token_from))})


@pytest.mark.parametrize("path", ["/", "/cases", "/cases/1", "/status", "/preferences"])
def test_without_a_session_every_page_leads_to_the_login(site: Site, path: str) -> None:
    response = site.client().get(path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/login")


def test_after_the_login_people_come_where_they_wanted_to_go(cases: Site) -> None:
    cases.person(password=PASSWORD)
    client = cases.client()
    wanted = client.get("/cases?severity=4").headers["location"]
    assert wanted == "/login?next=%2Fcases%3Fseverity%3D4"
    page = client.get(wanted)
    fields = {
        "csrf": csrf_of(page),
        "name": "nadia haddad",
        "password": PASSWORD,
        "next": "/cases?severity=4",
    }
    response = client.post("/login", data=fields)
    assert response.headers["location"] == "/cases?severity=4"
    assert client.get("/cases?severity=4").status_code == 200


@pytest.mark.parametrize("where", ["https://evil.example", "//evil.example", "/\\evil.example", "/\tx"])
def test_the_login_leads_nowhere_else(site: Site, where: str) -> None:
    site.person(password=PASSWORD)
    client = site.client()
    fields = {"name": "Nadia Haddad", "password": PASSWORD, "next": where}
    assert post(client, "/login", "/login", **fields).headers["location"] == "/"


def test_wrong_passwords_are_counted_and_then_slowed_down(site: Site) -> None:
    site.person(password=PASSWORD)
    client = site.client()
    for _ in range(throttle.FAILURES_PER_PAIR):
        assert post(client, "/login", "/login", name="Nadia Haddad", password="wrong").status_code == 401
    right = post(client, "/login", "/login", name="Nadia Haddad", password=PASSWORD)
    assert right.status_code == 429
    assert "tenfold_session" not in right.cookies


def test_the_same_answer_for_wrong_password_and_unknown_name(site: Site) -> None:
    site.person(password=PASSWORD)
    client = site.client()
    known = post(client, "/login", "/login", name="Nadia Haddad", password="wrong")
    unknown = post(client, "/login", "/login", name="Nadia Haddae", password="wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("Haddad", "Haddae") == unknown.text


def test_a_session_planted_before_login_is_not_the_one_after(site: Site) -> None:
    site.person(password=PASSWORD)
    client = site.client()
    client.cookies.set("tenfold_session", "planted-by-somebody-else")
    response = post(client, "/login", "/login", name="Nadia Haddad", password=PASSWORD)
    fresh = re.search(r"tenfold_session=([\w-]+)", response.headers["set-cookie"])
    assert fresh
    assert fresh[1] != "planted-by-somebody-else"
    other = site.client()
    other.cookies.set("tenfold_session", "planted-by-somebody-else")
    assert other.get("/preferences").status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    site.person(password=PASSWORD)
    response = post(site.client(), "/login", "/login", name="Nadia Haddad", password=PASSWORD)
    cookie = next(c for c in response.headers.get_list("set-cookie") if c.startswith("tenfold_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_looking_at_a_login_link_does_not_use_it_up(site: Site) -> None:
    link = site.link(site.person())
    client = site.client()
    for _ in range(3):
        assert client.get(link).status_code == 200
    path = link.removeprefix(site.url)
    assert post(client, path, path).headers["location"] == "/"
    again = site.client()
    response = post(again, path, path)
    assert response.status_code == 403
    assert "no longer works" in response.text


def test_logging_out_ends_the_session_in_the_store(site: Site) -> None:
    client = site.client(site.person())
    session = client.cookies["tenfold_session"]
    assert post(client, "/logout").headers["location"] == "/login"
    stolen = site.client()
    stolen.cookies.set("tenfold_session", session)
    assert stolen.get("/preferences").status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
@pytest.mark.parametrize("path", ["/logout", "/login", "/locale", "/preferences", "/cases/1/decide"])
def test_a_form_without_our_token_changes_nothing(cases: Site, path: str, token: str) -> None:
    client = cases.client(cases.person(Role.LEAD))
    response = client.post(
        path, data={"csrf": token, "locale": "ar", "name": "Nadia Haddad", "password": PASSWORD}
    )
    assert response.status_code == 403
    assert "This page was too old" in response.text
    with cases.store() as conn:
        assert people.user_named(conn, "Nadia Haddad").locale == "en"


def test_the_token_of_one_session_is_worth_nothing_in_another(site: Site) -> None:
    mine, theirs = site.client(site.person()), site.client(site.person(name="Other"))
    token = csrf_of(mine.get("/preferences"))
    assert theirs.post("/logout", data={"csrf": token}).status_code == 403
    assert site.client().post("/login", data={"csrf": token}).status_code == 403


def test_the_token_is_taken_from_the_header_too(site: Site) -> None:
    client = site.client(site.person())
    token = csrf_of(client.get("/preferences"))
    assert client.post("/logout", headers={"x-csrf-token": token}, data={}).status_code == 303


PAGES = [
    "/login",
    "/login/some-token",
    "/cases",
    "/cases/1",
    "/cases/999",
    "/status",
    "/preferences",
    "/nowhere",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_allow_nothing_inline_and_are_not_kept(cases: Site, path: str) -> None:
    response = cases.client(cases.person()).get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_only_static_files_are_kept_and_only_by_their_content(site: Site) -> None:
    client = site.client()
    address = re.search(r'href="(/static/[^"]+\.css)"', client.get("/login").text)
    assert address
    style = client.get(address[1])
    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    old = re.sub(r"/static/\w+/", "/static/0000/", address[1])
    assert client.get(old).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["x/../../queue.py", "..%2f..%2fqueue.py", "x/%2e%2e/%2e%2e/queue.py", "x"])
def test_no_path_reaches_the_file_system(site: Site, path: str) -> None:
    assert site.client().get(f"/static/{path}").status_code == 404


def test_languages_answer_in_kind(site: Site) -> None:
    client = site.client()
    page = client.get("/nowhere", headers={"accept-language": "ar-EG"})
    assert page.status_code == 404
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "لا شيء هنا" in page.text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.POLICY])
@pytest.mark.parametrize("act", ["1/decide", "1/claim", "1/release", "1/notes", "1/escalate", "next"])
def test_readers_cannot_act(cases: Site, role: Role, act: str) -> None:
    client = cases.client(cases.person(role))
    assert client.get("/cases/1").status_code == 200
    fields = {"ground": "TVEC7", "purpose": "none", "reason": "because", "note": "hello"}
    response = post(client, f"/cases/{act}", **fields)
    assert response.status_code == 403
    with cases.store() as conn:
        acts = {row.act for row in audit.stream(conn, actor="user:1")}
        assert acts == {"case.viewed"}


def test_moderators_cannot_reverse_what_others_decided(cases: Site) -> None:
    client = cases.client(cases.person(Role.MODERATOR))
    assert post(client, "/decisions/1/reverse", reason="because").status_code == 403


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR])
def test_only_operators_send_again(site: Site, role: Role) -> None:
    assert post(site.client(site.person(role)), "/status/redeliver").status_code == 403
    operator = site.client(site.person(Role.ADMIN, name="Operator"))
    assert post(operator, "/status/redeliver", delivery="no uuid").status_code == 400
    assert post(operator, "/status/redeliver").headers["location"] == "/status?again=0"


@pytest.mark.parametrize("roles", [[Role.ADMIN], []])
def test_who_runs_the_system_sees_no_content(cases: Site, roles: list[Role]) -> None:
    with cases.store() as conn:
        user = people.add_user(conn, "Operator", roles)
    client = cases.client(user)
    assert client.get("/cases").status_code == 403
    assert client.get("/cases/1").status_code == 403
    assert client.get("/status").status_code == 200
    assert client.get("/").headers["location"] == "/status"


@pytest.mark.parametrize("path", ["/cases/1", "/cases?search=p-6"])
def test_what_people_write_is_never_run(cases: Site, page: Page, log_in: LogIn, path: str) -> None:
    log_in(page, cases.person())
    with cases.store() as conn:
        sample_cases.fill_hostile(conn, datetime.now(UTC))
        hostile = sample_cases.case_of(conn, "post:p-6")
    page.goto(cases.url + path.replace("/1", f"/{hostile}"))
    assert sample_cases.HOSTILE[:20] in page.locator("main").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main script, main img[src=x]").count() == 0


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "severity=99", "severity=٣", "state=x", "search=%00", "search=%ff", "queue=" + "x" * 5000],
)
def test_filters_that_make_no_sense_are_no_fault_of_the_server(cases: Site, query: str) -> None:
    assert cases.client(cases.person()).get(f"/cases?{query}").status_code in (200, 400)


@pytest.mark.parametrize("path", ["/cases/999999", "/cases/" + "9" * 30, "/cases/x", "/login/%ff/x"])
def test_what_is_not_there_is_said_to_be_not_there(cases: Site, path: str) -> None:
    assert cases.client(cases.person()).get(path).status_code == 404


@pytest.mark.parametrize("number", ["7", "9" * 19, "9" * 30])
@pytest.mark.parametrize("act", ["undo", "reverse"])
def test_decisions_that_are_not_there(cases: Site, number: str, act: str) -> None:
    lead = cases.client(cases.person(Role.LEAD))
    assert post(lead, f"/decisions/{number}/{act}", reason="because").status_code == 404
    assert post(lead, f"/cases/{number}00/claim").status_code == 404


def test_a_note_that_is_too_long_is_refused_kindly(cases: Site) -> None:
    response = post(cases.client(cases.person()), "/cases/1/notes", note="x" * 100_000)
    assert response.status_code == 422
    assert "This cannot be done so" in response.text


def test_a_form_that_is_far_too_large_is_not_read(cases: Site) -> None:
    response = post(cases.client(cases.person()), "/cases/1/notes", note="x" * 2_000_000)
    assert response.status_code == 413


def test_names_in_broken_encoding_log_nobody_in(site: Site) -> None:
    client = site.client()
    form = f"csrf={csrf_of(client.get('/login'))}&name=%ff%00&password=%ff%00"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=form, headers=headers).status_code == 401


def test_masked_text_is_not_sent_until_it_is_asked_for_and_that_is_noted(cases: Site) -> None:
    user = cases.person()
    with cases.store() as conn:
        people.set_preferences(conn, user.id, locale="en", blur=True, shortcuts=True)
        case = sample_cases.case_of(conn, "post:p-1")
    client = cases.client(user)
    for path in ("/cases", f"/cases/{case}"):
        text = client.get(path).text
        assert "does not forget" not in text
        assert "which entrance" not in text
    shown = post(client, f"/cases/{case}/reveal")
    assert "does not forget" in shown.text
    with cases.store() as conn:
        assert [
            row.subject for row in audit.stream(conn, actor=user.actor) if row.act == "text.revealed"
        ] == [f"case:{case}"]
        assert audit.verify(conn).intact


@pytest.fixture
def decided(cases: Site) -> Callable[..., httpx.Response]:
    """Decide the praising post as somebody, by the form."""

    def decide(client: httpx.Client, **fields: str) -> httpx.Response:
        with cases.store() as conn:
            case = sample_cases.case_of(conn, "post:p-2")
        given = {
            "ground": "TVEC7",
            "purpose": "none",
            "scope": "subject",
            "reason": "praise in his own words",
        }
        return post(client, f"/cases/{case}/decide", **(given | fields))

    return decide


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ground": ""}, "Pick a ground first."),
        ({"ground": "TVEC99"}, "Pick a ground first."),
        ({"purpose": ""}, "Answer whether it serves a protected purpose."),
        ({"reason": "  "}, "Give a reason"),
    ],
)
def test_an_incomplete_decision_is_given_back_as_it_was(
    cases: Site, decided: Callable[..., httpx.Response], fields: dict[str, str], message: str
) -> None:
    response = decided(cases.client(cases.person()), **({"reason": "my own words"} | fields))
    assert response.status_code == 422
    assert message in response.text
    assert fields.get("reason") or "my own words" in response.text


@pytest.mark.parametrize("purpose", ["news", "research", "art", "counter_speech"])
def test_a_protected_purpose_makes_it_the_exception(
    cases: Site, decided: Callable[..., httpx.Response], purpose: str
) -> None:
    assert decided(cases.client(cases.person()), purpose=purpose).status_code == 303
    with cases.store() as conn:
        row = conn.execute("SELECT ground, scope, reason FROM decisions").fetchone()
        ordered = conn.execute("SELECT count(*) FROM actions WHERE state = 'ordered'")
        assert row == ("TVEC0.1", "subject", f"{purpose}: praise in his own words")
        assert ordered.fetchone() == (0,)


def test_who_comes_second_sees_who_was_first(cases: Site, decided: Callable[..., httpx.Response]) -> None:
    first, second = cases.client(cases.person()), cases.client(cases.person(name="ليلى"))
    with cases.store() as conn:
        case = sample_cases.case_of(conn, "post:p-2")
    assert post(first, f"/cases/{case}/claim").status_code == 303
    response = decided(second)
    assert response.status_code == 409
    assert "<bdi>Nadia Haddad</bdi> is working on this case" in response.text
    assert decided(first).status_code == 303
    response = post(second, f"/cases/{case}/claim")
    assert response.status_code == 409
    assert "<bdi>Nadia Haddad</bdi> has decided this case" in response.text


def test_after_a_minute_a_decision_is_no_longer_undone_but_reversed_by_a_lead(
    cases: Site, decided: Callable[..., httpx.Response]
) -> None:
    author = cases.client(cases.person())
    decided(author)
    with cases.store() as conn:
        conn.execute("UPDATE decisions SET decided_at = decided_at - interval '2 minutes'")
    response = post(author, "/decisions/1/undo")
    assert response.status_code == 409
    assert "This can no longer be undone" in response.text
    lead = cases.client(cases.person(Role.LEAD, name="Lead"))
    assert post(lead, "/decisions/1/reverse", reason="").status_code == 422
    back = post(lead, "/decisions/1/reverse", reason="quoted in disgust")
    assert back.status_code == 303
    page = lead.get(back.headers["location"])
    assert "quoted in disgust" in page.text
    assert "Decision reversed" in page.text


def test_nobody_undoes_for_another(cases: Site, decided: Callable[..., httpx.Response]) -> None:
    decided(cases.client(cases.person()))
    assert post(cases.client(cases.person(name="Other")), "/decisions/1/undo").status_code == 409


def test_pages_of_the_queue_hold_fifty_and_lose_none(site: Site) -> None:
    with site.store() as conn:
        sample_cases.fill(conn, datetime.now(UTC))
        sample_cases.fill_many(conn, datetime.now(UTC), 120)
    client, address, seen = site.client(site.person()), "/cases?queue=bulk", []
    sizes = []
    while address:
        text = client.get(address).text
        found = re.findall(r'class="case-link" href="/cases/(\d+)', text)
        sizes.append(len(found))
        seen += found
        further = re.search(r'rel="next" href="([^"]+)"', text)
        address = further[1].replace("&amp;", "&") if further else ""
    assert sizes == [50, 50, 20]
    assert len(set(seen)) == 120
