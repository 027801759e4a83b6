"""Gateways that send without a pause, by HTTPS through the front and by MQTT with TLS, and count what they see."""

import base64
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

EVERY_S = 0.1
AGAIN_S = 3.0
"""So long an answer is waited for before a message is sent again."""


@dataclass
class Sender:
    """What a gateway sends, a reading a message and each for a quarter of an hour of its own, and what it saw."""

    gateway: str
    password: str
    meter: str
    begin_ms: int
    answered: set[int] = field(default_factory=set)
    """Numbers of the messages that were answered as stored, or as a duplicate."""
    refused: list[str] = field(default_factory=list)
    """What else became of attempts."""

    def message(self, number: int) -> bytes:
        """The message of this number."""
        ts = self.begin_ms + number * 900_000
        return json.dumps({"seq": number, "ts": ts, "values": {self.meter: number + 0.25}}).encode()

    def take(self, answer: dict[str, Any]) -> None:
        """Note an answer of the contract (docs/mqtt.md, section 5)."""
        if answer.get("stored", 0) + answer.get("duplicate", 0) == 1:
            self.answered.add(answer["seq"])
        else:
            self.refused.append(json.dumps(answer))


class Sending:
    """A thread that sends until it is told to stop, and then until all that it began was answered."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.begun = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Sending":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(120)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._send(self.begun)
            self.begun += 1
            time.sleep(EVERY_S)
        self._finish()

    def _send(self, number: int) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        """Wait for what was not answered yet."""


class ByHttps(Sending):
    """Posts each message until it is answered; an attempt that fails is noted in `refused`."""

    def __init__(self, sender: Sender, url: str, trusted: ssl.SSLContext) -> None:
        super().__init__(sender)
        login = base64.b64encode(f"{sender.gateway}:{sender.password}".encode()).decode()
        self._headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        self._url = f"{url}/api/v1/readings?gateway={sender.gateway}"
        self._trusted = trusted

    def _send(self, number: int) -> None:
        for _ in range(100):
            request = urllib.request.Request(self._url, self.sender.message(number), self._headers)
            try:
                with urllib.request.urlopen(request, timeout=30, context=self._trusted) as response:
                    self.sender.take(json.load(response))
                    return
            except urllib.error.HTTPError as error:
                self.sender.refused.append(f"{error.code} {error.read().decode()[:200]}")
            except OSError as error:
                self.sender.refused.append(str(error))
            time.sleep(1)


class ByMqtt(Sending):
    """Publishes each message, and again what was not answered within some seconds, as the contract says."""

    def __init__(self, sender: Sender, port: int, trusted: ssl.SSLContext) -> None:
        super().__init__(sender)
        self._waiting: dict[int, float] = {}
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self.client.username_pw_set(sender.gateway, sender.password)
        self.client.tls_set_context(trusted)
        self.client.reconnect_delay_set(1, 2)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe(f"enermon/v1/{self.sender.gateway}/ack", options=SubscribeOptions(qos=1))

    def _on_message(self, _c: Client, _u: Any, message: Any) -> None:
        for answer in json.loads(message.payload):
            self.sender.take(answer)
            self._waiting.pop(answer["seq"], None)

    def _send(self, number: int) -> None:
        self._waiting[number] = 0.0
        self._send_due()

    def _send_due(self) -> None:
        now_s = time.monotonic()
        if not self.client.is_connected():
            return
        for number, sent_s in list(self._waiting.items()):
            if now_s - sent_s > AGAIN_S or not sent_s:
                self.client.publish(f"enermon/v1/{self.sender.gateway}/readings", self.sender.message(number), qos=1)
                self._waiting[number] = now_s

    def _finish(self) -> None:
        deadline_s = time.monotonic() + 90
        while self._waiting and time.monotonic() < deadline_s:
            self._send_due()
            time.sleep(0.5)
        self.client.disconnect()
        self.client.loop_stop()
