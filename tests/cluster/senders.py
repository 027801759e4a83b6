"""Gateways that send one message after the other, each again until it is answered."""

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from services.up.stack import Broker
from simulators.wire import Reading, ack_topic, decode_answers, encode, readings_topic
from tests.integration.let_in import password_of

FIRST_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
READINGS = 10
"""A message: of one meter, a quarter of an hour apart."""
_AGAIN_S = 3.0
_PACE_S = 0.1
_QUARTER_MS = int(timedelta(minutes=15).total_seconds() * 1000)


@dataclass
class Sender:
    """One gateway and its meter: what was answered, and when."""

    broker: Broker
    gateway: str
    meter: str
    stopping: threading.Event
    answered: dict[int, float] = field(default_factory=dict)
    """Times (epoch ms) of readings that were answered as stored, or as stored before, with their values."""
    answers_at: list[float] = field(default_factory=list)
    sent_again: int = 0
    wrong: list[str] = field(default_factory=list)

    def start(self) -> threading.Thread:
        """Send until told to stop, and then until the last message is answered."""
        thread = threading.Thread(target=self._run, name=self.gateway)
        thread.start()
        return thread

    def _run(self) -> None:
        answers: queue.Queue[bytes] = queue.Queue()
        client = Client(CallbackAPIVersion.VERSION2, self.gateway, clean_session=True)
        client.username_pw_set(self.gateway, password_of(self.gateway))
        client.on_connect = self._subscribe
        client.on_message = lambda _c, _u, message: answers.put(bytes(message.payload))
        client.connect("127.0.0.1", self.broker.port or 0)
        client.loop_start()
        seq = 0
        while not self.stopping.wait(_PACE_S):
            self._deliver(client, answers, seq)
            seq += 1
        client.disconnect()
        client.loop_stop()

    def _subscribe(self, client: Client, *_: object) -> None:
        client.subscribe(ack_topic(self.gateway), 1)

    def _deliver(self, client: Client, answers: "queue.Queue[bytes]", seq: int) -> None:
        numbers = range(seq * READINGS, (seq + 1) * READINGS)
        readings = [Reading(self.meter, FIRST_MS + number * _QUARTER_MS, float(number)) for number in numbers]
        payload = encode(seq=seq, readings=readings)
        client.publish(readings_topic(self.gateway), payload, qos=1)
        began = time.monotonic()
        while not self._answered(answers, seq):
            if time.monotonic() - began > _AGAIN_S:
                client.publish(readings_topic(self.gateway), payload, qos=1)
                self.sent_again, began = self.sent_again + 1, time.monotonic()
        self.answers_at.append(time.monotonic())
        self.answered |= {reading.ts: reading.value for reading in readings}

    def _answered(self, answers: "queue.Queue[bytes]", seq: int) -> bool:
        try:
            given = decode_answers(answers.get(timeout=0.2))
        except queue.Empty:
            return False
        for answer in given:
            if answer.rejected or (answer.seq == seq and answer.stored + answer.duplicate != READINGS):
                self.wrong.append(json.dumps(str(answer)))
        return any(answer.seq == seq for answer in given)

    def pause_s(self, since: float) -> float:
        """The longest time without an answer from this moment (time.monotonic()) on, the present one too."""
        moments = [since, *(each for each in self.answers_at if each > since), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(moments))
