"""`/v1/referrals`: what law enforcement is told about threats, and who got it. Approving is for people."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from tenfold.store import referrals as store
from tenfold.store.database import Conn
from tenfold.store.referrals import Basis, Line, Referral, State, Translation, Wish
from tenfold.threats import referrals
from tenfold.threats.referrals import UnknownReferralError
from tenfold.web.api.cases import MAX_ROW, ApiRequest, Limit, RowId
from tenfold.web.api.texts import NO_NUL
from tenfold.web.api.threats import desk
from tenfold.web.api.transactions import retried
from tenfold.web.auth import Scope, requires
from tenfold.web.problems import Problem
from tenfold.web.runtime import Running

OneLine = Annotated[str, Meta(min_length=1, max_length=300, pattern=NO_NUL)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
LongText = Annotated[str, Meta(max_length=20_000, pattern=NO_NUL)]


class ReferralRow(msgspec.Struct, kw_only=True):
    """A referral without its packet."""

    id: int
    threat_id: int
    state: State
    language: Literal["en", "ar"]
    authority: str
    country: str
    legal_basis: list[Basis]
    protectees: bool
    drafted_by: str
    drafted_at: datetime
    changed_by: str
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    sent_at: datetime | None
    packet_sha256: str | None


class ReferralView(ReferralRow, kw_only=True):
    """With what was written in it, and its log: who did what with it, and who got it."""

    legal_note: str
    statement: str
    unknown: list[str]
    asks: str
    callback: str
    translations: dict[str, Translation]
    log: list[Line]


class ReferralsPage(msgspec.Struct, kw_only=True):
    """Referrals, newest first; `next` is the `before` of the next page, null at the end."""

    referrals: list[ReferralRow]
    next: int | None = None


class TranslationWish(msgspec.Struct, kw_only=True):
    """A translation, and whether a human or a machine made it."""

    language: OneLine
    text: Annotated[str, Meta(min_length=1, max_length=20_000, pattern=NO_NUL)]
    by: Literal["human", "machine"]


class DraftWish(msgspec.Struct, kw_only=True):
    """A referral to draft. `translations` by the SHA-256 of the text. `protectees`: whether it names who is
    watched over; then only keys with the scope `protectees` read its packet."""

    language: Literal["en", "ar"]
    authority: OneLine
    country: Annotated[str, Meta(pattern="^[A-Za-z]{2}$")]
    legal_basis: Annotated[list[Basis], Meta(min_length=1, max_length=3)]
    legal_note: LongText = ""
    statement: LongText
    unknown: Annotated[list[LongText], Meta(max_length=50)] = []
    translations: Annotated[dict[Digest, TranslationWish], Meta(max_length=500)] = {}
    asks: OneLine
    callback: OneLine
    protectees: bool = True


class SentWish(msgspec.Struct, kw_only=True):
    """Who got it, how, and under which number of theirs."""

    recipient: OneLine
    channel: OneLine
    reference: Annotated[str, Meta(max_length=300, pattern=NO_NUL)] = ""


def _found(conn: Conn, referral_id: int) -> Referral:
    try:
        return referrals.get(conn, referral_id)
    except UnknownReferralError as error:
        raise Problem(404, "Not found", f"{error}.") from None


def _row(one: Referral) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ReferralRow.__struct_fields__} | {
        "legal_basis": list(one.legal_basis)
    }


def _view(conn: Conn, referral_id: int) -> ReferralView:
    one = _found(conn, referral_id)
    log = store.log(conn, [one.id])[one.id]
    return ReferralView(
        **_row(one),
        legal_note=one.legal_note,
        statement=one.statement,
        unknown=list(one.unknown),
        asks=one.asks,
        callback=one.callback,
        translations=one.translations,
        log=log,
    )


@get(
    "/v1/referrals",
    summary="Referrals, newest first",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def list_referrals(
    runtime: Running,
    referral_state: Annotated[State | None, QueryParameter(name="state")] = None,
    before: Annotated[int | None, QueryParameter(ge=1, le=MAX_ROW)] = None,
    limit: Limit = 50,
) -> ReferralsPage:
    """Without their packets."""
    with runtime.pool.connection() as conn:
        found = store.page(conn, state=referral_state, before=before, limit=limit + 1)
    rows = [ReferralRow(**_row(one)) for one in found[:limit]]
    return ReferralsPage(referrals=rows, next=rows[-1].id if len(found) > limit else None)


@get(
    "/v1/referrals/{referral_id:int}",
    summary="One referral with its log",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
def get_referral(referral_id: RowId, runtime: Running) -> ReferralView:
    """What was written, by whom it was approved, who got it."""
    with runtime.pool.connection() as conn:
        return _view(conn, referral_id)


@get(
    "/v1/referrals/{referral_id:int}/packet",
    summary="The packet as JSON or PDF",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
@retried
def get_packet(
    referral_id: RowId,
    request: ApiRequest,
    runtime: Running,
    form: FromQuery[Literal["json", "pdf"]] = "json",
) -> Response[bytes]:
    """As approved, or as it would be now. Each reading is in its log. 403 where it names who is watched over
    and the key lacks the scope `protectees`."""
    with desk(runtime) as conn:
        referral = _found(conn, referral_id)
        named = referrals.names_protected(conn, referral)
        if named and Scope.PROTECTEES not in request.auth.scopes:
            raise Problem(403, "Scope missing", "The packet names who is watched over: scope protectees.")
        now = datetime.now(UTC)
        content = referrals.export(conn, referral, form, actor=request.auth.actor, now=now)
    kinds = {"json": "application/json", "pdf": "application/pdf"}
    return Response(content, media_type=kinds[form])


@post(
    "/v1/threats/{threat_id:int}/referrals",
    summary="Draft a referral",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    sync_to_thread=True,
)
@retried
def post_referral(
    threat_id: RowId, data: JSONBody[DraftWish], request: ApiRequest, runtime: Running
) -> ReferralView:
    """Its evidence is preserved and held from now on. A person has to approve it at the console."""
    wish = msgspec.convert(msgspec.to_builtins(data), Wish)
    with desk(runtime) as conn:
        made = referrals.draft(conn, threat_id, wish, request.auth.actor, datetime.now(UTC))
        return _view(conn, made)


@post(
    "/v1/referrals/{referral_id:int}/sent",
    summary="Note who got a referral",
    tags=["threats"],
    guards=[requires(Scope.THREATS)],
    status_code=200,
    sync_to_thread=True,
)
@retried
def post_sent(
    referral_id: RowId, data: JSONBody[SentWish], request: ApiRequest, runtime: Running
) -> ReferralView:
    """Only what is approved; again for each further recipient."""
    with desk(runtime) as conn:
        _found(conn, referral_id)
        referrals.send(
            conn,
            referral_id,
            recipient=data.recipient,
            channel=data.channel,
            reference=data.reference,
            actor=request.auth.actor,
            now=datetime.now(UTC),
        )
        return _view(conn, referral_id)


handlers = [list_referrals, get_referral, get_packet, post_referral, post_sent]
