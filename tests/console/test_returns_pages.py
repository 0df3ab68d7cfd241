"""What a person does about returns at the console, in a real browser, in English and in Arabic."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.casework import linking, service
from tenfold.casework.linking import LinkVerdict
from tenfold.linkage import parameters
from tenfold.store import link_decisions, link_models, people, shared_keys, signals
from tenfold.store.link_decisions import Pair, Verdict
from tenfold.store.people import Locale, User
from tenfold.store.signals import Link
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.casework import returning_platform as platform
from tests.casework.returning_platform import (
    BACK,
    BACK_AGAIN,
    CLOSED,
    COPY,
    ENGLISH,
    ENGLISH_BACK,
    HONEST,
    case_of,
    database_url,
    linked,
    returning_template,
)
from tests.console.running import LogIn, Site

__all__ = ["database_url", "returning_template"]

both = pytest.mark.parametrize("locale", LOCALES)
NOW = datetime.now(UTC)


def words(locale: Locale, key: str, **values: str | int) -> str:
    """What the page says, without the isolates that only plain texts carry."""
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def pair_address(site: Site, closed: str, new: str) -> str:
    return f"{site.url}/returns/pair?closed={closed}&new={new}"


def judge(site: Site, pair: Pair, verdict: Verdict, actor: str = "user:1") -> int:
    wish = LinkVerdict(accounts=pair, verdict=verdict, reason="نظرت فيه")
    with site.store() as conn:
        return linking.decide_link(conn, wish=wish, actor=actor, now=datetime.now(UTC)).link_decision_id


def verdicts(site: Site) -> list[tuple[str, str, str, str, bool]]:
    with site.store() as conn:
        return conn.execute(
            "SELECT account_a, account_b, verdict, reason, reversed_at IS NOT NULL FROM link_decisions"
            " ORDER BY id"
        ).fetchall()


def links(site: Site) -> dict[tuple[str, str], str]:
    with site.store() as conn:
        return linked(conn)


def case_number(site: Site, account: str) -> int:
    with site.store() as conn:
        return case_of(conn, account)


@pytest.fixture
def moderator(site: Site, page: Page, log_in: LogIn, locale: Locale) -> User:
    user = site.person(locale=locale)
    log_in(page, user)
    return user


@pytest.fixture
def lead(site: Site, page: Page, log_in: LogIn, locale: Locale) -> User:
    user = site.person(Role.LEAD, locale=locale)
    log_in(page, user)
    return user


# The list


@both
def test_the_list_is_found_in_the_bar_and_begins_with_the_likeliest(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.get_by_role("link", name=words(locale, "nav.returns"), exact=True).click()
    expect(page.locator("h1")).to_have_text(words(locale, "returns.title"))
    marks = page.locator(".cases .mark").all_inner_texts()
    assert marks == [words(locale, "mark.likely")] * 3 + [words(locale, "mark.possible")]
    expect(page.locator(".case-link").last).to_contain_text("@sawt_alraya")
    device = words(locale, "evidence.kind.device")
    expect(page.locator(".cases tbody tr").first.locator(".tag", has_text=device)).to_be_visible()


@both
def test_the_list_is_filtered_and_walked_by_keyboard(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    judge(site, (CLOSED, BACK), "different")
    page.goto(f"{site.url}/returns")
    page.get_by_role("group", name=words(locale, "returns.level")).get_by_text(
        words(locale, "mark.possible"), exact=True
    ).click()
    expect(page.locator(".case-link")).to_have_count(1)
    page.goto(f"{site.url}/returns")
    page.locator("select[name=state]").select_option("different")
    expect(page.locator(".case-link")).to_have_count(1)
    expect(page.locator(".cases .mark")).to_have_text(words(locale, "mark.denied"))
    page.locator("select[name=state]").select_option("ended")
    expect(page.get_by_role("heading", name=words(locale, "returns.none"))).to_be_visible()
    page.locator("select[name=state]").select_option("same")
    expect(page.get_by_role("heading", name=words(locale, "returns.none"))).to_be_visible()
    page.goto(f"{site.url}/returns")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/returns/pair?*")
    expect(page.locator("#verdict")).to_be_visible()


def test_the_list_is_read_in_windows(site: Site, page: Page, log_in: LogIn) -> None:
    told = [
        Link(
            account_a=CLOSED,
            account_b=f"crowd-{n}",
            bits=3,
            probability=0.6,
            level="possible",
            evidence=[{"kind": "their_own_word", "words": "seen <b>together</b>", "bits": 3.0}],
            origin="key:1",
        )
        for n in range(60)
    ]
    with site.store() as conn:
        signals.save_links(conn, told)
    log_in(page, site.person())
    page.goto(f"{site.url}/returns")
    expect(page.locator(".case-link")).to_have_count(50)
    page.get_by_role("link", name="The next 50").click()
    expect(page.locator(".case-link")).to_have_count(14)
    page.locator(".case-link").last.click()
    expect(page.locator(".fall")).to_contain_text("their_own_word")
    expect(page.locator(".fall")).to_contain_text("seen <b>together</b>")


# One link


@both
def test_both_accounts_stand_side_by_side_and_what_is_equal_is_marked(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.goto(pair_address(site, CLOSED, BACK))
    row = page.locator(
        ".sides tr", has=page.get_by_role("rowheader", name=words(locale, "field.handle"), exact=True)
    )
    assert row.locator("mark").all_inner_texts() == ["sawt_alraya_", "sawt_alraya_"]
    expect(row).to_contain_text(words(locale, "compared.alike"))
    bio = page.locator(
        ".sides tr", has=page.get_by_role("rowheader", name=words(locale, "field.bio"), exact=True)
    )
    expect(bio).to_contain_text(words(locale, "compared.equal"))
    assert bio.locator("li").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    picture = page.locator(".picture").nth(1)
    expect(picture).to_have_accessible_name(platform.NEARLY)
    assert picture.locator(".picture-apart").get_attribute("d") == "M3 0h1v1h-1zM15 15h1v1h-1z"
    expect(page.locator(".sides")).to_contain_text(words(locale, "returns.tokens"))
    devices = page.locator(".sides tr").last
    expect(devices).to_contain_text(words(locale, "evidence.kind.device"))
    assert "d1d1" not in page.content(), "tokens never leave the server"


@both
def test_the_evidence_adds_up_in_words(site: Site, page: Page, moderator: User, locale: Locale) -> None:
    page.goto(pair_address(site, CLOSED, COPY))
    steps = page.locator(".fall tbody tr")
    expect(steps.first).to_contain_text(words(locale, "evidence.prior"))
    expect(page.locator("#waterfall")).to_contain_text(words(locale, "held.copyable"))
    picture = steps.filter(has_text=words(locale, "evidence.kind.avatar"))
    expect(picture).to_contain_text(words(locale, "returns.copyable"))
    expect(picture).to_contain_text(words(locale, "evidence.accounts", n=4, of=133))
    with site.store() as conn:
        row = conn.execute("SELECT bits FROM links WHERE account_a = %s", [COPY]).fetchone()
    assert row is not None
    expect(steps.last.locator("b")).to_have_text(f"+{TRANSLATORS[locale].number(float(row[0]), 1)}")
    expect(page.locator(".chance")).to_contain_text(words(locale, "returns.meaning.none", low=97, high=100))


@both
def test_a_probability_means_what_decisions_have_shown(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    with site.store() as conn:
        for n in range(40):
            verdict: Verdict = "different" if n < 2 else "same"
            link_decisions.record(
                conn, (CLOSED, f"crowd-{n}"), verdict, author="user:1", probability=0.98, now=NOW
            )
    page.goto(pair_address(site, CLOSED, BACK))
    expect(page.locator(".chance")).to_contain_text(
        words(locale, "returns.meaning", n=40, right=95, low=97, high=100)
    )


@both
def test_the_family_is_a_list_that_leads_to_cases_and_evidence(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    judge(site, (CLOSED, BACK), "same")
    judge(site, (CLOSED, COPY), "different")
    page.goto(pair_address(site, CLOSED, BACK_AGAIN))
    family = page.get_by_role("region", name=words(locale, "kin.title")).get_by_role("list")
    members = family.get_by_role("listitem")
    expect(members).to_have_count(3)
    expect(members.nth(0)).to_contain_text(words(locale, "kin.first"))
    expect(members.nth(1).locator(".mark")).to_have_text(words(locale, "mark.confirmed"))
    expect(members.nth(2)).to_have_attribute("aria-current", "true")
    expect(members.nth(2).locator(".mark")).to_have_text(words(locale, "mark.likely"))
    expect(page.locator(".sides thead")).to_contain_text(words(locale, "returns.new"))
    with site.store() as conn:  # bought: it was there before the closed one
        conn.execute("UPDATE accounts SET created_at = now() - interval '1 year' WHERE id = %s", [BACK_AGAIN])
    page.reload()
    expect(members.nth(0)).to_contain_text(words(locale, "kin.first"))
    bought = family.locator("[aria-current=true]")
    expect(bought).to_contain_text(words(locale, "kin.before", who="@sawt_alraya_1"))
    expect(page.locator(".sides thead")).to_contain_text(words(locale, "returns.other"))
    members.nth(2).get_by_role(
        "link", name=words(locale, "case.title", id=str(case_number(site, BACK)))
    ).click()
    page.wait_for_url(f"**/cases/{case_number(site, BACK)}")


@both
def test_honest_accounts_stand_beside_it(site: Site, page: Page, moderator: User, locale: Locale) -> None:
    page.goto(pair_address(site, CLOSED, BACK))
    contrast = page.get_by_role("region", name=words(locale, "contrast.title"))
    honest = contrast.get_by_role("listitem").filter(has_text="@sawt_albalda")
    expect(honest).to_contain_text(words(locale, "contrast.shares"))
    lacks = honest.locator("p", has_text=words(locale, "contrast.lacks"))
    expect(lacks).to_contain_text(words(locale, "evidence.kind.device"))


# Verdicts


@both
def test_a_link_is_judged_by_keyboard_and_the_next_one_comes(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.goto(pair_address(site, CLOSED, BACK))
    page.keyboard.press("s")
    expect(page.get_by_role("radio", name=words(locale, "verdict.same"))).to_be_checked()
    page.keyboard.press("w")
    page.keyboard.type("الجهاز نفسه s x t g")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.wait_for_url("**judged=*")
    assert verdicts(site) == [(CLOSED, BACK, "same", "الجهاز نفسه s x t g", False)]
    assert f"new={BACK_AGAIN}" in page.url, "the likeliest of those that wait"
    expect(page.locator(".toast")).to_contain_text(words(locale, "toast.judged"))
    page.keyboard.press("u")
    page.wait_for_url("**undone=true")
    expect(page.locator(".toast")).to_have_text(words(locale, "toast.verdict_undone"))
    assert verdicts(site)[0][4] is True


@both
def test_not_the_same_takes_the_link_away(site: Site, page: Page, moderator: User, locale: Locale) -> None:
    page.goto(pair_address(site, ENGLISH, ENGLISH_BACK))
    page.get_by_role("radio", name=words(locale, "verdict.different")).check()
    page.get_by_role("textbox", name=words(locale, "verdict.reason")).fill("a school's laptop")
    page.get_by_text(words(locale, "shared.title")).click()
    page.get_by_role("checkbox", name=words(locale, "evidence.kind.device"), exact=True).check()
    page.locator("select[name=why]").select_option("school")
    page.get_by_role("button", name=words(locale, "verdict.keep"), exact=True).click()
    page.wait_for_url("**judged=*")
    expect(page.locator("#waterfall")).to_contain_text(words(locale, "returns.taken_away"))
    assert (ENGLISH, ENGLISH_BACK) not in links(site)
    with site.store() as conn:
        (mark,) = shared_keys.list_all(conn)
        assert (mark.kind, mark.reason) == ("device", "school: a school's laptop")
        state = conn.execute(
            "SELECT state FROM cases WHERE id = %s", [case_of(conn, ENGLISH_BACK)]
        ).fetchone()
        assert state == ("decided",)


@both
def test_a_verdict_without_a_reason_is_asked_for_one(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.goto(pair_address(site, CLOSED, COPY))
    page.get_by_role("radio", name=words(locale, "verdict.unsure")).check()
    page.keyboard.press("g")
    expect(page.get_by_role("alert")).to_have_text(words(locale, "decide.missing_why"))
    expect(page.get_by_role("radio", name=words(locale, "verdict.unsure"))).to_be_checked()
    assert verdicts(site) == []


@both
def test_a_case_of_a_return_shows_the_link_and_takes_the_verdict(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    """Who is not the same is cleared with one answer; undoing it brings the link back."""
    number = case_number(site, BACK)
    page.goto(f"{site.url}/cases/{number}?queue=returns")
    expect(page.locator(".fall")).to_be_visible()
    expect(page.locator(".sides")).to_contain_text("@sawt_alraya_1")
    page.keyboard.press("x")
    page.keyboard.press("1")
    page.keyboard.press("p")
    page.keyboard.press("f")
    page.keyboard.press("d")
    expect(page.get_by_role("alert")).to_have_text(words(locale, "decide.part_first"))
    assert verdicts(site) == []
    page.keyboard.press("0")
    page.keyboard.press("d")
    page.wait_for_url(f"**decided=*of={number}")
    assert (CLOSED, BACK) not in links(site)
    expect(page.locator(".case-head .state")).to_have_text(words(locale, "state.mine"))
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{number}?undone=true")
    assert (CLOSED, BACK) in links(site), "undoing the decision brings the link back"


@both
def test_one_answer_says_that_it_is_the_same_people_and_closes_the_account(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    number = case_number(site, BACK_AGAIN)
    page.goto(f"{site.url}/cases/{number}")
    expect(page.locator("#decide")).to_contain_text(words(locale, "deciding.link_first"))
    page.keyboard.press("s")
    page.keyboard.press("1")
    page.keyboard.press("p")
    page.keyboard.press("f")
    weightiest = page.locator("#decide [name=reason]").input_value()
    assert weightiest, "the strongest evidence is taken into the reason"
    page.goto(f"{site.url}/cases")
    page.goto(f"{site.url}/cases/{number}")
    expect(page.locator("#decide [name=reason]")).to_have_value(weightiest)
    expect(page.get_by_role("radio", name=words(locale, "verdict.same"))).to_be_checked()
    page.keyboard.press("d")
    page.wait_for_url("**decided=*")
    assert verdicts(site) == [(CLOSED, BACK_AGAIN, "same", weightiest, False)]
    with site.store() as conn:
        ask = "SELECT state FROM accounts WHERE id = %s"
        assert conn.execute(ask, [BACK_AGAIN]).fetchone() == ("closed",)
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{number}?undone=true")
    assert verdicts(site)[0][4] is True, "one undoing takes both back"


def test_a_form_for_both_answers_keeps_what_was_filled_in_and_marks_what_is_shared(site: Site) -> None:
    number = case_number(site, ENGLISH_BACK)
    with site.client(site.person()) as client:
        token = client.get("/preferences").text.split('name="csrf" value="')[1].split('"')[0]

        def post(**said: str) -> httpx.Response:
            form = {"csrf": token, "closed": ENGLISH, "new": ENGLISH_BACK, "then": "queue"}
            return client.post(f"/cases/{number}/decide", data=form | said, follow_redirects=False)

        unreasoned = post(verdict="different", shared="device")
        assert unreasoned.status_code == 422
        assert 'value="different" required data-key="x"' in unreasoned.text
        assert 'name="shared" value="device" checked' in unreasoned.text
        assert post(verdict="same", reason="a laptop").status_code == 422, "what follows for the case?"
        assert verdicts(site) == []
        made = post(verdict="different", reason="a laptop", shared="device", why="school", days="30")
        assert made.headers["location"].startswith("/cases?decided=")
    with site.store() as conn:
        (mark,) = shared_keys.list_all(conn)
    assert (mark.kind, mark.reason) == ("device", "school: a laptop")
    assert (ENGLISH, ENGLISH_BACK) not in links(site)


@both
def test_on_a_case_the_link_alone_can_be_judged_first(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    number = case_number(site, BACK)
    with site.store() as conn:
        conn.execute("UPDATE accounts SET state = 'closed' WHERE id = %s", [BACK])
    page.goto(f"{site.url}/cases")
    expect(page.locator(".cases tbody tr").last).to_contain_text(words(locale, "deciding.ended"))
    expect(page.locator(".case-link").last).to_have_attribute("href", f"/cases/{number}")
    page.goto(f"{site.url}/cases/{number}")
    expect(page.locator("#decide")).to_contain_text(words(locale, "deciding.closed_meanwhile"))
    expect(page.locator("#decide [name=proposal]")).not_to_be_checked()
    picture = page.locator("#subject dl").get_by_role("img", name=platform.NEARLY)
    expect(picture).to_be_visible()
    assert platform.NEARLY not in page.locator("#subject").inner_text(), "no row of 64 digits"
    page.keyboard.press("s")
    page.keyboard.press("f")
    weightiest = page.locator("#decide [name=reason]").input_value()
    page.keyboard.press("g")
    page.wait_for_url(f"**/cases/{number}?judged=*")
    expect(page.locator(".decision .mark")).to_have_text(words(locale, "mark.confirmed"))
    expect(page.locator("#decide [name=reason]")).to_have_value(weightiest)
    page.keyboard.press("a")
    page.wait_for_url("**/returns/close?*")


@both
def test_anothers_verdict_is_taken_back_by_a_lead_with_a_reason(
    site: Site, page: Page, lead: User, locale: Locale
) -> None:
    judge(site, (CLOSED, BACK), "different", actor="user:99")
    page.goto(pair_address(site, CLOSED, BACK))
    page.locator("summary", has_text=words(locale, "verdict.reverse")).click()
    form = page.locator("form[action*=reverse]")
    form.get_by_label(words(locale, "decision.reverse_reason")).fill("the pictures differ by two bits")
    form.get_by_role("button").click()
    page.wait_for_url("**undone=true")
    assert (CLOSED, BACK) in links(site)


@both
def test_a_moderator_cannot_replace_anothers_verdict(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    judge(site, (CLOSED, BACK), "same", actor="user:99")
    page.goto(pair_address(site, CLOSED, BACK))
    expect(page.locator("#verdict")).to_have_count(0)
    expect(page.locator(".desk")).to_contain_text(words(locale, "verdict.theirs", who="user:99"))
    with site.client(moderator) as client:
        token = page.locator("input[name=csrf]").first.get_attribute("value")
        session = next(c for c in page.context.cookies() if c["name"] == "tenfold_session")
        client.cookies.set("tenfold_session", session["value"])
        form = {"csrf": token, "closed": CLOSED, "new": BACK, "verdict": "different", "reason": "x"}
        assert client.post("/returns/decide", data=form).status_code == 409
    assert [row[2] for row in verdicts(site)] == ["same"]


# Closing them all


@pytest.fixture
def confirmed(site: Site) -> Site:
    """People confirmed both returns, and wrongly an honest account."""
    judge(site, (CLOSED, BACK), "same")
    judge(site, (CLOSED, BACK_AGAIN), "same")
    with site.store() as conn:
        link_decisions.record(conn, (BACK, HONEST), "same", author="user:1", now=NOW)
    return site


def states(site: Site) -> dict[str, str]:
    with site.store() as conn:
        ids = [BACK, BACK_AGAIN, HONEST]
        return dict(conn.execute("SELECT id, state FROM accounts WHERE id = ANY(%s)", [ids]).fetchall())


@both
def test_one_decision_closes_all_but_who_is_left_out_and_is_undone(
    confirmed: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.goto(f"{confirmed.url}/returns/close?account={BACK}")
    expect(page.locator("#effects")).to_contain_text(words(locale, "cluster.closes", n=3))
    expect(page.locator(".members > li p", has_text="@sawt_alraya_1")).to_contain_text(
        words(locale, "cluster.closed")
    )
    page.get_by_role("checkbox", name="@sawt_albalda").uncheck()
    expect(page.locator("#effects")).to_contain_text(words(locale, "cluster.closes", n=2))
    expect(page.locator("#effects")).to_contain_text(words(locale, "cluster.left_out", n=2))
    page.keyboard.press("1")
    page.keyboard.press("r")
    page.keyboard.type("حسابات الشبكة نفسها")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_url("**decided=*")
    assert states(confirmed) == {BACK: "closed", BACK_AGAIN: "closed", HONEST: "active"}
    expect(page.locator(".page")).to_contain_text(words(locale, "cluster.closings"))
    page.keyboard.press("u")
    page.wait_for_url("**undone=true")
    assert set(states(confirmed).values()) == {"active"}


@both
def test_a_lead_opens_all_again_with_a_reason(
    confirmed: Site, page: Page, lead: User, locale: Locale
) -> None:
    page.goto(f"{confirmed.url}/returns/close?account={BACK}")
    page.keyboard.press("7")
    page.locator("textarea[name=reason]").first.fill("same people")
    page.get_by_role("button", name=words(locale, "cluster.close")).click()
    page.wait_for_url("**decided=*")
    assert set(states(confirmed).values()) == {"closed"}
    page.goto(f"{confirmed.url}/cases/{case_number(confirmed, BACK_AGAIN)}")
    expect(page.locator(".decision").first).to_be_visible()
    page.goto(f"{confirmed.url}/returns/close?account={BACK}")
    page.locator("summary", has_text=words(locale, "cluster.reverse", n=3)).click()
    page.get_by_label(words(locale, "decision.reverse_reason")).fill("a mistake")
    page.get_by_role("button", name=words(locale, "decision.reverse"), exact=True).click()
    page.wait_for_url("**undone=true")
    assert set(states(confirmed).values()) == {"active"}


def test_what_is_missing_is_said_and_the_ticks_stay(confirmed: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, confirmed.person())
    page.goto(f"{confirmed.url}/returns/close?account={BACK}")
    page.get_by_role("checkbox", name="@sawt_albalda").uncheck()
    page.locator("#close").evaluate("form => form.noValidate = true")
    page.keyboard.press("d")
    expect(page.get_by_role("alert")).to_have_text("Pick a ground first.")
    expect(page.get_by_role("checkbox", name="@sawt_albalda")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="@sawt_alraya_2")).to_be_checked()
    with confirmed.store() as conn:
        service.claim(
            conn,
            case_id=case_of(conn, BACK),
            actor="user:77",
            lease=timedelta(hours=1),
            now=datetime.now(UTC),
        )
    page.keyboard.press("1")
    page.locator("textarea[name=reason]").first.fill("same people")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.locator("h1")).to_have_text("Somebody was first")
    assert set(states(confirmed).values()) == {"active"}


def test_closing_works_without_scripts(confirmed: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, confirmed.person())
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(f"{confirmed.url}/returns/close?account={BACK}")
    plain.get_by_role("checkbox", name="@sawt_albalda").uncheck()
    plain.get_by_role("button", name="Preview").click()
    expect(plain.locator("#effects")).to_contain_text("2 accounts are closed")
    plain.locator('input[value="TVEC1"]').check()
    plain.locator("textarea[name=reason]").fill("same people")
    plain.get_by_role("button", name="Close them").click()
    expect(plain.locator(".toast")).to_contain_text("is decided")
    assert states(confirmed) == {BACK: "closed", BACK_AGAIN: "closed", HONEST: "active"}
    context.close()


# How right were we


@both
def test_how_right_links_were_is_shown_with_denominators(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/returns/record")
    expect(page.get_by_role("heading", name=words(locale, "record.none"))).to_be_visible()
    judge(site, (CLOSED, BACK), "same")
    judge(site, (CLOSED, COPY), "different")
    judge(site, (ENGLISH, ENGLISH_BACK), "unsure")
    page.reload()
    number = TRANSLATORS[locale].number
    band = page.locator(
        "tr", has=page.get_by_role("rowheader", name=words(locale, "record.between", low=97, high=100))
    )
    assert band.locator("td").all_inner_texts()[:4] == [number(2), number(1), number(1), number(1)]
    expect(band).to_contain_text(TRANSLATORS[locale].percent(0.5))
    expect(band).to_contain_text(words(locale, "record.few"))
    arabic = page.locator("tr", has=page.get_by_role("rowheader", name=words(locale, "culture.Arab")))
    assert arabic.locator("td").all_inner_texts()[:3] == [number(2), number(1), number(1)]
    expect(page.locator(".chart-dot")).to_have_count(1)


def test_the_models_own_trial_is_shown_with_its_counts(site: Site) -> None:
    with site.store() as conn:
        link_models.use(conn, None)
    (*_, last) = parameters.shipped().report["reliability"]
    with site.client(site.person()) as client:
        page = client.get("/returns/record").text
    assert 'id="trial"' in page and f"{last[2]:,}" in page


# For everybody


def addresses(site: Site) -> Iterator[str]:
    yield f"{site.url}/returns"
    yield f"{site.url}/returns?state=decided"
    yield f"{site.url}/returns?state=unsure"
    yield pair_address(site, CLOSED, BACK)
    yield pair_address(site, CLOSED, COPY)
    yield f"{site.url}/cases/{case_number(site, BACK_AGAIN)}"
    yield f"{site.url}/returns/close?account={BACK}"
    yield f"{site.url}/returns/record"


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {item['id']}: {item['nodes'][0]['html'][:200]}" for item in found]


@both
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_pages_about_returns(
    confirmed: Site, page: Page, lead: User, locale: Locale, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    judge(confirmed, (CLOSED, COPY), "different")
    found = []
    for address in addresses(confirmed):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        expect(page.locator(".htmx-request, .htmx-added")).to_have_count(0)
        found += violations(page)
    assert found == []


@both
def test_pages_about_returns_fit_a_narrow_window(
    confirmed: Site, page: Page, lead: User, locale: Locale
) -> None:
    page.set_viewport_size({"width": 640, "height": 360})
    for address in addresses(confirmed):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@both
def test_the_waterfall_turns_about_with_the_language(
    site: Site, page: Page, moderator: User, locale: Locale
) -> None:
    """The first bar begins at the side on which reading begins."""
    page.goto(pair_address(site, CLOSED, BACK))
    box = page.locator(".fall-start .fall-bar svg").bounding_box()
    bar = page.locator(".fall-start .fall-bar rect").bounding_box()
    assert box is not None and bar is not None
    at_left = bar["x"] - box["x"] < box["x"] + box["width"] - (bar["x"] + bar["width"])
    assert at_left is (locale == "en")


def test_masked_bios_are_shown_on_request(site: Site, page: Page, log_in: LogIn) -> None:
    user = site.person()
    with site.store() as conn:
        people.set_preferences(conn, user.id, locale="en", blur=True, shortcuts=True)
    log_in(page, user)
    page.goto(pair_address(site, CLOSED, BACK))
    assert platform.BIO not in page.content()
    page.keyboard.press("v")
    page.wait_for_url("**shown=true")
    expect(page.locator(".sides")).to_contain_text("والقناة الاحتياطية")


@pytest.mark.parametrize(
    "path",
    [
        "/returns/pair?closed=nobody&new=noone",
        "/returns/pair?closed=a&new=a",
        "/returns/pair",
        "/returns/close?account=nobody",
        "/returns/close",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(site: Site, path: str) -> None:
    with site.client(site.person()) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_cursors_and_filters_that_nobody_gave_do_no_harm(site: Site) -> None:
    with site.client(site.person()) as client:
        assert client.get("/returns?cursor=x").status_code == 400
        assert client.get("/returns?level=certain&state=lost").status_code == 200


@pytest.mark.parametrize(("role", "reads", "decides"), [(Role.AUDITOR, 200, 403), (Role.ADMIN, 403, 403)])
def test_roles_keep_to_what_is_theirs(site: Site, role: Role, reads: int, decides: int) -> None:
    with site.client(site.person(role)) as client:
        for path in ("/returns", f"/returns/pair?closed={CLOSED}&new={BACK}", "/returns/record"):
            assert client.get(path).status_code == reads
        token = client.get("/preferences").text.split('name="csrf" value="')[1].split('"')[0]
        for path in ("/returns/decide", "/returns/close", "/returns/decisions/1/reverse"):
            assert client.post(path, data={"csrf": token}).status_code == decides
