"""Gives and takes rights while mosquitto runs: commands to its dynamic-security plugin, by MQTT."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from services.core.mqtt_address import BrokerAddress
from services.ingest.broker_rights import CONTROL_TOPIC, RESPONSE_TOPIC, Command, changes

ANSWER_WITHIN_S = 30.0
AT_ONCE = 10
"""Commands of one message: the plugin writes its whole file after each, and the broker does nothing else meanwhile."""
WITHIN_S = 1.0
"""So long commands are given at one go: each may take 50 ms, and who is to go must not wait for who comes."""
_KEEPALIVE_S = 60


class BrokerControlError(OSError):
    """The broker does not take commands; the message says why."""


def hold_rights(address: BrokerAddress, role_of: Mapping[str, str]) -> int:
    """Let the users of a running broker be those of `role_of` (role by user) alone; how many commands are left to do.

    After WITHIN_S it leaves the rest to the next call; who goes comes first. Raises BrokerControlError.
    """
    end_s = time.monotonic() + WITHIN_S
    with _control(address) as control:
        users, roles = control.listed("listClients", "clients"), control.listed("listRoles", "roles")
        commands = changes(role_of, users=users, roles=roles)
        for first in range(0, len(commands), AT_ONCE):
            if time.monotonic() > end_s:
                return len(commands) - first
            control.run(commands[first : first + AT_ONCE])
    return 0


@contextmanager
def _control(address: BrokerAddress) -> "Iterator[_Control]":
    control = _Control(address)
    try:
        control.open()
        yield control
    except OSError as error:
        if isinstance(error, BrokerControlError):
            raise
        raise BrokerControlError(f"the broker at {address.host}:{address.port} does not answer: {error}") from error
    finally:
        control.close()


class _Control:
    """A connection of the user that may control the plugin. Commands are answered in the order in which they come."""

    def __init__(self, address: BrokerAddress) -> None:
        self._address = address
        self._refused: str | None = None
        self._connected = self._subscribed = False
        self._answers: list[dict[str, Any]] = []
        self._client = Client(CallbackAPIVersion.VERSION2, "", protocol=MQTTv311, clean_session=True)
        self._client.username_pw_set(address.user, address.password)
        if address.tls:
            self._client.tls_set_context(ssl.create_default_context())
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = lambda _c, _u, message: self._answers.extend(json.loads(message.payload)["responses"])

    def open(self) -> None:
        """Connect and listen for answers. Raises OSError."""
        self._client.connect(self._address.host, self._address.port, keepalive=_KEEPALIVE_S)
        self._until(lambda: self._connected)
        self._client.subscribe(RESPONSE_TOPIC, qos=1)
        self._until(lambda: self._subscribed)

    def close(self) -> None:
        """End the connection."""
        self._client.disconnect()

    def run(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """The answers to commands, one each. Raises BrokerControlError for one that was not done."""
        self._answers.clear()
        self._client.publish(CONTROL_TOPIC, json.dumps({"commands": list(commands)}), qos=1)
        self._until(lambda: len(self._answers) >= len(commands))
        for answer in self._answers:
            if "error" in answer:
                raise BrokerControlError(f"the broker did not do {answer['command']}: {answer['error']}")
        return list(self._answers)

    def listed(self, command: str, kind: str) -> list[str]:
        """The names that a list has."""
        (answer,) = self.run([{"command": command}])
        names: list[str] = answer["data"][kind]
        return names

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refused = f"it refuses the user {self._address.user}: {reason}"
        self._connected = True

    def _on_subscribe(self, _client: Client, _data: Any, _mid: int, reasons: Sequence[Any], _properties: Any) -> None:
        if reasons[0].is_failure:
            self._refused = f"it does not let {self._address.user} control it"
        self._subscribed = True

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while not done():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise BrokerControlError(f"no answer within {ANSWER_WITHIN_S:.0f} s")
            ended = self._client.loop(left_s)
            if ended != MQTTErrorCode.MQTT_ERR_SUCCESS and self._refused is None:
                raise BrokerControlError(f"the broker ended the connection: {ended.name}")
            if self._refused is not None:
                raise BrokerControlError(self._refused)
