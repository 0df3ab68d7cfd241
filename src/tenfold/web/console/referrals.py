"""Referrals at the console: the list, a referral's page, the form in which one is written, its documents."""

from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from tenfold.store import holds, people
from tenfold.store import referrals as store
from tenfold.store.database import Conn
from tenfold.store.referrals import Basis, Referral, Translation, Wish
from tenfold.threats import packet, referrals
from tenfold.threats.referrals import UnknownReferralError
from tenfold.threats.shown import SourceView, ThreatView
from tenfold.threats.words import WORDS
from tenfold.web.console import pages
from tenfold.web.console.access import Permission, Visit, Visiting
from tenfold.web.console.errors import Refused
from tenfold.web.console.queue import number_of, user_ids
from tenfold.web.console.threats import read_threat
from tenfold.web.console.threats_words import named

BASES: Final[tuple[Basis, ...]] = ("dsa_18", "tco_14_5", "national")
TRANSLATABLE: Final = 20  # different texts with a place for a translation in the form; the gravest come first
SHOWN: Final = 5  # different texts on a referral's page
STATES: Final = ("draft", "approved", "sent", "withdrawn")
_TYPES: Final = {"json": "application/json", "pdf": "application/pdf"}


class Slot(msgspec.Struct, frozen=True):
    """A text of the threat, by its digest, with the place for its translation."""

    key: str
    text: str
    given: Translation | None


def found(conn: Conn, referral_id: int) -> Referral:
    """A referral; NotFoundException if there is none."""
    try:
        return referrals.get(conn, referral_id)
    except UnknownReferralError:
        raise NotFoundException from None


def distinct(view: ThreatView) -> list[SourceView]:
    """The first source of each text of a threat."""
    return list({source.text_sha256: source for source in reversed(view.sources)}.values())[::-1]


def may_see(visit: Visit, conn: Conn, referral: Referral) -> bool:
    """Whether a person may see the packet: who is watched over is for those alone who may know."""
    return visit.may(Permission.PROTECT) or not referrals.names_protected(conn, referral)


