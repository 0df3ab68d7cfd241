"""Protectees at the console, in a real browser and both languages; for nobody but the security role."""

import re
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.store import audit, protectees
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console.running import LogIn, Site

both = pytest.mark.parametrize("locale", LOCALES)
FILE = "key,kind,name,names,member_of\nhr-1,person,Karim Nasser,كريم ناصر,t-1\nt-1,team,Redwood Support,,\n"


def words(locale: Locale, key: str, **values: str | int) -> str:
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def csrf(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/preferences").text)
    assert found
    return found[1]


@both
def test_somebody_is_added_changed_and_ended(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, site.person(Role.SECURITY, locale=locale))
    page.get_by_role("link", name=words(locale, "nav.protectees")).click()
    expect(page.get_by_role("heading", name=words(locale, "protectees.none"))).to_be_visible()
    page.get_by_role("link", name=words(locale, "protectees.new")).click()
    page.locator("[name=name]").fill("كريم ناصر")
    page.locator("[name=names]").fill("Karim Nasser\nK. Nasser")
    page.locator("[name=addresses]").fill("12 Palm Street")
    page.locator("[name=starts_at]").fill("2026-03-01 09:00")
    page.get_by_role("button", name=words(locale, "protectees.save")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "protectees.done.added"))
    expect(page.locator("[name=addresses]")).to_have_value("")
    expect(page.locator("#protectee .tag")).to_have_text(words(locale, "protectees.addresses.kept", n=1))
    assert "Palm" not in page.locator("form#protectee [name=addresses]").input_value()
    page.locator("[name=domains]").fill("not a domain")
    page.get_by_role("button", name=words(locale, "protectees.save")).click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "protectees.fault.domain"))
    expect(page.locator("[name=domains]")).to_have_value("not a domain")
    page.locator("[name=domains]").fill("redwood.example")
    page.get_by_role("button", name=words(locale, "protectees.save")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "protectees.done.changed"))
    page.get_by_role("button", name=words(locale, "protectees.end")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "protectees.done.ended"))
    with site.store() as conn:
        (kept,) = protectees.page(conn, ended=True)
        told = [row for row in audit.stream(conn) if row.act.startswith("protectee.")]
    assert (kept.names, kept.domains, kept.addresses, kept.active) == (
        ["Karim Nasser", "K. Nasser"],
        ["redwood.example"],
        1,
        False,
    )
    assert kept.starts_at is not None
    assert kept.starts_at.hour == 9
    assert {row.act for row in told} >= {"protectee.added", "protectee.changed", "protectee.ended"}
    assert "Karim" not in str([(row.subject, row.details) for row in told])


@both
def test_a_file_is_looked_through_and_then_kept(
    site: Site,
    page: Page,
    log_in: LogIn,
    tmp_path: Path,
    locale: Locale,
) -> None:
    log_in(page, site.person(Role.SECURITY, locale=locale))
    file = tmp_path / "people.csv"
    page.goto(f"{site.url}/protectees/import")
    file.write_text(FILE + "hr-2,dog,Rex,,\nhr-3,person,,,\n", encoding="utf-16")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name=words(locale, "protectees.import.check")).click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "protectees.report.refused", n=2))
    expect(page.locator("#report tbody tr")).to_have_count(2)
    expect(page.locator("#report tbody tr").first).to_contain_text("kind")
    expect(page.locator("#report tbody tr").last).to_contain_text(words(locale, "protectees.fault.empty"))
    file.write_text(FILE, encoding="utf-8-sig")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name=words(locale, "protectees.import.check")).click()
    expect(page.locator("#report .notice")).to_have_text(words(locale, "protectees.report.good", n=2))
    with site.store() as conn:
        assert protectees.page(conn) == []
    page.get_by_role("button", name=words(locale, "protectees.import.keep")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "protectees.done.imported"))
    page.get_by_role("link", name="Karim Nasser").click()
    expect(page.locator(".lines")).to_contain_text("Redwood Support")
    file.write_text("key,kind,dog\n", encoding="utf-8")
    page.goto(f"{site.url}/protectees/import")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name=words(locale, "protectees.import.keep")).click()
    expect(page.get_by_role("alert")).to_contain_text("dog")


@both
def test_the_pages_are_accessible(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, site.person(Role.SECURITY, locale=locale))
    with site.store() as conn:
        id_ = protectees.add(conn, {"kind": "team", "name": "Redwood Support"}, "user:1")
    for path in ("/protectees", "/protectees/new", f"/protectees/{id_}", "/protectees/import"):
        page.goto(site.url + path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, (path, found.generate_report())


def test_the_list_is_searched_and_filtered(site: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, site.person(Role.SECURITY))
    with site.store() as conn:
        for i in range(60):
            protectees.add(conn, {"kind": "person", "name": f"Person Number{i}"}, "user:1")
        protectees.add(conn, {"kind": "team", "name": "Redwood Support"}, "user:1")
    page.goto(f"{site.url}/protectees")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.locator("a[rel=next]").click()
    expect(page.locator("tbody tr")).to_have_count(11)
    page.locator("select[name=kind]").select_option("team")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("[name=search]").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_be_visible()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SECURITY])
def test_no_other_role_sees_or_changes_anything(site: Site, role: Role) -> None:
    with site.store() as conn:
        id_ = protectees.add(conn, {"kind": "person", "name": "Karim Nasser"}, "user:1")
    client = site.client(site.person(role))
    for path in ("/protectees", "/protectees/new", f"/protectees/{id_}", "/protectees/import"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Karim" not in answer.text
    token = csrf(client)
    for path in ("/protectees/new", f"/protectees/{id_}", f"/protectees/{id_}/active", "/protectees/import"):
        answer = client.post(
            path, data={"csrf": token, "kind": "person", "name": "Changed Name", "active": "off"}
        )
        assert answer.status_code == 403
    assert 'href="/protectees"' not in client.get("/preferences").text
    with site.store() as conn:
        (kept,) = protectees.page(conn)
        assert (kept.name, kept.active) == ("Karim Nasser", True)


def test_forms_work_without_scripts_and_survive_nonsense(site: Site) -> None:
    client = site.client(site.person(Role.SECURITY))
    token = csrf(client)
    good = {"csrf": token, "act": "keep"}
    answer = client.post("/protectees/import", data=good, files={"file": ("a.csv", FILE.encode())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/protectees?done=imported")
    for content in (b"", b"\xff\xfe\x00", b"a,b\n", b'key,kind,name\n"'):
        answer = client.post("/protectees/import", data=good, files={"file": ("a.csv", content)})
        assert answer.status_code == 422
    assert client.post("/protectees/import", data=good).status_code == 422
    for fields in ({"kind": "dog"}, {"name": ""}, {"member_of": "x"}, {"starts_at": "soon"}, {"key": "hr-1"}):
        form = {"csrf": token, "kind": "person", "name": "Karim Nasser"} | fields
        assert client.post("/protectees/new", data=form).status_code == 422, fields
    for path in ("/protectees/999", f"/protectees/{2**70}"):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}/active", data={"csrf": token}).status_code == 404
    assert client.get("/protectees?after=x&kind=dog&search=%00").status_code == 200
    assert client.post("/protectees/new", data={"kind": "person", "name": "Karim Nasser"}).status_code == 403
