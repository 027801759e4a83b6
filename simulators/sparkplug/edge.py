"""An edge node on the wire: births, data, deaths, its primary host, and what it sends when that is back."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from simulators.broker import Broker
from simulators.sparkplug.payload import BOOLEAN, DOUBLE, REBIRTH, UINT64, Metric, asks_for_rebirth, write
from simulators.sparkplug.store import EdgeStore, KeptValue

log = logging.getLogger(__name__)

_A_MESSAGE = 200
_A_TURN = 20
"""Messages of history before the next values are taken."""
_AGAIN_S = 0.5


@dataclass(frozen=True)
class EdgeOptions:
    """Who the edge node is, and how it behaves.

    `host`: its primary host; empty: it waits for none. `units`: its metrics with their units. `unsure_s`: so long what
    was sent is kept to be sent again.
    """

    group: str
    edge: str
    user: str
    host: str
    devices: tuple[str, ...]
    units: Mapping[str, str]
    unsure_s: float = 5.0
    aliases: bool = True


class Edge:
    """Call `turn` again and again; `take` gives it values; `close` ends in order. `now_ms` is its clock."""

    def __init__(self, options: EdgeOptions, broker: Broker, store: EdgeStore, now_ms: Callable[[], int]) -> None:
        self.options = options
        self.published = 0
        self.births = 0
        self._broker = broker
        self._store = store
        self._now_ms = now_ms
        self._last: dict[tuple[str, str], tuple[int, float]] = {}
        self._client: Client | None = None
        self._bd_seq = 0
        self._seq = 0
        self._born = False
        self._host_online = not options.host
        self._host_ms = -1
        self._again_s = 0.0
        self._store.doubt()

    @property
    def waiting(self) -> int:
        """Values that are not sent."""
        return self._store.count()

    def take(self, values: list[tuple[str, str, int, float]]) -> None:
        """Values of now (device, metric, ms, value): sent if the host is there, else kept."""
        for device, metric, at_ms, value in values:
            self._last[device, metric] = at_ms, value
        behind = self.waiting > 0
        kept = self._store.keep(values)
        if self._born and not behind:
            self._send(kept, historical=False)

    def turn(self, wait_s: float = 0.02) -> None:
        """Serve the connection, and send what waits."""
        now_s = time.monotonic()
        if self._client is None and now_s >= self._again_s:
            self._connect(now_s)
        client = self._client
        if client is not None and client.loop(wait_s) != 0:
            self._lost()
        elif client is None:
            time.sleep(wait_s)
        if self._client is not None and self._client.is_connected():
            if self._host_online and not self._born and self._last:
                self._publish_births()
            elif self.options.host and self._born and not self._host_online:
                self._leave()
        if self._born:
            self._flush()
            self._store.forget(sent_before_ms=self._now_ms() - int(self.options.unsure_s * 1000))

    def close(self) -> None:
        """Say that it goes, and go."""
        if self._born:
            self._leave()
        elif self._client is not None:
            self._client.disconnect()
        self._store.close()

    def _topic(self, verb: str, device: str = "") -> str:
        own = f"spBv1.0/{self.options.group}/{verb}/{self.options.edge}"
        return f"{own}/{device}" if device else own

    def _connect(self, now_s: float) -> None:
        self._bd_seq = self._store.next_bd_seq()
        self._host_online, self._born = not self.options.host, False
        client = Client(CallbackAPIVersion.VERSION2, self.options.user, protocol=MQTTv311, clean_session=True)
        login = self._broker.login(self.options.user)
        if login is not None:
            client.username_pw_set(login.user, login.password)
        if self._broker.tls is not None:
            client.tls_set_context(self._broker.tls)
        client.will_set(self._topic("NDEATH"), self._death(), qos=1)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        self._again_s = now_s + _AGAIN_S
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=10)
        except OSError as error:
            log.info("the broker cannot be reached: %s", error)
            return
        self._client = client

    def _on_connect(self, client: Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refuses %s: %s", self.options.user, reason)
            return
        client.subscribe(self._topic("NCMD"), qos=1)
        if self.options.host:
            client.subscribe(f"spBv1.0/STATE/{self.options.host}", qos=1)

    def _on_message(self, _c: Client, _u: Any, message: Any) -> None:
        if message.topic == self._topic("NCMD"):
            if self._born and asks_for_rebirth(message.payload):
                self._publish_births()
            return
        try:
            said = json.loads(message.payload)
            online, at_ms = bool(said["online"]), int(said["timestamp"])
        except (ValueError, KeyError, TypeError):
            log.warning("a STATE that cannot be read: %r", message.payload[:100])
            return
        if at_ms >= self._host_ms:
            self._host_ms, self._host_online = at_ms, online

    def _lost(self) -> None:
        log.info("connection lost")
        self._client, self._born = None, False
        self._store.doubt()

    def _leave(self) -> None:
        """The host is gone, or this node goes: its death, then the end of the session."""
        assert self._client is not None
        self._client.publish(self._topic("NDEATH"), self._death(), qos=0)
        self._client.disconnect()
        self._client, self._born = None, False
        self._store.doubt()

    def _death(self) -> bytes:
        now_ms = self._now_ms()
        return write([Metric(UINT64, self._bd_seq, now_ms, "bdSeq")], at_ms=now_ms, seq=None)

    def _publish_births(self) -> None:
        assert self._client is not None
        now_ms, self._seq = self._now_ms(), 0
        self.births += 1
        node = [Metric(UINT64, self._bd_seq, now_ms, "bdSeq"), Metric(BOOLEAN, False, now_ms, REBIRTH)]
        self._publish("NBIRTH", "", node)
        for device in self.options.devices:
            metrics = []
            for name, unit in self.options.units.items():
                at_ms, value = self._last.get((device, name), (now_ms, None))
                metrics.append(Metric(DOUBLE, value, at_ms, name, self._alias(device, name), unit=unit))
            self._publish("DBIRTH", device, metrics)
        self._born = True

    def _alias(self, device: str, name: str) -> int | None:
        if not self.options.aliases:
            return None
        return self.options.devices.index(device) * 1000 + list(self.options.units).index(name) + 1

    def _flush(self) -> None:
        for _ in range(_A_TURN):
            waiting = self._store.waiting(_A_MESSAGE)
            if not waiting:
                return
            self._send(waiting, historical=True)

    def _send(self, values: list[KeptValue], *, historical: bool) -> None:
        for device in self.options.devices:
            mine = [each for each in values if each.device == device]
            metrics = []
            for each in mine:
                alias = self._alias(device, each.metric)
                name = each.metric if alias is None else None
                metrics.append(Metric(DOUBLE, each.value, each.at_ms, name, alias, historical))
            if metrics:
                self._publish("DDATA", device, metrics)
        self._store.sent(values, now_ms=self._now_ms())
        self.published += len(values)

    def _publish(self, verb: str, device: str, metrics: list[Metric]) -> None:
        assert self._client is not None
        payload = write(metrics, at_ms=self._now_ms(), seq=self._seq)
        self._seq = (self._seq + 1) % 256
        self._client.publish(self._topic(verb, device), payload, qos=0)
