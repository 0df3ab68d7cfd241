"""What people do with versions of the policy: save, measure in shadow, ask, approve, go live, roll back.

A version never changes: its name is the digest of its text. One version is live, one may be in shadow. Rules
that act without a person go live only when a second person has agreed.
"""

from collections.abc import Mapping
from datetime import datetime

from tenfold.policy.difference import asks_for_two
from tenfold.policy.errors import PolicyErrors
from tenfold.policy.kinds import KINDS
from tenfold.policy.policyset import PolicySet, load_texts
from tenfold.store import audit, policies
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.policies import Version

LONGEST_REASON = 2_000
LONGEST_NAME = 200
FILES = "files"  # what a roll-back leads to when no version was live before


class VersionError(Exception):
    """A step that cannot be taken; `code` names the reason for programs and translations."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked_reason(reason: str) -> str:
    """The reason without spaces around it; VersionError when there is none."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        raise VersionError("reason", f"say why, in 1 to {LONGEST_REASON:,} characters without U+0000")
    return reason


def save(conn: Conn, texts: Mapping[str, str], *, actor: str, reason: str) -> str:
    """Keep a draft; returns its version. Raises PolicyErrors with every mistake, VersionError.

    The same text again is the same version, wherever it stands.
    """
    reason = checked_reason(reason)
    for name in texts:
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise VersionError("name", f"a file's name has 1 to {LONGEST_NAME} printable characters")
    policy = load_texts(texts, KINDS)
    policies.lock(conn)
    known = policies.get(conn, policy.version)
    if known is None or known.state in ("files", "withdrawn"):
        policies.save(conn, policy.version, policy.sources, actor=actor, reason=reason)
        _say(conn, "policy.saved", policy.version, actor, reason=reason, rules=len(policy.rules))
    return policy.version


def shadow(conn: Conn, version: str, *, actor: str, now: datetime) -> None:
    """Measure a draft beside the live version; one that was in shadow is a draft again."""
    _locked(conn, version, "draft", "shadow")
    _passes(load(conn, version))
    other = policies.standing(conn).get("shadow")
    if other:
        policies.place(conn, other, "draft", now)
    policies.place(conn, version, "shadow", now)
    _say(conn, "policy.shadow", version, actor, instead_of=other)


def withdraw(conn: Conn, version: str, *, actor: str, now: datetime) -> None:
    """End a shadow, or put a draft away; what was asked for it is void."""
    known = _locked(conn, version, "draft", "shadow")
    policies.ask(conn, version, None, now)
    policies.place(conn, version, "draft" if known.state == "shadow" else "withdrawn", now)
    _say(conn, "policy.withdrawn", version, actor, was=known.state)


def needs_second(conn: Conn, version: str, files: PolicySet | None = None) -> list[str]:
    """Names of the rules for whose sake a second person must agree; `files` are in force where the store has
    no live version."""
    live = policies.standing(conn).get("live")
    try:
        in_force = load(conn, live) if live else files
    except PolicyErrors:  # an older release's: nothing of it counts as agreed to
        in_force = None
    return asks_for_two(in_force, load(conn, version))


def ask(conn: Conn, version: str, *, actor: str, now: datetime) -> None:
    """Ask for a second person's approval."""
    _locked(conn, version, "draft", "shadow")
    _passes(load(conn, version))
    policies.ask(conn, version, actor, now)
    _say(conn, "policy.asked", version, actor)


def approve(conn: Conn, version: str, *, actor: str, now: datetime) -> None:
    """Agree that it goes live: another person than who saved it and who asked."""
    known = _locked(conn, version, "draft", "shadow")
    if known.asked_by is None:
        raise VersionError("not_asked", "nobody has asked for approval of this version")
    if actor in (known.saved_by, known.asked_by):
        raise VersionError("four_eyes", "another person than who saved it or asked must approve it")
    policies.approve(conn, version, actor, now)
    _say(conn, "policy.approved", version, actor)


def go_live(
    conn: Conn, version: str, *, actor: str, reason: str, now: datetime, files: PolicySet | None = None
) -> None:
    """Put it in force everywhere; the version that was live is retired."""
    reason = checked_reason(reason)
    known = _locked(conn, version, "draft", "shadow")
    _passes(load(conn, version))
    acting = needs_second(conn, version, files)
    if acting and known.approved_by is None:
        names = ", ".join(acting)
        raise VersionError(
            "not_approved", f"it has rules that act, so a second person must approve it: {names}"
        )
    _replace(conn, version, now)
    _say(conn, "policy.live", version, actor, reason=reason, approved_by=known.approved_by, acting=acting)


def roll_back(conn: Conn, *, actor: str, reason: str, now: datetime, to: str | None = None) -> str:
    """Put an earlier live version in force again, the last before this one if none is named; returns it.

    It was in force before, so nobody else need agree: what does harm must stop at once. Where none was live
    before, the rules of the files are in force again (FILES).
    """
    reason = checked_reason(reason)
    policies.lock(conn)
    current = policies.standing(conn).get("live")
    if current is None:
        raise VersionError("nothing_live", "no version of the store is live; the files are in force")
    earlier = policies.get(conn, to) if to else policies.before(conn)
    if to and (earlier is None or earlier.state != "retired"):
        raise VersionError("never_live", f"version {to} was not live before")
    if earlier:
        load(conn, earlier.version)
        _replace(conn, earlier.version, now)
    else:
        policies.place(conn, current, "retired", now)
    target = earlier.version if earlier else FILES
    _say(conn, "policy.rolled_back", target, actor, reason=reason, was=current)
    return target


def load(conn: Conn, version: str) -> PolicySet:
    """A version of the store, loaded. Raises PolicyErrors when this release of Tenfold refuses its text."""
    texts = policies.sources(conn, version)
    if texts is None:
        raise VersionError("unknown", f"there is no version {version}")
    return load_texts(texts, KINDS)


def find(conn: Conn, beginning: str) -> str:
    """The one version that begins so; raises VersionError."""
    found = policies.starting(conn, beginning) if beginning.isalnum() else []
    if len(found) != 1:
        raise VersionError(
            "unknown", f"{'no' if not found else 'more than one'} version begins with {beginning!r}"
        )
    return found[0]


def _locked(conn: Conn, version: str, *states: str) -> Version:
    policies.lock(conn)
    known = policies.get(conn, version)
    if known is None:
        raise VersionError("unknown", f"there is no version {version}")
    if known.state not in states:
        raise VersionError("state", f"version {version} is {known.state}, not {' or '.join(states)}")
    return known


def failing(policy: PolicySet) -> list[str]:
    """The tests beside rules that fail: the rule's name and the test's."""
    return [
        f"{rule.name} ({one.name})"
        for rule in policy.rules
        for one in rule.examples
        if not policy.passes(rule, one)
    ]


def _passes(policy: PolicySet) -> None:
    """The tests beside the rules must pass before a version judges anything."""
    failed = failing(policy)
    if failed:
        raise VersionError("tests", f"tests beside rules fail: {'; '.join(failed)}")


def _replace(conn: Conn, version: str, now: datetime) -> None:
    current = policies.standing(conn).get("live")
    if current:
        policies.place(conn, current, "retired", now)
    policies.place(conn, version, "live", now)


def _say(conn: Conn, act: str, version: str, actor: str, **details: object) -> None:
    said = {name: value for name, value in details.items() if value}
    audit.append(conn, [Entry(actor=actor, act=act, subject=f"policy:{version}", details=said)])
