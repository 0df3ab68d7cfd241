"""Small makers of events for tests."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from tenfold import events
from tenfold.events import Event

_ids = itertools.count()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(
    type_: str, account: str | None = "amal", at: datetime = NOON, id_: str | None = None, **data: Any
) -> Event:
    """A checked event with an id of its own."""
    body = {
        "id": id_ or f"e{next(_ids)}",
        "type": type_,
        "time": at.isoformat(),
        "data": data,
    }
    if account is not None:
        body["account"] = account
    return events.parse(json.dumps(body, ensure_ascii=False).encode(), now=events.FAR_FUTURE)
