"""How each of the other formats is delivered, and when it counts as taken: each courier has one message under way."""

import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from simulators.broker import Broker
from simulators.hj212.frames import AnswerReader
from simulators.necc.device import NotTakenError, SimulatedEndDevice
from simulators.sparkplug.edge import Edge, EdgeOptions
from simulators.sparkplug.store import EdgeStore
from tests.chaos.shown import (
    DEVICE,
    EDGE_GROUP,
    EDGE_NODE,
    Saying,
    by_profile,
    end_device_records,
    monitor_frame,
    native,
)
from tests.chaos.world import END_DEVICE_OWNER, FOREIGN_METERS

ANSWERED_WITHIN_S = 5.0
_NO_LOGIN = httpx.Auth()
UNSURE_S = 120.0
"""An edge node sends again what it sent within so long before its host was gone: longer than any line stands still."""


class NothingTakenError(Exception):
    """No answer came, or it says that nothing can be taken now: the same is to be delivered again."""


class Courier(Protocol):
    """Of one gateway."""

    def deliver(self, said: Saying) -> None:
        """Return once it is taken. Raises NothingTakenError."""

    def finish(self) -> None:
        """Return once all is delivered."""


class HttpCourier:
    """By HTTP: to the address with the token, or in Enermon's own format by the same password."""

    def __init__(self, api_url: str, gateway: str, password: str) -> None:
        headers = {"Content-Type": "application/json"}
        self._client = httpx.Client(base_url=f"{api_url}/api/v1", headers=headers, timeout=ANSWERED_WITHIN_S)
        self._gateway, self._password = gateway, password
        self._login = httpx.BasicAuth(gateway, password)

    def deliver(self, said: Saying) -> None:
        """By the profile."""
        self._post(f"/{self._gateway}.{self._password}/telemetry", by_profile(said), len(said.rows), _NO_LOGIN)

    def deliver_natively(self, said: Saying) -> int:
        """In Enermon's own format; how many were stored before. Raises NothingTakenError."""
        return self._post(f"/readings?gateway={self._gateway}", native(said), len(said.rows), self._login)

    def _post(self, path: str, body: bytes, count: int, login: httpx.Auth) -> int:
        try:
            answer = self._client.post(path, content=body, auth=login)
        except httpx.TransportError as error:
            raise NothingTakenError(str(error)) from error
        if answer.status_code >= 500:
            raise NothingTakenError(answer.text)
        told = answer.json()
        assert answer.status_code == 200, told
        assert (told["stored"] + told["duplicate"], told["rejected"]) == (count, []), told
        return int(told["duplicate"])

    def finish(self) -> None:
        """Nothing is under way."""


class ProfileCourier:
    """By MQTT below x/CODE, with the answer that the profile gives."""

    def __init__(self, port: int, gateway: str, password: str) -> None:
        self._gateway = gateway
        self._answered: set[int] = set()
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=gateway)
        if password:
            self._client.username_pw_set(gateway, password)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"y/{gateway}/ack", 1)
        self._client.on_message = self._hear
        self._client.connect_async("127.0.0.1", port, keepalive=10)
        self._client.loop_start()

    def _hear(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        with self._news:
            self._answered.add(json.loads(message.payload))
            self._news.notify_all()

    def deliver(self, said: Saying) -> None:
        """Wait for the answer to this message."""
        if not self._client.is_connected():
            raise NothingTakenError("not connected")
        self._client.publish(f"x/{self._gateway}/data", by_profile(said), qos=1)
        with self._news:
            if not self._news.wait_for(lambda: said.act in self._answered, ANSWERED_WITHIN_S):
                raise NothingTakenError(f"no answer to {said.act}")

    def finish(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


class MonitorCourier:
    """HJ 212 over TCP."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._reader = AnswerReader()

    def deliver(self, said: Saying) -> None:
        """Wait for the 9014 of this frame."""
        qn, frame = monitor_frame(said)
        try:
            if self._socket is None:
                self._reader = AnswerReader()
                self._socket = socket.create_connection(("127.0.0.1", self._port), ANSWERED_WITHIN_S)
            self._socket.sendall(frame)
            while received := self._socket.recv(4096):
                if any((heard.command, heard.qn) == ("9014", qn) for heard in self._reader.heard(received)):
                    return
        except OSError as error:
            self.finish()
            raise NothingTakenError(str(error)) from error
        self.finish()
        raise NothingTakenError("the line has ended")

    def finish(self) -> None:
        """Close the line."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class EdgeCourier:
    """Sparkplug B, which answers nothing: what the edge node has on its disk is to arrive."""

    def __init__(self, port: int, gateway: str, passwords: Path | None, file: Path) -> None:
        metrics = {f"E{number}": "" for number in range(FOREIGN_METERS)}
        options = EdgeOptions(EDGE_GROUP, EDGE_NODE, gateway, "enermon", (DEVICE,), metrics, unsure_s=UNSURE_S)
        broker = Broker("127.0.0.1", port, passwords_file=passwords)
        self._edge = Edge(options, broker, EdgeStore(file), lambda: time.time_ns() // 1_000_000)

    def deliver(self, said: Saying) -> None:
        """It is on the disk when this returns."""
        self._edge.take([(DEVICE, f"E{row.number}", row.ts_ms, float(row.thousandths)) for row in said.rows])

    def turn(self) -> None:
        """Serve its connection."""
        self._edge.turn(0.05)

    def finish(self) -> None:
        """Send what waits."""
        quiet_since_s = time.monotonic()
        while time.monotonic() - quiet_since_s < 1.0:
            self._edge.turn(0.05)
            if self._edge.waiting:
                quiet_since_s = time.monotonic()
        with suppress(OSError):
            self._edge.close()


class EndDeviceCourier:
    """The national protocol: it registers, and each upload is taken once its answer is `0`."""

    def __init__(self, port: int) -> None:
        client = httpx.Client(timeout=ANSWERED_WITHIN_S)
        url = f"http://127.0.0.1:{port}/necc/register"
        self._device = SimulatedEndDevice(url, END_DEVICE_OWNER, "150622", (), client)

    def deliver(self, said: Saying) -> None:
        """Register where that is not done, and upload."""
        try:
            if not self._device.registered:
                self._device.register()
        except NotTakenError as error:
            raise NothingTakenError(str(error)) from error
        if said.rows and not self._device.send(end_device_records(said)):
            self._device.unsent.clear()
            raise NothingTakenError(f"upload {said.act} was not taken")

    def finish(self) -> None:
        """Nothing is under way."""
