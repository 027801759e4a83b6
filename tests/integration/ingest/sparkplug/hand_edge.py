"""An edge node that a test holds in its hand: it sends what it is told to, and keeps what it hears."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.running import wait_until
from tests.unit.ingest.sparkplug.written import metric, payload

GROUP, DEVICE, ENERGY = "Ordos", "E01", "Energy/Import"


class HandEdge:
    """Connected until `close` or `break_off`."""

    def __init__(self, url: str, edge: str, *, bd_seq: int = 0) -> None:
        self.edge = edge
        self.bd_seq = bd_seq
        self.seq = 0
        self.commands: list[MQTTMessage] = []
        self.states: list[MQTTMessage] = []
        address = urlsplit(url)
        self.client = Client(CallbackAPIVersion.VERSION2, edge, protocol=MQTTv311, clean_session=True)
        if address.username:
            self.client.username_pw_set(unquote(address.username), unquote(address.password or ""))
        self.client.will_set(self.topic("NDEATH"), payload(self._bd_seq()), qos=1)
        self.client.on_message = self._heard
        subscribed: list[Any] = []
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: subscribed.extend(reasons)
        self.client.connect(str(address.hostname), int(address.port or 0), keepalive=30)
        self.client.loop_start()
        self.client.subscribe([(self.topic("NCMD"), 1), ("spBv1.0/STATE/enermon", 1)])
        wait_until("the edge node has subscribed", lambda: len(subscribed) == 2)
        assert not any(each.is_failure for each in subscribed)

    def topic(self, verb: str, device: str = "") -> str:
        return f"spBv1.0/{GROUP}/{verb}/{self.edge}" + (f"/{device}" if device else "")

    def online(self) -> bool | None:
        """What STATE said last."""
        return json.loads(self.states[-1].payload)["online"] if self.states else None

    def wait_for_host(self, *, online: bool = True, within_s: float = 60.0) -> None:
        wait_until(f"STATE says {online}", lambda: self.online() is online, within_s=within_s)

    def birth(self, at_ms: int, *devices: tuple[str, float], alias: int = 10, name: str = ENERGY) -> None:
        """The node's birth and those of devices, each with one counter."""
        self.seq = 0
        self._send("NBIRTH", "", payload(self._bd_seq(), seq=0, ms=at_ms))
        for place, (device, value) in enumerate(devices):
            one = metric(name, "double", value, alias=alias + place, datatype=10, ms=at_ms)
            self._send("DBIRTH", device, payload(one, seq=self._next(), ms=at_ms))

    def data(
        self, at_ms: int, value: float, *, device: str = DEVICE, alias: int = 10, flags: tuple[int, ...] = ()
    ) -> None:
        sent = metric(None, "double", value, alias=alias, ms=at_ms, flags=flags)
        self._send("DDATA", device, payload(sent, seq=self._next(), ms=at_ms))

    def raw(self, verb: str, content: bytes, device: str = "") -> None:
        """Any bytes, without counting them."""
        self._send(verb, device, content)

    def skip(self, numbers: int = 1) -> None:
        """Lose messages: numbers of the order that are never sent."""
        self.seq += numbers

    def die(self) -> None:
        """Say its death, and go."""
        self._send("NDEATH", "", payload(self._bd_seq()))
        self.close()

    def break_off(self) -> None:
        """Go without a word: the broker says its death."""
        sock = self.client.socket()
        assert sock is not None
        self.client.loop_stop()
        sock.close()

    def close(self) -> None:
        time.sleep(0.05)
        self.client.disconnect()
        self.client.loop_stop()

    def _bd_seq(self) -> bytes:
        return metric("bdSeq", "long", self.bd_seq, datatype=4)

    def _next(self) -> int:
        self.seq += 1
        return self.seq % 256

    def _send(self, verb: str, device: str, content: bytes) -> None:
        self.client.publish(self.topic(verb, device), content, qos=0).wait_for_publish(10)

    def _heard(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        (self.states if "/STATE/" in message.topic else self.commands).append(message)


@contextmanager
def hand_edge(url: str, edge: str, *, bd_seq: int = 0) -> Iterator[HandEdge]:
    """One that is closed at the end."""
    made = HandEdge(url, edge, bd_seq=bd_seq)
    try:
        yield made
    finally:
        made.close()
