"""Messages that no gateway should send, sent among good ones."""

import queue
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.wire import Reading, decode_answers, encode
from tests.chaos.journal import Entry, Journal
from tests.chaos.stage import Stage
from tests.chaos.world import FLOOD_GATEWAY, OLD_STEPS
from tests.integration.let_in import url_of

ANSWERED_WITHIN_S = 60.0
KEPT_OF_TOO_LARGE = 4096
# Refused whole, and kept: (payload, code).
POISONS: tuple[tuple[bytes, str], ...] = (
    (b"\x00\xff\xfe garbage", "undecodable"),
    (b"", "undecodable"),
    (b"null", "undecodable"),
    (b"[" * 200_000, "undecodable"),
    (b'{"seq": 1, "readings": ' + b'[{"meter":' * 50_000, "undecodable"),
    (b'{"seq": 99999999999999999999999, "readings": []}', "undecodable"),
    ('{"seq": 5, "ts": 0, "values": {"a": 1}'.encode("utf-16"), "undecodable"),
    (b'{"seq": 6, "ts": 0, "values": {"a": 1}, "readings": []}', "undecodable"),
    (b'{"seq": 7, "readings": "' + b"x" * 1_000_000 + b'"}', "too_large"),
)
# Read, and each reading refused: (meter, value as JSON, code).
REFUSED: tuple[tuple[str, str, str], ...] = (
    ("nobody\\u0000", "1", "unknown_meter"),
    ("\\ud800", "1", "unknown_meter"),
    ("x" * 5_000, "1", "unknown_meter"),
    ("G-FLOOD-M0", "1e999", "infinite"),
    ("G-FLOOD-M0", '"ten"', "not_a_number"),
    ("G-FLOOD-M0", "null", "not_a_number"),
)


class Poisoner:
    """The gateway that floods in the end: before that it sends poison and good readings in turn."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._series = stage.world.series_of(FLOOD_GATEWAY)
        self._answers: queue.Queue[Any] = queue.Queue()
        self._client = self._connected()

    def _connected(self) -> Client:
        address = urlsplit(url_of(self._stage.stack, FLOOD_GATEWAY))
        native = self._stage.store == "native"
        protocol = MQTTProtocolVersion.MQTTv5 if native else MQTTProtocolVersion.MQTTv311
        client = Client(CallbackAPIVersion.VERSION2, client_id=FLOOD_GATEWAY, protocol=protocol)
        if address.password:
            client.username_pw_set(FLOOD_GATEWAY, unquote(address.password))
        subscribed: queue.Queue[bool] = queue.Queue()
        client.on_message = self._take
        client.on_connect = lambda c, *_: c.subscribe(f"enermon/v1/{FLOOD_GATEWAY}/ack", 1)
        client.on_subscribe = lambda *_: subscribed.put(True)
        client.connect("127.0.0.1", self._stage.stack.broker.port or 0)
        client.loop_start()
        subscribed.get(timeout=ANSWERED_WITHIN_S)
        return client

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        for answer in decode_answers(bytes(message.payload)):
            self._answers.put(answer)

    def run(self) -> list[str]:
        """Send, wait until every message is answered, and say what is not as it must be."""
        good = list(self._good())
        path = self._stage.folder / "poison.jsonl"
        journal = Journal(path)
        for number, (payload, _) in enumerate(POISONS):
            self._publish(payload)
            self._publish(good[number][1])
        self._publish(self._refused())
        missing = {seq for seq, _ in good} | {REFUSED_SEQ}
        payloads, whole = dict(good), 0
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while (missing or whole < len(POISONS)) and time.monotonic() < deadline:
            answer = self._answers.get(timeout=ANSWERED_WITHIN_S)
            whole += bool(answer.rejected and answer.rejected[0].meter is None)
            if answer.seq in payloads and not answer.rejected:
                now_s = time.time()
                journal.write([Entry(FLOOD_GATEWAY, answer, payloads[answer.seq], now_s, now_s)])
            missing.discard(answer.seq)
        self._client.disconnect()
        self._client.loop_stop()
        journal.close()
        self._stage.journals.append(path)
        return [f"poison: message {seq} was not answered" for seq in sorted(missing)]

    def _publish(self, payload: bytes) -> None:
        self._client.publish(f"enermon/v1/{FLOOD_GATEWAY}/readings", payload, qos=1).wait_for_publish(ANSWERED_WITHIN_S)

    def _good(self) -> Iterator[tuple[int, bytes]]:
        for number in range(len(POISONS)):
            readings = [
                Reading(s.meter.code, int(s.times_ms[step]), float(s.values[step]))
                for s in self._series
                for step in range(number * 10, number * 10 + 10)
                if s.shown[step] and step < OLD_STEPS
            ]
            seq = FIRST_GOOD_SEQ + number
            yield seq, encode(seq=seq, readings=readings)

    def _refused(self) -> bytes:
        ts = int(self._series[0].times_ms[OLD_STEPS])
        each = ",".join(f'{{"meter": "{meter}", "ts": {ts}, "value": {value}}}' for meter, value, _ in REFUSED)
        return f'{{"seq": {REFUSED_SEQ}, "readings": [{each}]}}'.encode()


FIRST_GOOD_SEQ, REFUSED_SEQ = 4_000_000_001, 4_000_001_000


def not_kept(database: psycopg.Connection) -> list[str]:
    """Which poisons are not kept with their code and their first bytes."""
    kept = {(bytes(payload), code) for payload, code in database.execute("SELECT payload, code FROM rejected_message")}
    wanted = [(p[:KEPT_OF_TOO_LARGE] if code == "too_large" else p, code) for p, code in POISONS]
    found = [f"poison not kept as {code}: {payload[:40]!r}" for payload, code in wanted if (payload, code) not in kept]
    rows = database.execute("SELECT code, count(*) FROM rejected_reading WHERE seq = %s GROUP BY code", [REFUSED_SEQ])
    codes: dict[str, int] = dict(rows.fetchall())
    for code in {code for *_, code in REFUSED}:
        if codes.get(code, 0) < sum(each == code for *_, each in REFUSED):
            found.append(f"poison: readings refused as {code} are not kept")
    return found
