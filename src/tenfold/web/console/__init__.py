"""The console: where people look at cases and decide them. Server-rendered, English and Arabic.

`handlers` is what web/app.py puts into the application.
"""

from litestar import Router, get
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from tenfold.web.console import (
    admin_banks,
    admin_keys,
    admin_languages,
    admin_people,
    admin_retention,
    admin_webhooks,
    ahead,
    appeals,
    around,
    assets,
    care,
    case,
    case_acts,
    colleagues,
    decide,
    login,
    media_known,
    media_part,
    networks,
    networks_chosen,
    networks_timeline,
    notice,
    overview,
    playing,
    policy,
    policy_backtests,
    policy_edit,
    policy_steps,
    preferences,
    protectees,
    protectees_import,
    quality,
    quality_checks,
    quality_settings,
    queue,
    referral_act,
    referrals,
    returns,
    returns_close,
    returns_decide,
    returns_record,
    saved_views,
    search,
    second_factor,
    seconds,
    security,
    sso,
    status,
    threats,
    threats_act,
    threats_figures,
    thumbnails,
    together,
)
from tenfold.web.console.access import provide_visit
from tenfold.web.console.errors import EXCEPTION_HANDLERS
from tenfold.web.console.pages import harden

MAX_FORM = 256 * 1024  # bytes; a reason and a note are far shorter


@get("/{address:path}", opt={"public": True}, sync_to_thread=False)
def nothing_here(address: FromPath[str]) -> None:
    """Any other address, so that a mistyped one gets a page and not a document for programs."""
    raise NotFoundException(address)


handlers: list[ControllerRouterHandler] = [
    Router(
        path="/",
        route_handlers=[
            assets.serve,
            *sso.handlers,
            *second_factor.handlers,
            *admin_people.handlers,
            *admin_keys.handlers,
            *admin_webhooks.handlers,
            *admin_banks.handlers,
            *admin_retention.handlers,
            *admin_languages.handlers,
            *security.handlers,
            *login.handlers,
            *queue.handlers,
            *case.handlers,
            *case_acts.handlers,
            *decide.handlers,
            *notice.handlers,
            *ahead.handlers,
            *around.handlers,
            *care.handlers,
            *together.handlers,
            *seconds.handlers,
            *appeals.handlers,
            *search.handlers,
            *colleagues.handlers,
            *saved_views.handlers,
            *returns.handlers,
            *returns_decide.handlers,
            *returns_close.handlers,
            *returns_record.handlers,
            *protectees.handlers,
            *protectees_import.handlers,
            *threats.handlers,
            *threats_act.handlers,
            *threats_figures.handlers,
            *referrals.handlers,
            *referral_act.handlers,
            *overview.handlers,
            *quality.handlers,
            *quality_checks.handlers,
            *quality_settings.handlers,
            *policy.handlers,
            *policy_edit.handlers,
            *policy_steps.handlers,
            *policy_backtests.handlers,
            *status.handlers,
            *thumbnails.handlers,
            *media_known.handlers,
            *media_part.handlers,
            *playing.handlers,
            *networks.handlers,
            *networks_chosen.handlers,
            *networks_timeline.handlers,
            *preferences.handlers,
            nothing_here,
        ],
        dependencies={"visit": Provide(provide_visit, sync_to_thread=False)},
        before_request=quality_checks.enter,
        after_request=harden,
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=MAX_FORM,
        include_in_schema=False,
    )
]
