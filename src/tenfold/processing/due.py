"""What linkage has still to do: settle closures, hunt with new ones, look again; then judge and file.

Apart from the batches of events: closing an account is as quick as before, and what fails here holds up no
event. Each step is one transaction; killed in it, it is still due.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tenfold.casework import lost_links
from tenfold.casework.filing import file_firings
from tenfold.events import AccountProfile, Event
from tenfold.linkage import gather
from tenfold.linkage.keys import keys_of
from tenfold.linkage.online import Linker, Looked
from tenfold.policy.in_force import InForce
from tenfold.processing import judge
from tenfold.processing.fold import Batch, Numbered, Question
from tenfold.processing.left import microseconds
from tenfold.store import (
    accounts,
    actions,
    audit,
    closures,
    link_effects,
    link_keys,
    links_due,
    locks,
    shadow,
)
from tenfold.store import events as queue
from tenfold.store import returns as store_returns
from tenfold.store.accounts import Account
from tenfold.store.audit import Entry
from tenfold.store.closures import Closure
from tenfold.store.database import Conn
from tenfold.store.links_due import Due, Step
from tenfold.subjects import Subject, SubjectKind

AT_ONCE: dict[Step, int] = {"settle": 100, "hunt": 20, "look": 50}
UNSTORED = 2**62  # the number of an event that is later than all stored ones
ENDED = frozenset({"closed", "deleted"})  # accounts about which nobody need decide

log = logging.getLogger("tenfold.due")


def run_once(conn: Conn, linker: Linker, policy: InForce) -> int:
    """Do some of what is due; returns how much. Nothing waiting costs one query."""
    if not links_due.any_due(conn):
        return 0
    steps: dict[Step, Callable[[Sequence[Due]], None]] = {
        "settle": lambda due: settle(conn, due),
        "hunt": lambda due: _file(conn, policy, linker.hunt(conn, _accounts(due)), ()),
        "look": lambda due: _look(conn, linker, policy, due),
    }
    return sum(_step(conn, name, do) for name, do in steps.items())


def _step(conn: Conn, name: Step, do: Callable[[Sequence[Due]], None]) -> int:
    due: list[Due] = []
    try:
        with conn.transaction():
            due = links_due.claim(conn, name, AT_ONCE[name])
            if due:
                do(due)
    except Exception as error:
        if queue.is_passing(error) or not due:
            raise
        log.warning("%s of %s: %s: %s", name, _accounts(due), type(error).__name__, error)
        with conn.transaction():
            links_due.failed(conn, [one.id for one in due])
    return len(due)


def _accounts(due: Iterable[Due]) -> list[str]:
    return sorted({one.account for one in due})


def settle(conn: Conn, due: Sequence[Due]) -> None:
    """Keep the closures of accounts that are closed by now, erase those of accounts that are open again.

    Who deletes an account that was closed leaves its closure; one deleted by its owner has none, and its
    keys and links go.
    """
    last = {one.account: one for one in due}
    locks.lock_closures(conn, last)
    known = accounts.load(conn, last)
    closed = {id_: last[id_] for id_, account in known.items() if account.state == "closed"}
    deleted = [id_ for id_, account in known.items() if account.state == "deleted"]
    opened = {id_: last[id_].at for id_, account in known.items() if account.state not in ENDED}
    erased = closures.erase(conn, opened, opened) if opened else []
    if deleted:
        closed |= _closed_before(conn, due, deleted)
        gone = set(deleted) - closed.keys() - closures.closed_at(conn, deleted).keys()
        link_keys.erase(conn, gone)
        store_returns.forget_new(conn, gone)
    since = _closed_since(conn, due)
    kept = _keep(conn, [one for _, one in sorted(closed.items())], since) if closed else []
    entries = [_entry("closure.kept", one.account, origin=one.origin, ground=one.ground) for one in kept]
    audit.append(conn, entries + [_entry("closure.erased", id_, reason="restored") for id_ in erased])


def _closed_before(conn: Conn, due: Sequence[Due], deleted: Sequence[str]) -> dict[str, Due]:
    """How those of these deleted accounts were closed that have no closure yet but had been closed."""
    found: dict[str, Due] = {}
    for one in due:
        if one.state == "closed" and one.account in deleted:
            found[one.account] = one
        elif one.state == "active":
            found.pop(one.account, None)
    ordered = actions.closing(conn, deleted)
    found |= {one.account: one for one in due if one.account in ordered and one.account not in found}
    there = closures.closed_at(conn, found)
    return {id_: one for id_, one in found.items() if id_ not in there}


def _closed_since(conn: Conn, due: Sequence[Due]) -> dict[str, datetime]:
    """Since when those are closed that had been closed already: a second closing leaves the date, on which
    rests how soon a return came. Who comes twice may have been open in between."""
    times = Counter(one.account for one in due)
    return closures.closed_at(conn, [account for account, n in times.items() if n == 1])


def _keep(conn: Conn, due: Sequence[Due], since: Mapping[str, datetime]) -> list[Closure]:
    fingerprints = gather.fingerprints(conn, [one.account for one in due])
    orders = actions.closing(conn, fingerprints)
    found = []
    for one in due:
        at = since.get(one.account, one.at)
        fingerprint = msgspec.structs.replace(fingerprints[one.account], closed_us=microseconds(at))
        origin, ground = orders.get(one.account, ("platform", one.reason))
        found.append(
            Closure(
                account=one.account,
                created_at=_time(fingerprint.created_us),
                closed_at=at,
                origin=origin,
                ground=ground,
                fingerprint=fingerprint,
                keys=keys_of(fingerprint).tolist(),
            )
        )
    kept = closures.keep(conn, found)
    link_keys.add(conn, ((one.account, key) for one in kept for key in one.keys))
    links_due.note_hunt(conn, [one.account for one in kept], datetime.now(UTC))
    return kept


def _time(microseconds_: int | None) -> datetime | None:
    return None if microseconds_ is None else datetime.fromtimestamp(microseconds_ / 1_000_000, UTC)


def _entry(act: str, account: str, **details: str) -> Entry:
    return Entry(actor="system", act=act, subject=f"account:{account}", details=details)


def _look(conn: Conn, linker: Linker, policy: InForce, due: Sequence[Due]) -> None:
    """Look at accounts again; whoever was deleted and had no closure left nothing to look at."""
    known = accounts.load(conn, _accounts(due))
    there = sorted(id_ for id_, account in known.items() if account.state != "deleted")
    actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, id_) for id_ in there])  # before their links
    _file(conn, policy, linker.look(conn, there), there)


def _file(conn: Conn, policy: InForce, looked: Looked, accounts_: Sequence[str]) -> None:
    """Put accounts whose links changed to the policy, and file what comes of it; what rules proposed because
    of links that these, or `accounts_`, have no longer is withdrawn."""
    lost = link_effects.proposed_for(conn, looked.withdrawn.union(accounts_))
    known = accounts.load(conn, looked.changed.union(lost))
    open_ = [account for _, account in sorted(known.items()) if account.state not in ENDED]
    if open_:
        actions.lock_subjects(conn, [Subject(SubjectKind.ACCOUNT, account.id) for account in open_])
        now = datetime.now(UTC)
        batch = Batch(accounts=known, questions=[_question(account, now) for account in open_])
        judged = judge.judge_both(conn, policy, batch, {}, record=False)
        firings = judged.firings
        if judged.shadow:
            shadow.note(conn, judged.shadow, now)
        firing = {(one.subject.id, one.rule) for one in firings}
        entries = lost_links.withdraw(conn, [a.id for a in open_ if a.id in lost], firing, now)
        file_firings(conn, firings, now)
        audit.append(conn, entries)


def _question(account: Account, now: datetime) -> Question:
    """About an account as it stands, as if it had just shown its profile again."""
    event = Event(
        id="link",
        type="account.updated",
        time=now,
        source="tenfold",
        account=account.id,
        data=AccountProfile(),
        raw=b"",
    )
    subject = Subject(SubjectKind.ACCOUNT, account.id)
    return Question(numbered=Numbered(UNSTORED, event), subject=subject, account=account)
