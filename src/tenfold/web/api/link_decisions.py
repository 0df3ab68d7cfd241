"""`/v1/links/decisions`, `/v1/links/closings`, `/v1/links/record`: what people decide about links."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from tenfold.casework import closing, clusters, linking, seconds, track_record
from tenfold.casework.closing import Closed
from tenfold.casework.linking import LinkDecided, LinkReversed, LinkVerdict
from tenfold.casework.seconds import Proposed
from tenfold.casework.shared_values import SharedWish, Why
from tenfold.casework.track_record import Record
from tenfold.events import MAX_ID_LENGTH
from tenfold.store.link_decisions import Verdict
from tenfold.taxonomy import Ground
from tenfold.web.api.cases import Reason, ReasonWish, RowId, casework
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.runtime import Running

ApiRequest = Request[None, ApiKey, State]
AccountId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]
Accounts = Annotated[list[AccountId], Meta(min_length=1, max_length=clusters.MOST)]


class SharedValue(msgspec.Struct, kw_only=True):
    """A kind of evidence (`device`, `address`, `avatar`, ...) on which the two agree and which many people
    share; `days` is 30, 90 or 365."""

    kind: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_NUL)]
    why: Why = "common"
    days: Annotated[int, Meta(ge=1, le=365)] = 90


class LinkDecisionWish(msgspec.Struct, kw_only=True):
    """A verdict on whether the same people run two accounts, given in either order. With `replace` false it
    is refused where another's verdict stands."""

    accounts: Annotated[list[AccountId], Meta(min_length=2, max_length=2)]
    verdict: Verdict
    reason: Reason
    shared: Annotated[list[SharedValue], Meta(max_length=20)] = []
    replace: bool = True


class ClosingWish(msgspec.Struct, kw_only=True):
    """Which accounts of those that were confirmed to be the same people's as `account` shall be closed."""

    account: AccountId
    accounts: Accounts
    ground: Ground
    reason: Reason


@post(
    "/v1/links/decisions",
    summary="Decide whether the same people run two accounts",
    tags=["links"],
    guards=[requires(Scope.CASES_WRITE)],
    sync_to_thread=True,
)
@retried
def post_link_decision(
    data: JSONBody[LinkDecisionWish], request: ApiRequest, runtime: Running
) -> LinkDecided:
    """`different` takes the link away for good and what rules proposed because of it; `same` confirms it;
    `unsure` is noted. 404 when nothing links them, 409 when somebody holds the newer account's case."""
    wish = LinkVerdict(
        accounts=(data.accounts[0], data.accounts[1]),
        verdict=data.verdict,
        reason=data.reason,
        shared=tuple(SharedWish(kind=value.kind, why=value.why, days=value.days) for value in data.shared),
    )
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return linking.decide_link(conn, wish=wish, actor=actor, now=now, replace=data.replace)


@post(
    "/v1/links/decisions/{decision_id:int}/reverse",
    summary="Take a verdict on a link back",
    tags=["links"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def reverse_link_decision(
    decision_id: RowId, data: JSONBody[ReasonWish], request: ApiRequest, runtime: Running
) -> LinkReversed:
    """With all its effects: the link, its signal and the proposals are there again, the case is open."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return linking.reverse_link(
            conn, link_decision_id=decision_id, actor=actor, reason=data.reason, now=now
        )


@post(
    "/v1/links/closings",
    summary="Close accounts of the same people by one decision",
    tags=["links"],
    guards=[requires(Scope.CASES_WRITE)],
    sync_to_thread=True,
)
@retried
def post_closing(
    data: JSONBody[ClosingWish], request: ApiRequest, runtime: Running
) -> Response[Closed | Proposed]:
    """Each with its other open cases. Reversing the decision that is answered opens all of them again. 202
    with a proposal where two people are needed: nothing is done until a second one has confirmed it."""
    actor, now = request.auth.actor, datetime.now(UTC)
    with casework(runtime) as conn:
        made = seconds.or_propose(
            conn,
            lambda: closing.close_cluster(
                conn,
                account=data.account,
                chosen=data.accounts,
                ground=data.ground,
                reason=data.reason,
                actor=actor,
                now=now,
            ),
            actor=actor,
            now=now,
        )
    return Response(made, status_code=202 if isinstance(made, Proposed) else 201)


@get(
    "/v1/links/record",
    summary="How right links have been",
    tags=["links"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def get_record(runtime: Running) -> Record:
    """What people decided, by the probability that was shown, by language and by culture of names."""
    with casework(runtime) as conn:
        return track_record.record(conn)


handlers = [post_link_decision, reverse_link_decision, post_closing, get_record]
