"""`POST /v1/evaluate`: may this be shown? Answers before the platform shows it, and stores nothing."""

from typing import Annotated, Any

import msgspec
from anyio import CapacityLimiter, to_thread
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter

from tenfold import events
from tenfold.evaluate import EVENT_TYPES, MOST_WAITING, Verdict
from tenfold.events import EventError
from tenfold.evidence import Span
from tenfold.intake.pseudonyms import Pseudonymiser
from tenfold.judgement import Part
from tenfold.taxonomy import ActionKind, Ground
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running, Runtime

LONGEST_MS = 10_000
# Threads that wait for verdicts: more than may wait, so that a deadline never starts late, and none of those
# that the other endpoints work in.
WAITING = CapacityLimiter(MOST_WAITING + 16)


class FiredRule(msgspec.Struct, kw_only=True):
    """A rule that would fire, why, and what it asks for. `severity` is 1 (low) to 4 (critical)."""

    rule: str
    ground: Ground
    severity: int
    parts: list[Part]
    act: list[ActionKind]
    propose: list[ActionKind]
    labels: list[str]


class FoundSignal(msgspec.Struct, kw_only=True):
    """A signal that rests on the text; `spans` are code points of the fields that were sent."""

    name: str
    score: float
    spans: list[Span]
    details: dict[str, Any]


class EvaluateAnswer(msgspec.Struct, kw_only=True):
    """`verdict`: allow (no rule asks for anything), review (a person should look; it may be shown
    meanwhile), hold (do not show it before a person has), or undecided, with the reason: Tenfold could
    not judge in time, and the platform does as it would without. `policy` is the version that judged,
    empty when none did.
    """

    verdict: str
    reason: str
    policy: str
    milliseconds: float
    rules: list[FiredRule]
    signals: list[FoundSignal]


def _event(body: dict[str, Any], runtime: Runtime) -> events.Event:
    try:
        event = Pseudonymiser(runtime.secret).apply(events.parse(msgspec.json.encode(body)))
    except EventError as error:
        problem = FieldProblem(field=error.field, reason=error.reason, hint=error.hint)
        raise Problem(422, "Event refused", str(error), errors=[problem]) from None
    if event.type not in EVENT_TYPES:
        known = ", ".join(EVENT_TYPES)
        problem = FieldProblem(
            field="type", reason=f"{event.type} cannot be evaluated", hint=f"one of {known}"
        )
        raise Problem(422, "Event refused", f"Only {known} can be evaluated.", errors=[problem])
    return event


def _answer(verdict: Verdict) -> EvaluateAnswer:
    rules = [
        FiredRule(
            rule=firing.rule,
            ground=firing.ground,
            severity=firing.severity,
            parts=list(firing.parts),
            act=[*firing.effects.act, *([ActionKind.HOLD] if firing.effects.hold else [])],
            propose=list(firing.effects.propose),
            labels=list(firing.effects.labels),
        )
        for firing in verdict.firings
    ]
    signals = [
        FoundSignal(name=found.name, score=found.score, spans=list(found.spans), details=found.details)
        for found in verdict.signals
    ]
    return EvaluateAnswer(
        verdict=verdict.outcome,
        reason=verdict.reason,
        policy=verdict.policy,
        milliseconds=verdict.milliseconds,
        rules=rules,
        signals=signals,
    )


@post(
    "/v1/evaluate",
    summary="Judge a post or sign-up before it is shown",
    tags=["evaluate"],
    guards=[requires(Scope.EVALUATE)],
    status_code=200,
)
async def evaluate(
    data: JSONBody[dict[str, Any]],
    request: Request[None, ApiKey, State],
    runtime: Running,
    deadline_ms: Annotated[
        int | None, QueryParameter(ge=1, le=LONGEST_MS, description="Answer within this time; default 500.")
    ] = None,
) -> EvaluateAnswer:
    """Takes one event of type account.created, account.updated, post.created or post.updated, as
    `/v1/events` does, and says what would be done with it. Nothing is stored or counted: send the event
    to `/v1/events` when it has happened.
    """
    event = _event(data, runtime)
    deadline = (deadline_ms or runtime.settings.evaluate_deadline_ms) / 1000
    evaluator = runtime.evaluator
    if evaluator is None:
        raise Problem(503, "No rules loaded", "This server runs without rules and cannot judge.")
    verdict = await to_thread.run_sync(evaluator.evaluate, event, deadline, limiter=WAITING)
    return _answer(verdict)


handlers = [evaluate]
