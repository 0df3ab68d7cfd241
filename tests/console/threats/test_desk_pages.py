"""What a person does at the desk, in a real browser, in English and in Arabic."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold.store import audit, people, protectees, threat_corrections, threat_pages, threats
from tenfold.store import referrals as store
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Role
from tenfold.threats import paging, steps
from tenfold.threats.words import WORDS
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console.running import LogIn, Site
from tests.threats import desk_platform as platform

ComeIn = Callable[[User], None]
both = pytest.mark.parametrize("locale", LOCALES)


def words(locale: Locale, key: str, **values: str | int) -> str:
    """What the page says, without the isolates that only plain texts carry."""
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def tell(locale: Locale, prefix: str, value: str) -> str:
    return WORDS[locale].name(prefix, value)


@pytest.fixture
def ids(site: Site) -> dict[str, int]:
    """The record of each threat of the platform; the campaign names an office that is watched over."""
    with site.store() as conn:
        found = platform.fill(conn, datetime.now(UTC))
        who = protectees.add(
            conn, {"kind": "office", "name": "North Office", "contact": "guard desk"}, "cli:test"
        )
        conn.execute("INSERT INTO threat_protectees VALUES (%s, %s, 'name', 1)", [found["campaign"], who])
        conn.execute("UPDATE threats SET protected = true WHERE id = %s", [found["campaign"]])
    return found


@pytest.fixture
def security(site: Site, page: Page, log_in: LogIn, locale: Locale) -> User:
    user = site.person(Role.SECURITY, locale=locale)
    log_in(page, user)
    return user


@pytest.fixture
def lead(site: Site, page: Page, log_in: LogIn, locale: Locale) -> User:
    user = site.person(Role.LEAD, locale=locale)
    log_in(page, user)
    return user


@pytest.fixture
def come_in(page: Page, log_in: LogIn) -> ComeIn:
    """Somebody else comes to the same screen."""

    def change(user: User) -> None:
        page.context.clear_cookies()
        log_in(page, user)

    return change


def threat(site: Site, id_: int) -> threats.Threat:
    with site.store() as conn:
        return threats.load(conn, [id_])[id_]


def fill_referral(page: Page) -> None:
    for name, value in (
        ("authority", "وحدة التحقيق (Unit 4)"),
        ("country", "de"),
        ("statement", "Attack announced. هجوم معلن."),
        ("callback", "+00 111"),
        ("asks", "Nadia Haddad"),
    ):
        page.locator(f"[name={name}]").fill(value)


# The list


@both
def test_the_list_is_in_the_bar_with_how_many_wait_and_begins_with_the_most_urgent(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/status")
    entry = page.locator(".bar-nav a[href='/threats']")
    expect(entry).to_contain_text(TRANSLATORS[locale].number(3))
    entry.click()
    expect(page.locator("h1")).to_have_text(words(locale, "threats.title"))
    levels = page.locator(".threats tbody .severity").all_inner_texts()
    assert levels == [tell(locale, "level", level) for level in ("T0", "T0", "T1")]
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if locale == "ar" else "ltr")


@both
def test_the_clock_of_an_urgent_threat_runs(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.clock.install()
    page.goto(f"{site.url}/threats")
    clock = page.locator(".threats tbody tr").first.locator("[data-clock]")
    first = clock.inner_text()
    page.clock.run_for(2_000)
    expect(clock).not_to_have_text(first)
    page.clock.fast_forward("20:00")
    expect(page.locator(".threats tbody tr").first.locator(".left")).to_have_class("left left-over")


@both
def test_the_list_is_filtered_and_walked_by_keyboard(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats")
    page.locator("select[name=language]").select_option("ar")
    expect(page.locator(".case-link")).to_have_count(1)
    page.goto(f"{site.url}/threats?protected=true")
    expect(page.locator(".case-link")).to_have_count(1)
    page.goto(f"{site.url}/threats?owner=mine")
    expect(page.get_by_role("heading", name=words(locale, "threats.none"))).to_be_visible()
    page.goto(f"{site.url}/threats?level=T1&status=nonsense")
    expect(page.locator(".case-link")).to_have_count(1)
    page.goto(f"{site.url}/threats")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/threats/{ids['staff']}")


@both
def test_who_is_called_is_missing_until_somebody_is_on_the_list(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats")
    expect(page.locator(".notice-bad")).to_contain_text("tenfold oncall add")
    with site.store() as conn:
        conn.execute("INSERT INTO on_call VALUES (%s, 'nadia@example.org', 1, 'cli:test')", [security.id])
    page.goto(f"{site.url}/threats")
    expect(page.locator(".notice-bad")).to_have_count(0)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.POLICY, Role.ADMIN, Role.AUDITOR])
def test_others_do_not_come_to_the_desk(site: Site, ids: dict[str, int], role: Role) -> None:
    with site.client(site.person(role)) as client:
        for path in ("/threats", f"/threats/{ids['staff']}", "/threats/figures", "/referrals"):
            assert client.get(path).status_code == 403
        assert "/threats" not in client.get("/status").text


# One threat


@both
def test_looking_ends_the_calls_and_is_in_the_log(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    with site.store() as conn:
        paging.page(conn, ids["staff"], datetime.now(UTC), site.url)
    page.goto(f"{site.url}/threats/{ids['staff']}")
    expect(page.locator(".original")).to_have_text(platform.STAFF)
    with site.store() as conn:
        found = threat_pages.load(conn, ids["staff"])
        acts = [row.act for row in audit.stream(conn, actor=security.actor)]
    assert found is not None and found.ended_as == "seen"
    assert "threat.viewed" in acts
    assert threat(site, ids["staff"]).seen_at is not None


@both
def test_the_text_runs_in_its_own_direction_and_factors_light_up(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['campaign']}")
    text = page.locator(".original").first
    expect(text).to_have_text(platform.OFFICE)
    assert text.evaluate("one => getComputedStyle(one).direction") == "rtl"
    row = page.locator(".factors tr[data-finding]").first
    row.hover()
    expect(page.locator("mark.lit").first).to_be_visible()
    expect(page.locator("#why-title")).to_be_visible()
    expect(page.get_by_text(tell(locale, "reason", "staff"))).to_be_visible()
    assert len(page.locator("#spread rect").all()) >= 2
    page.locator("#spread summary").click()
    expect(page.locator("#spread tbody tr").first).to_be_visible()


@both
def test_masked_text_is_not_sent_until_asked_for_and_that_is_noted(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    with site.store() as conn:
        people.set_preferences(conn, security.id, locale=locale, blur=True, shortcuts=True)
    page.goto(f"{site.url}/threats/{ids['staff']}")
    assert "North Office" not in page.content() and "tonight" not in page.content()
    page.keyboard.press("v")
    expect(page.locator(".original")).to_have_text(platform.STAFF)
    with site.store() as conn:
        acts = [(row.act, row.subject) for row in audit.stream(conn, actor=security.actor)]
    assert ("text.revealed", f"threat:{ids['staff']}") in acts


@both
def test_who_is_watched_over_security_sees(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['campaign']}")
    expect(page.get_by_text("guard desk")).to_be_visible()


@both
def test_who_is_watched_over_a_lead_does_not_see(
    site: Site, ids: dict[str, int], page: Page, lead: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['campaign']}")
    expect(page.get_by_text(words(locale, "threats.a_protected"))).to_be_visible()
    assert "guard desk" not in page.content()


@both
def test_it_is_taken_on_and_assessed_by_keyboard_alone(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['staff']}")
    page.keyboard.press("t")
    expect(page.locator(".case-head")).to_contain_text(security.name)
    page.keyboard.press("1")
    page.keyboard.press("w")
    page.keyboard.type("نعرف المكان")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.locator(".case-head .severity")).to_have_text(tell(locale, "level", "T1"))
    found = threat(site, ids["staff"])
    assert (found.level, found.owner, found.status) == ("T1", security.actor, "assessing")
    expect(page.locator(".log-line").first).to_contain_text("نعرف المكان")


@both
def test_it_is_closed_with_an_outcome_and_taken_up_again(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['condition']}")
    form = page.locator("#assess")
    form.locator("textarea").fill("lyrics of a song")
    form.get_by_role("button", name=words(locale, "threat.close")).click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "threat.wrong.outcome"))
    assert threat(site, ids["condition"]).status == "new"
    form.locator("[name=outcome]").select_option("not_a_threat")
    form.locator("textarea").fill("lyrics of a song")
    form.get_by_role("button", name=words(locale, "threat.close")).click()
    expect(page.locator(".state-closed")).to_contain_text(tell(locale, "outcome", "not_a_threat"))
    page.locator("form[action$=reopen] textarea").fill("said again")
    page.get_by_role("button", name=words(locale, "threat.reopen")).click()
    expect(page.locator(".state-assessing")).to_be_visible()


@both
def test_it_is_escalated_and_monitored(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['staff']}")
    page.keyboard.press("e")
    page.locator("form[action$=escalate] textarea").fill("above me")
    page.locator("form[action$=escalate] button").click()
    expect(page.locator(".state-escalated")).to_be_visible()
    page.keyboard.press("p")
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    page.locator("[name=until]").fill(day)
    page.locator("form[action$=monitor] textarea").fill("wait")
    page.locator("form[action$=monitor] button").click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "threat.wrong.until"))
    page.locator("[name=until]").fill((datetime.now(UTC) + timedelta(days=3)).date().isoformat())
    page.locator("form[action$=monitor] textarea").fill("wait")
    page.locator("form[action$=monitor] button").click()
    expect(page.locator(".state-monitored")).to_be_visible()


@both
def test_a_corrected_factor_changes_the_level_and_is_kept(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['staff']}")
    page.keyboard.press("c")
    form = page.locator("#correct-speech_act")
    form.locator("select").select_option("quoted")
    form.locator("[name=reason]").fill("a quotation from a film")
    form.get_by_role("button").click()
    expect(page.locator(".case-head .severity")).to_have_text(tell(locale, "level", "N"))
    expect(page.locator(".factor-read").first).to_have_text(tell(locale, "speech", "own_threat"))
    with site.store() as conn:
        (kept,) = threat_corrections.page(conn, threat_id=ids["staff"])
    assert (kept.factor, kept.before, kept.after) == ("speech_act", "own_threat", "quoted")


@both
def test_a_value_that_does_not_fit_is_told_at_its_form(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['staff']}")
    page.keyboard.press("c")
    form = page.locator("#correct-when")
    form.locator("[name=when]").fill("soon")
    form.locator("[name=reason]").fill("the text says so")
    form.get_by_role("button").click()
    expect(page.locator("#correct-when").get_by_role("alert")).to_have_text(
        words(locale, "threat.wrong.value")
    )


def test_a_step_that_the_state_does_not_allow_is_explained(site: Site, ids: dict[str, int]) -> None:
    user = site.person(Role.SECURITY)
    with site.store() as conn:
        steps.close(
            conn, ids["staff"], outcome="not_a_threat", reason="x", actor=user.actor, now=datetime.now(UTC)
        )
    with site.client(user) as client:
        client.get("/status")
        from tenfold.web.console.access import csrf_token

        token = csrf_token(site.runtime.secret, client.cookies["tenfold_session"])
        answer = client.post(f"/threats/{ids['staff']}/take", data={"csrf": token})
        assert answer.status_code == 409
        assert client.get("/threats/99999").status_code == 404
        assert client.post("/threats/99999/take", data={"csrf": token}).status_code == 404
        assert client.post(f"/threats/{ids['staff']}/take").status_code == 403


# Referrals


@both
def test_a_referral_goes_from_one_person_to_another_and_out(
    site: Site, ids: dict[str, int], page: Page, come_in: ComeIn, locale: Locale
) -> None:
    come_in(site.person(Role.SECURITY, locale=locale))
    page.goto(f"{site.url}/threats/{ids['staff']}")
    page.keyboard.press("f")
    expect(page.locator("[name=unknown]")).not_to_be_empty()
    fill_referral(page)
    page.locator("textarea[name^='translation:']").first.fill("Wir kommen heute Nacht.")
    page.locator("input[name^='tongue:']").first.fill("Deutsch")
    page.locator("select[name^='by:']").first.select_option("machine")
    page.locator("button.primary").click()
    expect(page.locator("#approve-title + p")).to_have_text(words(locale, "referral.four_eyes"))
    address = page.url
    with page.expect_download() as download:
        page.locator("a[href$='.pdf']").click()
    assert download.value.suggested_filename.endswith("-draft.pdf")
    come_in(site.person(Role.SECURITY, name="Basil", locale=locale))
    page.goto(address)
    page.keyboard.press("g")
    expect(page.locator(".case-head .tag")).to_have_text(words(locale, "referral.state.approved"))
    page.locator("[name=recipient]").fill("ضابط المناوبة")
    page.locator("[name=channel]").fill("portal")
    page.locator("form[action$=send] button").click()
    expect(page.locator(".case-head .tag")).to_have_text(words(locale, "referral.state.sent"))
    expect(page.get_by_text("ضابط المناوبة")).to_be_visible()
    assert threat(site, ids["staff"]).status == "referred"
    with site.store() as conn:
        (made,) = store.of_threat(conn, ids["staff"])
        lines = store.log(conn, [made.id])[made.id]
    assert [line.act for line in lines] == ["drafted", "exported", "approved", "sent"]
    assert [one.by for one in made.translations.values()] == ["machine"]


@both
def test_a_change_after_approval_makes_it_a_draft_again(
    site: Site, ids: dict[str, int], page: Page, come_in: ComeIn, locale: Locale
) -> None:
    come_in(site.person(Role.SECURITY, locale=locale))
    page.goto(f"{site.url}/threats/{ids['staff']}/refer")
    fill_referral(page)
    page.locator("button.primary").click()
    come_in(site.person(Role.SECURITY, name="Basil", locale=locale))
    page.goto(f"{site.url}/referrals/1")
    page.locator("form[action$=approve] button").click()
    expect(page.locator(".case-head .tag")).to_have_text(words(locale, "referral.state.approved"))
    page.keyboard.press("e")
    expect(page.locator(".notice-bad")).to_have_text(words(locale, "referral.voids"))
    page.locator("[name=statement]").fill("Otherwise")
    page.locator("button.primary").click()
    expect(page.locator(".case-head .tag")).to_have_text(words(locale, "referral.state.draft"))
    expect(page.locator("#approve-title + p")).to_have_text(words(locale, "referral.four_eyes"))
    page.locator("details summary").first.click()
    page.locator("form[action$=withdraw] textarea").fill("a mistake")
    page.locator("form[action$=withdraw] button").click()
    expect(page.locator(".case-head .tag")).to_have_text(words(locale, "referral.state.withdrawn"))


@both
def test_what_is_missing_in_a_referral_is_told_and_nothing_is_lost(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    page.goto(f"{site.url}/threats/{ids['staff']}/refer")
    fill_referral(page)
    page.locator("[name=legal_basis][value=dsa_18]").uncheck()
    page.locator("button.primary").click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "referral.wrong.legal_basis"))
    expect(page.locator("[name=statement]")).to_have_value("Attack announced. هجوم معلن.")


@both
def test_a_lead_cannot_see_or_approve_what_names_the_protected(
    site: Site, ids: dict[str, int], page: Page, lead: User, locale: Locale
) -> None:
    drafter = site.person(Role.SECURITY, name="Basil")
    from tenfold.threats import referrals
    from tests.threats.referral.test_referrals import wish

    with site.store() as conn:
        made = referrals.draft(conn, ids["campaign"], wish(), drafter.actor, datetime.now(UTC))
    page.goto(f"{site.url}/referrals/{made}")
    expect(page.locator("form[action$=approve]")).to_have_count(0)
    with site.client(lead) as client:
        assert client.get(f"/referrals/{made}/packet.pdf").status_code == 403
        assert client.get(f"/referrals/{made}/packet.json").status_code == 403
        assert client.get(f"/referrals/{made}/packet.exe").status_code == 404


# Figures


@both
def test_figures_have_a_chart_a_table_and_the_same_as_csv(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    with site.store() as conn:
        conn.execute("INSERT INTO threat_read VALUES (current_date, 0, 1200)")
    page.goto(f"{site.url}/threats/figures")
    expect(page.locator(".tile").first).to_contain_text(TRANSLATORS[locale].number(1200))
    assert len(page.locator(".stacked rect").all()) == 2
    page.get_by_role("link", name=words(locale, "figures.by_month")).click()
    expect(page.locator(".stacked")).to_be_visible()
    with site.client(security) as client:
        answer = client.get("/threats/figures.csv?by=month")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = answer.text.splitlines()
    assert rows[0].startswith("period,posts_read,threats")
    assert any(row.startswith("whole,1200,3,level,T0,2,3") for row in rows)


@both
def test_nothing_on_these_pages_shuts_anybody_out(
    site: Site, ids: dict[str, int], page: Page, security: User, locale: Locale
) -> None:
    from tenfold.threats import referrals
    from tests.threats.referral.test_referrals import wish

    with site.store() as conn:
        made = referrals.draft(conn, ids["campaign"], wish(), "user:1", datetime.now(UTC))
    for path in (
        "/threats",
        f"/threats/{ids['campaign']}",
        f"/threats/{ids['campaign']}/refer",
        f"/referrals/{made}",
        "/referrals",
        "/threats/figures",
    ):
        page.goto(site.url + path)
        for summary in page.locator("main summary").all():
            summary.click()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
