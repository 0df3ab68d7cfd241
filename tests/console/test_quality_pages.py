"""Second looks and golden cases at the console: unseen before, told afterwards, never with an effect."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import quality_leads, quality_sampling, service
from tenfold.casework.service import Verdict
from tenfold.store import quality, quality_results
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Ground, Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console import sample_cases
from tests.console.running import LogIn, Site

both = pytest.mark.parametrize("locale", LOCALES)
EFFECTS = ("cases", "decisions", "actions", "deliveries", "case_notes", "inbox")
WHY = "It praises in the author's own voice."


def words(locale: Locale, key: str, **values: str | int) -> str:
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def decided(site: Site, subject: str = "post:p-2", ago: timedelta = timedelta(minutes=30)) -> int:
    """A case that somebody decided a while ago; nothing else waits."""
    with site.store() as conn:
        case = sample_cases.case_of(conn, subject)
        verdict = Verdict(ground=Ground.BRANDED, reason="seen by the first", proposals=None)
        service.decide(conn, case_id=case, verdict=verdict, actor="user:99", now=datetime.now(UTC) - ago)
        conn.execute("UPDATE cases SET queue = 'lead', state = 'escalated' WHERE state <> 'decided'")
    return case


def golden(site: Site, **rates: float) -> int:
    case = decided(site)
    with site.store() as conn:
        quality.save_settings(conn, quality.Settings(**({"review_rate": 0, "golden_rate": 1} | rates)))
        quality_leads.mark_golden(
            conn,
            case_id=case,
            ground=Ground.PRAISE,
            explanation=WHY,
            actor="user:98",
            now=datetime.now(UTC),
        )
    return case


def drawn(site: Site) -> int:
    case = decided(site)
    with site.store() as conn:
        quality.save_settings(conn, quality.Settings(review_rate=1, golden_rate=0))
        began = datetime.now(UTC) - timedelta(days=1)
        conn.execute("UPDATE quality_settings SET drawn_until = %s", [began])
        quality_sampling.set_sample(conn, share=1, actor="user:98", now=began)
        assert quality_sampling.draw(conn, datetime.now(UTC)) == 1
    return case


def everything(site: Site) -> dict[str, list[Any]]:
    with site.store() as conn:
        return {name: conn.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in EFFECTS}


def post(client: httpx.Client, address: str, **form: str) -> httpx.Response:
    page = client.get("/preferences").text
    found = re.search(r'name="csrf" value="(\w+)"', page)
    assert found
    return client.post(address, data={"csrf": found[1], **form})


def taken(client: httpx.Client) -> int:
    """The number of the case that comes next."""
    answer = post(client, "/cases/next")
    found = re.match(r"/cases/(\d+)", answer.headers["location"])
    assert found, answer.headers["location"]
    return int(found[1])


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@both
def test_a_golden_case_looks_like_any_other_and_is_told_about_afterwards(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    case = golden(cases)
    before = everything(cases)
    log_in(page, cases.person(locale=locale))
    page.goto(f"{cases.url}/cases")
    page.locator("main [data-key=n]").click()
    page.wait_for_url(re.compile(r"/cases/\d+"))
    number = int(re.findall(r"/cases/(\d+)", page.url)[0])
    assert number > case
    expect(page.get_by_role("heading", level=1)).to_have_text(words(locale, "case.title", id=str(number)))
    expect(page.locator(".state-claimed")).to_have_text(words(locale, "state.mine"))
    expect(page.locator("main")).not_to_contain_text("seen by the first")
    expect(page.locator("main")).not_to_contain_text(words(locale, "decision.title") + " ")
    assert page.locator(".decision").count() == 0
    page.locator('input[value="TVEC1"]').check()
    page.locator('input[name="purpose"][value="none"]').check()
    page.locator("#decide textarea[name=reason]").fill("the banner")
    page.locator("#decide button.primary").click()
    page.wait_for_url(re.compile(r"/quality/told/"))
    expect(page.get_by_role("heading", level=1)).to_have_text(words(locale, "quality.told.golden"))
    expect(page.locator("blockquote")).to_have_text(WHY)
    expect(page.locator("main")).to_contain_text("TVEC7")
    clean(page)
    page.get_by_role("link", name=words(locale, "quality.title")).click()
    expect(page.locator("section", has=page.locator("#own-title"))).to_contain_text(
        words(locale, "quality.right_of", right=0, n=1)
    )
    clean(page)
    assert everything(cases) == before


@both
def test_a_lead_resolves_a_disagreement_and_the_case_is_open_again(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    case = drawn(cases)
    with cases.client(cases.person(name="Second")) as client:
        number = taken(client)
        post(client, f"/cases/{number}/decide", ground="TVEC0", reason="a report", then="queue")
    log_in(page, cases.person(Role.LEAD, name="Lead", locale=locale))
    page.goto(f"{cases.url}/quality")
    page.get_by_role("link", name=words(locale, "quality.differ")).click()
    expect(page.locator("main")).to_contain_text("seen by the first")
    expect(page.locator("main")).to_contain_text("a report")
    clean(page)
    page.get_by_label(words(locale, "quality.outcome.second"), exact=True).check()
    page.get_by_label(words(locale, "quality.words")).fill("It reports, and nothing else.")
    page.get_by_label(words(locale, "quality.take_back")).check()
    page.get_by_role("button", name=words(locale, "quality.resolve"), exact=True).click()
    expect(page.locator(".empty")).to_contain_text(words(locale, "quality.differ.none"))
    with cases.store() as conn:
        states = conn.execute(
            "SELECT cases.state, decisions.state FROM cases JOIN decisions ON case_id = cases.id"
            " WHERE cases.id = %s",
            [case],
        ).fetchall()
        assert states == [("open", "reversed")]
        assert quality_results.differing(conn, resolved=False, limit=9) == []


def test_whatever_is_done_to_a_check_reaches_no_case_and_nobody(cases: Site) -> None:
    case = drawn(cases)
    colleague = cases.person(name="Colleague")
    before = everything(cases)
    with cases.client(cases.person(name="Second")) as client:
        number = taken(client)
        shown = client.get(f"/cases/{number}")
        assert shown.status_code == 200 and f"/cases/{case}/" not in shown.text
        assert post(client, f"/cases/{number}/reveal").status_code == 200
        assert post(client, f"/cases/{number}/here").text == ""
        assert post(client, f"/cases/{number}/claim").headers["location"] == f"/cases/{number}"
        parts = {"hx-request": "true"}
        assert [
            client.get(f"/cases/{number}/{part}", headers=parts).status_code
            for part in ("context", "similar")
        ] == [
            204,
            204,
        ]
        refused = post(client, f"/cases/{number}/decide", ground="TVEC1", reason="no purpose named")
        assert refused.status_code == 422
        told = post(client, f"/cases/{number}/notes", note="@Colleague look at this")
        assert told.headers["location"] == f"/quality/told/{number}"
        assert client.get(f"/cases/{number}").headers["location"] == f"/quality/told/{number}"
    for step, form in (
        ("escalate", {"reason": "a lead should look"}),
        ("hand-over", {"reason": "yours", "to": str(colleague.id)}),
        ("readers", {"reason": "what is it?", "language": "ar"}),
        ("release", {}),
    ):
        with cases.client(cases.person(name=f"Person {step}")) as client:
            number = taken(client)
            assert post(client, f"/cases/{number}/{step}", **form).status_code == 303, step
    assert everything(cases) == before


def test_nobody_sees_the_check_of_another(cases: Site) -> None:
    golden(cases)
    with cases.client(cases.person(name="First")) as client:
        number = taken(client)
    with cases.client(cases.person(Role.LEAD, name="Other")) as client:
        assert client.get(f"/cases/{number}").status_code == 404
        assert client.get(f"/quality/told/{number}").status_code == 404


def test_people_practise_as_often_as_they_like(cases: Site) -> None:
    golden(cases, golden_rate=0)
    with cases.client(cases.person()) as client:
        for _ in range(2):
            number = int(post(client, "/quality/practise").headers["location"].rpartition("/")[2])
            answer = post(
                client,
                f"/cases/{number}/decide",
                ground="TVEC7",
                purpose="none",
                reason="praise",
                then="next",
            )
            assert WHY.replace("'", "&#39;") in client.get(answer.headers["location"]).text
        assert "2 right of 2" in re.sub(r"<[^>]+>", "", client.get("/quality").text)


def settings_of(client: httpx.Client) -> str:
    return re.sub(r"<[^>]+>", " ", client.get("/quality/settings").text)


def test_leads_set_what_is_drawn_and_how_often_and_others_do_not(cases: Site) -> None:
    case = decided(cases)
    lead: User = cases.person(Role.LEAD, name="Lead")
    with cases.client(lead) as client:
        assert post(client, "/quality/samples", share="12.5", language="ar", seed="stone").status_code == 303
        assert "12.5%" in settings_of(client) and "stone" in settings_of(client)
        for wrong in ("0", "101", "much", "nan"):
            assert post(client, "/quality/samples", share=wrong).status_code == 422
        assert post(client, "/quality/samples/1/end").status_code == 303
        assert post(client, "/quality/samples/1/end").status_code == 404
        assert "stone" not in settings_of(client)
        assert post(client, "/quality/rates", review_rate="7", golden_rate="3").status_code == 303
        assert post(client, "/quality/rates", review_rate="-1", golden_rate="3").status_code == 422
        marked = post(client, "/quality/golden", case=str(case), ground="TVEC7", explanation=WHY)
        assert marked.status_code == 303
        assert (
            post(client, "/quality/golden", case="999999", ground="TVEC7", explanation=WHY).status_code == 422
        )
        assert post(client, "/quality/golden/1/end").status_code == 303
    with cases.store() as conn:
        assert quality.settings(conn) == quality.Settings(review_rate=0.07, golden_rate=0.03)
    with cases.client(cases.person(name="Moderator")) as client:
        assert client.get("/quality/settings").status_code == 403
        assert client.get("/quality/differ").status_code == 403
        assert post(client, "/quality/rates", review_rate="0", golden_rate="0").status_code == 403
