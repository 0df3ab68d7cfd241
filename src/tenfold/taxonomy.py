"""The fixed words of the trade: grounds, severities, actions, roles.

Grounds follow the classes of terrorist and violent extremist content (TVEC) that the Christchurch
Call community uses; docs/policy.md maps them to report reasons and to the Digital Services Act.
"""

from enum import IntEnum, StrEnum


class Ground(StrEnum):
    """Why something is acted on; TVEC0 and TVEC0.1 say why it is not."""

    BRANDED = "TVEC1"
    THREAT = "TVEC2"
    ATTACK_DETAIL = "TVEC3"
    MATERIAL_SUPPORT = "TVEC4"
    INSTRUCTIONS = "TVEC5"
    RECRUITMENT = "TVEC6"
    PRAISE = "TVEC7"
    INCITEMENT = "TVEC8"
    NONE = "TVEC0"
    EXCEPTION = "TVEC0.1"

    @property
    def is_violation(self) -> bool:
        """Whether the ground says that something was wrong."""
        return self not in (Ground.NONE, Ground.EXCEPTION)


class Severity(IntEnum):
    """How bad, and therefore how soon; a case keeps the maximum of what was ever filed on it."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class ActionKind(StrEnum):
    """What the platform can be told to do. HOLD and HIDE are undone by RESTORE, as are the rest."""

    REMOVE = "remove"
    HIDE = "hide"
    LABEL = "label"
    RESTRICT = "restrict"
    CLOSE_ACCOUNT = "close_account"
    CLOSE_GROUP = "close_group"
    HOLD = "hold"
    RESTORE = "restore"
    NOTIFY = "notify"
    ESCALATE = "escalate"


class Role(StrEnum):
    """What a person of the console may do; a person can have several."""

    MODERATOR = "moderator"
    LEAD = "lead"
    POLICY = "policy"
    SECURITY = "security"
    ADMIN = "admin"
    AUDITOR = "auditor"
