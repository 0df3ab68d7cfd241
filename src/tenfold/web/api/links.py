"""`POST /v1/links`: accounts that the platform itself, or a person, holds to be run by the same people."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from tenfold.events import MAX_ID_LENGTH
from tenfold.store import link_decisions, signals
from tenfold.store.signals import Link
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.transactions import retried
from tenfold.web.auth import ApiKey, Scope, requires
from tenfold.web.problems import FieldProblem, Problem
from tenfold.web.runtime import Running

AccountId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=NO_NUL)]


class LinkEvidence(msgspec.Struct, kw_only=True):
    """One piece of evidence: what sort, in words, and its weight in bits (log2 Bayes factor)."""

    kind: Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_NUL)]
    words: Annotated[str, Meta(max_length=1_000, pattern=NO_NUL)] = ""
    bits: Annotated[float, Meta(ge=-100, le=100)] = 0.0


class LinkFound(msgspec.Struct, kw_only=True):
    """Two accounts, how probable it is that the same people run them, and why."""

    accounts: Annotated[list[AccountId], Meta(min_length=2, max_length=2)]
    probability: Annotated[float, Meta(ge=0, le=1)]
    level: Literal["possible", "likely"]
    evidence: Annotated[list[LinkEvidence], Meta(max_length=100)] = []


class LinkRefused(msgspec.Struct):
    """A link that is not kept. `different`: people decided that these are not the same; `weaker`: what
    linkage found itself between these accounts says more."""

    accounts: list[str]
    reason: Literal["different", "weaker"]


class LinksAnswer(msgspec.Struct):
    """How many links are kept now, and which are not; one between the same accounts replaces the one
    before."""

    kept: int
    refused: list[LinkRefused] = []


@post(
    "/v1/links",
    summary="Tell which accounts are run by the same people",
    tags=["links"],
    guards=[requires(Scope.LINKS_WRITE)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_links(
    data: JSONBody[Annotated[list[LinkFound], Meta(max_length=10_000)]],
    request: Request[None, ApiKey, State],
    runtime: Running,
) -> LinksAnswer:
    """For links that your own systems know. Rules see those to closed accounts as `links.*`."""
    origin = f"key:{request.auth.id}"
    kept: dict[tuple[str, str], Link] = {}
    for number, found in enumerate(data):
        first, second = sorted(found.accounts, key=lambda id_: id_.encode())
        if first == second:
            problem = FieldProblem(field=f"[{number}].accounts", reason="an account is not linked to itself")
            raise Problem(422, "Invalid request", "Nothing of this request is kept.", errors=[problem])
        kept[first, second] = Link(
            account_a=first,
            account_b=second,
            bits=sum(item.bits for item in found.evidence),
            probability=found.probability,
            level=found.level,
            evidence=[_ledger(item) for item in found.evidence],
            origin=origin,
        )
    with runtime.pool.connection() as conn:
        saved = signals.save_links(conn, kept.values())
        left_out = sorted(kept.keys() - saved)
        different = link_decisions.different(conn, left_out)
    refused = [LinkRefused(list(pair), "different" if pair in different else "weaker") for pair in left_out]
    return LinksAnswer(len(saved), refused)


def _ledger(item: LinkEvidence) -> dict[str, Any]:
    return {"kind": item.kind, "words": item.words, "bits": item.bits}


handlers = [post_links]
