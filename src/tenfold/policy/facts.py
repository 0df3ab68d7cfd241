"""What a policy judges: everything known about one subject at one event.

Fields are listed in policy/schema.py. A field that is not known is left out or None: conditions
on it are then unknown, and a rule whose condition is unknown does not fire.
"""

from collections.abc import Iterable, Mapping, Set
from datetime import datetime
from typing import Any

import msgspec

from tenfold.evidence import Signal
from tenfold.subjects import Subject

Values = Mapping[str, Any]
NOTHING: Values = {}


class Facts(msgspec.Struct, kw_only=True):
    """One subject at one event, as plain dicts so that building it is cheap.

    `time` is aware. Each of `account`, `post`, `media`, `group`, `report` maps the field names of
    policy/schema.py to bool, int, float, str or a set (or frozenset) of str; None when there is none.
    `signals` is what `aggregate` returns; a name left out found nothing (score 0, count 0, empty
    sets), while None says that no detector ran. `links` holds count, probability and level; give
    `{"count": 0}` when linkage ran and found nothing. `counters` are the numbers read for
    `PolicySet.hits`, by counter name; `sets` is what `PolicySet.all_sets` returns, the same dict
    for a whole batch. `language` goes into the firings. `found` is what programs that search its texts
    found, by the search: the texts never change.
    """

    event_type: str
    time: datetime
    subject: Subject
    account: Values | None = None
    post: Values | None = None
    media: Values | None = None
    group: Values | None = None
    report: Values | None = None
    signals: Mapping[str, Values] | None = NOTHING
    links: Values | None = None
    counters: Mapping[str, int] = NOTHING
    sets: Mapping[str, frozenset[str]] = NOTHING
    language: str | None = None
    found: dict[object, Set[int]] = {}


def aggregate(signals: Iterable[Signal]) -> dict[str, dict[str, Any]]:
    """Signals of one subject by name, as rules see them.

    Score is the largest, count the number of signals, `banks` and `labels` the details `bank` and
    `label` of all. Other details by their values: truth is any, numbers the largest, texts and lists
    the set of all.
    """
    found: dict[str, dict[str, Any]] = {}
    for signal in signals:
        merged = found.get(signal.name)
        if merged is None:
            merged = found[signal.name] = {"score": 0.0, "count": 0, "banks": set(), "labels": set()}
        merged["score"] = max(merged["score"], signal.score)
        merged["count"] += 1
        for name, value in signal.details.items():
            _merge(merged, {"bank": "banks", "label": "labels"}.get(name, name), value)
    return found


def _merge(merged: dict[str, Any], name: str, value: Any) -> None:
    if name in ("score", "count") or value is None:
        return
    if isinstance(value, bool):
        merged[name] = merged.get(name, False) or value
    elif isinstance(value, int | float):
        merged[name] = max(merged.get(name, value), value)
    else:
        values = [value] if isinstance(value, str) else value
        merged.setdefault(name, set()).update(v for v in values if v and isinstance(v, str))
