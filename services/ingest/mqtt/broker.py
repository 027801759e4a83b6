"""The connection to the MQTT broker: takes messages, acknowledges them when told to, publishes answers.

MQTT 5 where the broker speaks it, else 3.1.1: then there is no ReceiveMaximum, and a full queue holds the connection
back instead.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from paho.mqtt.client import Client, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from services.core.mqtt_address import BrokerAddress
from services.ingest.mqtt.queue import MessageQueue, Received
from services.ingest.mqtt.wire import Publish, Wire, WiredClient
from services.ingest.topics import FOREIGN, READINGS, STATUS, shared

log = logging.getLogger("ingest.broker")

SESSION_EXPIRY_S = 7 * 86_400
KEEPALIVE_S = 60
CONNECT_WAIT_S = 5.0


class BrokerSession:
    """One persistent session; with `leaving` one that is subscribed to nothing, and ends at `stop`.

    Called by its thread: `on_listening` when the broker has taken the subscription, `on_status` (gateway, online) and
    `on_turned_away` (topic).
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        shared: bool,
        leaving: bool,
        queue: MessageQueue,
        receive_maximum: int,
        on_listening: Callable[[], None],
        on_status: Callable[[str, bool], None],
        on_turned_away: Callable[[str], None],
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._shared = shared
        self._leaving = leaving
        self._queue = queue
        self._receive_maximum = receive_maximum
        self._on_listening = on_listening
        self._on_status_change = on_status
        self._on_turned_away = on_turned_away
        self._wires = itertools.count(1)
        self._wire: Wire | None = None
        self._connected = threading.Event()
        self._outcome = threading.Event()
        self._client: Client | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and the connection stands."""
        return self._connected.is_set()

    def start(self, stopping: threading.Event) -> bool:
        """Connect, trying MQTT 5 and 3.1.1 in turn until the broker answers; False if `stopping` was set first."""
        attempt = 0
        while not stopping.is_set():
            protocol = MQTTv5 if attempt % 2 == 0 else MQTTv311
            self._outcome.clear()
            client = self._new_client(protocol)
            try:
                client.connect(
                    self._address.host, self._address.port, keepalive=KEEPALIVE_S, **self._session_terms(protocol)
                )
                client.loop_start()
                if self._outcome.wait(CONNECT_WAIT_S) and self.connected:
                    self._client = client
                    log.info("connected", extra={"protocol": "5" if protocol == MQTTv5 else "3.1.1"})
                    return True
                log.warning("broker did not accept the connection", extra={"host": self._address.host})
            except OSError as error:
                log.warning("broker not reachable", extra={"host": self._address.host, "reason": str(error)})
            client.disconnect()
            client.loop_stop()
            attempt += 1
            stopping.wait(min(0.2 * attempt, 5.0))
        return False

    def stop(self) -> None:
        """Leave; what is not acknowledged comes again with the next session."""
        if self._client is not None:
            ending = Properties(PacketTypes.DISCONNECT) if self._leaving else None  # type: ignore[no-untyped-call]
            if ending is not None:
                ending.SessionExpiryInterval = 0
            self._client.disconnect(properties=ending if self._client.protocol == MQTTv5 else None)
            self._client.loop_stop()

    def acknowledge(self, messages: Sequence[Received]) -> None:
        """Tell the broker that these are stored. Those of an earlier connection are left: they come again."""
        wire = self._wire
        if wire is not None:
            wire.acknowledge(message.packet_id for message in messages if message.session == wire.number)

    def answer(self, gateway: str, payload: bytes) -> None:
        """Publish an answer to a gateway, QoS 1. Without a connection it is left out: the gateway sends again."""
        self.tell(f"enermon/v1/{gateway}/ack", payload)

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish to this topic, QoS 1; without a connection it is left out."""
        if self._client is not None and self.connected:
            self._client.publish(topic, payload, qos=1)

    def _new_client(self, protocol: MQTTProtocolVersion) -> Client:
        client = WiredClient(
            CallbackAPIVersion.VERSION2,
            wired=partial(self._new_wire, properties=protocol == MQTTv5),
            client_id=self._client_id,
            protocol=protocol,
            clean_session=False if protocol == MQTTv311 else None,
        )
        client.max_inflight_messages_set(1000)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        if self._address.user:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    def _session_terms(self, protocol: MQTTProtocolVersion) -> dict[str, Any]:
        """What CONNECT says so that the session outlives the connection, and how much may be under way."""
        if protocol != MQTTv5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = self._receive_maximum
        return {"clean_start": False, "properties": properties}

    def _on_connect(self, client: Client, _u: Any, _f: Any, reason: ReasonCode, _p: Properties | None) -> None:
        if reason.is_failure:
            log.error("broker refused the connection", extra={"reason": str(reason)})
            self._outcome.set()
            return
        v5 = client.protocol == MQTTv5
        sent = (*READINGS, FOREIGN)
        in_group = [shared(topic) for topic in sent]
        if self._leaving:
            client.unsubscribe([*sent, *in_group, STATUS])
            self._connected.set()
            self._outcome.set()
            return
        readings, former = (in_group, [*sent]) if self._shared and v5 else ([*sent], in_group)
        if v5:
            # The session outlives a change of the setting: subscribed in both ways, each message would come twice.
            client.unsubscribe(former)
        client.subscribe([*((topic, 1) for topic in readings), (STATUS, 1)])
        self._connected.set()
        self._outcome.set()
        if self._client is not None:
            log.info("connected again")

    def _on_subscribe(self, _c: Client, _u: Any, _mid: int, reasons: list[ReasonCode], _p: Properties | None) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("broker refused the subscription", extra={"reason": ", ".join(refused)})
        else:
            self._on_listening()

    def _on_disconnect(self, _c: Client, _u: Any, _f: Any, reason: ReasonCode, _p: Properties | None) -> None:
        if self._connected.is_set():
            log.warning("disconnected from the broker", extra={"reason": str(reason)})
        self._connected.clear()
        self._outcome.set()

    def _new_wire(self, socket: Any, *, properties: bool) -> Wire:
        self._wire = Wire(socket, number=next(self._wires), properties=properties, take=self._take)
        return self._wire

    def _take(self, wire: Wire, messages: list[Publish]) -> None:
        """Put messages into the queue, waiting for room; acknowledge those that end here."""
        now_s = time.monotonic()
        received = []
        ended = []
        for topic, payload, packet_id, _, retained in messages:
            if topic.endswith("/status") and topic.startswith("enermon/") and topic.count("/") == STATUS.count("/"):
                self._take_status(topic, payload)
                ended.append(packet_id)
            else:
                received.append(Received(topic, payload, packet_id, wire.number, now_s, retained))
        # Not answered, so the gateway keeps them and sends them again; acknowledged, so that others get through.
        for message in self._queue.put_fairly(received):
            ended.append(message.packet_id)
            self._on_turned_away(message.topic)
        if ended:
            wire.acknowledge(ended)

    def _take_status(self, topic: str, payload: bytes) -> None:
        said = payload.strip().lower()
        if said in {b"online", b"offline"}:
            self._on_status_change(topic.split("/")[2], said == b"online")
        elif payload:
            log.warning("status is neither online nor offline", extra={"topic": topic, "payload_bytes": len(payload)})
