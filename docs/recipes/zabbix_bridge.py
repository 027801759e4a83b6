#!/usr/bin/env python3
"""Takes what `zabbix_sender` sends and posts it to Enermon; zabbix_sender is answered when it is stored.

Python 3.9 or newer, and nothing else. The key is the code of the meter, or METERS says what it is.

    ENERMON_URL=https://HOST GATEWAY=GW-150622-0007 PASSWORD=... python3 zabbix_bridge.py
"""

import base64
import json
import os
import re
import socketserver
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib

URL = os.environ["ENERMON_URL"].rstrip("/") + "/api/v1/readings?gateway=" + os.environ["GATEWAY"]
LOGIN = base64.b64encode(f"{os.environ['GATEWAY']}:{os.environ['PASSWORD']}".encode()).decode()
LISTEN = (os.environ.get("LISTEN_HOST", "127.0.0.1"), int(os.environ.get("LISTEN_PORT", "10051")))
METERS: "dict[tuple[str, str], str]" = {}
"""(host, key) -> code of the meter, where it is not the key."""

MAGIC, COMPRESSED, LARGE = b"ZBXD", 2, 4
MOST_BYTES = 1_000_000
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


class ZabbixBridge(socketserver.StreamRequestHandler):
    """One connection of zabbix_sender: a packet in, an answer out. Closed without one where nothing is stored."""

    timeout = 60.0

    def handle(self) -> None:
        sent = json.loads(self.packet())
        if sent.get("request") != "sender data":
            self.answer("failed", "only zabbix_sender is answered here")
            return
        began_s = time.monotonic()
        readings = [reading for each in sent["data"] if (reading := reading_of(each, sent)) is not None]
        try:
            stored = post(readings)
        except urllib.error.HTTPError as error:
            print(f"not stored: {error.code} {error.read(2000)!r}", file=sys.stderr)
            return
        except OSError as error:
            print(f"not stored: {error}", file=sys.stderr)
            return
        failed = len(sent["data"]) - stored
        spent_s = time.monotonic() - began_s
        self.answer(
            "success",
            f"processed: {stored}; failed: {failed}; total: {stored + failed}; seconds spent: {spent_s:.6f}",
        )

    def packet(self) -> bytes:
        magic, flags = self.rfile.read(4), self.rfile.read(1)
        if magic != MAGIC or flags[0] & LARGE:
            raise ValueError("not a packet of zabbix_sender")
        length, plain = struct.unpack("<II", self.rfile.read(8))
        if max(length, plain) > MOST_BYTES:
            raise ValueError(f"a packet of more than {MOST_BYTES} bytes")
        body = self.rfile.read(length)
        return zlib.decompressobj().decompress(body, MOST_BYTES) if flags[0] & COMPRESSED else body

    def answer(self, response: str, info: str) -> None:
        body = json.dumps({"response": response, "info": info}).encode()
        self.wfile.write(MAGIC + b"\x01" + struct.pack("<II", len(body), 0) + body)


def reading_of(each: "dict[str, object]", sent: "dict[str, object]") -> "str | None":
    """The reading as JSON, its value digit by digit; None, and a line in the log, where the value is no number."""
    host, key, value = str(each["host"]), str(each["key"]), str(each["value"])
    if NUMBER.fullmatch(value) is None:
        print(f"{host} {key}: {value[:100]!r} is no number", file=sys.stderr)
        return None
    clock = next((of for of in (each, sent) if "clock" in of), None)
    ts_ms = time.time_ns() // 1_000_000
    if clock is not None:
        ts_ms = int(clock["clock"]) * 1000 + int(clock.get("ns", 0)) // 1_000_000
    return f'{{"meter": {json.dumps(METERS.get((host, key), key))}, "ts": {ts_ms}, "value": {value}}}'


def post(readings: "list[str]") -> int:
    """How many are stored, now or before. Raises OSError where Enermon does not answer, or takes nothing now."""
    body = f'{{"seq": 0, "readings": [{", ".join(readings)}]}}'.encode()
    headers = {"Authorization": "Basic " + LOGIN, "Content-Type": "application/json"}
    request = urllib.request.Request(URL, body, headers)  # noqa: S310 - the operator's address
    with urllib.request.urlopen(request, timeout=50) as answer:  # noqa: S310
        told = json.load(answer)
    for refused in told["rejected"]:
        print(f"refused: {json.dumps(refused, ensure_ascii=False)}", file=sys.stderr)
    return int(told["stored"]) + int(told["duplicate"])


class BridgeServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with BridgeServer(LISTEN, ZabbixBridge) as server:
        print(f"listening at {LISTEN[0]}:{LISTEN[1]}", flush=True)
        server.serve_forever()
