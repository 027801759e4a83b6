"""Where a supervision body, or an enterprise, is told: as it is given, as it is answered, and what is wrong with it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.alerts.channels.contract import SubscriberKind
from services.alerts.channels.kinds import KINDS
from services.alerts.routing.routing import Mode
from services.api.alerts import nouns
from services.api.alerts.fields import Channel, Language, SeverityName, Slug, TimeOfDay
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.reasons import Fault
from services.api.registry.fields import Entry, Note
from services.core.reason import InBoth
from services.core.settings import Settings

EXAMPLE: JsonDict = {
    "channel": "webhook",
    "address": "https://supervision.example.cn/enermon",
    "language": "zh",
    "least_severity": "warning",
    "rules": None,
    "mode": "at_once",
    "quiet_from": "22:00",
    "quiet_to": "07:00",
    "enabled": True,
}

_QUIET = {"quiet_from": "免打扰的开始时间", "quiet_to": "免打扰的结束时间"}

Rules = Annotated[list[Slug], Field(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is told."""

    kind: SubscriberKind
    code: str


class SubscriptionEntry(Entry):
    """A subscription as it is given."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    channel: Channel
    address: Note | None = Field(
        None,
        description="E-mail address, or URL of the webhook; left out for mqtt, whose topic follows from the enterprise",
    )
    language: Language = "zh"
    least_severity: SeverityName = Field("notice", description="What is less severe is not told")
    rules: Rules | None = Field(None, description="Only alerts of these rules; null: of all")
    mode: Mode = Field("at_once", description="daily and weekly: as a digest")
    quiet_from: TimeOfDay | None = Field(None, description="What is not severe waits from here, Asia/Shanghai")
    quiet_to: TimeOfDay | None = Field(None, description="... to here")
    enabled: bool = Field(True, strict=True)


class SubscriptionPatch(Entry):
    """What of a subscription may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"least_severity": "severe"}]})

    address: Note | None = None
    language: Language | None = None
    least_severity: SeverityName | None = None
    rules: Rules | None = None
    mode: Mode | None = None
    quiet_from: TimeOfDay | None = None
    quiet_to: TimeOfDay | None = None
    enabled: bool | None = Field(None, strict=True)


class SubscriptionQuery(ListQuery):
    """How subscriptions are listed."""

    order: Annotated[list[str], OrderedBy("subscription_id", "channel", "address")] = ORDER


class Subscription(BaseModel):
    """A subscription."""

    subscription_id: int
    channel: str = Field(description="Also one that is not declared any more")
    address: str = Field(description="E-mail address, URL, or MQTT topic")
    language: Language
    least_severity: SeverityName
    rules: list[str] | None
    mode: Mode
    quiet_from: str | None
    quiet_to: str | None
    enabled: bool
    off_reason: str | None = Field(description="Why the alert service switched it off: its receiver answered 410")
    secrets: int = Field(description="How many secrets of a webhook are valid: 2 while one is being replaced")


class NewSubscription(Subscription):
    """A subscription just made."""

    secret: str | None = Field(description="Of a webhook, by Standard Webhooks; shown this once and never again")


class NewSecret(BaseModel):
    """A secret just made. The one before stays valid beside it until it is retired."""

    secret: str = Field(description="whsec_ and base64, by Standard Webhooks; shown this once and never again")


def shown_address(channel: str, address: str) -> str:
    """Where messages go, as people know it; where the code of the owner is kept, what follows from it."""
    kind = KINDS.get(channel)
    return address if kind is None or kind.shown_of_owner is None else kind.shown_of_owner(address)


def channels_for(owner: Owner) -> list[str]:
    """The channels by which `owner` may be told."""
    return [name for name, kind in KINDS.items() if owner.kind in kind.owners]


def channel_fault(owner: Owner) -> Fault:
    """Says that a channel is none by which `owner` may be told."""
    return Fault("channel", "literal_error", {"expected": ", ".join(channels_for(owner))})


def faults_of(
    entry: SubscriptionEntry, owner: Owner, *, known_rules: Collection[str], settings: Settings
) -> list[Fault]:
    """What is wrong with a subscription of `owner`."""
    found = []
    if entry.channel not in channels_for(owner):
        found.append(channel_fault(owner))
    found += _address_faults(entry, settings)
    found += [
        nouns.RULE.fault(f"rules.{number}", "unknown", slug)
        for number, slug in enumerate(entry.rules or ())
        if slug not in known_rules
    ]
    if (entry.quiet_from is None) != (entry.quiet_to is None):
        lacking, other = ("quiet_to", "quiet_from") if entry.quiet_to is None else ("quiet_from", "quiet_to")
        found.append(Fault(other, "only_with", {"other": InBoth(lacking, _QUIET[lacking])}))
    elif entry.quiet_from is not None and entry.quiet_from == entry.quiet_to:
        found.append(Fault("quiet_to", "same_as", {"other": InBoth("quiet_from", _QUIET["quiet_from"])}))
    return found


def _address_faults(entry: SubscriptionEntry, settings: Settings) -> list[Fault]:
    kind = KINDS[entry.channel]
    if entry.address is None:
        return [] if kind.shown_of_owner is not None else [Fault("address", "missing")]
    fault = kind.address_fault(entry.address, settings)
    return [] if fault is None else [Fault("address", fault.code, fault.mentions)]
