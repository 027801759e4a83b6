"""Where an MQTT broker is, as the settings name it. Pure."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

PORT, TLS_PORT = 1883, 8883
_FORM = (
    "ENERMON_MQTT_URL, and ENERMON_ALERTS_MQTT_URL and ENERMON_SPARKPLUG_MQTT_URL where they are set, must look like"
    " mqtt://user:password@host:1883 or mqtts://host:8883"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is and who we are there."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_mqtt_url(url: str) -> BrokerAddress:
    """Read mqtt[s]://user:password@host:port. Raises ValueError that says what is wrong without the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # its text would show what stands where a port is expected, which may be a password
        raise ValueError(_FORM) from None
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise ValueError(_FORM)
    tls = parts.scheme == "mqtts"
    return BrokerAddress(
        host=parts.hostname,
        port=port or (TLS_PORT if tls else PORT),
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
