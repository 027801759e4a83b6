"""One gateway's MQTT connection, driven from outside by a selector, so that one thread serves hundreds of them."""

import logging
import random
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any, cast

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.broker import Broker
from simulators.wire import ack_topic, readings_topic, status_topic

log = logging.getLogger(__name__)

_SESSION_EXPIRY_S = 7 * 86_400
_CONNECT_TIMEOUT_S = 5.0
_UNSUPPORTED_VERSION = 132
_MAX_PAUSE_S = 60.0


class Connection:
    """Connects, says `online`, subscribes to the answers, and comes back with growing pauses when the line is lost.

    on_answer is given the payload of each answer message; on_ready is called after each subscription.
    """

    def __init__(
        self,
        *,
        gateway: str,
        broker: Broker,
        selector: selectors.BaseSelector,
        on_answer: Callable[[bytes], None],
        on_ready: Callable[[], None],
    ) -> None:
        self.gateway = gateway
        self.ready = False
        self.next_attempt = 0.0
        self._broker = broker
        self._selector = selector
        self._on_answer = on_answer
        self._on_ready = on_ready
        self._client: Client | None = None
        self._accepted = False
        self._handshake_until = 0.0
        self._failures = 0
        self._jitter = random.Random(gateway)  # noqa: S311 -- spreads reconnects, no secret

    @property
    def open(self) -> bool:
        return self._client is not None

    def connect(self) -> None:
        """Start to connect. Raises OSError if the broker cannot be reached; the next attempt is planned then."""
        self._client = client = self._new_client()
        self._accepted = False
        self._handshake_until = time.monotonic() + _CONNECT_TIMEOUT_S
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=60, **self._session())
        except OSError:
            self._lost()
            raise

    def _session(self) -> dict[str, Any]:
        if self._broker.protocol != MQTTProtocolVersion.MQTTv5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        return {"clean_start": False, "properties": properties}

    def _new_client(self) -> Client:
        protocol = self._broker.protocol
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.gateway,
            clean_session=None if protocol == MQTTProtocolVersion.MQTTv5 else False,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        login = self._broker.login(self.gateway)
        client.username_pw_set(self.gateway if login is None else login.user, None if login is None else login.password)
        client.will_set(status_topic(self.gateway), "offline", qos=1, retain=True)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        client.on_socket_open = self._socket_open
        client.on_socket_close = self._socket_close
        client.on_socket_register_write = self._want_write
        client.on_socket_unregister_write = self._want_no_write
        return client

    def serve(self, events: int) -> None:
        """Read and write what the selector says is possible."""
        client = self._client
        if client is None:
            return
        if events & selectors.EVENT_READ:
            client.loop_read()
            while (sock := client.socket()) is not None and getattr(sock, "pending", int)() > 0:
                client.loop_read()
        if events & selectors.EVENT_WRITE and client.socket() is not None:
            client.loop_write()

    def keep_alive(self) -> None:
        """Call about once a second: sends pings, notices a dead broker and one that does not answer CONNECT."""
        if self._client is None:
            return
        self._client.loop_misc()
        if not self.ready and time.monotonic() > self._handshake_until:
            log.info("%s: the broker does not answer the connection", self.gateway)
            self._break_line()

    def publish(self, payload: bytes) -> bool:
        """Publish readings with QoS 1; False if the line is gone."""
        if self._client is None or not self.ready:
            return False
        info = self._client.publish(readings_topic(self.gateway), payload, qos=1)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def cut(self, pause_s: float) -> None:
        """Break the line without a word, as a dead modem does, and stay away for pause_s seconds."""
        if self._client is None:
            return
        self._break_line()
        self._failures = 0
        self.next_attempt = time.monotonic() + pause_s

    def _break_line(self) -> None:
        """Shut the socket; the lost line is noticed in reading it."""
        client = self._client
        sock = client.socket() if client is not None else None
        if client is None or sock is None:
            return
        try:
            cast(socket.socket, sock).shutdown(socket.SHUT_RDWR)
        except OSError as error:
            log.debug("%s: the line was down already: %s", self.gateway, error)
        client.loop_read()

    def close(self) -> None:
        """Say `offline` and disconnect in order."""
        client = self._client
        if client is None:
            return
        if self.ready:
            client.publish(status_topic(self.gateway), "offline", qos=1, retain=True)
        client.disconnect()
        while (
            client.socket() is not None
            and client.want_write()
            and client.loop_write() == MQTTErrorCode.MQTT_ERR_SUCCESS
        ):
            pass
        self._client = None
        self.ready = False

    # -- paho's callbacks

    def _connected(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._accepted = True
        if reason.is_failure:
            if reason.value == _UNSUPPORTED_VERSION:
                self._broker.fall_back()
                self._failures = -1
            else:
                log.warning("%s: the broker refuses the connection: %s", self.gateway, reason)
            return
        client.subscribe(ack_topic(self.gateway), qos=1)
        client.publish(status_topic(self.gateway), "online", qos=1, retain=True)

    def _subscribed(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.warning("%s: the broker refuses the subscription to %s", self.gateway, ack_topic(self.gateway))
            return
        self._failures = 0
        self.ready = True
        self._on_ready()

    def _message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._on_answer(bytes(message.payload))

    def _disconnected(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if not self._accepted and self._broker.protocol == MQTTProtocolVersion.MQTTv5:
            # A broker that knows no MQTT 5 may hang up instead of answering.
            self._broker.fall_back()
            self._failures = -1
        elif self._accepted:
            log.info("%s: connection lost: %s", self.gateway, reason)
        self._lost()

    def _lost(self) -> None:
        self.ready = False
        self._client = None
        self._failures += 1
        if self._failures == 0:
            self.next_attempt = time.monotonic()
            return
        pause_s = min(_MAX_PAUSE_S, 2.0 ** (self._failures - 1))
        self.next_attempt = time.monotonic() + pause_s * self._jitter.uniform(0.5, 1.0)

    def _socket_open(self, _client: Client, _data: Any, sock: Any) -> None:
        self._selector.register(sock, selectors.EVENT_READ, self)

    def _socket_close(self, _client: Client, _data: Any, sock: Any) -> None:
        self._selector.unregister(sock)

    def _want_write(self, _client: Client, _data: Any, sock: Any) -> None:
        self._selector.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def _want_no_write(self, _client: Client, _data: Any, sock: Any) -> None:
        self._selector.modify(sock, selectors.EVENT_READ, self)
