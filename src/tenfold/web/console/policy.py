"""The policy lab: all rules with how they do, the page of a rule, the page of a version."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.lab import shown as lab
from tenfold.lab.report import precision
from tenfold.policy import PolicyErrors, PolicySet, versions
from tenfold.policy.difference import asks, changes, definition, definitions
from tenfold.policy.excerpt import file_differences, rule_lines
from tenfold.policy.rules import Rule
from tenfold.store import backtests, people, policies, rule_figures
from tenfold.store.database import Conn
from tenfold.store.policies import Version
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.queue import user_ids

WIDTH: Final = 720  # of the chart's own units
HEIGHT: Final = 120


class Bar(msgspec.Struct, frozen=True):
    """A day of the chart: its place and height in the chart's units, what it says."""

    x: float
    y: float
    width: float
    height: float
    day: str
    number: int


def bars(days: list[tuple[Any, int]]) -> list[Bar]:
    """A bar a day, the highest as high as the chart."""
    highest = max((number for _, number in days), default=0) or 1
    step = WIDTH / max(1, len(days))
    return [
        Bar(
            x=round(place * step + 1, 1),
            y=round(HEIGHT - HEIGHT * number / highest, 1),
            width=round(step - 2, 1),
            height=round(HEIGHT * number / highest, 1),
            day=day.isoformat(),
            number=number,
        )
        for place, (day, number) in enumerate(days)
    ]


def names_of(conn: Conn, known: Iterable[Version]) -> dict[int, str]:
    """Names of all people who had to do with the versions."""
    actors = [who for one in known for who in (one.saved_by, one.asked_by, one.approved_by) if who]
    return people.names(conn, user_ids(actors))


@get("/policy", opt={"needs": Permission.READ}, sync_to_thread=True)
def list_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """All rules, and the versions of the store."""
    with visit.runtime.pool.connection() as conn:
        known = policies.listing(conn)
        return pages.render(
            visit,
            "policy.html",
            section="policy",
            rows=lab.rows(conn, visit.runtime.settings, known, datetime.now(UTC)),
            versions=known,
            live=next((one for one in known if one.state == "live"), None),
            people=names_of(conn, known),
            done=request.query_params.get("done", ""),
        )


@get("/policy/rules/{name:str}", opt={"needs": Permission.READ}, sync_to_thread=True)
def rule_page(visit: Visiting, name: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """One rule as it is live, or as a version named `in` has it."""
    with visit.runtime.pool.connection() as conn:
        known = policies.listing(conn)
        chosen = request.query_params.get("in", "")
        policy = lab.sound(conn, chosen) if chosen else lab.in_force(conn, visit.runtime.settings)
        if policy is None:
            raise NotFoundException(chosen)
        rule = next((one for one in policy.rules if one.name == name), None)
        now = datetime.now(UTC)
        live = lab.in_force(conn, visit.runtime.settings)
        mine = definition(policy, rule) if rule else None
        measured = None if mine is None or definitions(live).get(name) == mine else mine
        spoken = rule_figures.by_language(conn, name, measured, now)
        history = lab.rule_history(conn, name, known, lab.files_policy(visit.runtime.settings))
        if rule is None and not spoken and not history:
            raise NotFoundException(name)
        days = rule_figures.by_day(conn, name, measured, now)
        return pages.render(
            visit,
            "policy_rule.html",
            section="policy",
            rule_name=name,
            rule=rule,
            asks=asks(rule) if rule else [],
            lines=rule_lines(policy, rule) if rule else [],
            state=_state(measured, rule, known, chosen),
            chosen=chosen,
            bars=bars(days),
            width=WIDTH,
            height=HEIGHT,
            month=sum(number for _, number in days),
            whole=precision(sum(one.violations for one in spoken), sum(one.decided for one in spoken)),
            spoken=[(one, precision(one.violations, one.decided)) for one in spoken],
            sample=rule_figures.sample(conn, name, measured, now),
            history=history,
            people=names_of(conn, known),
        )


def _state(measured: str | None, rule: Rule | None, known: list[Version], chosen: str) -> str:
    if rule is None:
        return "retired"
    if measured is None:
        return "live"
    return next((one.state for one in known if one.version == chosen), "draft")


@get("/policy/versions/{version:str}", opt={"needs": Permission.READ}, sync_to_thread=True)
def version_page(visit: Visiting, version: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """One version: where it stands, what it changes, what can be done with it."""
    return shown(visit, version, done=request.query_params.get("done", ""))


def shown(
    visit: Visit, version: str, *, done: str = "", failure: str = "", status: int = 200
) -> Response[str]:
    """The page of a version; `failure` names why the step that was asked for was not taken."""
    with visit.runtime.pool.connection() as conn:
        known = policies.get(conn, version)
        if known is None:
            raise NotFoundException(version)
        live = lab.in_force(conn, visit.runtime.settings)
        policy = lab.sound(conn, version)
        return pages.render(
            visit,
            "policy_version.html",
            status,
            section="policy",
            version=known,
            readable=policy is not None,
            rules=_changed(live, policy) if policy else [],
            failing=versions.failing(policy) if policy else [],
            acting=_acting(conn, version, visit),
            differences=file_differences(live.sources, policies.sources(conn, version) or {}),
            tests=backtests.of_draft(conn, version),
            people=names_of(conn, [known]),
            done=done,
            failure=failure,
        )


def _changed(live: PolicySet, policy: PolicySet) -> list[tuple[str, str, list[str]]]:
    """Rules that differ from the live ones: name, change, what they ask for."""
    became = changes(definitions(live), definitions(policy))
    after = {rule.name: rule for rule in policy.rules}
    return [
        (name, change, asks(after[name]) if name in after else [])
        for name, change in became.items()
        if change != "same"
    ]


def _acting(conn: Conn, version: str, visit: Visit) -> list[str]:
    try:
        return versions.needs_second(conn, version, lab.files_policy(visit.runtime.settings))
    except PolicyErrors:
        return []


handlers = [list_page, rule_page, version_page]
