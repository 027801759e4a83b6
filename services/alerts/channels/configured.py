"""The channels as the settings describe them."""

from collections.abc import Mapping

from services.alerts.channels.contract import Channel, DeliveryFailed, Rendered, Target
from services.alerts.channels.email import EmailChannel, parse_smtp_url
from services.alerts.channels.mqtt import MqttChannel, parse_mqtt_url
from services.alerts.channels.webhook import WebhookChannel
from services.core.settings import Settings


class NoMailServer:
    """Stands for e-mail where no mail server is set; mails wait, as the setting may come within the day."""

    def send(self, target: Target, message: Rendered) -> None:  # noqa: ARG002 - as every channel
        """Raises DeliveryFailed."""
        raise DeliveryFailed("no mail server is set: ENERMON_SMTP_URL is empty", permanent=False)

    def close(self) -> None:
        """Nothing is open."""


def channels_of(settings: Settings) -> Mapping[str, Channel]:
    """Channel by the name it has in the table subscription. Raises ValueError for a setting that is wrong."""
    return {
        "email": _email_of(settings),
        "webhook": WebhookChannel(allow_private=settings.webhook_allow_private, allow_http=settings.webhook_allow_http),
        "mqtt": MqttChannel(parse_mqtt_url(settings.mqtt_url.get_secret_value())),
    }


def _email_of(settings: Settings) -> Channel:
    url = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    return EmailChannel(parse_smtp_url(url), sender=settings.smtp_from) if url else NoMailServer()
