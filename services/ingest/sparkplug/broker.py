"""The host at the broker: its Will and STATE, what edge nodes send, and the commands to them.

MQTT 3.1.1 with a clean session, as Sparkplug 3.0 demands of a host. Each connection is a new client, since the time in
its Will is that of the connection.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from services.core.mqtt_address import BrokerAddress
from services.ingest.sparkplug.commands import rebirth_command, said_online, state
from services.ingest.sparkplug.inbox import Inbox, Joined
from services.ingest.sparkplug.sessions import FromBroker
from services.ingest.sparkplug.topics import EVERYTHING, EdgeAddress, command_topic, state_topic

log = logging.getLogger("sparkplug.broker")

KEEPALIVE_S = 10
"""A host that is gone without a word is noticed by the broker within one and a half of it."""
CONNECT_WAIT_S = 5.0
SAID_WITHIN_S = 2.0
LINGER_S = 1.0
"""So long it listens on after it has said that it goes: what edge nodes sent before they saw it is on its way."""


class HostConnection:
    """At most one connection at a time. Called by one thread, but `ask_for_births`, which any may call."""

    def __init__(self, address: BrokerAddress, *, host: str, inbox: Inbox, now_ms: Callable[[], int]) -> None:
        self._address = address
        self._host = host
        self._topic = state_topic(host)
        self._inbox = inbox
        self._now_ms = now_ms
        self._client: Client | None = None
        self._online = threading.Event()
        self._outcome = threading.Event()
        self._leaving = False
        self._joined_before = False
        self._left_in_order = True
        self._since_ms = 0

    @property
    def online(self) -> bool:
        """Whether the connection stands and STATE says so."""
        return self._online.is_set()

    def join(self) -> bool:
        """Connect, subscribe and say that the host is online; whether that was done."""
        self._drop()
        self._leaving = False
        self._outcome.clear()
        self._since_ms = self._now_ms()
        client = Client(
            CallbackAPIVersion.VERSION2,
            f"enermon-host-{self._host}",
            protocol=MQTTv311,
            clean_session=True,
            reconnect_on_failure=False,
        )
        if self._address.user:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.connect_timeout = CONNECT_WAIT_S
        client.will_set(self._topic, state(online=False, at_ms=self._since_ms), qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client
        try:
            client.connect(self._address.host, self._address.port, keepalive=KEEPALIVE_S)
        except OSError as error:
            log.warning("broker not reachable", extra={"host": self._address.host, "reason": str(error)})
            return False
        client.loop_start()
        if self._outcome.wait(CONNECT_WAIT_S) and self.online:
            return True
        log.warning("broker did not accept the host", extra={"host": self._address.host})
        self._drop()
        return False

    def leave(self, why: str) -> None:
        """Say that the host goes, with the time of now, listen a little longer, and disconnect."""
        client = self._client
        if client is None or not self.online:
            return
        log.warning("host leaves the broker", extra={"reason": why})
        self._leaving = True
        said = client.publish(self._topic, state(online=False, at_ms=self._now_ms()), qos=1, retain=True)
        try:
            said.wait_for_publish(SAID_WITHIN_S)
            self._left_in_order = said.is_published()
        except (RuntimeError, ValueError):
            self._left_in_order = False
        time.sleep(LINGER_S)
        self._drop()

    def ask_for_births(self, address: EdgeAddress) -> None:
        """Ask an edge node for its births. Without a connection it is left out: it is asked after the next one."""
        client = self._client
        if client is not None and self.online:
            client.publish(command_topic(address), rebirth_command(self._now_ms()), qos=0, retain=False)

    def close(self) -> None:
        """End a connection that was lost, if there is one."""
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.on_message = client.on_disconnect = None
            client.disconnect()
            client.loop_stop()
        self._online.clear()

    def _on_connect(self, client: Client, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            log.error("broker refused the connection", extra={"reason": str(reason)})
            self._outcome.set()
            return
        self._inbox.put(Joined(first=not self._joined_before, unclean=not self._left_in_order))
        client.subscribe([(EVERYTHING, 1), (self._topic, 1)])

    def _on_subscribe(self, client: Client, _u: Any, _mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("broker refused the subscription", extra={"reason": ", ".join(refused)})
            self._outcome.set()
            return
        client.publish(self._topic, state(online=True, at_ms=self._since_ms), qos=1, retain=True)
        self._joined_before, self._left_in_order = True, False
        self._online.set()
        self._outcome.set()
        log.info("host is online", extra={"host": self._host})

    def _on_disconnect(self, client: Client, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        if client is self._client and self._online.is_set():
            log.warning("disconnected from the broker", extra={"reason": str(reason)})
            self._online.clear()

    def _on_message(self, client: Client, _u: Any, message: MQTTMessage) -> None:
        if message.topic == self._topic:
            if said_online(bytes(message.payload)) is False and not self._leaving and self._online.is_set():
                client.publish(self._topic, state(online=True, at_ms=self._since_ms), qos=1, retain=True)
            return
        if message.retain:
            # What an edge node has retained against the standard says nothing of now, and would be taken for a birth.
            log.warning("retained message passed over", extra={"topic": message.topic[:200]})
            return
        self._inbox.put(FromBroker(message.topic, bytes(message.payload), self._now_ms() * 1000))
