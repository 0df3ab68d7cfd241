"""Administration: who may see and change what, what every change leaves in the audit log, what is refused."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from standardwebhooks.webhooks import WebhookVerificationError

from tenfold.enforcement.outbox import deliver_due
from tenfold.store import (
    audit,
    banks,
    chosen,
    deliveries,
    delivery_log,
    keys,
    languages,
    people,
    retention,
    skills,
    web_sessions,
    webhooks,
)
from tenfold.store.deliveries import Message
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tests.console.running import LogIn, Site
from tests.enforcement.receivers import Receiver, receiver, status

PAGES = ("people", "keys", "webhooks", "banks", "retention", "languages")
WHY = "as agreed on Tuesday"


def post(client: httpx.Client, path: str, page: str = "/status", **fields: Any) -> httpx.Response:
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get(page).text)
    assert csrf
    return client.post(path, data={"reason": WHY} | fields | {"csrf": csrf[1]})


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.client(site.person(Role.ADMIN, name="Admin"))


@pytest.fixture
def platform() -> Iterator[Receiver]:
    """A platform that takes webhooks."""
    with receiver() as running:
        yield running


def acts(site: Site) -> list[tuple[str, str]]:
    """What was done and why, but for logins."""
    with site.store() as conn:
        assert audit.verify(conn).intact
        return [(row.act, row.details.get("reason", "")) for row in audit.stream(conn)]


@pytest.mark.parametrize("role", list(Role))
def test_administrators_change_auditors_see_others_do_neither(site: Site, role: Role) -> None:
    with site.store() as conn:
        banks.create(
            conn,
            id="b",
            kind="terms",
            title="",
            purpose="",
            provenance="",
            marking="TLP:AMBER",
            confidence=1.0,
        )
        webhooks.add(conn, "w", "https://w.example/", "sealed")
    client = site.client(site.person(role))
    seen = {
        client.get(f"/admin/{page}").status_code for page in (*PAGES, "webhooks/1", "banks/b", "people/1")
    }
    assert seen == ({200} if role in (Role.ADMIN, Role.AUDITOR) else {403})
    if role is Role.ADMIN:
        return
    for path in (
        "people",
        "people/1/roles",
        "keys",
        "keys/1/revoke",
        "webhooks",
        "webhooks/1/rotate",
        "banks/b/disabled",
        "banks/b/import",
        "retention",
        "retention/change",
    ):
        assert post(client, f"/admin/{path}").status_code == 403, path
    if role is Role.AUDITOR:
        forms = [client.get(f"/admin/{page}").text.count("<form") for page in PAGES]
        assert len(set(forms)) == 1, "nothing but the forms of every page"
    assert acts(site) == []


def test_nothing_is_changed_without_a_reason(site: Site, admin: httpx.Client) -> None:
    for reason in ("", "  ", "x" * 501):
        assert post(admin, "/admin/people", name="Sami", reason=reason).status_code == 422
        assert post(admin, "/admin/keys", name="k", scope="evaluate", reason=reason).status_code == 422
    with site.store() as conn:
        assert len(people.users(conn)) == 1
        assert keys.list_keys(conn) == []


def test_a_person_is_added_and_their_link_works_once(site: Site, admin: httpx.Client) -> None:
    page = post(admin, "/admin/people", name="Sami", role=["moderator", "lead", "king"], locale="ar")
    link = re.search(rf"{site.url}/login/([\w-]+)", page.text)
    assert link
    with site.store() as conn:
        sami = people.redeem_login_link(conn, link[1])
        assert sami is not None
        assert (sami.name, sami.locale, sorted(sami.roles)) == ("Sami", "ar", ["lead", "moderator"])
    assert link[1] not in admin.get(f"/admin/people/{sami.id}").text
    assert post(admin, "/admin/people", name="sami").status_code == 422
    assert acts(site) == [("user.added", WHY)]


def test_losing_roles_and_being_shut_out_end_sessions(site: Site, admin: httpx.Client) -> None:
    sami = site.person(Role.LEAD, Role.MODERATOR, name="Sami")
    his = site.client(sami)
    assert "1 session" in admin.get(f"/admin/people/{sami.id}").text
    post(admin, f"/admin/people/{sami.id}/roles", role=["lead", "moderator", "policy"])
    assert his.get("/cases").status_code == 200
    post(admin, f"/admin/people/{sami.id}/roles", role=["moderator"])
    assert his.get("/cases").is_redirect
    his = site.client(sami)
    post(admin, f"/admin/people/{sami.id}/disabled")
    assert his.get("/cases").is_redirect
    assert post(admin, f"/admin/people/{sami.id}/link").status_code == 409
    assert post(admin, f"/admin/people/{sami.id}/enabled").is_redirect
    assert post(admin, f"/admin/people/{sami.id}/reset").status_code == 409, "there is no second factor"
    assert acts(site) == [(act, WHY) for act in ("user.roles", "user.roles", "user.disabled", "user.enabled")]


def test_the_last_administrator_stays(site: Site, admin: httpx.Client) -> None:
    for act, role in (("roles", ["lead"]), ("disabled", [])):
        refused = post(admin, f"/admin/people/1/{act}", role=role)
        assert refused.status_code == 409
        assert "last administrator" in refused.text
    other = site.person(Role.ADMIN, name="Other")
    assert post(admin, "/admin/people/1/roles", role=["lead"]).is_redirect
    refused = post(site.client(other), f"/admin/people/{other.id}/disabled")
    assert refused.status_code == 409


@pytest.mark.parametrize(
    "path",
    [
        "people/99",
        "people/x",
        "people/" + "9" * 30,
        "webhooks/99",
        "webhooks/x",
        "banks/none",
        "banks/%00",
        "nothing",
    ],
)
def test_what_is_not_there_is_no_fault(admin: httpx.Client, path: str) -> None:
    assert admin.get(f"/admin/{path}").status_code in (400, 404)
    assert post(admin, f"/admin/{path}/roles").status_code in (400, 404)


def test_a_key_is_shown_once_seen_in_use_and_revoked(site: Site, admin: httpx.Client) -> None:
    page = post(admin, "/admin/keys", name="forum <b>", scope=["status:read", "all"], days="30")
    token = re.search(r"tf_\w{10}_\w{43}", page.text)
    assert token
    assert "forum &lt;b&gt;" in page.text
    again = admin.get("/admin/keys").text
    assert token[0] not in again
    assert "never" in again
    bearer = {"authorization": f"Bearer {token[0]}"}
    assert httpx.get(f"{site.url}/v1/status", headers=bearer).status_code == 200
    with site.store() as conn:
        (key,) = keys.list_keys(conn)
    assert key.scopes == ["status:read"]
    assert key.last_used_at is not None
    for _ in range(2):
        assert post(admin, f"/admin/keys/{key.id}/revoke").is_redirect
    assert post(admin, "/admin/keys/99/revoke").status_code == 404
    mistakes: list[dict[str, Any]] = [{"days": "x"}, {"scope": []}, {"name": ""}]
    for odd in mistakes:
        assert post(admin, "/admin/keys", **({"name": "n", "scope": "evaluate"} | odd)).status_code in (
            400,
            422,
        )
    assert acts(site) == [("key.created", WHY), ("key.revoked", WHY)]


def test_deliveries_show_each_try_and_dead_ones_are_sent_again(
    site_with: Callable[..., Site], platform: Receiver
) -> None:
    site = site_with(webhook_private_addresses=True)
    admin = site.client(site.person(Role.ADMIN, name="Admin"))
    page = post(admin, "/admin/webhooks", name="platform", url=platform.url, type="threat.page")
    secret = re.search(r"whsec_[\w+/=]+", page.text)
    assert secret
    platform.answer = status(503)
    now = datetime.now(UTC)
    with site.store() as conn:
        deliveries.enqueue(conn, [Message(type="threat.page", body={"type": "threat.page"})] * 3, now)
    deliver_due(site.runtime.pool, site.runtime.settings, site.runtime.secret)
    with site.store() as conn:
        conn.execute("UPDATE deliveries SET state = 'dead'")
        (first, *_) = delivery_log.deliveries(conn, state="dead")
    log = admin.get("/admin/webhooks/1?state=dead").text
    assert log.count(">503<") == 3
    assert re.search(r"\d+ ms", log)
    platform.answer = status(200)
    assert post(admin, "/admin/webhooks/1/again", delivery=str(first.id)).headers["location"].endswith("n=1")
    assert post(admin, "/admin/webhooks/1/again").headers["location"].endswith("n=2")
    rotated = post(admin, "/admin/webhooks/1/rotate").text
    fresh = re.search(r"whsec_[\w+/=]+", rotated)
    assert fresh
    assert fresh[0] != secret[0]
    deliver_due(site.runtime.pool, site.runtime.settings, site.runtime.secret)
    received = platform.received[-1]
    for one in (secret[0], fresh[0]):
        received.verified(one)  # the old secret signs, too
    with site.store() as conn:
        conn.execute("UPDATE webhooks SET old_secret_until = now() - interval '1 second'")
        deliveries.enqueue(
            conn, [Message(type="threat.page", body={"type": "threat.page"})], datetime.now(UTC)
        )
        tries = delivery_log.attempts(conn, [first.id])[first.id]
    assert [one.status for one in tries] == [503, 200]
    deliver_due(site.runtime.pool, site.runtime.settings, site.runtime.secret)
    with pytest.raises(WebhookVerificationError):
        platform.received[-1].verified(secret[0])
    assert [act for act, why in acts(site) if why == WHY] == [
        "webhook.added",
        *["delivery.again"] * 3,
        "webhook.rotated",
    ]


def test_a_receiver_is_paused_tested_and_removed(site_with: Callable[..., Site], platform: Receiver) -> None:
    site = site_with(webhook_private_addresses=True)
    admin = site.client(site.person(Role.ADMIN, name="Admin"))
    given: dict[str, Any] = {"name": "platform", "type": ["action.ordered"]}
    assert "platform" in post(admin, "/admin/webhooks", url=platform.url, **given).text
    assert post(admin, "/admin/webhooks", url=platform.url, **given).status_code == 422, "the name is taken"
    assert post(admin, "/admin/webhooks", url="ftp://x", name="x", type="threat.page").status_code == 422
    for act, on in (("pause", False), ("resume", True)):
        post(admin, f"/admin/webhooks/1/{act}")
        with site.store() as conn:
            hook = webhooks.load(conn, 1)
            assert hook is not None
            assert hook.enabled is on
    post(admin, "/admin/webhooks/1/test")
    assert "webhook.test" in admin.get("/admin/webhooks/1").text
    assert post(admin, "/admin/webhooks/1/removed").is_redirect
    with site.store() as conn:
        assert webhooks.load_all(conn) == []


def test_banks_are_switched_and_filled(site: Site, admin: httpx.Client) -> None:
    with site.store() as conn:
        banks.create(
            conn,
            id="slogans",
            kind="terms",
            title="Slogans",
            purpose="",
            provenance="",
            marking="TLP:RED",
            confidence=1.0,
        )
    csrf = re.search(r'name="csrf" value="(\w+)"', admin.get("/admin/banks/slogans").text)
    assert csrf

    def upload(content: bytes) -> httpx.Response:
        fields = {"csrf": csrf[1] if csrf else "", "reason": WHY}
        files = {"file": ("x.csv", content, "text/csv")}
        return admin.post("/admin/banks/slogans/import", data=fields, files=files)

    rows = "value,label,confidence\nالراية الرمادية,name,1\nashen banner,name,2\nbanner of ash,name,0.5\n"
    report = upload(rows.encode()).text
    assert "2 entries added." in report
    assert "1 line refused." in report
    assert "الراية الرمادية" in admin.get("/admin/banks/slogans").text
    for bad in (b"", b"\xff\xfea", b"label\nx\n"):
        assert upload(bad).status_code == 422
    assert upload(b"value\n" + b"x" * 5_000_000).status_code == 413
    post(admin, "/admin/banks/slogans/disabled")
    with site.store() as conn:
        assert not banks.get(conn, "slogans").enabled
    shown = admin.get("/admin/banks").text
    assert "TLP:RED" in shown
    assert "0%" in shown
    assert acts(site) == [("bank.imported", WHY), ("bank.disabled", WHY)]


def test_retention_says_what_goes_before_it_is_changed_and_workers_keep_to_it(
    site: Site, admin: httpx.Client
) -> None:
    now = datetime.now(UTC)
    old = now - timedelta(days=100)
    with site.store() as conn:
        for number, at in enumerate((old, old, now)):
            conn.execute("INSERT INTO sessions (seq, account, started_at) VALUES (%s, 'a', %s)", [number, at])
        assert retention.due(conn, chosen.kept(conn, site.runtime.settings), now).sessions == 0
    wanted = {"retention_months": "1", "closure_retention_days": "0", "media_retention_days": "0"}
    looked = post(admin, "/admin/retention", **wanted).text
    assert "2 sessions on the platform" in looked
    with site.store() as conn:
        assert chosen.load(conn) == {}, "looking changes nothing"
    assert post(admin, "/admin/retention/change", **wanted).is_redirect
    with site.store() as conn:
        kept = chosen.kept(conn, site.runtime.settings)
        assert kept.retention_months == 1
        retention.forget(conn, kept.retention_months, now)
        assert retention.due(conn, kept, now).sessions == 0
    assert WHY in admin.get("/admin/retention").text
    for odd in ("-1", "x", "99999", ""):
        assert (
            post(admin, "/admin/retention/change", **(wanted | {"retention_months": odd})).status_code >= 400
        )
    assert acts(site) == [("retention.changed", WHY)]


def test_languages_that_cases_wait_in_and_nobody_reads_are_said(cases: Site) -> None:
    """Disabled people and those who decide nothing are no readers; who named no language reads all."""
    reader = cases.person(name="Reader")
    with cases.store() as conn:
        skills.save(conn, reader.id, skills.Skills(languages=("ar",)))
    admin = cases.client(cases.person(Role.ADMIN, name="Admin", locale="ar"))
    with cases.store() as conn:
        found = {one.language: one for one in languages.waiting(conn, datetime.now(UTC))}
        assert {name: one.readers for name, one in found.items() if name in ("ar", "en")} == {
            "ar": 1,
            "en": 0,
        }
        rows = conn.execute("SELECT language, count(*) FROM cases WHERE state <> 'decided' GROUP BY 1")
        assert {name: one.cases for name, one in found.items()} == dict(rows.fetchall())
        assert languages.of_people(conn) == {"en": 1, "ar": 1}
    assert "لا أحد" in admin.get("/admin/languages").text
    cases.person(name="Everything")
    assert "لا أحد" not in admin.get("/admin/languages").text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ("Administration", "Add a person", "Make a key", "Revoke", "Shut out")),
        ("ar", ("الإدارة", "أضف شخصًا", "أنشئ مفتاحًا", "ألغِ", "امنع الدخول")),
    ],
)
def test_an_administrator_goes_through_the_day(
    site: Site, page: Page, log_in: LogIn, locale: Locale, words: tuple[str, ...]
) -> None:
    log_in(page, site.person(Role.ADMIN, name="Admin", locale=locale))
    page.get_by_role("link", name=words[0], exact=True).click()
    page.fill("input[name=name]", "Sami سامي")
    page.check("input[value=moderator]")
    page.fill("#reason-add", WHY)
    page.get_by_role("button", name=words[1]).click()
    link = page.locator("#once").inner_text()
    assert link.startswith(f"{site.url}/login/")
    with site.store() as conn:
        web_sessions.start(conn, people.user_named(conn, "Sami سامي").id)
    page.fill("#reason-able", WHY)
    page.get_by_role("button", name=words[4]).click()
    expect(page.locator(".page-head .tag")).to_be_visible()
    page.goto(f"{site.url}/admin/keys")
    page.fill("input[name=name]", "forum")
    page.check("input[value='events:write']")
    page.fill("#reason-make", WHY)
    page.get_by_role("button", name=words[2]).click()
    assert page.locator("#once").inner_text().startswith("tf_")
    page.locator("details summary").first.click()
    page.fill("table input[name=reason]", WHY)
    page.locator("table button.danger").click()
    expect(page.locator("table details")).to_have_count(0)
    with site.store() as conn:
        assert people.user_named(conn, "Sami سامي").disabled
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
