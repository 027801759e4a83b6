"""Where the broker is, how to enter it, and which version of MQTT it speaks."""

import csv
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from paho.mqtt.enums import MQTTProtocolVersion


class BrokerOptionError(ValueError):
    """The broker's address or the password file cannot be used; the message says why and how to mend it."""


@dataclass(frozen=True)
class Login:
    """With what a gateway enters the broker."""

    user: str
    password: str = field(repr=False)


@dataclass
class Broker:
    """protocol falls back from MQTT 5 to 3.1.1 once, for all gateways, if the broker does not know MQTT 5."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    passwords_file: Path | None = None
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
    _logins: dict[str, Login] = field(default_factory=dict)
    _read_at_mtime: float = -1.0

    def login(self, gateway: str) -> Login | None:
        """How the gateway enters, read again when the file changed; None where there is no file or no such line."""
        if self.passwords_file is None:
            return None
        try:
            mtime = self.passwords_file.stat().st_mtime
        except FileNotFoundError:
            return self._logins.get(gateway)
        if mtime != self._read_at_mtime:
            self._logins = read_logins(self.passwords_file)
            self._read_at_mtime = mtime
        return self._logins.get(gateway)

    def fall_back(self) -> None:
        self.protocol = MQTTProtocolVersion.MQTTv311


def broker_from_url(url: str, *, passwords_file: Path | None = None, ca_file: Path | None = None) -> Broker:
    """mqtt://host[:port] or mqtts://host[:port]. A user in the URL is left aside: each gateway is its own user."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        shown = f"{parts.scheme}://{parts.hostname or ''}"
        raise BrokerOptionError(f"{shown!r} is no broker address: write mqtt://host:port or mqtts://host:port")
    if passwords_file is not None:
        read_logins(passwords_file)
    tls = ssl.create_default_context(cafile=str(ca_file) if ca_file else None) if parts.scheme == "mqtts" else None
    port = parts.port or (8883 if tls else 1883)
    return Broker(host=parts.hostname, port=port, tls=tls, passwords_file=passwords_file)


def read_logins(path: Path) -> dict[str, Login]:
    """How each gateway enters, from a CSV of gateway, user and password; without a user it is the gateway's code."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise BrokerOptionError(f"password file {path}: {error.strerror}") from error
    for row in rows:
        if not row.get("gateway") or not row.get("password"):
            raise BrokerOptionError(
                f"password file {path}: each line needs gateway and password; the header is `gateway,user,password`"
            )
    return {row["gateway"]: Login(row.get("user") or row["gateway"], row["password"]) for row in rows}