@get("/referrals", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def list_page(visit: Visiting, request: Request[Any, Any, Any]) -> Response[str]:
    """Referrals, the newest first."""
    state = next((one for one in STATES if one == request.query_params.get("state")), None)
    before = number_of(request.query_params, "before")
    with visit.runtime.pool.connection() as conn:
        rows = store.page(conn, state=state, before=before, limit=51)
        names = people.names(conn, user_ids(row.drafted_by for row in rows))
    return pages.render(
        visit,
        "referrals.html",
        section="threats",
        rows=rows[:50],
        state=state,
        states=STATES,
        next=rows[49].id if len(rows) > 50 else None,
        people=names,
    )


@get("/threats/{threat_id:int}/refer", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def new_page(visit: Visiting, threat_id: FromPath[int]) -> Response[str]:
    """The form for a new referral, filled in with what is known."""
    with visit.runtime.pool.connection() as conn:
        view = read_threat(conn, threat_id)
        last = store.latest_of(conn, visit.person.actor)
    language = visit.translator.locale
    wish = Wish(
        language=language,
        authority=last.authority if last else "",
        country=last.country if last else "",
        legal_basis=("dsa_18",),
        statement="",
        unknown=tuple(packet.proposed_unknown(view, WORDS[language])),
        asks=last.asks if last else visit.person.name,
        callback=last.callback if last else "",
    )
    return form_page(visit, view, wish)


@get("/referrals/{referral_id:int}/edit", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def edit_page(visit: Visiting, referral_id: FromPath[int]) -> Response[str]:
    """The form of a referral that is not sent yet."""
    with visit.runtime.pool.connection() as conn:
        referral = found(conn, referral_id)
        view = read_threat(conn, referral.threat_id)
    return form_page(visit, view, referral.wish, referral=referral)


def form_page(
    visit: Visit,
    view: ThreatView,
    wish: Wish,
    *,
    referral: Referral | None = None,
    failure: str = "",
) -> Response[str]:
    """The form, as filled in. `failure`: the field that is at fault."""
    slots = [
        Slot(source.text_sha256, source.text, wish.translations.get(source.text_sha256))
        for source in distinct(view)[:TRANSLATABLE]
    ]
    return pages.render(
        visit,
        "referral_form.html",
        422 if failure else 200,
        section="threats",
        view=view,
        wish=wish,
        referral=referral,
        slots=slots,
        bases=BASES,
        failure=failure,
        tell=named(visit.translator),
    )


def read_wish(visit: Visit) -> Wish:
    """The form. Values that it does not offer are left out; what is missing, referrals.checked tells."""
    language: Literal["en", "ar"] = "ar" if visit.field("language") == "ar" else "en"
    translations = {}
    for key in visit.fields("slot"):
        text, tongue = visit.field(f"translation:{key}"), visit.field(f"tongue:{key}")
        if text:
            by: Literal["human", "machine"] = "machine" if visit.field(f"by:{key}") == "machine" else "human"
            translations[key] = Translation(language=tongue, text=text, by=by)
    return Wish(
        language=language,
        authority=visit.field("authority"),
        country=visit.field("country"),
        legal_basis=tuple(one for one in BASES if one in visit.fields("legal_basis")),
        legal_note=visit.field("legal_note"),
        statement=visit.field("statement"),
        unknown=tuple(line for line in visit.field("unknown").splitlines() if line.strip()),
        translations=translations,
        asks=visit.field("asks"),
        callback=visit.field("callback"),
        protectees=visit.field("protectees") == "on",
    )


def referral_page(
    visit: Visit, referral_id: int, *, failure: str = "", form: str = "", status: int = 200
) -> Response[str]:
    """One referral: what it says, who did what, what can be done now."""
    with visit.runtime.pool.connection() as conn:
        referral = found(conn, referral_id)
        view = read_threat(conn, referral.threat_id)
        log = store.log(conn, [referral_id])[referral_id]
        held = holds.of_referral(conn, referral_id)
        seen = may_see(visit, conn, referral)
        digest = referrals.draft_digest(conn, referral) if referral.state == "draft" and seen else ""
        actors = [referral.drafted_by, referral.changed_by, referral.approved_by]
        names = people.names(conn, user_ids([*actors, *(line.actor for line in log)]))
    return pages.render(
        visit,
        "referral.html",
        status,
        section="threats",
        referral=referral,
        view=view,
        log=log,
        held=[one for one in held if one.lifted_at is None],
        digest=digest,
        may_see=seen,
        wrote=visit.person.actor in (referral.drafted_by, referral.changed_by),
        texts=[source.text for source in distinct(view)[:SHOWN]],
        people=names,
        failure=failure,
        failed_form=form,
        tell=named(visit.translator),
    )


@get("/referrals/{referral_id:int}", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def one_referral(visit: Visiting, referral_id: FromPath[int]) -> Response[str]:
    """One referral."""
    return referral_page(visit, referral_id)


def _document(visit: Visit, referral_id: int, form: str) -> Response[bytes]:
    with visit.runtime.pool.connection() as conn:
        referral = found(conn, referral_id)
        if not may_see(visit, conn, referral):
            raise Refused(403, "error.protected")
        content = referrals.export(conn, referral, form, actor=visit.person.actor, now=datetime.now(UTC))
    name = f"referral-{referral_id}{'-draft' if referral.state == 'draft' else ''}.{form}"
    return Response(
        content,
        media_type=_TYPES[form],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@get("/referrals/{referral_id:int}/packet.pdf", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def as_pdf(visit: Visiting, referral_id: FromPath[int]) -> Response[bytes]:
    """The packet as PDF. Who took it is in the log."""
    return _document(visit, referral_id, "pdf")


@get("/referrals/{referral_id:int}/packet.json", opt={"needs": Permission.THREATS}, sync_to_thread=True)
def as_json(visit: Visiting, referral_id: FromPath[int]) -> Response[bytes]:
    """The packet as JSON. Who took it is in the log."""
    return _document(visit, referral_id, "json")


handlers = [list_page, new_page, edit_page, one_referral, as_pdf, as_json]
