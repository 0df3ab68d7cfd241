"""The page where one decides, walked through as a person does, in English and in Arabic."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tenfold.casework import service
from tenfold.casework.filing import file_firings
from tenfold.casework.service import Verdict
from tenfold.store import actions, banks, care, content
from tenfold.store.care import Care
from tenfold.store.database import Conn
from tenfold.store.people import Locale
from tenfold.taxonomy import Ground, Role, Severity
from tenfold.web.console.i18n import LOCALES
from tenfold.web.console.sparing import EXCERPT
from tests.console import sample_cases
from tests.console.running import LogIn, Site
from tests.console.test_console_pages import case_id, open_case, words

both = pytest.mark.parametrize("locale", LOCALES)


def answer_it(site: Site) -> None:
    """Somebody answers the Arabic post of praise, and three accounts copy it; one copy is decided."""
    now = datetime.now(UTC)
    copies = [
        sample_cases._post(60 + n, f"a-10{n}", f"{sample_cases.PRAISE} {n}", "ar", now) for n in (1, 3, 4)
    ]
    answer = sample_cases._post(70, "a-105", "هذا خطاب لا نقبله", "ar", now + timedelta(minutes=1))
    answer.reply_to = "p-2"
    with site.store() as conn:
        content.save_posts(conn, [*copies, answer])
        firings = [
            sample_cases._firing(
                f"post:{post.id}",
                post.account,
                "praise-copied",
                Ground.PRAISE,
                Severity.HIGH,
                language="ar",
                parts=(),
            )
            for post in copies
        ]
        file_firings(conn, firings, now)
        decided = sample_cases.case_of(conn, "post:p-61")
        verdict = Verdict(ground=Ground.PRAISE, reason="It praises the organisation")
        service.decide(conn, case_id=decided, verdict=verdict, actor="user:99", now=now)


@both
def test_context_precedents_and_copies_come_by_themselves_and_the_notice_follows_the_form(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    answer_it(cases)
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-2")
    context = page.locator("#context")
    expect(context).to_contain_text("هذا خطاب لا نقبله")
    expect(context).to_contain_text(words(locale, "context.place.below"))
    precedents = page.locator("#precedents")
    expect(precedents).to_contain_text(words(locale, "precedents.of", n=1))
    expect(precedents).to_contain_text("It praises the organisation")
    expect(page.locator("#copies")).to_contain_text(words(locale, "copies.wait", n=2))
    page.keyboard.press("7")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("بشأن منشورك")
    page.locator('input[name=purpose][value="none"]').check()
    page.locator("#decide textarea[name=reason]").fill("يمجّد التنظيم")
    expect(notice).to_contain_text("يمجّد التنظيم")
    page.locator("input[name=notify]").uncheck()
    expect(notice).to_contain_text(words(locale, "notice.none"))
    page.locator("input[name=notify]").check()
    page.get_by_role("button", name=words(locale, "copies.together", n=3)).click()
    expect(page.locator("h1")).to_have_text(words(locale, "together.title"))
    expect(page.locator(".together-row")).to_have_count(3)
    expect(page.locator("#decide textarea[name=reason]")).to_have_value("يمجّد التنظيم")
    expect(page.locator('input[value="TVEC7"]')).to_be_checked()


def test_the_notice_goes_out_and_stays_with_the_decision(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    open_case(page, cases, "post:p-1")
    case = case_id(cases, "post:p-1")
    page.keyboard.press("2")
    page.locator('input[name=purpose][value="none"]').check()
    page.locator("#decide textarea[name=reason]").fill("It threatens a journalist")
    page.locator('button[value="queue"]').click()
    page.wait_for_url("**decided=*")
    with cases.store() as conn:
        (told,) = [action for action in actions.of_cases(conn, [case]) if action.kind == "notify"]
    assert "It threatens a journalist" in told.details["text"]
    page.goto(f"{cases.url}/cases/{case}")
    page.get_by_text(words("en", "notice.told")).click()
    expect(page.locator(".decision blockquote").last).to_contain_text("threats to people's lives")


def name_slurs(conn: Conn) -> None:
    """Two words, one of each language."""
    banks.create(conn, id="slurs", kind="terms", title="Slurs")
    conn.execute(
        "INSERT INTO bank_entries (bank, key, value, added_by)"
        " VALUES ('slurs', 'entrance', 'entrance', 'x'), ('slurs', 'للرايه', 'للراية', 'x')"
    )


@both
def test_slurs_are_masked_until_the_text_is_asked_for_and_a_break_is_suggested(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    with cases.store() as conn:
        name_slurs(conn)
    log_in(page, cases.person(locale=locale))
    page.goto(f"{cases.url}/preferences")
    expect(page.get_by_label(words(locale, "care.media_blurred"))).to_be_checked()
    expect(page.get_by_label(words(locale, "care.media_small"))).to_be_checked()
    page.get_by_label(words(locale, "care.mask_slurs")).check()
    page.get_by_label(words(locale, "care.break_severe")).fill("1")
    page.get_by_role("button", name=words(locale, "care.save")).click()
    page.wait_for_url("**saved=true*")
    open_case(page, cases, "post:p-1" if locale == "en" else "post:p-2")
    subject = page.locator("#subject .original")
    expect(subject.locator(".covered")).to_have_count(1)
    expect(subject).not_to_contain_text("entrance" if locale == "en" else "للراي")
    page.keyboard.press("v")
    expect(subject).to_contain_text("entrance" if locale == "en" else "للراي")
    open_case(page, cases, "post:p-3")
    expect(page.locator(".read-as .read")).to_have_text(["ashen", "banner"])
    expect(page.locator(".read-as mark")).to_have_count(1)
    rest = page.locator("#rest")
    expect(rest).to_contain_text(words(locale, "rest.severe", n=2))
    rest.get_by_role("button").click()
    expect(rest).to_have_count(0)
    page.goto(f"{cases.url}/care")
    expect(page.locator(".figures").first).to_contain_text(words(locale, "exposure.of", n=2, of=2))


def test_slurs_are_masked_wherever_texts_show_and_all_letters_for_who_asked(cases: Site) -> None:
    user = cases.person()
    answer_it(cases)
    slur, said = "entrance", "للراي"
    with cases.store() as conn:
        name_slurs(conn)
        care.save(conn, user.id, Care(mask_slurs=True))
        cut = "a" * (EXCERPT - 4) + " entrance"
        conn.execute("UPDATE posts SET text = %s WHERE id = 'p-3'", [cut])
    threat, join = case_id(cases, "post:p-1"), case_id(cases, "post:p-3")
    with cases.client(user) as client:
        queue = client.get("/cases").text
        together = client.post(
            "/cases/together", data={"csrf": csrf(cases, client), "case": [threat, join]}
        ).text
        pages = [queue, together, client.get("/search?q=which").text, client.get("/search?q=المجد").text]
        assert [slur in page for page in pages] == [False] * 4, "also where a cut falls into a slur"
        assert [said in page for page in pages] == [False] * 4
        assert [page.count('class="covered"') > 0 for page in pages] == [True] * 4
        assert "We know which" in queue
        with cases.store() as conn:
            care.save(conn, user.id, Care())
        assert slur in client.get("/cases").text
        with cases.store() as conn:
            conn.execute("UPDATE users SET blur = true WHERE id = %s", [user.id])
        assert "We know which" not in client.get("/cases").text


def test_nobody_else_s_exposure_can_be_asked_for(cases: Site) -> None:
    nadia = cases.person()
    with cases.client(nadia) as client:
        case = case_id(cases, "post:p-1")
        assert client.get(f"/cases/{case}").status_code == 200
        assert "<dd>1</dd>" in client.get("/care").text
    for role in Role:
        other = cases.person(role, name=f"Somebody {role}")
        with cases.client(other) as client:
            for query in ("", f"?actor={nadia.actor}", f"?user={nadia.id}", f"?person={nadia.id}"):
                answer = client.get(f"/care{query}")
                assert answer.status_code in (200, 403)
                assert "<dd>1</dd>" not in answer.text
            assert client.get(f"/care/{nadia.id}").status_code == 404


def test_parts_are_pages_without_scripts_and_masked_as_chosen(cases: Site) -> None:
    answer_it(cases)
    user = cases.person()
    case = case_id(cases, "post:p-2")
    with cases.store() as conn:
        conn.execute("UPDATE users SET blur = true WHERE id = %s", [user.id])
    with cases.client(user) as client:
        for part in ("context", "similar"):
            text = client.get(f"/cases/{case}/{part}").text
            assert "<h1>" in text
            assert "نقبله" not in text
            assert "للراي" not in text
        shown = (
            client.post(f"/cases/{case}/reveal", data={"csrf": csrf(cases, client)})
            .text.split("/context?shown=")[1]
            .split('"')[0]
        )
        assert "نقبله" in client.get(f"/cases/{case}/context?shown={shown}").text
        assert "نقبله" not in client.get(f"/cases/{case + 1}/context?shown={shown}").text
        assert client.get("/cases/999999/context").status_code == 404
        assert client.get("/cases/999999/similar").status_code == 404


def csrf(site: Site, client: object) -> str:
    from tenfold.web.console.access import csrf_token

    return csrf_token(site.runtime.secret, client.cookies["tenfold_session"])  # type: ignore[attr-defined]


def test_the_form_can_be_filled_in_as_a_near_copy_was_decided_lately(cases: Site) -> None:
    answer_it(cases)
    case = case_id(cases, "post:p-2")
    with cases.client(cases.person()) as client:
        text = client.get(f"/cases/{case}/similar").text
        address = text.split(f'<a href="/cases/{case}?like=')[1].split('"')[0]
        page = client.get(f"/cases/{case}?like={address}").text
        assert "It praises the organisation</textarea>" in page
        assert 'value="TVEC7" required data-key="7" aria-describedby="ground-help-7" checked' in page
        for nonsense in ("999999", "x", "-1", ""):
            other = client.get(f"/cases/{case}?like={nonsense}").text
            assert "It praises the organisation</textarea>" not in other
