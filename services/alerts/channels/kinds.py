"""The kinds of channels there are. A new one is its file, its entry here, its test and its part of docs/alerts.md."""

from collections.abc import Mapping

from services.alerts.channels import email, mqtt, webhook
from services.alerts.channels.contract import Channel, ChannelKind
from services.core.settings import Settings

KINDS: dict[str, ChannelKind] = {kind.name: kind for kind in (email.KIND, webhook.KIND, mqtt.KIND)}


def channels_of(settings: Settings) -> Mapping[str, Channel]:
    """A channel of each kind as the settings describe it, by name. Raises ValueError for a setting that is wrong."""
    return {name: kind.connect(settings) for name, kind in KINDS.items()}
