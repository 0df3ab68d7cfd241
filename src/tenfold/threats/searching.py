"""Searching open records again when those who are watched over have changed.

Sources are searched as they come. Whoever is watched over only later may have been named before: each change
of the list has every open record searched again, some at a time. A record never loses a name by that: who
named somebody that was watched over then has named him.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tenfold.store import content, protectees, threat_sources, threats
from tenfold.store.database import Conn
from tenfold.store.threat_sources import Source
from tenfold.threats import corrections, naming
from tenfold.threats.naming import Named
from tenfold.threats.protectees import Match, Watch
from tenfold.threats.renewing import Growth, is_urgent, renew

AT_ONCE = 20  # records
SOURCES = 500  # of a record that are searched again, the gravest first


def search_again(conn: Conn, watch: Watch, now: datetime) -> list[int] | None:
    """Search the sources of some open records for protectees that they were not searched for yet, and raise
    what names one. Returns the records that have become urgent, None when all were searched already."""
    revision = protectees.revision(conn)
    held = threats.lock_unmatched(conn, revision, AT_ONCE)
    if not held:
        return None
    before = {id_: msgspec.structs.replace(threat) for id_, threat in held.items()}
    sources = [one for id_ in held for one in threat_sources.page(conn, id_, limit=SOURCES)]
    found = [
        (source, matches)
        for source, matches in zip(sources, _search(conn, watch, sources), strict=True)
        if matches
    ]
    naming.note(conn, (_named(source, matches) for source, matches in found))
    unaware = [source for source, _ in found if not source.details.get("protectee")]
    threat_sources.add(conn, [_raised(source) for source in unaware])
    for threat in held.values():
        threat.matched_revision = revision
    raised = {source.threat_id: held[source.threat_id] for source in unaware}
    threats.write(conn, [threat for threat in held.values() if threat.id not in raised])
    if raised:
        renew(conn, raised, Growth(), now)
    return [id_ for id_, threat in sorted(raised.items()) if is_urgent(threat, before[id_])]


def _search(conn: Conn, watch: Watch, sources: Sequence[Source]) -> list[list[Match]]:
    posts = content.load_posts(conn, {one.subject_id for one in sources if one.subject_kind == "post"})
    texts = []
    for one in sources:
        post = posts.get(one.subject_id) if one.subject_kind == "post" else None
        texts.append((one.text, one.details.get("targets", ()), post.mentions if post else ()))
    return watch.find(conn, texts)


def _named(source: Source, matches: Sequence[Match]) -> Named:
    protected = [(one.protectee, one.how, one.strength, *one.span) for one in matches]
    return Named(source.threat_id, source.subject_kind, source.subject_id, source.field, protected)


def _raised(source: Source) -> Source:
    details = corrections.protecting(source.details)
    return msgspec.structs.replace(source, details=details, level=details["level"])
