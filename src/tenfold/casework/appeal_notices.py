"""What the platform passes on to a user about their appeal, in the user's language."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import resources

import msgspec

from tenfold.casework import orders
from tenfold.casework.notices import Language, language_for, words_of
from tenfold.casework.states import ActionState
from tenfold.store import actions
from tenfold.store.actions import STANDING, NewAction
from tenfold.store.appeals import Appeal
from tenfold.store.database import Conn
from tenfold.taxonomy import ActionKind


def send(
    conn: Conn, appeal: Appeal, *, outcome: str, reason: str, new_decision: int | None, now: datetime
) -> None:
    """Order the notice: an action `notify`; its details hold the text and the platform's id of the appeal."""
    language = language_for(appeal.language)
    ground, kinds = appeal.ground, list[str]()
    if outcome == "partly" and new_decision is not None:
        stands = [
            one
            for one in actions.of_decisions(conn, [new_decision])
            if one.state in STANDING and one.reverses is None
        ]
        kinds = [one.kind for one in stands]
        row = conn.execute("SELECT ground FROM decisions WHERE id = %s", [new_decision]).fetchone()
        ground = row[0] if row else ground
    notice = NewAction(
        kind=ActionKind.NOTIFY,
        subject=appeal.subject,
        state=ActionState.ORDERED,
        ground=ground,
        origin=f"appeal:{appeal.id}",
        account=appeal.account,
        case_id=appeal.case_id,
        details={
            "appeal": appeal.external_id,
            "outcome": outcome,
            "language": language,
            "text": written(
                appeal, outcome=outcome, reason=reason, ground=ground, kinds=kinds, language=language
            ),
        },
    )
    ordered = actions.add(conn, [notice], now)
    orders.carry_out(conn, ordered, now, reason)


def written(
    appeal: Appeal, *, outcome: str, reason: str, ground: str, kinds: Iterable[str], language: Language
) -> str:
    """The notice, paragraph by paragraph."""
    own, shared = _own_words(language), words_of(language)
    measures = [shared[f"measure.{kind}"] for kind in kinds if f"measure.{kind}" in shared]
    concluded = own[outcome].format(ground=shared.get(f"ground.{ground}", ground))
    if outcome == "partly":
        joined = shared["joiner"].join(dict.fromkeys(measures))
        done = own["partly.measures"].format(measures=joined) if measures else own["partly.nothing"]
        concluded = f"{concluded} {done}"
    paragraphs = (
        own["opening"].format(subject=shared[f"subject.{appeal.subject_kind}"]),
        f"{own['looked']} {concluded}",
        own["reason"].format(reason=reason),
        "" if outcome == "overturned" else own["redress"],
    )
    return "\n\n".join(filter(None, paragraphs))


@cache
def _own_words(language: Language) -> dict[str, str]:
    file = resources.files("tenfold.casework") / "appeal_words" / f"{language}.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
