"""Logging in through a real OpenID provider: who gets in, as whom, with which roles, and out again."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tenfold.store import audit, identities, people
from tenfold.taxonomy import Role
from tests.console.running import PASSWORD, Site
from tests.oidc.providers import CLIENT, NAMES, SECRET, RealProvider, free_port

GROUPS = {"nadia": ["desk", "leads"], "sami": ["desk"], "rania": ["gardeners"], "maryam": ["leads"]}
ROLES: dict[str, list[str]] = {"desk": ["moderator"], "leads": ["lead", "security"]}

Start = Callable[..., tuple[Site, RealProvider]]


@pytest.fixture
def start(site_with: Callable[..., Site]) -> Iterator[Start]:
    """A console and its provider, each knowing the other."""
    started: list[RealProvider] = []

    def both(by_userinfo: bool = False, **settings: Any) -> tuple[Site, RealProvider]:
        port = free_port()
        groups = {name: list(named) for name, named in GROUPS.items()}
        provider = RealProvider(f"http://127.0.0.1:{port}", groups, by_userinfo)
        provider.start()
        started.append(provider)
        given = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_private_addresses": True,
            "oidc_roles": ROLES,
            "oidc_accounts": "everyone",
        }
        return site_with(port=port, **(given | settings)), provider

    yield both
    for provider in started:
        provider.stop()


def log_in(browser: httpx.Client, site: Site, name: str, wanted: str = "/") -> httpx.Response:
    """As a browser does without scripts: from our button through the provider's two forms and back. Gives our
    answer to the return."""
    sent = browser.get(f"{site.url}/login/sso", params={"next": wanted})
    assert sent.status_code == 303, sent.text
    return through(browser, site, sent.headers["location"], name)


def through(browser: httpx.Client, site: Site, address: str, name: str) -> httpx.Response:
    for _ in range(12):
        if address.startswith(site.url):
            return browser.get(address)
        page = browser.get(address)
        if page.status_code == 200:
            action = re.search(r'action="([^"]+)"', page.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
            assert action and prompt, page.text
            fields = {"prompt": prompt[1], "login": name, "password": "any"}
            page = browser.post(httpx.URL(address).join(action[1]), data=fields)
        assert page.is_redirect, page.text
        address = str(httpx.URL(address).join(page.headers["location"]))
    pytest.fail("the provider led nowhere")


@pytest.fixture
def visitor() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.mark.parametrize("by_userinfo", [False, True])
def test_the_first_login_makes_an_account_with_the_roles_of_the_groups(
    start: Start, visitor: httpx.Client, by_userinfo: bool
) -> None:
    site, _ = start(by_userinfo)
    answer = log_in(visitor, site, "nadia", "/cases?severity=4")
    assert answer.headers["location"] == "/cases?severity=4"
    assert visitor.get(f"{site.url}/cases").status_code == 200
    with site.store() as conn:
        nadia = people.user_named(conn, "nadia")
        assert nadia.roles == {Role.MODERATOR, Role.LEAD, Role.SECURITY}
        assert nadia.provider
        rows = [(row.actor, row.act) for row in audit.stream(conn)]
        kept = str(conn.execute("SELECT id_token FROM web_sessions").fetchall())
    assert rows == [("provider", "user.added"), ("provider", "user.roles"), (nadia.actor, "login")]
    assert "eyJ" not in kept, "the ID token is sealed"


def test_roles_follow_the_groups_at_each_login(start: Start, visitor: httpx.Client) -> None:
    site, provider = start()
    log_in(visitor, site, "nadia")
    provider.stop()
    provider.groups["nadia"] = ["desk"]
    provider.start()
    with httpx.Client() as elsewhere:
        assert log_in(elsewhere, site, "nadia").is_redirect
    with site.store() as conn:
        assert people.user_named(conn, "nadia").roles == {Role.MODERATOR}
    assert visitor.get(f"{site.url}/cases").is_redirect, "the session with more roles has ended"
    provider.stop()
    provider.groups["nadia"] = ["gardeners"]
    provider.start()
    with httpx.Client() as elsewhere:
        refused = log_in(elsewhere, site, "nadia")
    assert refused.status_code == 403
    assert "None of your groups has a role here" in refused.text
    with site.store() as conn:
        assert people.user_named(conn, "nadia").roles == frozenset()
        assert audit.verify(conn).intact


def test_a_key_that_was_rotated_is_asked_for(start: Start, visitor: httpx.Client) -> None:
    site, provider = start()
    assert log_in(visitor, site, "nadia").is_redirect
    provider.stop()
    provider.start(key="second")
    with httpx.Client() as elsewhere:
        assert log_in(elsewhere, site, "sami").is_redirect


def test_only_who_is_invited_gets_in_and_only_once_as_a_stranger(start: Start, visitor: httpx.Client) -> None:
    site, _ = start(oidc_accounts="invited", oidc_roles={})
    user = site.person(Role.AUDITOR, name="Nadia Haddad", password=PASSWORD)
    assert "There is no account for you here yet" in log_in(visitor, site, "nadia").text
    with site.store() as conn:
        identities.invite(conn, user.id, "Nadia")
    with httpx.Client() as again:
        assert log_in(again, site, "nadia").is_redirect
    with site.store() as conn:
        bound = people.user_named(conn, "Nadia Haddad")
        assert (bound.id, bound.provider, sorted(bound.roles)) == (user.id, True, [Role.AUDITOR])
        assert people.authenticate(conn, "Nadia Haddad", PASSWORD) is None, "the password is gone"
        with pytest.raises(people.PeopleError, match="through the provider"):
            people.set_password(conn, user.id, PASSWORD)


def test_a_name_that_is_taken_is_never_taken_over(start: Start, visitor: httpx.Client) -> None:
    site, _ = start()
    site.person(Role.ADMIN, name="Nadia")
    assert "Somebody else has your name here" in log_in(visitor, site, "nadia").text
    with site.store() as conn:
        assert not people.user_named(conn, "nadia").provider


def test_disabled_people_stay_out(start: Start, visitor: httpx.Client) -> None:
    site, _ = start()
    log_in(visitor, site, "sami")
    with site.store() as conn:
        people.set_disabled(conn, people.user_named(conn, "sami").id, True)
    assert visitor.get(f"{site.url}/cases").is_redirect
    with httpx.Client() as again:
        refused = log_in(again, site, "sami")
    assert refused.status_code == 403
    assert "Your account here is disabled" in refused.text


def test_an_answer_works_once_and_only_in_the_browser_that_asked(start: Start, visitor: httpx.Client) -> None:
    site, _ = start()
    answers: list[str] = []
    visitor.event_hooks["request"] = [lambda request: answers.append(str(request.url))]
    assert log_in(visitor, site, "sami").is_redirect
    answer = next(address for address in answers if "code=" in address)
    visitor.cookies.delete("tenfold_session")
    again = visitor.get(answer)
    assert again.status_code == 403
    assert "begun elsewhere, or too long ago" in again.text

    begun = httpx.get(f"{site.url}/login/sso").headers["location"]  # in a browser whose cookie is another
    with httpx.Client() as victim:
        victim.get(f"{site.url}/login")
        refused = through(victim, site, begun, "sami")
        assert refused.status_code == 403
        assert "tenfold_session" not in victim.cookies


def test_what_is_sent_along_is_fresh_and_bound(start: Start, visitor: httpx.Client) -> None:
    site, provider = start()
    asked = [urlsplit(visitor.get(f"{site.url}/login/sso").headers["location"]) for _ in range(2)]
    one, other = (parse_qs(found.query) for found in asked)
    assert f"{asked[0].scheme}://{asked[0].netloc}" == provider.issuer
    assert one["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]
        assert len(one[name][0]) >= 43
    with site.store() as conn:
        kept = str(conn.execute("SELECT * FROM oidc_logins").fetchall())
    assert one["state"][0] not in kept


def test_a_provider_that_is_down_is_said_and_costs_no_wait(start: Start, visitor: httpx.Client) -> None:
    site, provider = start()
    provider.stop()
    for _ in range(2):
        answer = visitor.get(f"{site.url}/login/sso")
        assert answer.status_code == 503
        assert "does not answer" in answer.text


def test_who_cancels_there_is_told_so(start: Start, visitor: httpx.Client) -> None:
    site, provider = start()
    sent = visitor.get(f"{site.url}/login/sso").headers["location"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    given = {"state": state, "error": "access_denied", "iss": provider.issuer}
    answer = visitor.get(f"{site.url}/login/sso/return", params=given)
    assert answer.status_code == 403
    assert "did not let you in" in answer.text


def test_passwords_can_be_turned_off_and_links_still_work(start: Start, visitor: httpx.Client) -> None:
    site, _ = start(password_login=False)
    user = site.person(password=PASSWORD)
    door = visitor.get(f"{site.url}/login").text
    assert 'name="password"' not in door
    csrf = re.search(r'name="csrf" value="(\w+)"', door)
    assert csrf
    fields = {"csrf": csrf[1], "name": user.name, "password": PASSWORD}
    refused = visitor.post(f"{site.url}/login", data=fields)
    assert refused.status_code == 403
    assert "Passwords are turned off here" in refused.text
    assert visitor.post(site.link(user), data={"csrf": csrf[1]}).headers["location"] == "/"


@pytest.mark.parametrize(
    ("locale", "name", "button"),
    [
        ("en-GB", "nadia", "Log in through your organisation"),
        ("ar", "maryam", "ادخل عن طريق مؤسستك"),
    ],
)
def test_a_person_comes_in_and_goes_out_in_a_browser(
    start: Start, page: Page, locale: str, name: str, button: str
) -> None:
    site, provider = start()
    page.set_extra_http_headers({"accept-language": locale})
    page.goto(f"{site.url}/cases?severity=4")
    page.get_by_role("link", name=button).click()
    for _ in range(2):  # the provider's login, then its consent
        page.wait_for_url(f"{provider.issuer}/**")
        if page.locator("input[name=login]").count():
            page.fill("input[name=login]", name)
            page.fill("input[name=password]", "any")
        page.locator("form [type=submit]").first.click()
    page.wait_for_url(f"{site.url}/cases?severity=4")
    expect(page.locator("a[href='/preferences']")).to_contain_text(NAMES.get(name, name))
    page.locator("form[action='/logout'] button").click()
    page.wait_for_url(f"{provider.issuer}/session/end?**")
    page.locator("[name=logout][value=yes]").click()
    page.wait_for_url(f"{site.url}/login")
    expect(page.get_by_role("link", name=button)).to_be_visible()
    page.goto(f"{site.url}/cases")
    page.get_by_role("link", name=button).click()
    page.wait_for_selector("input[name=login]")  # the provider has forgotten who it was
