"""What the audit keeps: each table in which people, or the alert service, change something, and how its rows are named.

The triggers of the database are made from the table `audited`, which says the same; what is verified goes by this list,
so that who changes that table hides nothing.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A table whose changes are kept.

    `keys`: its primary key. `subject`: the column that names a row to people. `hidden`: columns of which a mark alone
    is kept, as they are secret, or long and never change. `passed_over`: columns that are no change of anything.
    `stays`: its rows are never removed. `secret`: only those read it who must, so what verifies sees its marks alone.
    """

    kind: str
    keys: tuple[str, ...]
    subject: str
    hidden: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    stays: bool = False
    secret: bool = False


def audit_mark(value: bytes) -> str:
    """What the audit keeps of a hidden column of type bytea; of an API key or a session no token can be found by it."""
    return "sha256 " + hashlib.sha256(b"\\x" + value.hex().encode()).hexdigest()[:32]


AUDITED = (
    Audited(kind="park", keys=("park_id",), subject="code"),
    Audited(kind="enterprise", keys=("enterprise_id",), subject="credit_code"),
    Audited(kind="membership", keys=("enterprise_id", "valid_from"), subject="enterprise_id"),
    Audited(kind="unit", keys=("unit_id",), subject="code"),
    Audited(kind="unit_input", keys=("unit_id", "input", "valid_from"), subject="unit_id"),
    Audited(kind="gateway", keys=("gateway_id",), subject="code"),
    Audited(
        kind="broker_credential",
        keys=("holder_kind", "holder_code", "generation"),
        subject="holder_code",
        hidden=("password_hash",),
        stays=True,
    ),
    Audited(kind="point", keys=("point_id",), subject="gateway_code"),
    Audited(kind="outlet", keys=("outlet_id",), subject="code"),
    Audited(kind="outlet_limit", keys=("outlet_id", "factor", "grain", "valid_from"), subject="outlet_id"),
    Audited(kind="outlet_stop", keys=("outlet_id", "from_ts"), subject="outlet_id"),
    Audited(kind="profile_version", keys=("name", "version"), subject="name", stays=True),
    Audited(kind="gateway_profile", keys=("gateway_code",), subject="gateway_code"),
    Audited(kind="meter", keys=("meter_id",), subject="code"),
    Audited(kind="meter_term", keys=("term_id",), subject="meter_id"),
    Audited(kind="meter_replacement", keys=("meter_id", "ts"), subject="meter_id"),
    Audited(kind="reading_acceptance", keys=("meter_id", "ts"), subject="meter_id"),
    Audited(kind="settlement", keys=("settlement_id",), subject="meter_id", stays=True),
    Audited(kind="correction", keys=("correction_id",), subject="meter_id", stays=True),
    Audited(
        kind="statistic",
        keys=("owner_kind", "owner_code", "kind", "period", "price_base", "version"),
        subject="owner_code",
        stays=True,
    ),
    Audited(kind="heat_value", keys=("heat_value_id",), subject="enterprise_id", stays=True),
    Audited(kind="manual_report", keys=("manual_report_id",), subject="unit_id", stays=True),
    Audited(kind="proposal", keys=("proposal_id",), subject="proposal_id", hidden=("body",), stays=True),
    Audited(kind="bulletin", keys=("bulletin_id",), subject="bulletin_id", hidden=("content",), stays=True),
    Audited(kind="rule_version", keys=("slug", "version"), subject="slug", stays=True),
    Audited(kind="silence", keys=("silence_id",), subject="silence_id"),
    Audited(kind="supervision_body", keys=("code",), subject="code"),
    Audited(kind="subscription", keys=("subscription_id",), subject="subscription_id", hidden=("secrets",)),
    Audited(
        kind="alert",
        keys=("alert_id",),
        subject="alert_id",
        hidden=("evidence",),
        passed_over=("last_value",),
        stays=True,
    ),
    Audited(kind="alert_event", keys=("event_id",), subject="alert_id", stays=True),
    Audited(kind="alert_step", keys=("step_id",), subject="alert_id", stays=True),
    Audited(
        kind="user_account", keys=("account_id",), subject="name", hidden=("password_hash",), stays=True, secret=True
    ),
    Audited(
        kind="api_key",
        keys=("key_id",),
        subject="account_id",
        hidden=("token_sha256",),
        passed_over=("last_used_at",),
        stays=True,
        secret=True,
    ),
    Audited(
        kind="session",
        keys=("token_sha256",),
        subject="account_id",
        hidden=("token_sha256",),
        passed_over=("last_seen_at",),
        secret=True,
    ),
    Audited(kind="open_reader", keys=("login",), subject="login"),
    Audited(kind="reading_edge", keys=("edge_id",), subject="kept_from", stays=True),
    Audited(kind="reading_drop", keys=("drop_id",), subject="dropped_before", stays=True),
)
