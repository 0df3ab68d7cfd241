"""What a person does at the console, done in a real browser, in English and in Arabic."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tenfold.store import deliveries, mails, webhooks
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console import sample_cases
from tests.console.running import PASSWORD, LogIn, Site

both = pytest.mark.parametrize("locale", LOCALES)


def words(locale: Locale, key: str, **values: str | int) -> str:
    """What the page says, without the isolates that only plain texts carry."""
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def case_id(site: Site, subject: str) -> int:
    with site.store() as conn:
        found: int = sample_cases.case_of(conn, subject)
        return found


def open_case(page: Page, site: Site, subject: str) -> None:
    page.goto(f"{site.url}/cases/{case_id(site, subject)}")


@both
def test_log_in_by_link(site: Site, page: Page, locale: Locale) -> None:
    user = site.person(locale=locale)
    page.goto(site.link(user))
    page.locator("main button.primary").click()
    page.wait_for_url("**/cases")
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if locale == "ar" else "ltr")
    expect(page.locator("h1")).to_have_text(words(locale, "queue.title"))


@both
def test_log_in_by_password_after_a_wrong_one(site: Site, page: Page, locale: Locale) -> None:
    site.person(name="مريم", locale=locale, password=PASSWORD)
    page.set_extra_http_headers({"accept-language": locale})
    page.goto(site.url)
    page.get_by_label(words(locale, "login.name")).fill("مريم")
    page.get_by_label(words(locale, "login.password")).fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(words(locale, "login.wrong"))
    expect(page.get_by_label(words(locale, "login.name"))).to_have_value("مريم")
    page.get_by_label(words(locale, "login.password")).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(words(locale, "queue.title"))


@both
def test_the_queue_is_ordered_by_harm_and_says_how_long_is_left(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    severities = page.locator(".cases .severity").all_inner_texts()
    order = [words(locale, f"severity.{level}") for level in (4, 3, 2, 1)]
    assert severities == sorted(severities, key=order.index)
    assert len(severities) == 7
    left = page.locator(".cases .left").first.inner_text()
    assert re.fullmatch(r"1[012] min|[٠-٩]+ دقيقة", left.strip()), left


@both
def test_filtering_the_queue_changes_list_and_address(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    page.locator(".queues").get_by_text(words(locale, "queue.name.recruitment"), exact=True).click()
    expect(page.locator(".case-link")).to_have_count(2)
    head = page.locator("#results .page-head")
    expect(head).to_contain_text(words(locale, "queue.waiting_of", n=2, of=7))
    page.locator("select[name=language]").select_option("en")
    expect(page.locator(".case-link")).to_have_count(1)
    expect(head).to_contain_text(words(locale, "queue.waiting_of", n=1, of=7))
    assert "queue=recruitment" in page.url
    assert "language=en" in page.url
    page.reload()
    expect(page.locator(".case-link")).to_have_count(1)
    page.locator("select[name=severity]").select_option("1")
    expect(page.get_by_role("heading", name=words(locale, "queue.none"))).to_be_visible()
    page.locator(".empty .button").click()
    expect(page.locator(".case-link")).to_have_count(7)


def test_searching_by_id(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    page.keyboard.press("/")
    page.keyboard.type("p-5")
    page.keyboard.press("Enter")
    expect(page.locator(".case-link")).to_have_count(1)
    expect(page.locator(".case-link")).to_be_focused()
    page.keyboard.press("n")  # a command again, and no letter of the filter
    page.wait_for_url("**/cases/*")


@both
def test_the_evidence_is_marked_in_the_original(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-2")
    original = page.locator(".original").first
    assert original.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert original.inner_text() == sample_cases.PRAISE
    assert page.locator(".original mark").all_inner_texts() == [
        "المجدُ ",
        "للرايةِ الرماديّة",
        " وأبطالها",
        "https://ashen-banner.example/bayan",
    ]
    for key in ("signal.terms", "signal.domain", "signal.meaning"):
        expect(page.locator(".finding h3", has_text=words(locale, key))).to_be_visible()
    finding = page.locator(".finding", has_text=words(locale, "signal.terms"))
    expect(finding).to_contain_text("ashen-terms")
    finding.focus()
    expect(page.locator("mark.lit")).to_have_text("للرايةِ الرماديّة")
    expect(page.locator(".rule", has_text="praise-in-own-voice")).to_contain_text(
        "signals.meaning.score >= 0.85"
    )
    expect(page.locator(".rule", has_text="praise-in-own-voice")).to_contain_text("0.91")
    told = page.locator(".rule", has_text="praise-in-own-voice").locator("summary")
    expect(told).to_contain_text(words(locale, "signal.terms"))
    expect(told).to_contain_text(words(locale, "signal.meaning"))
    expect(page.locator(".rule code").first).not_to_be_visible()


@both
def test_who_is_behind_it(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-2")
    account = page.locator("section", has=page.locator("#account-title"))
    expect(account).to_contain_text("@sawt_alraya")
    expect(account.locator(".lines").first.locator("li")).to_have_count(2)
    expect(account).to_contain_text("صباح الخير من المدينة")
    account.get_by_text(words(locale, "account.profiles")).click()
    expect(account.get_by_text("@raya_sawt_2")).to_be_visible()


@pytest.mark.parametrize("subject", ["account:a-102", "group:g-1"])
def test_cases_on_accounts_and_groups_show_their_texts(
    cases: Site, page: Page, log_in: LogIn, subject: str
) -> None:
    log_in(page, cases.person())
    open_case(page, cases, subject)
    expect(page.locator("#subject")).to_contain_text("الراية")
    page.keyboard.press("1")
    wanted = "Close the account" if subject.startswith("account") else "Close the group"
    expect(page.locator("#decide label", has_text=wanted).locator("input")).to_be_checked()


def test_cases_on_media_show_their_hashes(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    with cases.store() as conn:
        sample_cases.fill_media(conn, datetime.now(UTC))
    page.goto(f"{cases.url}/cases?search=m-1")
    page.locator(".case-link").click()
    expect(page.locator("#subject")).to_contain_text("ab" * 32)
    expect(page.locator("#decide")).to_be_visible()


def test_hidden_characters_are_shown(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    open_case(page, cases, "post:p-3")
    expect(page.locator(".original").get_by_role("img", name="U+200B ZERO WIDTH SPACE")).to_be_visible()


@both
def test_a_case_is_decided_by_keyboard_alone_and_undone(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/cases/*")
    decided = case_id(cases, "post:p-2")
    assert page.url.endswith(f"/cases/{decided}")
    page.keyboard.press("c")
    expect(page.locator(".case-head .state")).to_have_text(words(locale, "state.mine"))
    page.keyboard.press("7")
    expect(page.get_by_role("radio", name=words(locale, "ground.TVEC7"))).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator('input[name=purpose][value="none"]')).to_be_checked()
    page.keyboard.press("r")
    page.keyboard.type("تمجيد بلسانه 7 d n")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_url(f"**/cases/*decided=*of={decided}")
    expect(page.locator(".toast")).to_contain_text(words(locale, "toast.decided", case=str(decided)))
    expect(page.locator(".case-head .state")).to_have_text(words(locale, "state.mine"))
    assert f"/cases/{case_id(cases, 'post:p-1')}?" in page.url, "the worst case is next"
    with cases.store() as conn:
        actions = conn.execute("SELECT kind, state FROM actions WHERE decision_id IS NOT NULL ORDER BY kind")
        kinds = ("close_account", "notify", "remove")
        assert actions.fetchall() == [(kind, "ordered") for kind in kinds]
    page.keyboard.press("u")
    page.wait_for_url(f"**/cases/{decided}?undone=true")
    expect(page.locator(".toast")).to_have_text(words(locale, "toast.undone"))
    expect(page.locator("#decide")).to_be_visible()


def test_keys_work_by_their_place_on_an_arabic_keyboard(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person(locale="ar"))
    open_case(page, cases, "post:p-1")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ؤ', code: 'KeyC', bubbles: true}))"
    )
    expect(page.locator(".case-head .state")).to_have_text(words("ar", "state.mine"))


def test_single_keys_can_be_turned_off(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    page.goto(f"{cases.url}/preferences")
    page.get_by_label("Single-key commands").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_have_text("Saved.")
    open_case(page, cases, "post:p-1")
    page.keyboard.press("7")
    page.keyboard.press("c")
    page.keyboard.press("?")
    expect(page.locator("#decide input:checked[name=ground]")).to_have_count(0)
    expect(page.locator(".case-head .state")).to_have_text("Open")
    expect(page.locator("#help")).not_to_be_visible()
    expect(page.locator("kbd").first).not_to_be_visible()


def test_keys_do_nothing_while_a_person_writes(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    open_case(page, cases, "post:p-1")
    page.get_by_label("Add a note").fill("")
    page.get_by_label("Add a note").press_sequentially("c7nd?u")
    expect(page.get_by_label("Add a note")).to_have_value("c7nd?u")
    expect(page.locator("#decide input:checked[name=ground]")).to_have_count(0)


@both
def test_the_help_lists_the_keys_and_closes(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name=words(locale, "help.title"))
    expect(dialog).to_contain_text(words(locale, "help.undo"))
    assert dialog.evaluate("sheet => sheet.scrollTop") == 0, "it begins at its beginning"
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


@both
def test_the_question_about_protected_purposes_comes_before_a_violation_only(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-5")
    question = page.get_by_role("group", name=words(locale, "decide.purpose"))
    expect(question).not_to_be_visible()
    page.keyboard.press("7")
    expect(question).to_be_visible()
    page.keyboard.press("0")
    expect(question).not_to_be_visible()
    page.keyboard.press("7")
    page.get_by_label(words(locale, "purpose.news")).check()
    page.get_by_role("textbox", name=words(locale, "decide.reason")).fill("خبر")
    page.get_by_role("button", name=words(locale, "decide.only"), exact=True).click()
    page.wait_for_url("**/cases?decided=*")
    open_id = page.locator(".toast").inner_text()
    assert words(locale, "toast.undo") in open_id
    with cases.store() as conn:
        row = conn.execute("SELECT id, case_id FROM decisions").fetchone()
        assert row is not None
    page.goto(f"{cases.url}/cases/{row[1]}")
    expect(page.locator(".decision")).to_contain_text(words(locale, "ground.TVEC0.1"))


def leave_two_up(page: Page, locale: Locale) -> None:
    """Decide that one case breaks no rule, and come as far as the purpose of the next."""
    reason = page.get_by_role("textbox", name=words(locale, "decide.reason"))
    offered = page.locator("[data-takes][data-key=f]")
    untouched = page.url
    page.keyboard.press("0")
    page.keyboard.press("f")
    expect(reason).to_have_value(words(locale, "deciding.nothing_broken"))
    page.keyboard.press("d")
    page.wait_for_url(lambda url: url != untouched)
    page.keyboard.press("9")
    page.keyboard.press("r")
    page.keyboard.type("half a")
    page.reload()
    expect(reason).to_have_value("half a")  # what was begun is kept, whatever leads away
    expect(page.get_by_role("radio", name=words(locale, "ground.TVEC0.1"))).to_be_checked()
    reason.fill("")
    reason.blur()
    page.keyboard.press("f")  # of four purposes the person picks one
    expect(reason).to_have_value("")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(reason).to_have_value(words(locale, "purpose.research"))
    page.keyboard.press("2")
    page.locator('input[name=purpose][value="news"]').check()
    expect(offered).to_have_attribute("data-takes", words(locale, "purpose.news"))


@both
def test_a_new_moderator_is_told_how_and_decides_with_a_few_keys(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    hint = page.get_by_role("region", name=words(locale, "deciding.first"))
    expect(hint).to_be_visible()
    open_case(page, cases, "post:p-2")
    ground = page.locator("#decide .option:has(.tag) input").first
    offered = page.locator("[data-takes][data-key=f]")
    expect(offered).to_be_visible()  # before a ground is picked
    page.keyboard.press(ground.get_attribute("data-key") or "")
    question = page.locator(".purpose")
    expect(question).to_be_in_viewport()
    reason = page.get_by_role("textbox", name=words(locale, "decide.reason"))
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(question.get_by_role("alert")).to_have_text(words(locale, "decide.missing_purpose"))
    expect(question).to_be_in_viewport(ratio=1)
    expect(question.locator("[data-key=p]")).to_be_focused()
    page.keyboard.press("p")
    page.keyboard.press("d")
    expect(page.locator(".reason").get_by_role("alert")).to_have_text(words(locale, "decide.missing_reason"))
    expect(page.locator(".reason")).to_be_in_viewport(ratio=1)
    title = offered.get_attribute("data-takes") or "?"
    page.keyboard.press("f")
    expect(reason).to_have_value(title)
    page.keyboard.press("d")
    page.wait_for_url("**/cases/*decided=*")
    leave_two_up(page, locale)
    with cases.store() as conn:
        rows = conn.execute("SELECT reason FROM decisions ORDER BY id").fetchall()
    assert rows == [(title,), (words(locale, "deciding.nothing_broken"),)]
    page.goto(f"{cases.url}/cases")
    expect(page.locator("h1")).to_be_visible()
    expect(hint).not_to_be_visible()


@both
def test_notes_appear_without_leaving_the_page(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-1")
    page.evaluate("window.stayed = true")
    page.keyboard.press("2")
    page.get_by_label(words(locale, "notes.add")).fill("See also <b>p-2</b>، انظر أيضًا")
    page.get_by_role("button", name=words(locale, "notes.save")).click()
    expect(page.locator(".note p")).to_have_text("See also <b>p-2</b>، انظر أيضًا")
    assert page.evaluate("window.stayed") is True
    expect(page.get_by_label(words(locale, "notes.add"))).to_have_value("")
    expect(page.locator('input[value="TVEC2"]')).to_be_checked()


def test_a_refusal_inside_the_page_says_what_is_wrong(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    open_case(page, cases, "post:p-1")
    page.get_by_label("Add a note").fill("   ")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("alert")).to_contain_text("An empty note says nothing")
    expect(page.get_by_label("Add a note")).to_be_visible()


@both
def test_giving_back_and_asking_a_lead(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    open_case(page, cases, "post:p-1")
    page.keyboard.press("c")
    page.get_by_role("button", name=words(locale, "case.release")).click()
    expect(page.locator(".case-head .state")).to_have_text(words(locale, "state.open"))
    page.get_by_text(words(locale, "escalate.title")).click()
    page.get_by_label(words(locale, "escalate.reason")).fill("Is the target one of ours?")
    page.get_by_role("button", name=words(locale, "escalate.button")).click()
    page.wait_for_url("**/cases")
    expect(page.locator(".queues")).to_contain_text(words(locale, "queue.name.lead"))


@both
def test_masked_texts_are_shown_on_request(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    user = cases.person(locale=locale)
    log_in(page, user)
    page.goto(f"{cases.url}/preferences")
    page.get_by_label(words(locale, "preferences.blur"), exact=True).check()
    page.get_by_role("button", name=words(locale, "preferences.save"), exact=True).click()
    open_case(page, cases, "post:p-1")
    expect(page.get_by_role("img", name=words(locale, "case.masked"))).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("v")
    expect(page.locator(".original")).to_have_text(sample_cases.THREAT)
    expect(page.locator('input[value="TVEC2"]')).to_be_checked()


def test_the_language_is_switched_where_one_stands_and_stays(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person(password=PASSWORD))
    page.goto(f"{cases.url}/cases?severity=3")
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    assert page.url.endswith("/cases?severity=3")
    page.get_by_role("button", name=words("ar", "nav.logout")).click()
    page.wait_for_url("**/login")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    page.get_by_label("Name").fill("Nadia Haddad")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Queue")


@both
def test_logging_out_needs_a_new_login(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, cases.person(locale=locale))
    page.get_by_role("button", name=words(locale, "nav.logout")).click()
    page.wait_for_url("**/login")
    page.goto(f"{cases.url}/cases")
    expect(page.get_by_label(words(locale, "login.password"))).to_be_visible()


def test_a_session_that_ended_leads_to_the_login_from_inside_a_page(
    cases: Site, page: Page, log_in: LogIn
) -> None:
    log_in(page, cases.person())
    with cases.store() as conn:
        conn.execute("DELETE FROM web_sessions")
    page.locator("select[name=severity]").select_option("4")
    page.wait_for_url("**/login")


@both
def test_the_status_page_tells_how_things_are(cases: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    with cases.store() as conn:
        conn.execute(
            "INSERT INTO event_poison (seq, received_at, lane, error) VALUES (7, now(), 1, %s)",
            ["KeyError: <b>x</b>"],
        )
        mail = mails.NewMail(recipient="amal@example.org", locale="ar", subject="x", body="x")
        mails.write(conn, [mail], datetime.now(UTC))
        conn.execute("UPDATE mails SET state = 'dead'")
    log_in(page, cases.person(Role.ADMIN, locale=locale))
    expect(page.locator("h1")).to_have_text(words(locale, "status.title"))
    expect(page.locator(".tile-bad", has_text=words(locale, "status.mails_dead"))).to_be_visible()
    expect(page.locator(".tile", has_text=words(locale, "status.cases"))).to_contain_text(
        TRANSLATORS[locale].number(7)
    )
    expect(page.locator(".tile-bad", has_text=words(locale, "status.poisoned"))).to_be_visible()
    expect(page.locator(".error-text")).to_have_text("KeyError: <b>x</b>")


@both
def test_what_a_receiver_did_not_take_is_sent_again(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    now = datetime.now(UTC)
    with cases.store() as conn:
        hook = webhooks.add(conn, "platform", "https://platform.example/hook", "sealed")
        message = deliveries.Message(type="webhook.test", body={})
        for _ in range(3):
            deliveries.enqueue(conn, [message], now, hook)
        conn.execute("UPDATE deliveries SET state = 'dead', attempts = 9, last_error = 'timed out'")
    log_in(page, cases.person(Role.LEAD, locale=locale))
    page.goto(f"{cases.url}/status")
    expect(page.locator(".plain-table")).to_contain_text("timed out")
    page.get_by_role("button", name=words(locale, "status.again"), exact=True).first.click()
    expect(page.locator(".toast")).to_have_text(words(locale, "status.redelivered", n=1))
    page.get_by_role("button", name=words(locale, "status.redeliver"), exact=True).first.click()
    page.wait_for_url("**/status?again=2")
    with cases.store() as conn:
        assert conn.execute("SELECT state, count(*) FROM deliveries GROUP BY 1").fetchall() == [
            ("pending", 3)
        ]
    page.goto(f"{cases.url}/status")
    expect(page.locator(".plain-table")).to_have_count(0)


@both
def test_an_empty_queue_teaches(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    log_in(page, site.person(locale=locale))
    expect(page.get_by_role("heading", name=words(locale, "queue.empty"))).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name=words(locale, "queue.empty"))).to_be_visible()


@both
def test_pages_work_at_double_text_size_and_on_a_narrow_window(
    cases: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    """A window of 640 pixels is one of 1280 at 200 %: nothing may be cut off or need sideways scrolling."""
    log_in(page, cases.person(locale=locale))
    page.set_viewport_size({"width": 640, "height": 360})
    for path in ("/cases", f"/cases/{case_id(cases, 'post:p-2')}", "/status", "/preferences"):
        page.goto(cases.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_everything_works_without_scripts(cases: Site, page: Page, log_in: LogIn) -> None:
    log_in(page, cases.person())
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(f"{cases.url}/cases?queue=threats")
    plain.locator(".case-link").click()
    plain.locator('input[value="TVEC2"]').check()
    plain.locator('input[name=purpose][value="none"]').check()
    plain.get_by_role("textbox", name="Reason").fill("names her and says when")
    plain.get_by_role("button", name="Decide", exact=True).click()
    expect(plain.locator(".toast")).to_contain_text("is decided")
    plain.get_by_role("button", name="Undo").click()
    expect(plain.locator(".toast")).to_contain_text("open again")
    context.close()
