"""`/v1/proposals`: decisions that wait for a second person, and taking one's own back."""

from datetime import UTC, datetime
from typing import Literal

import msgspec
from litestar import get, post

from tenfold.casework import seconds
from tenfold.store import seconds as store
from tenfold.web.api.cases import ApiRequest, RowId, casework
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running


class ProposalAnswer(msgspec.Struct, kw_only=True):
    """A proposal, and what became of it. `second` is who confirmed it, sent it back (with `words`) or took
    the cases over; `decision_id` what was decided."""

    proposal_id: int
    cases: list[int]
    needs: list[str]
    author: str
    proposed_at: datetime
    state: Literal["waiting", "confirmed", "sent_back", "taken_over", "withdrawn"]
    second: str | None
    ended_at: datetime | None
    words: str
    decision_id: int | None


class WithdrawnAnswer(msgspec.Struct):
    """The cases, which are open again."""

    cases: list[int]


@get(
    "/v1/proposals/{proposal_id:int}",
    summary="A decision that two people have to make",
    tags=["cases"],
    guards=[requires(Scope.CASES_READ)],
    sync_to_thread=True,
)
def get_proposal(proposal_id: RowId, runtime: Running) -> ProposalAnswer:
    """What became of what was proposed."""
    with casework(runtime) as conn:
        found = store.load(conn, proposal_id)
    if found is None:
        raise Problem(404, "Not found", f"There is no proposal {proposal_id}.")
    return msgspec.convert(
        {"proposal_id": found.id, "cases": found.case_ids, **msgspec.structs.asdict(found)}, ProposalAnswer
    )


@post(
    "/v1/proposals/{proposal_id:int}/withdraw",
    summary="Take one's own proposal back",
    tags=["cases"],
    guards=[requires(Scope.CASES_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def withdraw(proposal_id: RowId, request: ApiRequest, runtime: Running) -> WithdrawnAnswer:
    """By the key that proposed it, until a second person has looked; the cases are open again. 409 when it
    was confirmed, sent back, taken over or withdrawn already, 422 when somebody else proposed it."""
    with casework(runtime) as conn:
        actor, now = request.auth.actor, datetime.now(UTC)
        return WithdrawnAnswer(seconds.withdraw(conn, proposal_id=proposal_id, actor=actor, now=now))


handlers = [get_proposal, withdraw]
