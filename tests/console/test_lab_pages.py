"""The policy lab at the console, in a real browser and both languages."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tenfold import config
from tenfold.lab import shown
from tenfold.lab.jobs import Jobs
from tenfold.policy import versions
from tenfold.policy.in_force import CurrentPolicy
from tenfold.store import people, policies
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import LOCALES, TRANSLATORS
from tests.console.running import LogIn, Site
from tests.lab.lab_world import post, rule, texts, work

both = pytest.mark.parametrize("locale", LOCALES)
GATE = rule("gate", "contains(post.text, 'gate') or contains(post.text, 'البوابة')")
WIDE = rule(
    "gate", "contains(post.text, 'gate') or contains(post.text, 'البوابة') or contains(post.text, 'door')"
)
HOLD = rule("hold-doors", "contains(post.text, 'door')", then="{hold: true}")


def words(locale: Locale, key: str, **values: str | int) -> str:
    return TRANSLATORS[locale].text(key, **values).replace("\u2068", "").replace("\u2069", "")


def saved(site: Site, *rules: str, live: bool = False, actor: str = "user:99") -> str:
    """A version by somebody else."""
    with site.store() as conn:
        version = versions.save(conn, texts(*rules), actor=actor, reason="the first rules")
        if live:
            now = datetime.now(UTC)
            versions.go_live(conn, version, actor=actor, reason="begin", now=now)
    return version


def fill(site: Site) -> None:
    """Posts judged by what is in force."""
    with site.store() as conn:
        files = shown.files_policy(site.runtime.settings)
        told = ["the gate is open tonight", "على البوابة مساء اليوم", "at the door they said", "nothing here"]
        work(conn, CurrentPolicy(files).get(conn), *[post(n, text, minute=n) for n, text in enumerate(told)])


def states(site: Site) -> dict[str, str]:
    with site.store() as conn:
        return {one.version: one.state for one in policies.listing(conn)}


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@both
def test_a_draft_is_written_checked_and_saved(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    saved(site, GATE, live=True)
    log_in(page, site.person(Role.POLICY, locale=locale))
    page.get_by_role("link", name=words(locale, "lab.nav")).click()
    clean(page)
    page.get_by_role("link", name=words(locale, "lab.new")).click()
    text = page.locator("textarea").first
    whole = text.input_value()
    assert whole == texts(GATE)["rules.yaml"]
    text.fill(whole.replace("post.text, 'gate'", "post.txt, 'gate'"))
    page.get_by_role("button", name=words(locale, "lab.check"), exact=True).click()
    fault = page.locator(".lab-error")
    expect(fault).to_contain_text("did you mean")
    expect(fault.locator("mark")).to_have_text("post.txt")
    expect(fault.locator(".line-number")).to_have_text("7")
    assert "post.txt" in page.locator("textarea").first.input_value()
    clean(page)
    page.locator("textarea").first.fill(whole.replace("'gate'", "'door'"))
    page.get_by_role("button", name=words(locale, "lab.check"), exact=True).click()
    expect(page.get_by_role("status").filter(has_text=words(locale, "lab.all_well"))).to_be_visible()
    page.get_by_role("button", name=words(locale, "lab.save"), exact=True).click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "lab.fault.reason"))
    page.locator("[name=reason]").fill("أبواب")
    page.get_by_role("button", name=words(locale, "lab.save"), exact=True).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "lab.done.saved"))
    expect(page.locator(".line-added")).to_contain_text("'door'")
    expect(page.locator(".line-removed")).to_contain_text("'gate'")
    clean(page)
    assert sorted(states(site).values()) == ["draft", "live"]


@both
def test_tests_that_fail_are_told_before_anything_judges(
    site: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    failing = GATE + "    tests:\n      - {name: باب, facts: {post: {text: nothing}}, fires: true}\n"
    version = saved(site, failing)
    log_in(page, site.person(Role.POLICY, locale=locale))
    page.goto(f"{site.url}/policy/new?from={version}")
    page.get_by_role("button", name=words(locale, "lab.check"), exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words(locale, "lab.failing", n=1))
    expect(page.get_by_role("alert").locator("li")).to_have_text("gate (باب)")
    page.goto(f"{site.url}/policy/versions/{version}")
    expect(page.locator(".notice-bad li")).to_have_text("gate (باب)")
    page.get_by_role("button", name=words(locale, "lab.step.shadow")).click()
    expect(page.get_by_role("alert")).to_have_text(words(locale, "lab.fault.tests"))
    clean(page)


@both
def test_what_acts_goes_live_by_two_and_back_by_one(
    site: Site, page: Page, log_in: LogIn, locale: Locale
) -> None:
    first = saved(site, GATE, live=True)
    writer, lead = site.person(Role.POLICY, locale=locale), site.person(Role.LEAD, name="Omar", locale=locale)
    version = saved(site, GATE, HOLD, actor=writer.actor)
    log_in(page, writer)
    page.goto(f"{site.url}/policy/versions/{version}")
    expect(page.locator(".notice")).to_contain_text("hold-doors")
    assert page.get_by_role("button", name=words(locale, "lab.step.live")).count() == 0
    page.get_by_role("button", name=words(locale, "lab.step.shadow")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "lab.done.shadow"))
    page.get_by_role("button", name=words(locale, "lab.step.ask")).click()
    expect(page.get_by_text(words(locale, "lab.somebody_else"))).to_be_visible()
    assert page.get_by_role("button", name=words(locale, "lab.step.approve")).count() == 0
    clean(page)
    page.context.clear_cookies()
    log_in(page, lead)
    page.goto(f"{site.url}/policy")
    expect(page.locator(".waits")).to_have_text(words(locale, "lab.waits"))
    page.goto(f"{site.url}/policy/versions/{version}")
    page.get_by_role("button", name=words(locale, "lab.step.approve")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "lab.done.approve"))
    page.locator("form[action$='/live'] [name=reason]").fill("measured")
    page.get_by_role("button", name=words(locale, "lab.step.live")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "lab.done.live"))
    assert states(site) == {first: "retired", version: "live"}
    page.goto(f"{site.url}/policy")
    page.locator("form[action='/policy/rollback'] [name=reason]").fill("too many")
    page.get_by_role("button", name=words(locale, "lab.rollback")).click()
    expect(page.locator(".toast")).to_have_text(words(locale, "lab.done.rollback"))
    assert states(site) == {first: "live", version: "retired"}


@both
def test_a_draft_is_tested_on_the_past(
    site: Site, page: Page, log_in: LogIn, tmp_path: Path, locale: Locale
) -> None:
    saved(site, GATE, live=True)
    fill(site)
    version = saved(site, WIDE, HOLD)
    log_in(page, site.person(Role.POLICY, locale=locale))
    page.goto(f"{site.url}/policy/versions/{version}")
    page.get_by_role("button", name=words(locale, "lab.step.backtests")).click()
    expect(page.get_by_role("heading", name=words(locale, "lab.test.waiting"))).to_be_visible()
    clean(page)
    jobs = Jobs(site.database_url, config.load({}, data_dir=tmp_path), lambda: False)
    assert jobs.run_once(site.runtime.pool)
    expect(page.get_by_role("heading", name=words(locale, "lab.test.done"))).to_be_visible()
    expect(page.locator("blockquote").first).to_contain_text("at the door")
    expect(page.locator(".asks-now").first).to_have_text("hold")
    expect(page.get_by_text(words(locale, "lab.new_n", n=1)).first).to_be_visible()
    clean(page)
    page.go_back()
    page.reload()
    expect(page.locator("main")).to_contain_text(words(locale, "lab.test.done"))


@both
def test_a_test_on_the_past_can_be_stopped(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    version = saved(site, WIDE)
    log_in(page, site.person(Role.POLICY, locale=locale))
    page.goto(f"{site.url}/policy/versions/{version}")
    page.get_by_role("button", name=words(locale, "lab.step.backtests")).click()
    page.get_by_role("button", name=words(locale, "lab.stop")).click()
    expect(page.get_by_role("heading", name=words(locale, "lab.test.stopped"))).to_be_visible()


@both
def test_a_rules_page_tells_how_it_does(site: Site, page: Page, log_in: LogIn, locale: Locale) -> None:
    saved(site, GATE, live=True)
    shadowed = saved(site, WIDE)
    with site.store() as conn:
        versions.shadow(conn, shadowed, actor="user:99", now=datetime.now(UTC))
    fill(site)
    log_in(page, site.person(Role.AUDITOR, locale=locale))
    page.goto(f"{site.url}/policy")
    number = TRANSLATORS[locale].number
    rows = page.locator(".lab-rules tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("td.figure").first).to_have_text(number(3))
    expect(rows.nth(0)).to_contain_text(words(locale, "lab.state.shadow"))
    expect(rows.nth(1).locator("td.figure").first).to_have_text(number(2))
    rows.nth(1).get_by_role("link").click()
    expect(page.locator(".lab-hit blockquote").first).to_be_visible()
    expect(page.locator("svg.spread rect")).to_have_count(1)
    expect(page.locator(".source .line-number").first).to_have_text("3")
    expect(page.locator(".line-added").first).to_be_visible()
    clean(page)
    page.goto(f"{site.url}/policy/rules/gate?in={shadowed}")
    expect(page.locator(".lab-hit blockquote")).to_have_count(3)


def test_texts_of_a_rules_page_are_masked_for_who_asked_for_it(site: Site) -> None:
    saved(site, GATE, live=True)
    fill(site)
    reader = site.person(Role.AUDITOR)
    client = site.client(reader)
    assert "the gate is open tonight" in client.get("/policy/rules/gate").text
    with site.store() as conn:
        people.set_preferences(conn, reader.id, locale="en", blur=True, shortcuts=True)
    page = client.get("/policy/rules/gate").text
    assert "tonight" not in page and "البوابة مساء" not in page
    assert 'class="quote masked"' in page


def test_who_may_what(site: Site) -> None:
    version = saved(site, HOLD)
    reader = site.client(site.person(Role.MODERATOR))
    assert reader.get("/policy").status_code == 200
    assert reader.get(f"/policy/versions/{version}").status_code == 200
    assert reader.get("/policy/new").status_code == 403
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', reader.get("/preferences").text)
    assert token
    for path in (f"/policy/versions/{version}/shadow", "/policy/rollback", "/policy/new"):
        assert reader.post(path, data={"csrf": token[1], "reason": "x"}).status_code == 403
    assert site.client(site.person(Role.ADMIN, name="A")).get("/policy").status_code == 403
    assert reader.get("/policy/versions/nothing").status_code == 404
    assert reader.get("/policy/rules/nothing").status_code == 404
    assert reader.get("/policy/backtests/7").status_code == 404


def test_steps_that_cannot_be_taken_say_why(site: Site) -> None:
    version = saved(site, HOLD)
    lead = site.client(site.person(Role.LEAD))
    token: Any = re.search(r'name="csrf" value="([0-9a-f]{64})"', lead.get("/preferences").text)

    def step(name: str, **fields: str) -> tuple[int, str]:
        answer = lead.post(f"/policy/versions/{version}/{name}", data={"csrf": token[1], **fields})
        return answer.status_code, answer.text

    assert step("approve")[0] == 409 and "Nobody has asked" in step("approve")[1]
    assert step("live", reason="x")[0] == 409 and "second person" in step("live", reason="x")[1]
    assert step("live")[0] == 422
    assert step("nonsense")[0] == 404
