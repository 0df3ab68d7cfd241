"""From claims to an account of ours: whose it is, or may become, and which roles the groups give."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tenfold.config import Settings
from tenfold.store import audit, identities, people
from tenfold.store.audit import Entry
from tenfold.store.database import Conn
from tenfold.store.people import Locale, User
from tenfold.taxonomy import Role

ACTOR = "provider"  # in the audit log: what the provider's word changed


class NotLetIn(Exception):  # noqa: N818 - it is an answer, not a fault
    """Known to the provider, but not let in; `reason` is uninvited, taken, nameless, roleless or disabled.
    What it changed on the way counts, so commit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who the provider says it is. `roles` None: roles are given here, not by groups."""

    issuer: str
    subject: str
    name: str
    roles: frozenset[Role] | None
    locale: Locale


def claim(claims: dict[str, Any], name: str) -> Any:
    """The claim of this name; else what the path `a.b` leads to; None if there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def complete(claims: dict[str, Any], settings: Settings) -> bool:
    """Whether the claims say all that we want to know, so that userinfo need not be asked."""
    groups = not settings.oidc_roles or claim(claims, settings.oidc_groups_claim) is not None
    return groups and claim(claims, settings.oidc_name_claim) is not None


def person(claims: dict[str, Any], settings: Settings, locale: Locale) -> Person:
    """Who the claims are about; `locale` is that of their page. An e-mail address that the provider has not
    verified is no name, nor is what cannot be shown."""
    name = claim(claims, settings.oidc_name_claim)
    if settings.oidc_name_claim == "email" and claims.get("email_verified") is not True:
        name = None
    name = name.strip() if isinstance(name, str) else ""
    return Person(
        issuer=settings.oidc_issuer,
        subject=claims["sub"],
        name=name if name.isprintable() and len(name) <= people.MAX_NAME_LENGTH else "",
        locale=locale,
        roles=_roles(claim(claims, settings.oidc_groups_claim), settings) if settings.oidc_roles else None,
    )


def _roles(groups: Any, settings: Settings) -> frozenset[Role]:
    named: Iterable[Any] = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    known = (settings.oidc_roles.get(one, ()) for one in named if isinstance(one, str))
    return frozenset(role for roles in known for role in roles)


def admit(conn: Conn, who: Person, *, everyone: bool) -> User:
    """The account of this person, found, bound or made, with the roles of today; raises NotLetIn. `everyone`:
    who was not invited gets an account of their own."""
    user = identities.bound(conn, who.issuer, who.subject)
    if user is None:
        user = _bind(conn, who, everyone)
    if user.disabled:
        raise NotLetIn("disabled")
    if who.roles is not None and who.roles != user.roles:
        people.set_roles(conn, user.id, who.roles)
        details = {"roles": sorted(who.roles), "before": sorted(user.roles)}
        audit.append(conn, [Entry(actor=ACTOR, act="user.roles", subject=user.actor, details=details)])
    if who.roles is not None and not who.roles:
        raise NotLetIn("roleless")
    found = people.user(conn, user.id)
    assert found is not None
    return found


def _bind(conn: Conn, who: Person, everyone: bool) -> User:
    if not who.name:
        raise NotLetIn("nameless")
    user = identities.bind_invited(conn, who.issuer, who.subject, who.name)
    act = "user.bound"
    if user is None:
        if not everyone:
            raise NotLetIn("uninvited")
        if who.roles is not None and not who.roles:
            raise NotLetIn("roleless")  # no account for somebody who may do nothing
        try:
            user = identities.add_bound(conn, who.issuer, who.subject, who.name, who.locale)
        except people.PeopleError:
            raise NotLetIn("taken") from None
        act = "user.added"
    details = {"name": user.name, "issuer": who.issuer}
    audit.append(conn, [Entry(actor=ACTOR, act=act, subject=user.actor, details=details)])
    return user
