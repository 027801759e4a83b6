"""Roles of accounts, and what each may do."""

import enum
from collections.abc import Mapping


class Role(enum.StrEnum):
    """What an account is to the platform."""

    ADMINISTRATOR = "administrator"
    """Sees and does everything, and lets others in."""
    SUPERVISOR = "supervisor"
    """Of a supervision body: sees and acts on an area and what lies below it."""
    ENTERPRISE = "enterprise"
    """Sees its own data; explains alerts, plans, enters statistics and manual readings."""
    AUDITOR = "auditor"
    """Reads everything, changes nothing."""
    PROGRAM = "program"
    """Comes with keys alone, each of which says what it may do."""
    GATEWAY = "gateway"
    """Sends the readings of its meters."""


class Right(enum.StrEnum):
    """What an operation of the API does, as far as rights go. Keys are scoped by these words."""

    OWN = "own"
    """One's own account: who am I, and for who is signed in its password, keys and sessions."""
    KNOW = "know"
    """What is public: areas, carriers, domain numbers, targets of plans, rules."""
    READ = "read"
    """Data, as far as the account sees it."""
    SURVEY = "survey"
    """Judgements of areas and parks as a whole."""
    REPORT = "report"
    """Enter what is not metered: statistics, heat values, what a unit gives of itself."""
    SEND = "send"
    """Send readings."""
    EXPLAIN = "explain"
    """Handle alerts, as body or as enterprise."""
    SUBSCRIBE = "subscribe"
    """Say where an enterprise is told of alerts."""
    NOTIFY = "notify"
    """Say where a supervision body is told of alerts."""
    REGISTER = "register"
    """Change the registry."""
    CONFIRM = "confirm"
    """Confirm as a second person what another proposes, of what one may do oneself; or decline it."""
    CORRECT = "correct"
    """Correct, accept and settle readings."""
    SILENCE = "silence"
    """Keep alerts from being told for a time."""
    ISSUE = "issue"
    """Issue bulletins of an area."""
    CONFIGURE = "configure"
    """Change the rules of alerts, and the supervision bodies."""
    OPERATE = "operate"
    """Read the metrics of the service."""
    AUDIT = "audit"
    """Read who did what."""
    ADMINISTER = "administer"
    """Let in others: accounts, their roles and keys."""


_READS = frozenset({Right.OWN, Right.KNOW, Right.READ})
_ENTERS = frozenset({Right.REPORT, Right.SEND})
_KEEPS = frozenset(
    {
        Right.REGISTER,
        Right.CORRECT,
        Right.CONFIRM,
        Right.SILENCE,
        Right.SUBSCRIBE,
        Right.NOTIFY,
        Right.EXPLAIN,
        Right.ISSUE,
    }
)

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.SUPERVISOR: _READS | {Right.SURVEY, Right.REPORT} | _KEEPS,
    Role.ENTERPRISE: _READS | _ENTERS | {Right.EXPLAIN, Right.SUBSCRIBE, Right.CONFIRM},
    Role.AUDITOR: _READS | {Right.SURVEY, Right.OPERATE, Right.AUDIT},
    Role.PROGRAM: _READS | _ENTERS | {Right.SURVEY, Right.OPERATE, Right.REGISTER, Right.SILENCE},
    Role.GATEWAY: frozenset({Right.SEND}),
}
"""What each role may do at most."""

REGION = "150000"
"""Code of the region's area."""

OF_REGION = frozenset({Right.CONFIGURE, Right.OPERATE})
"""What a supervisor of the whole region may do too."""

OF_THE_WHOLE = OF_REGION | {Right.ADMINISTER, Right.AUDIT}
"""What is not done within an area: a key that is narrowed to areas may not do it."""


def rights_of(role: Role, area: str | None) -> frozenset[Right]:
    """What an account of this role, bound to this area, may do."""
    return RIGHTS[role] | (OF_REGION if role is Role.SUPERVISOR and area == REGION else frozenset())
