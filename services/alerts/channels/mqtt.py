"""MQTT back to the enterprise: one message to its own topic, QoS 1.

MQTT 5 where the broker speaks it, because only there does it say that it refused a message or had nobody to give it to;
else 3.1.1.
"""

import logging
import re
import secrets
import threading
from typing import Any

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.alerts.channels.contract import AddressFault, Channel, ChannelKind, DeliveryFailed, Destination, Rendered
from services.core.mqtt_address import BrokerAddress, parse_mqtt_url
from services.core.settings import Settings

log = logging.getLogger("alerts")

KEEPALIVE_S = 60
TIMEOUT_S = 10.0
NO_SUBSCRIBER = 0x10
_NO_USER = "ENERMON_ALERTS_MQTT_URL is empty: alerts need a broker user of their own"
_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")


def alerts_topic(credit_code: str) -> str:
    """The topic of an enterprise's alerts. Raises ValueError: another text could reach another topic."""
    if not _CREDIT_CODE.fullmatch(credit_code):
        raise ValueError("the address of MQTT is not a credit code of 18 characters")
    return f"enermon/v1/enterprises/{credit_code}/alerts"


class MqttChannel:
    """One connection, kept; made when the first message is sent and anew after a failure."""

    def __init__(self, address: BrokerAddress, *, timeout_s: float = TIMEOUT_S) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._client_id = f"enermon-alerts-{secrets.token_hex(4)}"
        self._protocols = [MQTTv5, MQTTv311]
        self._sending = threading.Lock()
        self._connection: _Connection | None = None

    def send(self, target: Destination, message: Rendered) -> None:
        """Return when the broker has acknowledged the message. Raises DeliveryFailed."""
        try:
            topic = alerts_topic(target.address)
        except ValueError as error:
            raise DeliveryFailed(str(error), permanent=True) from None
        with self._sending:
            connection = self._connected()
            try:
                connection.publish(topic, message.payload, self._timeout_s)
            except _ConnectionLostError as error:
                # with the connection goes what it still holds, so that only the outbox sends it again
                self._leave()
                raise DeliveryFailed(str(error), permanent=False) from None

    def close(self) -> None:
        """Leave the broker."""
        with self._sending:
            self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connected(self) -> "_Connection":
        if self._connection is not None and self._connection.is_open:
            return self._connection
        self._leave()
        reason = ""
        for protocol in self._protocols:
            connection = _Connection(self._address, self._client_id, protocol)
            reason = connection.open(self._timeout_s)
            if not reason:
                self._protocols = [protocol, *(other for other in self._protocols if other != protocol)]
                self._connection = connection
                return connection
            connection.close()
        raise DeliveryFailed(f"broker {self._address.host}:{self._address.port}: {reason}", permanent=False)


class _ConnectionLostError(Exception):
    """The broker did not acknowledge in time, or the connection is gone."""


class _Connection:
    """One connection of paho, with its network thread; once lost it stays lost."""

    def __init__(self, address: BrokerAddress, client_id: str, protocol: MQTTProtocolVersion) -> None:
        self._address = address
        self._told = threading.Condition()
        self._refusal: str | None = None
        self._lost = False
        self._acknowledged: dict[int, ReasonCode] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True if protocol == MQTTv311 else None,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        if address.user:
            self._client.username_pw_set(address.user, address.password)
        if address.tls:
            self._client.tls_set()
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    @property
    def is_open(self) -> bool:
        return not self._lost and self._client.is_connected()

    def open(self, timeout_s: float) -> str:
        """Connect; the reason why not, or nothing."""
        self._client.connect_timeout = timeout_s
        try:
            self._client.connect(self._address.host, self._address.port, keepalive=KEEPALIVE_S)
        except OSError as error:
            return f"not reachable: {error}"
        self._client.loop_start()
        with self._told:
            self._told.wait_for(lambda: self._lost or self._refusal is not None, timeout_s)
        return "no answer" if self._refusal is None else self._refusal

    def publish(self, topic: str, payload: bytes, timeout_s: float) -> None:
        """Publish and wait for the PUBACK.

        Raises DeliveryFailed for what the broker refuses, _ConnectionLostError when no answer comes.
        """
        sent = self._client.publish(topic, payload, qos=1)
        with self._told:
            self._told.wait_for(lambda: self._lost or sent.mid in self._acknowledged, timeout_s)
            reason = self._acknowledged.pop(sent.mid, None)
        if reason is None:
            raise _ConnectionLostError("the broker did not acknowledge the message")
        if reason.value == NO_SUBSCRIBER:
            raise DeliveryFailed(f"nobody has subscribed to {topic}", permanent=False)
        if reason.is_failure:
            raise DeliveryFailed(f"the broker refused the message: {reason}", permanent=False)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _c: Client, _u: Any, _f: Any, reason: ReasonCode, _p: Properties | None) -> None:
        with self._told:
            self._refusal = f"refused: {reason}" if reason.is_failure else ""
            self._told.notify_all()

    def _on_disconnect(self, _c: Client, _u: Any, _f: Any, _r: ReasonCode, _p: Properties | None) -> None:
        with self._told:
            self._lost = True
            self._told.notify_all()

    def _on_publish(self, _c: Client, _u: Any, mid: int, reason: ReasonCode, _p: Properties | None) -> None:
        with self._told:
            self._acknowledged[mid] = reason
            self._told.notify_all()


class NoBrokerUser:
    """Stands for MQTT where the alert service has no broker user; messages wait, as it may come within the day.

    As the user of ingest it would end ingest's connection, and a clean start would wipe what waits for ingest.
    """

    def send(self, target: Destination, message: Rendered) -> None:  # noqa: ARG002 - as every channel
        """Raises DeliveryFailed."""
        raise DeliveryFailed(_NO_USER, permanent=False)

    def close(self) -> None:
        """Nothing is open."""


def _connect(settings: Settings) -> Channel:
    if settings.alerts_mqtt_url:
        return MqttChannel(parse_mqtt_url(settings.alerts_mqtt_url.get_secret_value()))
    address = parse_mqtt_url(settings.mqtt_url.get_secret_value())
    if address.user is None:
        return MqttChannel(address)
    log.warning("no alerts by MQTT", extra={"reason": _NO_USER})
    return NoBrokerUser()


KIND = ChannelKind(
    name="mqtt",
    owners=("enterprise",),
    connect=_connect,
    address_fault=lambda _address, _settings: AddressFault("fixed_topic"),
    shown_of_owner=alerts_topic,
)
