"""Changes to the people of the console, each in the audit log with who made it and why.

The command line and the console make them alike. What would leave nobody to administer the installation is
refused.
"""

from collections.abc import Iterable

from tenfold.store import audit, identities, people, second_factors
from tenfold.store.audit import By
from tenfold.store.database import Conn
from tenfold.store.people import Locale, PeopleError, User
from tenfold.taxonomy import Role


class LastAdministratorError(PeopleError):
    """Nobody would be left who can administer the installation."""


def add(
    conn: Conn,
    by: By,
    name: str,
    roles: Iterable[Role],
    *,
    password: str | None = None,
    locale: Locale = "en",
    name_there: str = "",
) -> tuple[User, str]:
    """Add somebody; gives them and the token of a one-time link, which is empty for who is invited to log in
    through the provider as `name_there`. Raises PeopleError."""
    user = people.add_user(conn, name, roles, password=password, locale=locale)
    details: dict[str, object] = {"name": user.name, "roles": sorted(user.roles)}
    token = ""
    if name_there:
        identities.invite(conn, user.id, name_there)
        details["invited_as"] = name_there
    else:
        token = people.create_login_link(conn, user.id)
    audit.append(conn, [by.entry("user.added", user.actor, **details)])
    return user, token


def invite(conn: Conn, by: By, user: User, name_there: str) -> None:
    """Let whoever is called so at the provider have this account. Raises PeopleError."""
    if user.provider:
        raise PeopleError(f"{user.name} logs in through the provider already")
    identities.invite(conn, user.id, name_there)
    audit.append(conn, [by.entry("user.invited", user.actor, invited_as=name_there)])


def set_roles(conn: Conn, by: By, user: User, roles: Iterable[Role]) -> None:
    """Replace the roles. Raises LastAdministratorError."""
    chosen = sorted(set(roles))
    if Role.ADMIN not in chosen:
        _keep_an_administrator(conn, user)
    people.set_roles(conn, user.id, chosen)
    audit.append(conn, [by.entry("user.roles", user.actor, roles=chosen, before=sorted(user.roles))])


def set_disabled(conn: Conn, by: By, user: User, disabled: bool) -> None:
    """Shut somebody out at once, or let them in again. Raises LastAdministratorError."""
    if disabled:
        _keep_an_administrator(conn, user)
    people.set_disabled(conn, user.id, disabled)
    audit.append(conn, [by.entry("user.disabled" if disabled else "user.enabled", user.actor)])


def set_password(conn: Conn, by: By, user: User, password: str) -> None:
    """Set a password. Raises PeopleError."""
    people.set_password(conn, user.id, password)
    audit.append(conn, [by.entry("user.password", user.actor)])


def login_link(conn: Conn, by: By, user: User) -> str:
    """The token of a one-time link. Raises PeopleError for somebody who is disabled."""
    if user.disabled:
        raise PeopleError(
            f"{user.name} is disabled; let them in again first (`tenfold users disable --undo`)"
        )
    token = people.create_login_link(conn, user.id)
    audit.append(conn, [by.entry("user.login_link", user.actor)])
    return token


def reset_second_factor(conn: Conn, by: By, user: User) -> None:
    """Take away a second factor that was lost; all sessions end. Raises PeopleError if there is none."""
    if not second_factors.reset(conn, user.id):
        raise PeopleError(f"{user.name} has no second factor")
    people.end_access(conn, user.id)
    audit.append(conn, [by.entry("user.second_factor_reset", user.actor)])


def _keep_an_administrator(conn: Conn, leaving: User) -> None:
    """Refuse to lose the last one. All are locked in one order, so two cannot remove each other at once."""
    rows = conn.execute(
        "SELECT id FROM users WHERE 'admin' = ANY(roles) AND NOT disabled ORDER BY id FOR UPDATE"
    )
    administrators = {row[0] for row in rows}
    if administrators == {leaving.id}:
        raise LastAdministratorError(
            f"{leaving.name} is the last administrator; give somebody else the role admin first"
        )
