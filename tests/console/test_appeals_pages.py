"""Appeals at the console: taken, looked through, decided, and counted."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tenfold.casework import service
from tenfold.casework.appeals import AppealWish, Times, file_appeal
from tenfold.casework.service import Order, Verdict
from tenfold.store.people import Locale, User
from tenfold.taxonomy import ActionKind, Ground
from tests.console.running import LogIn, Site

TIMES = Times(window=timedelta(days=184), due=timedelta(days=14))
WORDS = "It was a report.\u202e<script>alert(1)</script> كان خبرًا"
OUTCOME = {"en": "Changed in part", "ar": "عُدّل جزئيًا"}


def filed(site: Site, author: User, language: str = "ar") -> int:
    """An appeal of a decision of the author's on a post."""
    now = datetime.now(UTC)
    with site.store() as conn:
        row = conn.execute("SELECT id FROM cases WHERE subject_kind = 'post' ORDER BY id LIMIT 1").fetchone()
        assert row
        verdict = Verdict(
            ground=Ground.RECRUITMENT, add=(Order(kind=ActionKind.REMOVE),), proposals=(), reason="recruits"
        )
        made = service.decide(conn, case_id=row[0], verdict=verdict, actor=author.actor, now=now)
        wish = AppealWish(external_id="ap-1", words=WORDS, decision=made.decision_id, language=language)
        return file_appeal(conn, wish, times=TIMES, actor="key:1", now=now)[0].id


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_an_appeal_is_taken_and_decided_in_part_by_keyboard(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    author = cases.person(name="Author")
    filed(cases, author)
    second = cases.person(name="Second", locale=locale)
    log_in(page, second)
    page.goto(f"{cases.url}/appeals")
    expect(page.locator(".case-link")).to_have_count(1)
    page.keyboard.press("n")
    page.wait_for_url("**/appeals/*")
    expect(page.locator('.appeal-words [data-code="U+202E"]')).to_have_count(1)
    expect(page.locator(".appeal-words")).to_contain_text("<script>")
    page.keyboard.press("2")
    page.locator("select[name=ground]").select_option("TVEC7")
    page.locator('input[name=action][value="hide"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("r")
    page.keyboard.type("It praises, no more")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator(".desk h2").last).to_have_text(OUTCOME[locale])
    page.goto(f"{cases.url}/appeals?state=decided")
    expect(page.locator("table.cases tbody tr")).to_contain_text(OUTCOME[locale])
    expect(page.locator("table.rates tbody tr")).to_have_count(1)
    with cases.store() as conn:
        made = conn.execute("SELECT ground, author FROM decisions WHERE state = 'in_force'").fetchall()
        assert ("TVEC7", second.actor) in made


def test_the_pages_keep_out_who_decided_and_say_what_is_missing(cases: Site) -> None:
    author, second, third = (cases.person(name=name) for name in ("Author", "Second", "Third"))
    appeal = filed(cases, author, "en")
    place = f"/appeals/{appeal}"
    clients = [cases.client(user) for user in (author, second, third)]
    one, two, three = clients
    mine, other, last = (
        {"csrf": client.get("/appeals").text.split('name="csrf" value="')[1].split('"')[0]}
        for client in clients
    )
    wish = {"outcome": "overturned", "reason": "news"}
    with cases.store() as conn:
        row = conn.execute("SELECT case_id FROM appeals").fetchone()
        assert row
    case = f"/cases/{row[0]}"
    assert "An appeal waits" in three.get(case).text and f'href="{place}"' in three.get(case).text
    assert "Somebody else decides the appeal" in one.get(place).text
    assert one.post("/appeals/next", data=mine).headers["location"] == "/appeals?none=true"
    assert one.post(f"{place}/decide", data=mine | wish).status_code == 422
    assert two.post("/appeals/next", data=other).headers["location"] == place
    assert "is working on this appeal" in three.get(place).text
    assert three.post(f"{place}/decide", data=last | wish).status_code == 409
    assert "Pick an outcome" in two.post(f"{place}/decide", data=other).text
    assert (
        "leaves a violation"
        in two.post(f"{place}/decide", data=other | wish | {"outcome": "partly", "ground": "TVEC0"}).text
    )
    assert two.post(f"{place}/decide", data=other | wish).status_code == 303
    assert two.post(f"{place}/decide", data=other | wish).status_code == 409
    assert "Overturned" in three.get("/appeals?state=decided").text
    assert two.get("/appeals/99").status_code == 404
    assert f'href="{place}"' in two.get(case).text, "the case leads to the appeal"
    assert "An appeal waits" not in two.get(case).text
    for client in clients:
        client.close()
